"""Losses that are noted while the clock is wrong, and when they are written."""

from collections.abc import Callable

import pytest
from aiokafka import TopicPartition

from streams.changelog.lost_history import Home, LostRecords, decode_lost_history
from streams.clock import DAY, HOUR, MINUTE, SECOND, Micros, parse_instant
from streams.ledgers.retention import TOUCHES_KEPT

NOW = parse_instant("2026-11-23T15:30:00+01:00")
CALLS, HOME = TopicPartition("sales.calls", 0), ("touches", 0)


class Machine:
    """Its clock, its uptime, and the records in its changelog."""

    def __init__(self, clock: Micros) -> None:
        self.clock, self.up = clock, 100.0
        self.lost = LostRecords(lambda: self.clock, accept_incomplete=True, uptime=lambda: self.up)
        self.changelog: dict[Home, bytes] = {}

    def wait(self, seconds: float) -> None:
        self.clock += round(seconds * SECOND)
        self.up += seconds

    def note(self) -> None:
        self.lost.note([HOME], CALLS, CALLS.topic, 5, "begins at offset 5")

    async def write(self, meanwhile: Callable[[], None] = lambda: None) -> None:
        async def write(take) -> None:
            for table, (partition, _, value) in take():
                self.changelog[table, partition] = value
            meanwhile()

        await self.lost.write(write)

    @property
    def written(self) -> dict[Home, Micros]:
        """Since when losses matter, as the changelog has it."""
        return {home: decode_lost_history(value).at for home, value in self.changelog.items()}


async def test_a_loss_of_1970_is_of_the_time_by_the_clock_that_is_right() -> None:
    machine = Machine(clock=30 * SECOND)
    machine.note()
    await machine.write()
    machine.wait(50)
    machine.clock = NOW
    assert machine.lost.is_complete, "as a loss of 1970"

    assert machine.lost.follow_clock()
    await machine.write()

    assert not machine.lost.is_complete
    assert machine.written == {HOME: NOW - 50 * SECOND}
    assert not machine.lost.follow_clock(), "once is enough"


@pytest.mark.parametrize("leap", [0, MINUTE, -HOUR, -400 * DAY])
async def test_a_clock_that_goes_on_or_back_notes_nothing_anew(leap: Micros) -> None:
    machine = Machine(NOW)
    machine.note()
    await machine.write()
    machine.wait(86_400)
    machine.clock += leap

    assert not machine.lost.follow_clock()
    await machine.write()

    assert machine.written == {HOME: NOW}


async def test_a_frozen_clock_notes_nothing_anew() -> None:
    machine = Machine(NOW)
    machine.note()
    machine.up += 86_400

    assert not machine.lost.follow_clock()


async def test_a_loss_of_before_this_worker_ends_to_matter_as_ever() -> None:
    other, machine = Machine(NOW), Machine(NOW)
    other.note()
    await other.write()
    machine.lost.absorb(*HOME, other.changelog[HOME])
    machine.clock += TOUCHES_KEPT + 1

    assert not machine.lost.follow_clock()
    assert machine.lost.is_complete


async def test_a_partition_that_went_is_not_noted_anew() -> None:
    machine = Machine(0)
    machine.note()
    machine.lost.forget(lambda table, partition: False)
    machine.clock = NOW

    assert not machine.lost.follow_clock()


async def test_a_loss_that_is_noted_during_a_write_is_written_with_the_next() -> None:
    machine = Machine(NOW)

    def lose_more() -> None:
        machine.wait(5)
        machine.note()

    machine.note()
    await machine.write(meanwhile=lose_more)
    assert machine.written == {HOME: NOW}

    await machine.write()

    assert machine.written == {HOME: NOW + 5 * SECOND}


async def test_a_loss_whose_write_fails_is_written_again() -> None:
    machine = Machine(NOW)
    machine.note()

    async def fail(take) -> None:
        take()
        raise ConnectionError

    with pytest.raises(ConnectionError):
        await machine.lost.write(fail)
    await machine.write()

    assert machine.written == {HOME: NOW}
