"""The pure part alone, with neither Kafka nor Redis: microseconds of processor time an event.

Two loads: A is what peers are measured with (200 reps, calls of about 226 bytes, some 62 touches a
row), B is `bench.load` (1,000 reps, three touches a row, lead changes). Batches are of one topic
and partition, as a fetch brings them, and what is to be written is taken every 8,000 events, as a
flush does.
"""

import time
from collections import defaultdict
from collections.abc import Iterable, Iterator
from statistics import median

import msgspec

from bench import load
from streams.events.contract import KIND_OF
from streams.kafka.producer import OutEvent
from streams.kafka.topics import partitioner
from streams.ledgers.credits import credit_key
from streams.processor import Processor
from streams.roster.file import parse_roster

PARTITIONS = 4
partition_of = partitioner(PARTITIONS)
FLUSH_EVENTS = 8_000
REPS_A, EVENTS_A = 200, 200_000
REPS_B, DAYS_B = 1_000, 1


class Fetched(msgspec.Struct, gc=False):
    """A record as the client hands it out."""

    topic: str
    partition: int
    offset: int
    key: bytes
    value: bytes
    headers: tuple[tuple[str, bytes], ...] = ()


def load_a() -> Iterator[OutEvent]:
    """The calls of 200 reps within eight hours."""
    return load.calls(REPS_A, EVENTS_A)


def load_b() -> Iterator[OutEvent]:
    """Working days of 1,000 reps."""
    return load.days(REPS_B, DAYS_B)


def batches(events: Iterable[OutEvent]) -> list[list[Fetched]]:
    """The events as fetches bring them: of one topic and partition, up to a flush in all."""
    made: list[list[Fetched]] = []
    fetch: defaultdict[tuple[str, int], list[Fetched]] = defaultdict(list)
    for number, (topic, key, value) in enumerate(events, 1):
        partition = partition_of(key.decode())
        fetch[topic, partition].append(
            Fetched(topic=topic, partition=partition, offset=number, key=key, value=value)
        )
        if number % FLUSH_EVENTS == 0:
            made += fetch.values()
            fetch.clear()
    return [*made, *fetch.values()]


def take_all(reps: int, made: list[list[Fetched]]) -> float:
    """Processor time of one worker's pure part for all batches, in seconds."""
    roster = parse_roster(load.roster(reps).encode())
    processor = Processor(
        lambda: load.NOW,
        roster,
        lambda _: {},
        partition_of_rep=partition_of,
        partition_of_lead=partition_of,
    )
    list(processor.rebuild(range(PARTITIONS)))
    taken = 0
    started = time.process_time()
    for batch in made:
        processor.take(KIND_OF[batch[0].topic], batch)
        taken += len(batch)
        if taken >= FLUSH_EVENTS:
            taken = 0
            flush(processor)
    flush(processor)
    seconds = time.process_time() - started
    applied = sum(
        count for (_, outcome), count in processor.intake.counts.items() if outcome == "applied"
    )
    if applied != sum(map(len, made)):
        raise RuntimeError(f"applied {applied} of {sum(map(len, made))} events")
    return seconds


def flush(processor: Processor) -> None:
    """Take what is to be written, and deliver the copies of leads to their reps."""
    writes = processor.take_writes()
    processor.take_copies(
        Fetched(topic="credits", partition=0, offset=0, key=credit_key(rep_id, lead_id), value=row)
        for rep_id, lead_id, row in writes.copies
    )


def measure(rounds: int) -> Iterator[tuple[str, int, list[float]]]:
    """The load's name, its events, and the microseconds an event of each round, interleaved."""
    loads = {"A": (REPS_A, batches(load_a())), "B": (REPS_B, batches(load_b()))}
    took: dict[str, list[float]] = {name: [] for name in loads}
    for _ in range(rounds):
        for name, (reps, made) in loads.items():
            took[name].append(take_all(reps, made) / sum(map(len, made)) * 1e6)
    for name, (_, made) in loads.items():
        yield name, sum(map(len, made)), took[name]


def lines(rounds: int) -> Iterator[str]:
    """What is printed."""
    for name, events, took in measure(rounds):
        yield (
            f"pure part, load {name}, {events:,} events: {median(took):.1f} us an event "
            f"({min(took):.1f}-{max(took):.1f})"
        )
