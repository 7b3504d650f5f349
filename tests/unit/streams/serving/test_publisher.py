"""How long a worker rests after a round of readings: by its own work, not by that of others."""

import asyncio
from types import SimpleNamespace

import pytest

from streams.clock import parse_instant
from streams.kafka.topics import Topics
from streams.serving import publisher
from streams.serving.publisher import INTERVAL, REST, Ownership, Serving
from streams.serving.redis import WRITTEN
from streams.settings import Settings
from tests.build import NORTH, MovingDesk

TEN = parse_instant("2026-11-23T10:00:00+01:00")
PARTITIONS = frozenset(range(Settings().partitions))
OTHERS = 1000.0  # seconds of processor time that others take whenever the publisher waits


class Machine:
    """Each look at the processor time is *step* seconds after the one before."""

    def __init__(self, step: float) -> None:
        self.step = step
        self.used = 0.0
        self.work = 0.0
        self.rests: list[tuple[float, float]] = []  # and after how much work of its own

    def thread_time(self) -> float:
        self.used += self.step
        self.work += self.step / 2  # of the two looks around each block
        return self.used

    async def sleep(self, seconds: float) -> None:
        self.used += OTHERS
        if seconds:
            self.rests.append((seconds, self.work))
            self.work = 0.0
        if len(self.rests) == 3:
            raise asyncio.CancelledError


class Redis:
    """Takes everything."""

    where = "here"

    def __init__(self, machine: Machine) -> None:
        self._machine = machine

    async def write(self, keys: object, args: object) -> int:
        self._machine.used += OTHERS
        return WRITTEN

    async def count(self, keys: list[str]) -> int:
        return len(keys)

    async def nothing(self, *_: object) -> None:
        """What is not looked at."""

    follow_the_name = set = close = nothing


@pytest.mark.parametrize("step", [0.0, 0.5])
async def test_it_rests_by_its_own_work(monkeypatch: pytest.MonkeyPatch, step: float) -> None:
    machine = Machine(step)
    clock = SimpleNamespace(
        monotonic=lambda: 1e6, time=lambda: 0.0, thread_time=machine.thread_time
    )
    monkeypatch.setattr(publisher, "time", clock)
    monkeypatch.setattr(publisher, "asyncio", SimpleNamespace(sleep=machine.sleep))
    monkeypatch.setattr(publisher, "RedisClient", lambda _: Redis(machine))
    settings = Settings()
    owned = Ownership(1, PARTITIONS, PARTITIONS, {}, True)
    serving = Serving(settings, Topics(settings), MovingDesk(TEN, NORTH), lambda: owned)

    with pytest.raises(asyncio.CancelledError):
        await serving.run()

    assert serving.writes > 0
    assert machine.rests == [(max(INTERVAL, REST * work), work) for _, work in machine.rests], (
        "the first round has all readings, the second none"
    )
