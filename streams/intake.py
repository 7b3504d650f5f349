"""From raw records to the ledgers: decode, check, fold, count; and what has to be sent on.

Pure: the worker feeds it what Kafka delivers and sends what it asks for; `recount` feeds it a file.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Literal, NamedTuple, Protocol, get_args

from streams.clock import Clock, Micros, iso
from streams.events.contract import (
    MAX_ID_BYTES,
    UNREADABLE,
    Destination,
    Kind,
    Reason,
    Rejection,
)
from streams.events.decode import Decoder
from streams.events.flood import FloodGuard, FloodLimit
from streams.ledgers.leads import LeadLedger
from streams.ledgers.retention import is_late
from streams.ledgers.rows import Fold
from streams.ledgers.touches import TouchLedger

Outcome = Literal[
    "applied", "duplicate", "superseded", "late", "rejected", "forwarded", "tombstone"
]
OUTCOMES: tuple[Outcome, ...] = get_args(Outcome)


# A dead letter has the original bytes, but for a giant that no broker would take with our headers:
# then the first of them, and the header `cut`.
MAX_DEAD_LETTER_BYTES = 512 * 1024


class Record(Protocol):
    """A record as the Kafka client delivers it."""

    @property
    def topic(self) -> str: ...
    @property
    def partition(self) -> int: ...
    @property
    def offset(self) -> int: ...
    @property
    def key(self) -> bytes | None: ...
    @property
    def value(self) -> bytes | None: ...
    @property
    def headers(self) -> Sequence[tuple[str, bytes]]: ...


class Outgoing(NamedTuple):
    """A record for another topic, to be awaited before its source is acknowledged."""

    destination: Destination
    partition: int | None
    key: bytes | None
    value: bytes | None
    headers: list[tuple[str, bytes]]


class Intake:
    """Takes batches of records into the ledgers and counts what became of each.

    `counts` is by (topic, outcome), `rejections` by (topic, reason): at rest, the records received
    are the sum of the outcomes (the ledger equation). `newest` is the greatest `at` accepted by
    (kind, partition). By kind, `unmapped_events` counts the events with a word that nobody knows,
    and `superseded_retractions` the deletions that lost against a version. Of the inputs that are
    `unaligned` every record is forwarded, also one that seems to lie right: with another number of
    partitions than was set (the value), the same number may be another worker's.
    """

    def __init__(
        self,
        clock: Clock,
        touches: TouchLedger,
        leads: LeadLedger,
        partition_of_rep: Callable[[str], int],
        partition_of_lead: Callable[[str], int],
        flood_limit: FloodLimit | None = None,
    ) -> None:
        self._clock = clock
        self._touches = touches
        self._leads = leads
        self._partition_of_rep = partition_of_rep
        self._partition_of_lead = partition_of_lead
        self.decoder = Decoder()
        self._flood = FloodGuard(flood_limit)
        self.unaligned: Mapping[str, int] = {}
        self._outbox: list[Outgoing] = []
        self.counts: Counter[tuple[str, Outcome]] = Counter()
        self.rejections: Counter[tuple[str, Reason]] = Counter()
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
        """Take records of one topic; those that were *forwarded* once are not forwarded again.

        Raises FloodError when too many of them cannot be read.
        """
        take = self._lead if kind == "lead" else self._touch
        now = self._clock()
        guard, decoder = self._flood, self.decoder
        for record in records:
            if record.value is None:
                self.counts[record.topic, "tombstone"] += 1
                continue
            before = decoder.words_unmapped
            outcome = take(kind, record, record.value, now, forwarded)
            self.counts[record.topic, outcome] += 1
            if not forwarded and decoder.words_unmapped != before:
                self.unmapped_events[kind] += 1  # a forwarded one was counted by who forwarded it
            if guard.alert and outcome != "rejected":
                guard.readable()

    def _touch(
        self, kind: Kind, record: Record, raw: bytes, now: Micros, forwarded: bool
    ) -> Outcome:
        event = self.decoder.touch(kind, raw, now)
        if isinstance(event, Rejection):
            return self.reject(record, event)
        rep_id, touch = event
        if is_late(touch.at, now):
            headers = [*_where(record), ("at", iso(touch.at).encode())]
            self._outbox.append(Outgoing("late", None, record.key, raw, headers))
            return "late"
        partition = self._partition_of_rep(rep_id)
        if partition != record.partition or record.topic in self.unaligned:
            if forwarded:
                return self.reject(record, _WRONG_AGAIN)
            return self._forward("misrouted-touches", partition, rep_id, kind, record)
        self.note(kind, partition, touch.at)
        fold = self._touches.fold(rep_id, touch)
        if touch.retracted and fold is Fold.SUPERSEDED:
            self.superseded_retractions[kind] += 1
        return _OUTCOME_OF[fold]

    def _lead(
        self, kind: Kind, record: Record, raw: bytes, now: Micros, forwarded: bool
    ) -> Outcome:
        event = self.decoder.lead(raw, now)
        if isinstance(event, Rejection):
            return self.reject(record, event)
        lead_id, change = event
        partition = self._partition_of_lead(lead_id)
        if partition != record.partition or record.topic in self.unaligned:
            if forwarded:
                return self.reject(record, _WRONG_AGAIN)
            return self._forward("misrouted-leads", partition, lead_id, kind, record)
        fold = self._leads.fold(lead_id, change)
        if fold is Fold.FULL:
            return self.reject(record, _LEAD_FULL)
        if change.retracted and fold is Fold.SUPERSEDED:
            self.superseded_retractions[kind] += 1
        self.note(kind, partition, change.at)
        return _OUTCOME_OF[fold]

    def note(self, kind: Kind, partition: int, at: Micros) -> None:
        """Note an event that counts, delivered now or found in a row."""
        self.newest[kind, partition] = max(self.newest[kind, partition], at)

    def _forward(
        self, to: Destination, partition: int, key: str, kind: Kind, record: Record
    ) -> Outcome:
        headers = [*_where(record), ("kind", kind.encode())]
        self._outbox.append(Outgoing(to, partition, key.encode(), record.value, headers))
        return "forwarded"

    def reject(self, record: Record, rejection: Rejection) -> Outcome:
        """Send a record to the dead letters; raises FloodError when it is one too many."""
        self.rejections[record.topic, rejection.reason] += 1
        value, key = record.value, record.key
        headers = [
            ("reason", rejection.reason.encode()),
            ("detail", rejection.detail.encode(errors="replace")),
            *_where(record),
        ]
        if len(value or b"") + len(key or b"") > MAX_DEAD_LETTER_BYTES:
            headers.append(("cut", f"{len(value or b'')} bytes".encode()))
            value, key = (value or b"")[:MAX_DEAD_LETTER_BYTES], (key or b"")[:MAX_ID_BYTES]
        self._outbox.append(Outgoing("dead-letters", None, key, value, headers))
        if rejection.reason in UNREADABLE:
            self._flood.unreadable(record.topic, rejection)
        return "rejected"


def _where(record: Record) -> list[tuple[str, bytes]]:
    return [
        ("topic", record.topic.encode()),
        ("partition", str(record.partition).encode()),
        ("offset", str(record.offset).encode()),
    ]


_OUTCOME_OF: dict[Fold, Outcome] = {
    Fold.APPLIED: "applied",
    Fold.DUPLICATE: "duplicate",
    Fold.SUPERSEDED: "superseded",
}
_LEAD_FULL = Rejection("lead_full", "the lead has as many status changes as one row holds")
_WRONG_AGAIN = Rejection("misrouted", "in the wrong partition after it was forwarded")
