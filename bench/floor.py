"""A floor of any size that lives through quarter hours: what one worker has, without servers.

Each quarter hour every rep has three touches, and one in twenty creates a lead, which is delivered
and accepted: the shares of `bench.load`, and three touches a row at any size. What is to be written
is taken at the end of the quarter hour, as in a backlog.
"""

import time
from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import date, datetime
from random import Random
from typing import NamedTuple

import msgspec

from bench import load
from bench.pure import Fetched
from streams.clock import MINUTE, SECOND, Micros, micros
from streams.events.contract import KIND_OF
from streams.kafka.topics import partitioner
from streams.ledgers.credits import credit_key
from streams.processor import Processor, Writes
from streams.roster.people import Roster
from streams.settings import Settings

PARTITIONS = Settings().partitions
QUARTERS_A_DAY = 36  # from half past eight on
TOUCHES_A_QUARTER = 3
REPS_A_LEAD = 20  # of whom one creates a lead in a quarter hour
QUARTER = 15 * MINUTE
partition_of = partitioner(PARTITIONS)

Batches = list[list[Fetched]]


class Written(NamedTuple):
    """Records and bytes that go to the changelogs and, as copies of leads, to `credits`."""

    records: int
    bytes: int

    def __add__(self, other: tuple[int, ...]) -> "Written":
        return Written(self.records + other[0], self.bytes + other[1])


class Lived(NamedTuple):
    """A quarter hour: its events, their processor seconds without the slide, and what was sent."""

    events: int
    seconds: float
    written: Written


class Floor:
    """A processor, and the clock that it reads."""

    def __init__(self, reps: int, roster: Roster, now: Micros) -> None:
        self.reps = reps
        self.now = now
        self.processor = Processor(
            lambda: self.now,
            roster,
            lambda _: {},
            partition_of_rep=partition_of,
            partition_of_lead=partition_of,
        )
        for _ in self.processor.rebuild(range(PARTITIONS)):
            pass

    def live(self, days: list[date]) -> None:
        """Live through whole days."""
        for day in days:
            for number in range(QUARTERS_A_DAY):
                self.quarter(day, number)

    def quarter(self, day: date, number: int) -> Lived:
        """Live through a quarter hour."""
        made = batches(quarter(self.reps, day, number))
        self.slide_to(opening(day) + (number + 1) * QUARTER)
        started = time.process_time()
        self.take(made)
        sent = self.flush()
        return Lived(sum(map(len, made)), time.process_time() - started, sent)

    def slide_to(self, now: Micros) -> None:
        """Have it be *now*."""
        self.now = now
        self.processor.advance()

    def take(self, made: Batches) -> None:
        """Take what was fetched."""
        for batch in made:
            self.processor.take(KIND_OF[batch[0].topic], batch)

    def flush(self) -> Written:
        """Take what is to be written until nothing is, copies of leads delivered."""
        first, second = self._flush(), self._flush()
        return first + second

    def _flush(self) -> Written:
        writes = self.processor.take_writes()
        copies = [
            Fetched("credits", partition_of(rep_id), 0, credit_key(rep_id, lead_id), row)
            for rep_id, lead_id, row in writes.copies
        ]
        self.processor.take_copies(copies)
        return written(writes, copies)


def written(writes: Writes, copies: list[Fetched]) -> Written:
    """What a flush sends."""
    rows = [(row.key, row.value or b"") for _, row in writes.rows]
    rows += [(copy.key, copy.value) for copy in copies]
    return Written(len(rows), sum(len(key) + len(value) for key, value in rows))


def opening(day: date) -> Micros:
    """When the floor opens."""
    return micros(datetime(day.year, day.month, day.day, 8, 30, tzinfo=load.ZONE))


def quarter(reps: int, day: date, number: int) -> Iterator[load.Happened]:
    """What so many reps did in a quarter hour."""
    begins = opening(day) + number * QUARTER
    rng = Random(begins)
    for place, rep in enumerate(load.rep_ids(reps)):
        name = f"{day:%m%d}-{rep}-{number:02d}"
        for touch in range(TOUCHES_A_QUARTER):
            nth = (number * TOUCHES_A_QUARTER + touch) * 37 % load.TOUCHES_A_DAY  # channels mixed
            at = begins + rng.randrange(15 * 60) * SECOND
            yield load.touch(rng, rep, f"{name}-{touch}", nth, at)
        if (place + number) % REPS_A_LEAD == 0:
            steps = ("created", "delivered", "accepted")
            yield from load.lead(rng, rep, f"lead-{name}", steps, begins, MINUTE)


def batches(happened: Iterable[load.Happened]) -> Batches:
    """Events as one fetch of each topic and partition brings them."""
    fetch: defaultdict[tuple[str, int], list[Fetched]] = defaultdict(list)
    for _, topic, event in sorted(happened, key=lambda event: event[0]):
        key = event["lead_id"] if topic == "lead-status" else event["rep_id"]
        partition = partition_of(key)
        fetch[topic, partition].append(
            Fetched(topic, partition, 0, key.encode(), msgspec.json.encode(event))
        )
    return list(fetch.values())
