"""The leads ledger, and the credits ledger that holds copies of its rows where the reps are.

Leads are keyed by lead, reps by rep: a lead's row travels, whole, to every rep named in its old or
its new version, on every delivered change. The copy merges by the same law, so there is no second
version of a lead, only the same one in several places.
"""

from collections.abc import Callable, Container, Iterable, Iterator, Mapping, MutableMapping
from typing import NamedTuple

import msgspec

from streams.clock import Micros
from streams.events.contract import LeadChange
from streams.ledgers.retention import is_expired_lead
from streams.ledgers.rows import Fold, RowWrite, beats, decode_changes, encode, is_tie, merge

# Changes of one lead; a broken integration that toggles a lead for ever must not make a record that
# Kafka refuses. Those beyond are rejected with the reason `lead_full`.
MAX_CHANGES = 512


class Copy(NamedTuple):
    """A lead's row on its way to a rep who is named in it."""

    rep_id: str
    lead_id: str
    row: bytes


def reps_named(row: Iterable[LeadChange]) -> set[str]:
    """Every rep named in a row, in whatever role: those who get a copy of it."""
    return {change.rep_id for change in row if change.rep_id}


class LeadLedger:
    """The rows of the leads of the assigned partitions; *rows* is where encoded rows are kept."""

    def __init__(
        self, rows: MutableMapping[bytes, bytes], partition_of: Callable[[str], int]
    ) -> None:
        self._rows = rows
        self._partition_of = partition_of
        self._open: dict[str, dict[str, LeadChange]] = {}
        self._dirty: set[str] = set()
        self._touched: dict[str, set[str]] = {}  # lead -> reps its row named before
        self.ties = 0

    def fold(self, lead_id: str, change: LeadChange) -> Fold:
        """Put this version of this change into the ledger; whatever comes of it, copies follow.

        Its own rep gets one too: a worker that ended before its row was durable may have told it.
        """
        row = self._row(lead_id)
        self._touch(lead_id, [*row.values(), change])
        held = row.get(change.key)
        if held == change:
            return Fold.DUPLICATE
        if held is None:
            if len(row) >= MAX_CHANGES:
                return Fold.FULL
        else:
            if is_tie(change, held):
                self.ties += 1
            if not beats(change, held):
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
        if lead_id not in self._open and lead_id not in self._dirty:
            held = self._rows.get(key)
            if held is None or held == value:
                self._rows[key] = value
                return
        row = self._row(lead_id)
        incoming = {change.key: change for change in decode_changes(value)}
        merged = merge(row, incoming)
        if merged != row:
            self._touch(lead_id, row.values())
            row.update(merged)
        is_ours = is_overwritten and self._rows.get(key, value) != value
        if merged == incoming and not is_ours:
            self._dirty.discard(lead_id)
            self._rows[key] = value
            # Its writer has sent copies to those it names, but may never have known of the others.
            lost = self._touched.pop(lead_id, set()) - reps_named(incoming.values())
            if lost:
                self._touched[lead_id] = lost
        else:
            self._dirty.add(lead_id)

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
                value = self._rows[key] = encode(row.values())
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

    def expire(self, now: Micros, partitions: Container[int]) -> list[RowWrite]:
        """Drop the leads of *partitions*, all caught up, that no window reaches; the tombstones."""
        tombstones = []
        for key, value in list(self._rows.items()):
            partition = self._partition_of(key.decode())
            lead_id = key.decode()
            if partition not in partitions or lead_id in self._dirty:
                continue
            if is_expired_lead(decode_changes(value), now):
                del self._rows[key]
                self._open.pop(lead_id, None)
                self._touched.pop(lead_id, None)
                tombstones.append(RowWrite(partition, key, None))
        return tombstones

    def drop_partitions(self, gone: Container[int]) -> None:
        """Forget the leads of these partitions, which are another worker's now."""
        for key in [key for key in self._rows if self._partition_of(key.decode()) in gone]:
            del self._rows[key]
        for held in (self._open, self._touched):
            for lead_id in [lead for lead in held if self._partition_of(lead) in gone]:
                del held[lead_id]
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


class CreditChange(NamedTuple):
    """A copy of a lead's row at a rep went from *old* to *new*, encoded; None is not there."""

    rep_id: str
    lead_id: str
    old: bytes | None
    new: bytes | None


def credit_key(rep_id: str, lead_id: str) -> bytes:
    """The key of a copy: in the credits topic, the table and its changelog."""
    return msgspec.msgpack.encode((rep_id, lead_id))


def parse_credit_key(key: bytes) -> tuple[str, str]:
    """The rep and the lead that *key* names."""
    return _credit_key.decode(key)


