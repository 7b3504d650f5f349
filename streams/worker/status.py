"""What a worker says of itself, as families for the exporter."""

import os
import socket
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from metrics.exporter import Family, Labels, family
from metrics.names import FamilyName
from streams.changelog.flush import Flusher
from streams.changelog.restore import Restorer
from streams.clock import SECOND, Micros
from streams.events.contract import REJECTION_REASONS, Kind, is_ahead
from streams.events.decode import UNMAPPED_FIELDS
from streams.intake import EVENT_OUTCOMES, EventOutcome
from streams.kafka.topics import TABLES, Place, Topics
from streams.ledgers.rows import Fold
from streams.processor import Processor
from streams.serving.publisher import Serving
from streams.worker.clocks import BrokerTime
from streams.worker.floor_status import FloorStatus
from streams.worker.standing import Group, Standing

# Rejections are counted by reason too.
_BY_OUTCOME: tuple[tuple[EventOutcome, FamilyName, str], ...] = (
    ("applied", "events_applied_total", "Events that changed a row."),
    ("duplicate", "events_duplicate_total", "Events that a row had already."),
    ("superseded", "events_superseded_total", "Events older than the version that a row has."),
    ("late", "events_late_total", "Touches from before what is kept, sent to the late topic."),
    (
        "forwarded",
        "events_forwarded_total",
        "Events in the wrong partition, forwarded to the right one.",
    ),
    ("tombstone", "events_tombstone_total", "Records with a key and no value, passed over."),
)


