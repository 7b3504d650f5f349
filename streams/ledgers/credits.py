"""Lead copies, as the table `credits`: a lead's row where a rep is who is named in it.

The copy merges by the law of rows, so there is no second version of a lead, only the same one in
several places. The rep's owner computes from it what the rep contributes.
"""

from collections.abc import Callable, Container, Iterable, Iterator, Mapping, MutableMapping
from typing import NamedTuple

import msgspec

from streams.clock import Micros
from streams.events.contract import LeadChange
from streams.ledgers.forgotten import Forgotten
from streams.ledgers.leads import Copy
from streams.ledgers.retention import LEADS_KEPT
from streams.ledgers.rows import (
    Fold,
    RowWrite,
    decode_changes,
    encode_changes,
    merge,
    newest_change,
)

SHARED_AT_ONCE = 5_000  # copies, a few milliseconds


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
    lead is here too. What changes is given to the read model by `take_changes`. Out of what comes
    here who was *forgotten* is taken, and the credits topic then gets what is kept of it; of a copy
    that expired too.
    """

    def __init__(
        self,
        rows: MutableMapping[bytes, bytes],
        lead_rows: Mapping[bytes, bytes],
        partition_of: Callable[[str], int],
        kept: Micros = LEADS_KEPT,
        forgotten: Forgotten | None = None,
    ) -> None:
        self._forgotten = Forgotten() if forgotten is None else forgotten
        self._kept = kept
        self._rows = rows
        self._lead_rows = lead_rows
        self._partition_of = partition_of
        self._keys: dict[str, set[bytes]] = {}  # rep -> keys of its copies
        self._dirty: set[bytes] = set()
        self._corrections: set[bytes] = set()  # of which the topic has a copy that is not kept
        self._changes: list[CreditChange] = []

    def fold(self, key: bytes, value: bytes) -> Fold:
        """Merge a copy that came through the credits topic."""
        here = self._rows.get(key)
        if here == value:
            return Fold.DUPLICATE
        kept = self._kept_of(key, value)
        if here is None and self._is_gone(key, kept):
            self._corrections.add(key)
            return Fold.SUPERSEDED
        merged = self._merged(here, kept)
        if merged == here:
            return Fold.SUPERSEDED
        self._put(key, here, merged)
        self._dirty.add(key)
        return Fold.APPLIED

    def absorb(self, key: bytes, value: bytes | None, *, is_overwritten: bool = False) -> None:
        """Merge a record of the changelog; see `LeadLedger.absorb`."""
        here = self._rows.get(key)
        if value is None:
            if here is not None:
                self._dirty.add(key)
                return
        elif here != value:
            kept = self._kept_of(key, value)
            if here is None and self._is_gone(key, kept):
                self._corrections.add(key)
                self._dirty.add(key)
                return
            merged = self._merged(here, kept)
            if merged != here:
                self._put(key, here, merged)
            if merged != value or (is_overwritten and here is not None):
                self._dirty.add(key)
                return
        self._dirty.discard(key)
        self._corrections.discard(key)

    def forget(self, key: bytes) -> bool:
        """Take out of a copy whoever was forgotten; whether anybody was in it."""
        here = self._rows.get(key)
        if here is None:
            return False
        kept = self._kept_of(key, here)
        if self._is_gone(key, kept):
            self._corrections.add(key)
            self._drop(key)
        elif kept is not here:
            self._put(key, here, kept)
        else:
            return False
        self._dirty.add(key)
        return True

    def _kept_of(self, key: bytes, row: bytes) -> bytes:
        """What is kept of a copy; notes where the topic has more than that."""
        if self._forgotten.is_empty:
            return row
        kept = self._forgotten.kept_row(row)
        if kept is not row:
            self._corrections.add(key)
        return kept

    def _is_gone(self, key: bytes, kept: bytes) -> bool:
        """Whether a copy is one of a forgotten rep, with nothing in it from after that.

        One that was changed since stays: it may say that the lead is no longer the rep's.
        """
        if self._forgotten.is_empty:
            return False
        rep_id = parse_credit_key(key)[0]
        return newest_change(kept) <= self._forgotten.until("rep", rep_id)

    def take_changes(self) -> list[CreditChange]:
        """What changed since the last call, in order: not given twice."""
        changes, self._changes = self._changes, []
        return changes

    @property
    def has_writes(self) -> bool:
        """Whether a copy changed since the last `take_writes`."""
        return bool(self._dirty or self._corrections)

    def take_corrections(self) -> list[Copy]:
        """What the credits topic has to get instead of what it has."""
        copies = [Copy(*parse_credit_key(key), self._rows.get(key)) for key in self._corrections]
        self._corrections.clear()
        return copies

    def take_writes(self) -> list[RowWrite]:
        """The changed copies for the changelog; `take_corrections` has to be durable before."""
        writes = [
            RowWrite(self._partition_of(parse_credit_key(key)[0]), key, self._rows.get(key))
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
        """The leads that name a rep, with their encoded rows as they are when each is reached."""
        for key in tuple(self._keys.get(rep_id, ())):
            row = self._rows.get(key)
            if row is not None:
                yield parse_credit_key(key)[1], row

    def share(self, rep_id: str) -> Iterator[None]:
        """Keep a rep's copies as the leads' own rows, which a restore may read later than them.

        In slices, between which other copies may come and go.
        """
        for number, key in enumerate(list(self._keys.get(rep_id, ())), 1):
            row = self._rows.get(key)
            if row is not None:
                self._rows[key] = self._shared(parse_credit_key(key)[1], row)
            if number % SHARED_AT_ONCE == 0:
                yield

    @property
    def keys(self) -> list[bytes]:
        """The keys of all copies, for a sweep in slices."""
        return list(self._rows)

    def expire(self, now: Micros, keys: Iterable[bytes]) -> list[RowWrite]:
        """Drop those copies among *keys* that are not kept any more; returns their tombstones.

        They are dropped from the credits topic too: see `take_corrections`.
        """
        tombstones = []
        for key in keys:
            value = self._rows.get(key)
            if value is None or newest_change(value) >= now - self._kept or key in self._dirty:
                continue
            rep_id, _ = parse_credit_key(key)
            self._drop(key)
            self._corrections.add(key)
            tombstones.append(RowWrite(self._partition_of(rep_id), key, None))
        return tombstones

    def _drop(self, key: bytes) -> None:
        rep_id, lead_id = parse_credit_key(key)
        self._changes.append(CreditChange(rep_id, lead_id, self._rows.pop(key), None))
        self._keys[rep_id].discard(key)
        if not self._keys[rep_id]:
            del self._keys[rep_id]

    def drop_partitions(self, gone: Container[int]) -> list[str]:
        """Drop the copies of the reps of these partitions; returns those reps."""
        dropped = [rep_id for rep_id in self._keys if self._partition_of(rep_id) in gone]
        for rep_id in dropped:
            for key in self._keys.pop(rep_id):
                self._rows.pop(key, None)
        for keys in (self._dirty, self._corrections):
            keys -= {key for key in keys if self._partition_of(parse_credit_key(key)[0]) in gone}
        self._changes = [change for change in self._changes if change.rep_id not in set(dropped)]
        return dropped

    def _merged(self, here: bytes | None, value: bytes) -> bytes:
        """The row of both; one of them itself where it says all, so that old bytes stay shared."""
        theirs = _by_key(value)
        if here is None:
            return value
        ours = _by_key(here)
        merged = merge(ours, theirs)
        if merged == ours:
            return here
        return value if merged == theirs else encode_changes(merged.values())

    def _put(self, key: bytes, here: bytes | None, merged: bytes) -> None:
        rep_id, lead_id = parse_credit_key(key)
        self._keys.setdefault(rep_id, set()).add(key)
        self._rows[key] = self._shared(lead_id, merged)
        self._changes.append(CreditChange(rep_id, lead_id, here, merged))

    def _shared(self, lead_id: str, row: bytes) -> bytes:
        own = self._lead_rows.get(lead_id.encode())
        return own if own == row else row


def _by_key(row: bytes) -> dict[str, LeadChange]:
    return {change.key: change for change in decode_changes(row)}