_credit_key = msgspec.msgpack.Decoder(tuple[str, str])


class CreditLedger:
    """Copies of lead rows by rep, of the assigned partitions.

    A copy that is what *lead_rows* hold is kept as the same object: half of the memory, where the
    lead is here too. Changes gather in `changes` for the read model.
    """

    def __init__(
        self,
        rows: MutableMapping[bytes, bytes],
        lead_rows: Mapping[bytes, bytes],
        partition_of: Callable[[str], int],
    ) -> None:
        self._rows = rows
        self._lead_rows = lead_rows
        self._partition_of = partition_of
        self._keys: dict[str, set[bytes]] = {}  # rep -> keys of its copies
        self._dirty: set[bytes] = set()
        self.changes: list[CreditChange] = []

    def fold(self, key: bytes, value: bytes) -> Fold:
        """Merge a copy that came through the credits topic."""
        held = self._rows.get(key)
        if held == value:
            return Fold.DUPLICATE
        merged = self._merged(held, value)
        if merged == held:
            return Fold.SUPERSEDED
        self._put(key, held, merged)
        self._dirty.add(key)
        return Fold.APPLIED

    def absorb(self, key: bytes, value: bytes | None, *, is_overwritten: bool = False) -> None:
        """Merge a record of the changelog; see `LeadLedger.absorb`."""
        held = self._rows.get(key)
        if value is None:
            if held is not None:
                self._dirty.add(key)
            return
        if held != value:
            merged = self._merged(held, value)
            if merged != held:
                self._put(key, held, merged)
            if merged != value or (is_overwritten and held is not None):
                self._dirty.add(key)
                return
        self._dirty.discard(key)

    @property
    def has_writes(self) -> bool:
        """Whether a copy changed since the last `take_writes`."""
        return bool(self._dirty)

    def take_writes(self) -> list[RowWrite]:
        """The changed copies for the changelog."""
        writes = [
            RowWrite(self._partition_of(parse_credit_key(key)[0]), key, self._rows[key])
            for key in self._dirty
        ]
        self._dirty.clear()
        return writes

    def __len__(self) -> int:
        return len(self._rows)

    @property
    def rep_ids(self) -> list[str]:
        """The reps with copies."""
        return list(self._keys)

    def copies_of(self, rep_id: str) -> Iterator[tuple[str, bytes]]:
        """The leads, with their encoded rows, that name a rep."""
        for key in self._keys.get(rep_id, ()):
            yield parse_credit_key(key)[1], self._rows[key]

    def share(self, rep_id: str) -> None:
        """Keep a rep's copies as the leads' own rows, which a restore may read later than them."""
        for key in self._keys.get(rep_id, ()):
            self._rows[key] = self._shared(parse_credit_key(key)[1], self._rows[key])

    def expire(self, now: Micros) -> list[RowWrite]:
        """Drop the copies of leads that no window reaches; returns their tombstones."""
        gone = [
            key
            for key, value in self._rows.items()
            if key not in self._dirty and is_expired_lead(decode_changes(value), now)
        ]
        tombstones = []
        for key in gone:
            rep_id, lead_id = parse_credit_key(key)
            self.changes.append(CreditChange(rep_id, lead_id, self._rows.pop(key), None))
            self._keys[rep_id].discard(key)
            if not self._keys[rep_id]:
                del self._keys[rep_id]
            tombstones.append(RowWrite(self._partition_of(rep_id), key, None))
        return tombstones

    def drop_partitions(self, gone: Container[int]) -> list[str]:
        """Forget the copies of the reps of these partitions; returns those reps."""
        dropped = [rep_id for rep_id in self._keys if self._partition_of(rep_id) in gone]
        for rep_id in dropped:
            keys = self._keys.pop(rep_id)
            self._dirty -= keys
            for key in keys:
                self._rows.pop(key, None)
        self.changes = [change for change in self.changes if change.rep_id not in set(dropped)]
        return dropped

    def _merged(self, held: bytes | None, value: bytes) -> bytes:
        if held is None:
            return encode(decode_changes(value))
        return encode(merge(_by_key(held), _by_key(value)).values())

    def _put(self, key: bytes, held: bytes | None, merged: bytes) -> None:
        rep_id, lead_id = parse_credit_key(key)
        self._keys.setdefault(rep_id, set()).add(key)
        self._rows[key] = self._shared(lead_id, merged)
        self.changes.append(CreditChange(rep_id, lead_id, held, merged))

    def _shared(self, lead_id: str, row: bytes) -> bytes:
        own = self._lead_rows.get(lead_id.encode())
        return own if own == row else row


def _by_key(row: bytes) -> dict[str, LeadChange]:
    return {change.key: change for change in decode_changes(row)}
