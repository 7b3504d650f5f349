"""A worker that stands still is ended; one that waits for others is not."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiokafka import TopicPartition
from aiokafka.errors import KafkaConnectionError

from streams.kafka.progress import Seen
from streams.worker.standing import Standing
from streams.worker.watchdog import BEAT, BLOCKED, STALLED, Stretches, Watchdog

CALLS = ("sales.calls", 3)


class Case:
    """A worker that took 7 of the 11 records of a partition, 5 of them committed."""

    def __init__(self) -> None:
        self.seconds = 1000.0
        self.is_ready = self.has_heartbeat = True
        self.end, self.taken, self.committed = 11, 7, 5
        self.readable: list[str] | Exception = ["a record"]
        self.asked: list[Stretches] = []
        self.reasons: list[str] = []
        self.watchdog = Watchdog(
            self.standing, self.read, give_up=self.reasons.append, now=lambda: self.seconds
        )

    def standing(self) -> Standing:
        return Standing(
            is_ready=self.is_ready,
            has_heartbeat=self.has_heartbeat,
            rebalances=0,
            commit_failures=0,
            seen={CALLS: Seen(self.end, 0.0, self.taken, None)},
            committed={CALLS: self.committed} if self.committed else {},
            lag_seconds={},
        )

    async def read(self, stretches: Stretches) -> AsyncIterator[tuple[TopicPartition, list[Any]]]:
        self.asked.append(stretches)
        if isinstance(self.readable, Exception):
            raise self.readable
        yield TopicPartition(*CALLS), self.readable

    async def live(self, seconds: float) -> None:
        """The loop beats, and is looked at, each second."""
        for _ in range(round(seconds / BEAT)):
            self.seconds += BEAT
            await self.watchdog.beat()
            self.watchdog.look()

    def block(self, seconds: float) -> None:
        """The loop is looked at each second, and does not beat."""
        for _ in range(round(seconds / BEAT)):
            self.seconds += BEAT
            self.watchdog.look()


async def test_a_loop_that_does_not_beat_is_ended() -> None:
    case = Case()
    await case.live(3)

    case.block(BLOCKED)
    assert case.reasons == []
    case.block(1)
    assert case.reasons == ["the event loop has been blocked for more than 20 s"]


async def test_a_process_that_was_suspended_is_not_taken_for_blocked() -> None:
    case = Case()
    await case.live(3)
    case.seconds += 3 * BLOCKED

    case.watchdog.look()
    case.block(BLOCKED - 1)
    await case.watchdog.beat()
    case.block(BLOCKED - 1)

    assert case.reasons == []


async def test_a_worker_that_lags_and_does_not_move_is_ended() -> None:
    case = Case()

    await case.live(STALLED)
    assert case.reasons == []
    await case.live(1)

    (why,) = case.reasons
    assert "sales.calls/3" in why
    assert case.asked == [{TopicPartition(*CALLS): (5, 11)}]


@pytest.mark.parametrize("moves", ["taken", "committed", "end"])
async def test_what_moves_is_left_alone(moves: str) -> None:
    case = Case()
    await case.live(STALLED - 1)

    setattr(case, moves, 5 if moves == "end" else 8)
    await case.live(STALLED)

    assert case.reasons == []
    await case.live(2)
    assert bool(case.reasons) == (moves != "end"), "without lag there is nothing to move"


async def test_what_is_taken_and_never_committed_is_a_stall_from_the_first_record_on() -> None:
    case = Case()
    case.taken, case.committed = 11, 0

    await case.live(STALLED + 1)

    assert len(case.reasons) == 1
    assert case.asked == [{TopicPartition(*CALLS): (0, 11)}]


@pytest.mark.parametrize("waits", ["is_ready", "has_heartbeat"])
async def test_a_worker_that_waits_for_its_group_is_left_alone(waits: str) -> None:
    case = Case()
    setattr(case, waits, False)
    await case.live(3 * STALLED)
    assert case.reasons == []

    setattr(case, waits, True)
    await case.live(STALLED - 1)
    assert case.reasons == [], "the time begins when the worker can move"
    await case.live(2)
    assert len(case.reasons) == 1


@pytest.mark.parametrize("readable", [KafkaConnectionError(), TimeoutError(), []])
async def test_it_is_left_alone_while_nobody_can_read_what_is_due(readable: Any) -> None:
    """The brokers are away, or only the markers of a transaction are left."""
    case = Case()
    case.readable = readable
    await case.live(3 * STALLED)
    assert case.reasons == []
    assert len(case.asked) >= 2

    case.readable = ["a record"]
    await case.live(2 * STALLED)
    assert case.reasons
