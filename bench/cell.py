"""One cell of `growth`: what a worker's pure part costs with so many reps and days of history.

Run as `python -m bench.cell REPS DAYS`, in a process of its own, so that its memory is honest;
prints one line of JSON. Times are of the processor; what would be sent is counted.
"""

import asyncio
import gc
import json
import sys
import time
from collections.abc import Callable, Sequence
from datetime import date
from itertools import islice
from statistics import median
from typing import cast

from bench import load
from bench.counting import Counting
from bench.floor import (
    PARTITIONS,
    QUARTER,
    QUARTERS_A_DAY,
    REPS_A_LEAD,
    TOUCHES_A_QUARTER,
    Floor,
    Lived,
    Written,
    batches,
    opening,
    quarter,
)
from bench.memory import resident
from metrics.exporter import Exposition, Renderer
from streams.clock import MINUTE, Micros
from streams.kafka.topics import Topics
from streams.measures.board import Board
from streams.measures.partition_sums import PartitionSums
from streams.measures.presence import Presence
from streams.roster.file import parse_roster
from streams.roster.people import Roster
from streams.serving.publisher import Ownership, Serving
from streams.serving.redis import WRITTEN, RedisClient
from streams.settings import Settings
from streams.worker.floor_status import FloorStatus
from streams.worker.process import Worker

IMPORTED = Worker.__module__  # as in a worker, so that the process is as large
QUARTERS = 8  # that are measured
EVENTS = 25_000  # measured at least: small floors are lived through again and again
TIMES = 5  # that a slide, a scrape or a round of publishing is measured
LIVE_EVENTS = 2_000  # of which each is flushed by itself
COUNTED_REPS = 600  # whose events of a quarter hour are counted; of fewer, those of several

Figures = dict[str, float]


def measure(reps: int, days: int) -> Figures:
    """The figures of a floor of so many reps after so many days.

    `... us`, `... ms` and `... s` are processor time, `... MB` resident memory.
    """
    began, started = resident(), time.process_time()
    roster = parse_roster(load.roster(reps).encode())
    figures = {"roster s": time.process_time() - started}
    *past, today = load.working_days(days + 1)
    figures |= _whole_roster(roster, opening(today))
    has_roster = resident()
    floor = _lived(reps, roster, past)
    has_history = resident()
    took = _quarters(floor, today)
    figures |= _slide(floor) | _scrape(floor) | asyncio.run(_publish(floor))
    shows = resident()
    figures |= _bytecodes(floor, today) | _live(floor, today)
    while sum(lived.events for lived in took) < EVENTS:
        took += _quarters(_lived(reps, roster, past), today)
    figures |= _backlog(took)
    return figures | {
        "process MB": began / 1e6,
        "roster MB": (has_roster - began) / 1e6,
        "history MB": (has_history - has_roster) / 1e6,
        "shown MB": (shows - has_history) / 1e6,
        "all MB": shows / 1e6,
    }


def _lived(reps: int, roster: Roster, past: list[date]) -> Floor:
    floor = Floor(reps, roster, opening(past[0]))
    floor.live(past)
    return floor


def _quarters(floor: Floor, today: date) -> list[Lived]:
    return [floor.quarter(today, number) for number in range(QUARTERS)]


def _backlog(took: list[Lived]) -> Figures:
    """What an event costs in a backlog, and what is written of it: flushed each quarter hour."""
    events = sum(lived.events for lived in took)
    return {
        "event us": median(lived.seconds / lived.events for lived in took) * 1e6,
        "backlog records": sum(lived.written.records for lived in took) / events,
        "backlog bytes": sum(lived.written.bytes for lived in took) / events,
    }


def _bytecodes(floor: Floor, today: date) -> Figures:
    """What an event costs whatever the caches of the processor: the same on any machine."""
    counting, events = Counting(), 0
    for number in range(QUARTERS, QUARTERS + REPS_A_LEAD):  # so that reps create leads in turns
        made = batches(quarter(min(floor.reps, COUNTED_REPS), today, number))
        floor.slide_to(opening(today) + (number + 1) * QUARTER)
        with counting:
            floor.take(made)
            floor.flush()
        events += sum(map(len, made))
        if events >= COUNTED_REPS * TOUCHES_A_QUARTER:
            break
    return {"bytecodes": counting.bytecodes / events}