class Status:
    """Collects a worker's own families; every counter exists from the start."""

    def __init__(
        self,
        topics: Topics,
        processor: Processor,
        flusher: Flusher[Any],
        restorer: Restorer,
        serving: Serving,
        received: Mapping[str, int],
        group: Group,
        floors: FloorStatus,
        broker_time: BrokerTime,
    ) -> None:
        self._topics = topics
        self._processor = processor
        self._flusher = flusher
        self._restorer = restorer
        self._serving = serving
        self._received = received
        self._group = group
        self._floors = floors
        self._broker_time = broker_time
        self._worker = f"{socket.gethostname()}-{os.getpid()}"  # two may share a machine

    def families(self) -> list[Family]:
        """Everything but the numbers of the reps.

        What is this worker's own is labelled so, and can be summed however often it is scraped.
        """
        standing = self._group.standing()
        return [
            *self._events(),
            *self._as_sent(),
            *self._ledgers(),
            *self._changelogs(),
            *self._time(standing),
            *self._membership(standing),
            *self._partitions(standing),
            *self._redis(),
            *self._floors.families(self._worker, has_heartbeat=standing.has_heartbeat),
        ]

    def _own(
        self, name: FamilyName, help: str, values: Mapping[Labels, float], *labels: str
    ) -> Family:
        own = {(*key, self._worker): value for key, value in values.items()}
        return family(name, help, (*labels, "worker"), own)

    def _one(self, name: FamilyName, help: str, value: float) -> Family:
        return self._own(name, help, {(): value})

    def _by_topic(
        self,
        name: FamilyName,
        help: str,
        value: Callable[[str], float],
        topics: Iterable[str] | None = None,
    ) -> Family:
        """By topic: of the inputs, or of some *topics*."""
        some = self._topics.inputs if topics is None else topics
        return self._own(name, help, {(topic,): value(topic) for topic in some}, "topic")

    # -- events

    def _events(self) -> Iterator[Family]:
        intake = self._processor.intake
        counts, rejections = intake.counts, intake.rejections
        yield self._by_topic("events_received_total", "Events delivered.", self._taken)
        for outcome, name, help in _BY_OUTCOME:
            values = {(topic,): counts[topic, outcome] for topic in self._topics.inputs}
            yield self._own(name, help, values, "topic")
        yield self._own(
            "events_rejected_total",
            "Events rejected, by reason; all but `forgotten` go to the dead letters.",
            {
                (t, reason): rejections[t, reason]
                for t in self._topics.inputs
                for reason in REJECTION_REASONS
            },
            *("topic", "reason"),
        )
        yield self._by_topic(
            "ledger_imbalance_events",
            "Events received less all outcomes: 0, or the ledger equation is broken.",
            lambda topic: self._taken(topic) - sum(counts[topic, o] for o in EVENT_OUTCOMES),
        )
        yield self._own(
            "internal_records_total",
            "Records of the internal topics, by what became of them.",
            self._internal(),
            *("topic", "outcome"),
        )

    def _taken(self, topic: str) -> int:
        return self._received.get(topic, 0)

    def _internal(self) -> dict[tuple[str, ...], float]:
        counts, copies = self._processor.intake.counts, self._processor.copy_counts
        topics = (self._topics.misrouted_touches, self._topics.misrouted_leads)
        folds = (Fold.APPLIED, Fold.DUPLICATE, Fold.SUPERSEDED)
        return {
            **{
                (topic, outcome): counts[topic, outcome]
                for topic in topics
                for outcome in EVENT_OUTCOMES
            },
            **{(self._topics.credits, fold.value): copies[fold] for fold in folds},
            (self._topics.credits, "tombstone"): counts[self._topics.credits, "tombstone"],
        }

    def _as_sent(self) -> Iterator[Family]:
        """What sources send that the contract does not know."""
        intake, decoder = self._processor.intake, self._processor.intake.decoder
        unmapped = {place: decoder.unmapped[place] for place in UNMAPPED_FIELDS}
        help = "Enum values that the event contract does not list, read as unknown."
        yield self._own("unmapped_values_total", help, unmapped, "kind", "field")
        help = "Events with a word read as unknown."
        yield self._by_kind("unmapped_events_total", help, intake.unmapped_events)
        help = "Contact ids that stand for none, as `null` or `undefined`."
        yield self._by_kind("placeholder_contacts_total", help, decoder.placeholder_contacts)
        help = "Deletions that lost against a version of the event."
        yield self._by_kind("superseded_retractions_total", help, intake.superseded_retractions)
        words = {
            (topic, field, word): count
            for topic, kind in self._topics.kind_of.items()
            for field, word, count in decoder.most_frequent(kind, 10)
        }
        help = "Words read as unknown: the ten most frequent of each topic."
        yield self._own("unmapped_words_total", help, words, "topic", "field", "word")

    def _by_kind(self, name: FamilyName, help: str, counts: Mapping[Kind, int]) -> Family:
        values = {(topic,): counts[kind] for topic, kind in self._topics.kind_of.items()}
        return self._own(name, help, values, "topic")

    # -- ledgers

    def _ledgers(self) -> Iterator[Family]:
        processor = self._processor
        ties = processor.touches.ties + processor.leads.ties
        yield self._one("version_ties_total", "Versions ordered by their content alone.", ties)
        yield family(
            "unassigned_reps",
            "How many reps with events are not on the roster.",
            ["partition"],
            {(str(number),): reps for number, reps in processor.unassigned_reps.items()},
        )
        sizes = (len(processor.touches), len(processor.leads), len(processor.credits))
        rows = {(table,): size for table, size in zip(TABLES, sizes, strict=True)}
        yield self._own("rows", "Rows of each table.", rows, "table")

    def _changelogs(self) -> Iterator[Family]:
        flusher, restorer = self._flusher, self._restorer
        help = "Rows written to the changelogs."
        yield self._one("changelog_records_total", help, flusher.records_written)
        yield self._one("flushes_total", "Flushes of changed rows.", flusher.flushes)
        yield self._one("flush_seconds_total", "Time spent in flushes.", flusher.seconds)
        help = "Changelog records written by a worker that no longer owned the partition."
        yield self._one("foreign_changelog_records_total", help, restorer.foreign_records)
        help = "Whether everything that was accepted is in the state; 0 marks every number."
        yield self._one("state_complete", help, restorer.is_complete)
        help = "How long the last restore took."
        yield self._one("restore_duration_seconds", help, restorer.seconds)

    # -- time

    def _time(self, standing: Standing) -> Iterator[Family]:
        now = self._processor.clock() / SECOND
        help = "The instant for which the windows stand: event time is compared with this."
        yield self._one("clock_timestamp_seconds", help, now)
        offset = self._broker_time.seconds
        help = "How far the machine's clock is ahead of the brokers', once they said the time."
        yield self._own("clock_offset_seconds", help, {} if offset is None else {(): offset})
        yield _by_place(
            "watermark_timestamp_seconds",
            "The greatest event time taken of a partition's reps or leads.",
            {place: at / SECOND for place, at in self._newest()},
        )
        yield _by_place(
            "complete_until_timestamp_seconds",
            "The instant until which a partition is counted completely.",
            {place: at / SECOND for place, at in self._group.progress.complete_until.items()},
        )

    def _newest(self) -> Iterator[tuple[Place, Micros]]:
        newest, owned = self._processor.intake.newest, self._restorer.owned
        now = self._processor.clock()
        for topic, kind in self._topics.kind_of.items():
            for partition in owned["leads" if kind == "lead" else "touches"]:
                at = newest.get((kind, partition))
                if at is not None and not is_ahead(at, now):
                    yield (topic, partition), at

    # -- group

    def _membership(self, standing: Standing) -> Iterator[Family]:
        help = "Whether the worker counts what is delivered."
        yield self._one("worker_ready", help, standing.is_ready)
        help = "Whether the group answered a heartbeat within one session timeout."
        yield self._one("worker_heartbeat", help, standing.has_heartbeat)
        yield self._one(
            "rebalances_total", "Rebalances the worker went through.", standing.rebalances
        )
        help = (
            "How long each step of the last rebalance took, from giving partitions up to counting."
        )
        steps = self._group.rebalance.seconds.items()
        yield self._own("rebalance_step_seconds", help, {(s,): taken for s, taken in steps}, "step")
        help = "Commits that the group did not take; they are tried again."
        yield self._one("commit_failures_total", help, standing.commit_failures)

    def _partitions(self, standing: Standing) -> Iterator[Family]:
        sources = self._topics.sources
        mine = standing.seen if standing.has_heartbeat else ()  # else others may have them
        assigned = Counter(topic for topic, _ in mine)
        help = "Partitions of a source that this worker has."
        yield self._by_topic("assigned_partitions", help, assigned.__getitem__, sources)
        partitions = {spec.name: spec.partitions for spec in self._topics.specs()}
        partitions |= self._processor.intake.unaligned
        help = "Partitions that a source has."
        yield self._by_topic("topic_partitions", help, partitions.__getitem__, sources)
        committed = standing.committed
        yield _by_place("committed_offset", "The offset that the group has committed.", committed)
        lags = {
            place: max(0, seen.end - seen.done(committed.get(place)))
            for place, seen in standing.seen.items()
            if seen.end is not None
        }
        yield _by_place("consumer_lag_records", "Records not committed yet.", lags)
        help = "For how long the oldest record not committed yet has waited, as far as was seen."
        yield _by_place("consumer_lag_seconds", help, standing.lag_seconds)

    # -- redis

    def _redis(self) -> Iterator[Family]:
        serving = self._serving
        help = "Whether the last readings were written to Redis."
        yield self._one("redis_up", help, serving.is_up)
        help = "When readings were last written to Redis, by the machine's clock; 0 is never."
        yield self._one("redis_last_write_timestamp_seconds", help, serving.written_at)
        yield self._one("redis_writes_total", "Parts written to Redis.", serving.writes)
        help = "Parts that Redis refused since a newer version was there."
        yield self._one("redis_refused_writes_total", help, serving.refused)


def _by_place(name: FamilyName, help: str, values: Mapping[Place, float]) -> Family:
    ordered = {(topic, str(n)): value for (topic, n), value in sorted(values.items())}
    return family(name, help, ("topic", "partition"), ordered)
