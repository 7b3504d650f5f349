"""The leads ledger: of each lead the newest version of every status change.

Leads are keyed by lead, reps by rep: a lead's row travels, whole, to every rep named in its old or
its new version, on every delivered change (see `credits`).
"""

from collections.abc import Callable, Container, Iterable, MutableMapping
from typing import NamedTuple

from streams.clock import Micros
from streams.events.contract import LeadChange
from streams.ledgers.forgotten import Forgotten
from streams.ledgers.retention import LEADS_KEPT
from streams.ledgers.rows import (
    Fold,
    RowWrite,
    beats,
    decode_changes,
    encode_changes,
    is_tie,
    merge,
    newest_change,
)

# Changes of one lead; a broken integration that toggles a lead for ever must not make a record that
# Kafka refuses. Those beyond are rejected with the reason `lead_full`.
MAX_CHANGES = 512


class Copy(NamedTuple):
    """A lead's row on its way to a rep who is named in it."""

    rep_id: str
    lead_id: str
    row: bytes | None  # None where it expired, or the rep was forgotten


def reps_named(row: Iterable[LeadChange]) -> set[str]:
    """Every rep named in a row, in whatever role: those who get a copy of it.

    One of them is "", where a change was done by no person.
    """
    return {change.rep_id for change in row}


