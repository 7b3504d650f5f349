"""What a worker tells of itself, as families for the exporter."""

import os
import socket
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from metrics.exporter import Family, Figure
from streams.changelog.flush import Flusher
from streams.changelog.restore import Restorer
from streams.clock import SECOND, Clock
from streams.events.contract import REASONS
from streams.events.decode import UNMAPPED_FIELDS
from streams.intake import OUTCOMES
from streams.kafka.progress import Place, Progress, Seen
from streams.kafka.topics import TABLES, Topics
from streams.ledgers.rows import Fold
from streams.processor import Processor
from streams.serving.redis import Serving
from streams.worker.floor_status import OF_WORKER, FloorStatus

OUTCOME_HELP = {
    "applied": "Events that changed a row.",
    "duplicate": "Events that a row held already.",
    "superseded": "Events older than the version that a row holds.",
    "late": "Touches from before what is kept, sent to the late topic.",
    "forwarded": "Events in the wrong partition, forwarded to the right one.",
    "tombstone": "Records with a key and no value, passed over.",
}


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a worker stands with its group."""

    is_ready: bool
    has_heartbeat: bool
    rebalances: int
    commit_failures: int
    seen: Mapping[Place, Seen]
    committed: Mapping[Place, int]
    lag_seconds: Mapping[Place, float]


class Status:
    """Collects a worker's own figures; every counter exists from the start."""

    def __init__(
        self,
        clock: Clock,
        topics: Topics,
        processor: Processor,
        flusher: Flusher[Any],
        restorer: Restorer,
        progress: Progress,
        serving: Serving,
        received: Mapping[str, int],
        standing: Callable[[], Standing],
        floors: FloorStatus,
    ) -> None:
        self._clock = clock
        self._topics = topics
        self._processor = processor
        self._flusher = flusher
        self._restorer = restorer
        self._progress = progress
        self._serving = serving
        self._received = received
        self._standing = standing
        self._floors = floors
        self._worker = f"{socket.gethostname()}-{os.getpid()}"  # two may share a machine

    def families(self) -> list[Family]:
        """Everything but the numbers of the reps.

        What is this worker's own is labelled so, and can be summed however often it is scraped.
        """
        standing = self._standing()
        own = (
            *self._events(),
            *self._ledgers(),
            *self._time(standing),
            *self._group(standing),
            *self._redis(),
        )
        floors = self._floors.families(is_heard=standing.has_heartbeat)
        return [
            *(
                family if "partition" in family.labels else self._of_worker(family)
                for family in own
            ),
            *(self._of_worker(f) if f.name in OF_WORKER else f for f in floors),
        ]

    def _of_worker(self, family: Family) -> Family:
        figures = [Figure((*labels, self._worker), value) for labels, value in family.figures]
        return replace(family, labels=(*family.labels, "worker"), figures=figures)

    # -- events

    def _events(self) -> Iterator[Family]:
        intake = self._processor.intake
        inputs, counts = self._topics.inputs, intake.counts
        received = _by_topic(inputs, lambda topic: self._received.get(topic, 0))
        yield Family("events_received", "counter", "Events delivered.", ("topic",), received)
        for outcome, told in OUTCOME_HELP.items():
            each = _by_topic(inputs, lambda topic, o=outcome: counts[topic, o])  # type: ignore[misc]
            yield Family(f"events_{outcome}", "counter", told, ("topic",), each)
        rejections = intake.rejections
        yield Family(
            "events_rejected",
            "counter",
            "Events sent to the dead letters, by reason.",
            ("topic", "reason"),
            [Figure((t, why), rejections[t, why]) for t in inputs for why in REASONS],
        )
        yield Family(
            "ledger_imbalance_events",
            "gauge",
            "Events received less all outcomes: 0, or the ledger equation is broken.",
            ("topic",),
            _by_topic(inputs, self._imbalance),
        )
        yield Family(
            "internal_records",
            "counter",
            "Records of the internal topics, by what became of them.",
            ("topic", "outcome"),
            list(self._internal()),
        )
        yield Family(
            "unmapped_values",
            "counter",
            "Enum values that the event contract does not list, read as unknown.",
            ("kind", "field"),
            [Figure(each, intake.decoder.unmapped[each]) for each in UNMAPPED_FIELDS],
        )
        yield from self._as_sent()

    def _as_sent(self) -> Iterator[Family]:
        """What sources send that the contract does not know, by topic."""
        intake = self._processor.intake
        for name, says, counts in (
            ("unmapped_events", "Events with a word read as unknown.", intake.unmapped_events),
            (
                "placeholder_contacts",
                "Contact ids that stand for none, as `null` or `undefined`.",
                intake.decoder.placeholder_contacts,
            ),
            (
                "superseded_retractions",
                "Deletions that lost against a version of the event.",
                intake.superseded_retractions,
            ),
        ):
            figures = [Figure((t,), counts[kind]) for t, kind in self._topics.kind_of.items()]
            yield Family(name, "counter", says, ("topic",), figures)
        yield Family(
            "unmapped_words",
            "counter",
            "Words read as unknown: the ten most frequent of each topic.",
            ("topic", "field", "word"),
            [
                Figure((topic, field, word), count)
                for topic, kind in self._topics.kind_of.items()
                for field, word, count in intake.decoder.most_frequent(kind, 10)
            ],
        )

    def _imbalance(self, topic: str) -> int:
        counts = self._processor.intake.counts
        return self._received.get(topic, 0) - sum(counts[topic, o] for o in OUTCOMES)

    def _internal(self) -> Iterator[Figure]:
        counts = self._processor.intake.counts
        for topic in (self._topics.misrouted_touches, self._topics.misrouted_leads):
            yield from (Figure((topic, o), counts[topic, o]) for o in OUTCOMES)
        copies = self._processor.copy_counts
        for fold in (Fold.APPLIED, Fold.DUPLICATE, Fold.SUPERSEDED):
            yield Figure((self._topics.credits, fold.value), copies[fold])

    # -- ledgers

    def _ledgers(self) -> Iterator[Family]:
        processor = self._processor
        ties = processor.touches.ties + processor.leads.ties
        yield _one("version_ties", "counter", "Versions told apart by content alone.", ties)
        yield Family(
            "unassigned_reps",
            "gauge",
            "How many reps with events are not on the roster.",
            ("partition",),
            [Figure((str(n),), count) for n, count in processor.unassigned_reps.items()],
        )
        rows = (len(processor.touches), len(processor.leads), len(processor.credits))
        yield Family(
            "rows",
            "gauge",
            "Rows held of each table.",
            ("table",),
            [Figure((table,), count) for table, count in zip(TABLES, rows, strict=True)],
        )
        written = self._flusher.records_written
        yield _one("changelog_records", "counter", "Rows written to the changelogs.", written)
        yield _one("flushes", "counter", "Flushes of changed rows.", self._flusher.flushes)
        seconds = self._flusher.seconds
        yield _one("flush_seconds", "counter", "Time spent in flushes.", seconds)
        foreign = self._restorer.foreign_records
        told = "Changelog records written by a worker that no longer owned the partition."
        yield _one("foreign_changelog_records", "counter", told, foreign)
        told = "Whether everything that was accepted is in the state; 0 marks every number."
        yield _one("state_complete", "gauge", told, self._restorer.is_complete)
        told = "How long the last restore took."
        yield _one("restore_duration_seconds", "gauge", told, self._restorer.seconds)

    # -- time

    def _time(self, standing: Standing) -> Iterator[Family]:
        now = self._processor.clock() / SECOND
        told = "The instant for which the windows stand: event time is compared with this."
        yield _one("clock_timestamp_seconds", "gauge", told, now)
        newest = {place: seen.newest for place, seen in standing.seen.items()}
        yield _at(
            "watermark_timestamp_seconds",
            "The greatest event time taken from a partition.",
            {place: at / SECOND for place, at in newest.items() if at is not None},
        )
        yield _at(
            "complete_until_timestamp_seconds",
            "The instant until which a partition is counted completely.",
            {place: at / SECOND for place, at in self._progress.complete_until.items()},
        )

    # -- group

    def _group(self, standing: Standing) -> Iterator[Family]:
        ready = standing.is_ready
        yield _one("worker_ready", "gauge", "Whether the worker counts what is delivered.", ready)
        told = "Whether the group answered a heartbeat within one session timeout."
        yield _one("worker_heartbeat", "gauge", told, standing.has_heartbeat)
        yield _one("rebalances", "counter", "Rebalances lived through.", standing.rebalances)
        told = "Commits that the group did not take; they are tried again."
        yield _one("commit_failures", "counter", told, standing.commit_failures)
        held = standing.seen if standing.has_heartbeat else ()  # else others may have them
        assigned = _count(topic for topic, _ in held)
        sources = self._topics.sources
        yield Family(
            "assigned_partitions",
            "gauge",
            "Partitions of a source that this worker holds.",
            ("topic",),
            _by_topic(sources, lambda topic: assigned.get(topic, 0)),
        )
        partitions = {spec.name: spec.partitions for spec in self._topics.specs()}
        yield Family(
            "topic_partitions",
            "gauge",
            "Partitions that a source has.",
            ("topic",),
            _by_topic(sources, partitions.__getitem__),
        )
        committed = standing.committed
        yield _at("committed_offset", "The offset that the group holds.", committed)
        lags = {
            place: max(0, seen.end - seen.done(committed.get(place)))
            for place, seen in standing.seen.items()
            if seen.end is not None
        }
        yield _at("consumer_lag_records", "Records not committed yet.", lags)
        told = "For how long the oldest record not committed yet has waited, as far as was seen."
        yield _at("consumer_lag_seconds", told, standing.lag_seconds)

    # -- redis

    def _redis(self) -> Iterator[Family]:
        serving = self._serving
        told = "Whether the last readings were written to Redis."
        yield _one("redis_up", "gauge", told, serving.is_up)
        told = "When readings were last written to Redis, by the machine's clock; 0 is never."
        yield _one("redis_last_write_timestamp_seconds", "gauge", told, serving.written_at)
        yield _one("redis_writes", "counter", "Parts written to Redis.", serving.writes)
        told = "Parts that Redis refused since a newer version was there."
        yield _one("redis_refused_writes", "counter", told, serving.refused)


def _one(name: str, kind: str, told: str, value: float) -> Family:
    return Family(name, kind, told, (), [Figure((), value)])  # type: ignore[arg-type]


def _at(name: str, told: str, values: Mapping[Place, float]) -> Family:
    figures = [Figure((topic, str(p)), value) for (topic, p), value in sorted(values.items())]
    return Family(name, "gauge", told, ("topic", "partition"), figures)


def _by_topic(topics: Iterable[str], value: Callable[[str], float]) -> list[Figure]:
    return [Figure((topic,), value(topic)) for topic in topics]


def _count(topics: Iterable[str]) -> dict[str, int]:
    found: dict[str, int] = {}
    for topic in topics:
        found[topic] = found.get(topic, 0) + 1
    return found
