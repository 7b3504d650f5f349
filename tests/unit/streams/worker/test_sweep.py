"""A clock that leaps loses nothing: the rule of a sweep, tried through days of uptime."""

import asyncio
from collections.abc import Iterator
from functools import cache
from types import SimpleNamespace
from typing import Any

import pytest

from streams.clock import DAY, HOUR, SECOND, iso, parse_instant
from streams.kafka.topics import TABLES
from streams.ledgers.rows import Table
from streams.worker.clocks import BrokerTime
from streams.worker.sweep import Sweeper
from tests.build import MovingDesk, call, numbers_on, status

NOON = parse_instant("2026-11-23T12:00:00+01:00")
LEAPS = (13 * HOUR, 41 * DAY, 365 * DAY, -365 * DAY)
TICK, TWO_HOURS = 30, 7200  # seconds of uptime
RESTORED_AT, DAY_AND_A_BIT = 600, 27 * 3600


def days_ago(days: float) -> str:
    return iso(NOON - round(days * DAY))


OLD = call(id="old", at=days_ago(55))
EVENTS = (
    OLD,
    call(id="new", at=days_ago(0.01)),
    status("created", days_ago(360), lead="L-old"),
    status("created", days_ago(0.02), lead="L-new"),
)


class Worker:
    """What sweeps, on a machine whose clock leaps; every 30 s a look, and a send where it sends."""

    def __init__(self, leap: int, leaps_at: range, *, sends: bool, is_brokers: bool) -> None:
        self.leap, self.leaps_at = leap, leaps_at
        self.sends, self.is_brokers = sends, is_brokers
        self.up = 0
        self.processor = MovingDesk(self.clock())
        self.broker_time = BrokerTime(self.clock, lambda: self.up)
        self.tombstones: list[Any] = []
        self.sweeper = Sweeper(
            self.processor,
            SimpleNamespace(write=self.write),
            SimpleNamespace(owned={"leads": {0}}),
            SimpleNamespace(is_ready=True, are_leads_caught_up=True),
            self.broker_time,
            lambda: self.up,
        )

    def clock(self) -> int:
        return self.right + (self.leap if self.up in self.leaps_at else 0)

    @property
    def right(self) -> int:
        return NOON + self.up * SECOND

    async def write(self, take: Any) -> None:
        self.tombstones.extend(take())

    def send(self) -> None:
        self.broker_time.note(self.up, self.right if self.is_brokers else None)

    def restore(self, events: tuple[dict, ...]) -> None:
        """Read the rows of *events* from the changelogs."""
        for table, key, value in rows_of(events):
            self.processor.restore(table, [(key, value)], [0])
        list(self.processor.rebuild([0]))

    async def run(self, until: int, events: tuple[dict, ...] = EVENTS) -> None:
        """Go on until so many seconds of uptime; restore, and send once, at RESTORED_AT."""
        while self.up < until:
            self.processor.now = self.clock()
            self.processor.advance()
            if self.up == RESTORED_AT:
                self.restore(events)
            if self.sends or self.up == RESTORED_AT + TICK:
                self.send()
            await self.sweeper.look()
            self.up += TICK


def rows_of(events: tuple[dict, ...]) -> Iterator[tuple[Table, bytes, bytes]]:
    """The rows of all tables as a worker with a right clock made them."""
    wrote = MovingDesk(NOON)
    for event in events:
        wrote.now = parse_instant(event["at"])
        wrote.deliver(event)
    for table in TABLES:
        for key, value in wrote.rows[table].items():
            yield table, key, value


def run(worker: Worker, until: int = DAY_AND_A_BIT, events: tuple[dict, ...] = EVENTS) -> Worker:
    asyncio.run(worker.run(until, events))
    return worker


PLACES = {
    "at the start": 0,
    "during the restore": RESTORED_AT - TICK,
    "in the middle, while a sweep is due": 3600,
    "later": 5 * 3600,
    "at the second sweep": 25 * 3600 - TWO_HOURS // 2,
}


@cache
def always_right() -> dict:
    """The numbers of a worker whose clock never leapt."""
    worker = run(Worker(0, range(0), sends=True, is_brokers=True))
    assert worker.tombstones == []
    return numbers_on(worker.processor.board)


@pytest.mark.parametrize("sends", [True, False])
@pytest.mark.parametrize("lasts", [TICK, TWO_HOURS])
@pytest.mark.parametrize("leaps_at", PLACES.values(), ids=PLACES)
@pytest.mark.parametrize("leap", LEAPS)
def test_a_leap_and_back_loses_nothing(leap: int, leaps_at: int, lasts: int, sends: bool) -> None:
    during = range(leaps_at, leaps_at + lasts)
    leapt = run(Worker(leap, during, sends=sends, is_brokers=True))

    assert leapt.tombstones == []
    assert numbers_on(leapt.processor.board) == always_right()
    assert len(leapt.processor.touches) == 2
    assert len(leapt.processor.leads) == len(leapt.processor.credits) == 2


@pytest.mark.parametrize("leaps_at", PLACES.values(), ids=PLACES)
@pytest.mark.parametrize("leap", LEAPS)
def test_a_tick_loses_nothing_where_no_broker_knows_the_time(leap: int, leaps_at: int) -> None:
    during = range(leaps_at, leaps_at + TICK)
    assert run(Worker(leap, during, sends=True, is_brokers=False)).tombstones == []


@pytest.mark.parametrize("is_brokers", [True, False])
def test_what_is_expired_is_swept_after_an_hour(is_brokers: bool) -> None:
    gone = call(id="gone", at=days_ago(61))
    worker = Worker(0, range(0), sends=True, is_brokers=is_brokers)
    assert run(worker, 3600, (OLD, gone)).tombstones == []

    [(table, tombstone)] = run(worker, 3600 + 2 * TICK).tombstones

    assert (table, tombstone.value) == ("touches", None)
    assert [touch.key for touch in worker.processor.touches.touches_of("ana")] == ["cold"]


def test_nothing_is_swept_before_a_broker_has_answered_once() -> None:
    gone = call(id="gone", at=days_ago(61))
    worker = Worker(0, range(0), sends=False, is_brokers=True)
    worker.send = lambda: None  # type: ignore[method-assign]
    assert run(worker, 2 * 3600, (OLD, gone)).tombstones == []

    del worker.send
    worker.send()

    assert len(run(worker, 2 * 3600 + 2 * TICK).tombstones) == 1