class LeadLedger:
    """The rows of the leads of the assigned partitions; *rows* is where encoded rows are kept.

    Nobody who was *forgotten* may be in what is folded; out of what is absorbed they are taken
    here.
    """

    def __init__(
        self,
        rows: MutableMapping[bytes, bytes],
        partition_of: Callable[[str], int],
        kept: Micros = LEADS_KEPT,
        forgotten: Forgotten | None = None,
    ) -> None:
        self._forgotten = Forgotten() if forgotten is None else forgotten
        self._kept = kept
        self._rows = rows
        self._partition_of = partition_of
        self._open: dict[str, dict[str, LeadChange]] = {}
        self._dirty: set[str] = set()
        self._touched: dict[str, set[str]] = {}  # lead -> reps its row named before
        self.ties = 0

    def fold(self, lead_id: str, change: LeadChange) -> Fold:
        """Put this version of this change into the ledger; whatever comes of it, copies follow.

        Its rep gets one too: a worker may have sent one and ended before its row was durable.
        """
        row = self._row(lead_id)
        self._touch(lead_id, [*row.values(), change])
        here = row.get(change.key)
        if here == change:
            return Fold.DUPLICATE
        if here is None:
            if len(row) >= MAX_CHANGES:
                return Fold.FULL
        else:
            if is_tie(change, here):
                self.ties += 1
            if not beats(change, here):
                return Fold.SUPERSEDED
        row[change.key] = change
        self._dirty.add(lead_id)
        return Fold.APPLIED

    def absorb(self, key: bytes, value: bytes | None, *, is_overwritten: bool = False) -> None:
        """Merge a record of the changelog; what is better here is written again, with its copies.

        So is what is better in the record, when it *is_overwritten* by our own. A tombstone is
        clean-up only: a lead that is still kept here is written again.
        """
        lead_id = key.decode()
        if value is None:
            if key in self._rows or lead_id in self._open:
                self._dirty.add(lead_id)
            return
        written = value
        if not self._forgotten.is_empty:
            value = self._forgotten.kept_row(written)
        if lead_id not in self._open and lead_id not in self._dirty and value is written:
            here = self._rows.get(key)
            if here is None or here == value:
                self._rows[key] = value
                return
        row = self._row(lead_id)
        incoming = {change.key: change for change in decode_changes(value)}
        merged = merge(row, incoming)
        if merged != row:
            self._touch(lead_id, row.values())
            row.update(merged)
        is_ours = is_overwritten and self._rows.get(key, value) != value
        if merged == incoming and not is_ours and value is written:
            self._dirty.discard(lead_id)
            self._rows[key] = value
            # Its writer has sent copies to those it names, but may never have known of the others.
            lost = self._touched.pop(lead_id, set()) - reps_named(incoming.values())
            if lost:
                self._touched[lead_id] = lost
        else:
            self._dirty.add(lead_id)

    def forget(self, key: bytes) -> bool:
        """Take out of a lead's row whoever was forgotten; whether anybody was in it.

        It is written again, with copies to those whom it names then.
        """
        lead_id = key.decode()
        if lead_id not in self._open:
            value = self._rows.get(key)
            if value is None or self._forgotten.kept_row(value) is value:
                return False
        row = self._row(lead_id)
        kept = {name: self._forgotten.kept_change(change) for name, change in row.items()}
        if all(kept[name] is change for name, change in row.items()):
            return False
        row.update(kept)
        self._dirty.add(lead_id)
        return True

    @property
    def has_writes(self) -> bool:
        """Whether a lead was delivered or changed since the last `take_writes`."""
        return bool(self._dirty or self._touched)

    def take_writes(self) -> tuple[list[Copy], list[RowWrite]]:
        """The copies to send first, and then the changed rows for the changelog."""
        copies: list[Copy] = []
        writes: list[RowWrite] = []
        for lead_id in self._touched.keys() | self._dirty:
            key = lead_id.encode()
            row = self._row(lead_id)
            if lead_id in self._dirty:
                value = self._rows[key] = encode_changes(row.values())
                writes.append(RowWrite(self._partition_of(lead_id), key, value))
            else:
                value = self._rows.get(key, b"")
            if value:
                reps = reps_named(row.values()) | self._touched.get(lead_id, set())
                copies.extend(Copy(rep_id, lead_id, value) for rep_id in reps)
        self._dirty.clear()
        self._touched.clear()
        self._open.clear()
        return copies, writes

    def __len__(self) -> int:
        return len(self._rows)

    def changes_of(self, lead_id: str) -> list[LeadChange]:
        """The newest version of every change of a lead."""
        return list(self._row(lead_id).values())

    @property
    def keys(self) -> list[bytes]:
        """The keys of all rows, for a sweep in slices."""
        return list(self._rows)

    @property
    def open_keys(self) -> list[bytes]:
        """The keys of the rows that are worked on, of which some were not written yet."""
        return [lead_id.encode() for lead_id in self._open]

    def expire(
        self, now: Micros, partitions: Container[int], keys: Iterable[bytes]
    ) -> list[RowWrite]:
        """Drop those leads among *keys*, of caught up *partitions*, that are not kept any more.

        Returns their tombstones.
        """
        tombstones = []
        for key in keys:
            value = self._rows.get(key)
            if value is None or newest_change(value) >= now - self._kept:
                continue
            lead_id = key.decode()
            partition = self._partition_of(lead_id)
            if partition in partitions and lead_id not in self._dirty:
                del self._rows[key]
                self._open.pop(lead_id, None)
                self._touched.pop(lead_id, None)
                tombstones.append(RowWrite(partition, key, None))
        return tombstones

    def drop_partitions(self, gone: Container[int]) -> None:
        """Drop the leads of these partitions, which are another worker's now."""
        for key in [key for key in self._rows if self._partition_of(key.decode()) in gone]:
            del self._rows[key]
        for by_lead in (self._open, self._touched):
            for lead_id in [lead for lead in by_lead if self._partition_of(lead) in gone]:
                del by_lead[lead_id]
        self._dirty = {lead for lead in self._dirty if self._partition_of(lead) not in gone}

    def _row(self, lead_id: str) -> dict[str, LeadChange]:
        row = self._open.get(lead_id)
        if row is None:
            value = self._rows.get(lead_id.encode())
            entries = decode_changes(value) if value else []
            row = self._open[lead_id] = {change.key: change for change in entries}
        return row

    def _touch(self, lead_id: str, changes: Iterable[LeadChange]) -> None:
        self._touched.setdefault(lead_id, set()).update(reps_named(changes))
