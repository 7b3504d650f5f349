"""A batch and its records one by one have the same outcomes, rows, numbers and order."""

import datetime as dt
import json
from collections import Counter
from dataclasses import dataclass, field
from operator import attrgetter

from hypothesis import given, settings
from hypothesis import strategies as st

from streams.clock import micros
from streams.events.contract import KIND_OF
from streams.processor import Processor
from tests.build import call, numbers_on, roster
from tests.strategies import NOW, WORLD, calls, raw, statuses, touches

PARTITIONS = 2
ROSTER = roster(WORLD)


def partition_of(key: str) -> int:
    """Ana and the odd leads are this worker's first partition; the others its second."""
    return sum(key.encode()) % PARTITIONS


@dataclass(frozen=True)
class Delivered:
    """A record as Kafka delivers it."""

    topic: str
    partition: int
    offset: int
    value: bytes | None
    key: bytes | None = None
    headers: list[tuple[str, bytes]] = field(default_factory=list)


def _hostile(event: dict, change: str) -> bytes | None:
    """The bytes of an event, changed in the ways in which sources go wrong."""
    later = (NOW + dt.timedelta(hours=3)).isoformat()
    at = dt.datetime.fromisoformat(event["at"])
    changed: dict[str, dict] = {
        "as it is": {},
        "whole minute": {"at": at.replace(second=0).isoformat()},
        "newer": {"version": 9},
        "float": {"version": 2.0, "talk_seconds": 95.5},
        "blank for T": {"at": event["at"].replace("T", " ")},
        "own words": {"direction": "OUT-GOING ", "outcome": " Voice-Mail", "status": "Closed Won"},
        "far future": {"at": later},
        "long ago": {"at": "2019-01-01T00:00:00Z"},
        "no date": {"at": "0000-00-00 00:00:00"},
        "naive": {"at": "2026-11-02T10:00:00"},
        "no id": {"id": "undefined"},
        "no rep": {"rep_id": None},
        "no contact": {"contact_id": "N/A"},
        "wrong type": {"contact_id": 7},
    }
    if change == "tombstone":
        return None
    if change == "cut off":
        return raw(event)[:-4]
    if change == "too large":
        return raw({**event, "reason": "x" * 70_000})
    if change == "mark":
        return b"\xef\xbb\xbf" + raw(event)
    return raw({**event, **changed[change]})


# What is nearly plain comes often: between two plain records of an id it shows an order turned.
_changes = st.sampled_from(
    (
        *("as it is",) * 8,
        *("whole minute", "newer", "float", "blank for T", "own words", "no contact", "mark") * 2,
        *("far future", "long ago", "no date", "naive", "no id", "no rep", "wrong type"),
        *("tombstone", "cut off", "too large"),
    )
)
_events = st.one_of(calls, calls, *touches, statuses)
_wrong_partition = st.integers(0, 11).map(lambda drawn: drawn == 0)
_records = st.lists(st.tuples(_events, _changes, _wrong_partition), min_size=1, max_size=40)
_batch_sizes = st.lists(st.integers(1, 25), min_size=1, max_size=10)


def deliveries(drawn: list[tuple[dict, str, bool]]) -> list[Delivered]:
    """The records of what was drawn, each in a partition of its topic, in order."""
    offsets: Counter[tuple[str, int]] = Counter()
    records = []
    for event, change, is_wrong in drawn:
        topic = event["topic"]
        key = event["lead_id"] if topic == "lead-status" else event["rep_id"]
        partition = (partition_of(key) + is_wrong) % PARTITIONS
        offset = offsets[topic, partition]
        offsets[topic, partition] += 1
        records.append(Delivered(topic, partition, offset, _hostile(event, change), key.encode()))
    return records


class Worker:
    """A processor of both partitions, and what became of each batch of one topic."""

    def __init__(self) -> None:
        self.processor = Processor(
            lambda: micros(NOW),
            ROSTER,
            lambda _: {},
            partition_of_rep=partition_of,
            partition_of_lead=partition_of,
        )
        list(self.processor.rebuild(range(PARTITIONS)))

    def take(self, batch: list[Delivered]) -> None:
        self.processor.take(KIND_OF[batch[0].topic], batch)


def batches_of(records: list[Delivered], sizes: list[int]) -> list[list[Delivered]]:
    """The records cut into batches of one topic and partition, at most so many in each."""
    batches: list[list[Delivered]] = []
    limits = iter(sizes * len(records))
    limit = 0
    for record in records:
        last = batches[-1][-1] if batches else None
        is_same = last and (last.topic, last.partition) == (record.topic, record.partition)
        if is_same and len(batches[-1]) < limit:
            batches[-1].append(record)
        else:
            batches.append([record])
            limit = next(limits)
    return batches


def assert_same_results(one: Processor, other: Processor) -> None:
    """Counts by topic, rejections, what is sent and in which order, rows, newest and numbers."""
    assert one.intake.counts == other.intake.counts
    assert one.intake.rejections == other.intake.rejections
    assert one.intake.unmapped_events == other.intake.unmapped_events
    assert one.intake.superseded_retractions == other.intake.superseded_retractions
    assert +one.intake.decoder.unmapped_words == +other.intake.decoder.unmapped_words
    assert one.intake.decoder.placeholder_contacts == other.intake.decoder.placeholder_contacts
    assert one.intake.newest == other.intake.newest
    sent, others = one.take_writes(), other.take_writes()
    assert sent.outgoing == others.outgoing
    assert dict(_rows(sent.rows)) == dict(_rows(others.rows))
    assert numbers_on(one.board) == numbers_on(other.board)


def _rows(writes: list) -> list[tuple]:
    return [((table, write.key), (write.partition, write.value)) for table, write in writes]


@settings(max_examples=150)
@given(_records, _batch_sizes)
def test_a_batch_is_taken_as_its_records_one_by_one(
    drawn: list[tuple[dict, str, bool]], sizes: list[int]
) -> None:
    # A topic and partition at a time: so a batch has the records of a rep between each other.
    records = sorted(deliveries(drawn), key=attrgetter("topic", "partition"))
    at_once, one_by_one = Worker(), Worker()

    for batch in batches_of(records, sizes):
        at_once.take(batch)
    for record in records:
        one_by_one.take([record])

    assert sum(at_once.processor.intake.counts.values()) == len(records)
    assert_same_results(at_once.processor, one_by_one.processor)


def _call(**fields: object) -> Delivered:
    event = call(**fields)
    partition = partition_of(event["rep_id"])
    return Delivered("calls", partition, 0, json.dumps(event).encode(), b"ana")


def test_an_unusual_record_between_plain_ones_is_taken_in_its_turn() -> None:
    """The mistake of a fast path: what is unusual is folded before the plain ones in front of it.

    The end is the same then, and the outcomes are not: version 2, superseded by version 3 that
    comes after it, was applied when it came.
    """
    plain = _call(at="2026-11-02T10:00:07Z", version=1)
    unusual = _call(at="2026-11-02 10:00:07+0000", version=2)
    newest = _call(at="2026-11-02T10:00:07Z", version=3)
    worker = Worker()

    worker.take([plain, newest, unusual])
    worker.take([plain])

    assert worker.processor.intake.counts == {
        ("calls", "applied"): 2,
        ("calls", "superseded"): 2,
    }
    in_turn = Worker()
    in_turn.take([plain, unusual, newest])
    assert in_turn.processor.intake.counts == {("calls", "applied"): 3}
