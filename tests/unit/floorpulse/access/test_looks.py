"""Reading the look log: for one at a time, and not waited for without end."""

import asyncio
from typing import Any

import pytest

from dashboards.door.looks import NotReadError
from floorpulse.access import looks
from floorpulse.access.looks import KafkaLooks
from streams.kafka.looks import Newest
from streams.settings import Settings


async def test_the_log_is_read_for_one_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every reading keeps thousands of records: many at once would be the end of the wall."""
    now, most = 0, 0

    async def read(*_: Any) -> Newest:
        nonlocal now, most
        now += 1
        most = max(most, now)
        await asyncio.sleep(0)
        now -= 1
        return Newest([], is_cut=False, unreadable=0)

    monkeypatch.setattr(looks, "read_looks", read)
    async with KafkaLooks(Settings()) as log:
        await asyncio.gather(*(log.read("ana") for _ in range(200)))

    assert most == 1


async def test_who_waits_too_long_for_others_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    reading = asyncio.Event()

    async def read(*_: Any) -> Newest:
        await reading.wait()
        return Newest([], is_cut=False, unreadable=0)

    monkeypatch.setattr(looks, "read_looks", read)
    monkeypatch.setattr(looks, "WAITS", 0.01)
    async with KafkaLooks(Settings()) as log:
        first = asyncio.create_task(log.read("ana"))
        await asyncio.sleep(0)
        with pytest.raises(NotReadError, match="others are reading"):
            await log.read("bob")
        reading.set()
        assert (await first).looks == []
