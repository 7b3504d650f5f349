"""From raw records to the ledgers: decode, check, fold, count; and what has to be sent on.

Pure: the worker feeds it what Kafka delivers and sends what it asks for; `recount` feeds it a file.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping
from operator import attrgetter
from typing import Literal, get_args

from streams.clock import Clock, Micros
from streams.events.contract import (
    UNREADABLE,
    Destination,
    Kind,
    Rejection,
    RejectionReason,
    Touch,
    TouchEvent,
)
from streams.events.decode import Decoder
from streams.events.flood import FloodGuard, FloodLimit
from streams.events.outgoing import Outgoing, Record, dead_letter, late, misrouted
from streams.ledgers.forgotten import Forgotten
from streams.ledgers.leads import LeadLedger
from streams.ledgers.retention import is_late, kept_since
from streams.ledgers.rows import Fold
from streams.ledgers.touches import TouchLedger

EventOutcome = Literal[
    "applied", "duplicate", "superseded", "late", "rejected", "forwarded", "tombstone"
]
EVENT_OUTCOMES: tuple[EventOutcome, ...] = get_args(EventOutcome)


class Intake:
    """Takes batches of records into the ledgers and counts what became of each.

    `counts` is by (topic, outcome), `rejections` by (topic, reason): at rest, the records received
    are the sum of the outcomes (the ledger equation). `newest` is the greatest `at` accepted by
    (kind, partition). By kind, `unmapped_events` counts the events with a word that nobody knows,
    and `superseded_retractions` the deletions that lost against a version. Of the inputs that are
    `unaligned` every record is forwarded, also one that seems to lie right: with another number of
    partitions than was set (the value), the same number may be another worker's. A touch of a rep
    who was *forgotten* is rejected, and kept nowhere; a contact who was goes out of what is taken.
    """

    def __init__(
        self,
        clock: Clock,
        touches: TouchLedger,
        leads: LeadLedger,
        partition_of_rep: Callable[[str], int],
        partition_of_lead: Callable[[str], int],
        flood_limit: FloodLimit | None = None,
        forgotten: Forgotten | None = None,
    ) -> None:
        self._forgotten = Forgotten() if forgotten is None else forgotten
        self._clock = clock
        self._touches = touches
        self._leads = leads
        self._partition_of_rep = partition_of_rep
        self._partition_of_lead = partition_of_lead
        self.decoder = Decoder()
        self._flood = FloodGuard(flood_limit)
        self.unaligned: Mapping[str, int] = {}
        self._outbox: list[Outgoing] = []
        self.counts: Counter[tuple[str, EventOutcome]] = Counter()
        self.rejections: Counter[tuple[str, RejectionReason]] = Counter()
        self.unmapped_events: Counter[Kind] = Counter()
        self.superseded_retractions: Counter[Kind] = Counter()
        self.newest: defaultdict[tuple[Kind, int], Micros] = defaultdict(lambda: -(2**63))

    @property
    def has_outgoing(self) -> bool:
        """Whether `take_outgoing` would give anything."""
        return bool(self._outbox)

    def take_outgoing(self) -> list[Outgoing]:
        """What has to be sent for the records taken so far; not given twice."""
        outgoing, self._outbox = self._outbox, []
        return outgoing

    def take(self, kind: Kind, records: Iterable[Record], *, forwarded: bool = False) -> None:
        """Take records of one partition of a topic.

        Those that were *forwarded* once are not forwarded again. Raises FloodError when too many
        of them cannot be read; those before are taken.
        """
        if kind == "lead":
            self._take_leads(kind, records, forwarded)
        else:
            self._take_touches(kind, records, forwarded)

    def _take_touches(self, kind: Kind, records: Iterable[Record], forwarded: bool) -> None:
        """Gather what is accepted by rep, and fold each rep's touches in order of delivery.

        What is plain goes the fast way (`streams.events.plain`), and joins the rest where it is
        gathered: so both ways have one order.
        """
        now = self._clock()
        first_kept = kept_since(now)
        plain = self.decoder.plain_touch(kind, now)
        guard = self._flood
        by_rep: dict[str, list[Touch]] = {}
        topic = ""
        try:
            for record in records:
                topic, value = record.topic, record.value
                event = None if value is None else plain(value)
                if event is not None and event.touch.at >= first_kept:
                    rep_id, touch = event
                    touches = by_rep.get(rep_id)
                    if touches is None and self._lies_right(rep_id, record):
                        touches = by_rep[rep_id] = []
                    if touches is not None:
                        touches.append(touch)
                        if guard.alert:
                            guard.readable()
                        continue
                self._take_touch(kind, record, event, now, forwarded, by_rep)
        finally:
            self._fold(kind, topic, by_rep)

    def _take_touch(
        self,
        kind: Kind,
        record: Record,
        event: TouchEvent | None,
        now: Micros,
        forwarded: bool,
        by_rep: dict[str, list[Touch]],
    ) -> None:
        """Judge a record with care: it is gathered, or has an outcome at once."""
        if record.value is None:
            self.counts[record.topic, "tombstone"] += 1
            return
        before = self.decoder.words_unmapped
        read = event or self.decoder.touch(kind, record.value, now)
        outcome = self._judge_touch(kind, record, read, now, forwarded)
        if outcome is not None:
            self.counts[record.topic, outcome] += 1
        elif isinstance(read, TouchEvent):
            by_rep.setdefault(read.rep_id, []).append(read.touch)
        self._note_readable(kind, before, outcome, forwarded)

    def _judge_touch(
        self,
        kind: Kind,
        record: Record,
        event: TouchEvent | Rejection,
        now: Micros,
        forwarded: bool,
    ) -> EventOutcome | None:
        """The outcome of a touch that does not get to the ledger; None where it does."""
        if isinstance(event, Rejection):
            return self.reject(record, event, forwarded=forwarded)
        if self._forgotten.is_dropped(event.rep_id, event.touch.at):
            self.rejections[record.topic, "forgotten"] += 1
            return "rejected"
        if is_late(event.touch.at, now):
            value = self._without_contact(kind, event, record.value)
            self._outbox.append(late(record, event.touch.at, value, forwarded=forwarded))
            return "late"
        if self._lies_right(event.rep_id, record):
            return None
        if forwarded:
            return self.reject(record, _WRONG_AGAIN, forwarded=True)
        partition = self._partition_of_rep(event.rep_id)
        return self._forward("misrouted-touches", partition, event.rep_id, kind, record)

    def _without_contact(self, kind: Kind, event: TouchEvent, value: bytes | None) -> bytes | None:
        """The bytes of a touch that is set aside; a contact who was forgotten is not in them."""
        touch = event.touch
        if value is None or self._forgotten.without_contact(touch) is touch:
            return value
        return self.decoder.without_contact(kind, value)

    def _lies_right(self, rep_id: str, record: Record) -> bool:
        """Whether a touch of this rep came in their partition, of an input that is aligned."""
        if record.topic in self.unaligned:
            return False
        return self._partition_of_rep(rep_id) == record.partition

    def _fold(self, kind: Kind, topic: str, by_rep: dict[str, list[Touch]]) -> None:
        if not self._forgotten.is_empty:
            by_rep = self._kept(topic, by_rep)
        applied = 0
        for rep_id, touches in by_rep.items():
            others = self._touches.fold_all(rep_id, touches)
            applied += len(touches) - len(others)
            self.note(kind, self._partition_of_rep(rep_id), max(map(_at, touches)))
            for touch, fold in others:
                self.counts[topic, _OUTCOME_OF[fold]] += 1
                if touch.retracted and fold is Fold.SUPERSEDED:
                    self.superseded_retractions[kind] += 1
        if applied:
            self.counts[topic, "applied"] += applied

    def _kept(self, topic: str, by_rep: dict[str, list[Touch]]) -> dict[str, list[Touch]]:
        """What is kept of the touches gathered; those of forgotten reps are counted here."""
        kept = {rep: self._forgotten.kept_touches(rep, its) for rep, its in by_rep.items()}
        dropped = sum(len(its) - len(kept[rep_id]) for rep_id, its in by_rep.items())
        if dropped:
            self.rejections[topic, "forgotten"] += dropped
            self.counts[topic, "rejected"] += dropped
        return {rep_id: touches for rep_id, touches in kept.items() if touches}

    def _take_leads(self, kind: Kind, records: Iterable[Record], forwarded: bool) -> None:
        now = self._clock()
        for record in records:
            if record.value is None:
                self.counts[record.topic, "tombstone"] += 1
                continue
            before = self.decoder.words_unmapped
            outcome = self._lead(kind, record, record.value, now, forwarded)
            self.counts[record.topic, outcome] += 1
            self._note_readable(kind, before, outcome, forwarded)

    def _note_readable(
        self, kind: Kind, unmapped_before: int, outcome: EventOutcome | None, forwarded: bool
    ) -> None:
        if not forwarded and self.decoder.words_unmapped != unmapped_before:
            self.unmapped_events[kind] += 1  # a forwarded one was counted by who forwarded it
        if self._flood.alert and outcome != "rejected":
            self._flood.readable()

    def _lead(
        self, kind: Kind, record: Record, raw: bytes, now: Micros, forwarded: bool
    ) -> EventOutcome:
        event = self.decoder.lead(raw, now)
        if isinstance(event, Rejection):
            return self.reject(record, event, forwarded=forwarded)
        lead_id, change = event
        partition = self._partition_of_lead(lead_id)
        if partition != record.partition or record.topic in self.unaligned:
            if forwarded:
                return self.reject(record, _WRONG_AGAIN, forwarded=True)
            return self._forward("misrouted-leads", partition, lead_id, kind, record)
        if not self._forgotten.is_empty:
            change = self._forgotten.kept_change(change)
        fold = self._leads.fold(lead_id, change)
        if fold is Fold.FULL:
            return self.reject(record, _LEAD_FULL, forwarded=forwarded)
        if change.retracted and fold is Fold.SUPERSEDED:
            self.superseded_retractions[kind] += 1
        self.note(kind, partition, change.at)
        return _OUTCOME_OF[fold]

    def note(self, kind: Kind, partition: int, at: Micros) -> None:
        """Note an event that counts, delivered now or found in a row."""
        self.newest[kind, partition] = max(self.newest[kind, partition], at)

    def _forward(
        self, to: Destination, partition: int, key: str, kind: Kind, record: Record
    ) -> EventOutcome:
        self._outbox.append(misrouted(record, kind, to, partition, key))
        return "forwarded"

    def reject(
        self, record: Record, rejection: Rejection, *, forwarded: bool = False
    ) -> EventOutcome:
        """Send a record to the dead letters; raises FloodError when it is one too many."""
        self.rejections[record.topic, rejection.reason] += 1
        self._outbox.append(dead_letter(record, rejection, forwarded=forwarded))
        if rejection.reason in UNREADABLE:
            self._flood.unreadable(record.topic, rejection)
        return "rejected"


_at = attrgetter("at")
_OUTCOME_OF: dict[Fold, EventOutcome] = {
    Fold.APPLIED: "applied",
    Fold.DUPLICATE: "duplicate",
    Fold.SUPERSEDED: "superseded",
}
_LEAD_FULL = Rejection("lead_full", "the lead has as many status changes as one row holds")
_WRONG_AGAIN = Rejection("misrouted", "in the wrong partition after it was forwarded")