def _live(floor: Floor, today: date) -> Figures:
    """What is written of an event that is flushed by itself, as where few come at a time."""
    floor.slide_to(opening(today) + QUARTERS_A_DAY * QUARTER)
    sent = Written(0, 0)
    events = list(islice(quarter(floor.reps, today, QUARTERS_A_DAY - 1), LIVE_EVENTS))
    fetches = [batches([event]) for event in events]
    started = time.process_time()
    for fetch in fetches:
        floor.take(fetch)
        sent += floor.flush()
    return {
        "live us": (time.process_time() - started) / len(events) * 1e6,
        "live records": sent.records / len(events),
        "live bytes": sent.bytes / len(events),
    }


def _slide(floor: Floor) -> Figures:
    """What a minute costs in which nothing comes."""

    def slide() -> None:
        floor.slide_to(floor.now + MINUTE)

    return {"slide ms": _median_ms(slide)}


def _scrape(floor: Floor) -> Figures:
    """What /metrics costs, compressed: a minute after the last scrape, and at once again."""
    board = floor.processor.board
    status, renderer = FloorStatus(board, is_personal=False), Renderer()

    def scrape(*, is_gzipped: bool = True) -> int:
        families = list(status.families("worker", has_heartbeat=True))
        sums = PartitionSums()
        rows = [*floor.processor.exported_rows(board.rep_ids, sums), *sums.rows()]
        return len(renderer.render(Exposition(families, rows), "", is_gzipped=is_gzipped)[0])

    return {
        "first scrape ms": _ms(scrape),
        "scrape ms": _median_ms(scrape, lambda: floor.slide_to(floor.now + MINUTE)),
        "same scrape ms": _median_ms(scrape),
        "scrape bytes": scrape(is_gzipped=False),
        "scrape gzip": scrape(),
    }


def _whole_roster(roster: Roster, now: Micros) -> Figures:
    """What the whole roster costs each worker every minute, whoever has its reps."""
    board = Board(roster, now // MINUTE)
    presence = Presence(board)

    def minute() -> None:
        board.turn_back(board.now + 1)
        list(presence.channels())

    minute()
    return {"roster minute ms": _median_ms(minute)}


class _Counting:
    """Stands for Redis, and counts what is asked of it."""

    def __init__(self) -> None:
        self.calls = self.keys = self.bytes = 0

    async def follow_the_name(self) -> None:
        self.calls += 1

    async def write(self, keys: Sequence[str], args: Sequence[bytes | str | int]) -> int:
        self._count(keys, [arg for arg in args if isinstance(arg, bytes)])
        return WRITTEN

    async def set(self, key: str, value: bytes, _lives: int) -> None:
        self._count([key], [value])

    async def count(self, keys: Sequence[str]) -> int:
        self._count(keys, [])
        return len(keys)

    def _count(self, keys: Sequence[str], values: Sequence[bytes]) -> None:
        self.calls += 1
        self.keys += len(keys)
        self.bytes += sum(map(len, (*keys, *values)))


async def _publish(floor: Floor) -> Figures:
    """What a round of publishing costs and asks of Redis: all, the parts, and one rep changed."""
    everywhere = frozenset(range(PARTITIONS))
    owned = Ownership(1, everywhere, everywhere, {}, is_complete=True)
    settings = Settings()
    serving = Serving(settings, Topics(settings), floor.processor, lambda: owned)
    figures: Figures = {}
    for name, all_since, parts_since in (("all", 1e9, 1e9), ("parts", 0, 1e9), ("one", 0, 0)):
        took, counting = [], _Counting()
        for number in range(TIMES):
            if name == "one":
                floor.processor.board._note_change(load.rep_ids(floor.reps)[number])
            now = time.monotonic()
            serving._all_at, serving._parts_at = now - all_since, now - parts_since
            started = time.process_time()
            await serving._publish(cast(RedisClient, counting), owned)
            took.append(time.process_time() - started)
        figures[f"{name} ms"] = median(took) * 1e3
        for what in ("calls", "keys", "bytes"):
            figures[f"{name} {what}"] = getattr(counting, what) / TIMES
    return figures


def _median_ms(work: Callable[[], object], before: Callable[[], object] = int) -> float:
    took = []
    for _ in range(TIMES):
        before()
        took.append(_ms(work))
    return median(took)


def _ms(work: Callable[[], object]) -> float:
    started = time.process_time()
    work()
    return (time.process_time() - started) * 1e3


if __name__ == "__main__":
    gc.set_threshold(200_000, 20, 100)  # as in a worker
    print(json.dumps(measure(*map(int, sys.argv[1:3]))))
