"""The touches ledger: the rows of each rep and quarter hour.

A row's key is (rep_id, quarter hour of `at` in UTC, part). An entry whose `at` lies in another
quarter hour than its row is a *moved* mark: the touch has gone to that other row, and counts there.
Rows only ever grow by the law of `rows`; nothing but expiry takes an id out of one. Where two
owners put a touch into different parts, it stays in both, always in the same version.
"""

from array import array
from collections.abc import Callable, Container, Iterator, MutableMapping
from typing import NamedTuple

import msgspec

from streams.clock import MINUTE, Micros
from streams.events.contract import Touch
from streams.ledgers.idindex import IdIndex
from streams.ledgers.retention import is_late
from streams.ledgers.rows import Fold, RowWrite, beats, decode_touches, encode_touches, is_tie

QUARTER = 15 * MINUTE
MAX_ENTRIES = 512  # of a part; new ids then go to the next part
MAX_ROW_BYTES = 32 * 1024  # of a part that still takes new ids; corrections may let it grow


class TouchChange(NamedTuple):
    """A touch of a rep went from *old* to *new*; None is not there."""

    rep_id: str
    old: Touch | None
    new: Touch | None


def row_key(rep_id: str, quarter: int, part: int) -> bytes:
    """The key of a row in the table and in its changelog."""
    return _key_encoder.encode((rep_id, quarter, part))


def parse_row_key(key: bytes) -> tuple[str, int, int]:
    """The rep, the quarter hour and the part that *key* names."""
    return _key_decoder.decode(key)


_key_encoder = msgspec.msgpack.Encoder()
_key_decoder = msgspec.msgpack.Decoder(tuple[str, int, int])


class _OpenRow:
    """A decoded row while it is being worked on; `weight` is about its encoded size in bytes."""

    __slots__ = ("entries", "weight")

    def __init__(self, entries: dict[str, Touch], weight: int) -> None:
        self.entries = entries
        self.weight = weight

    def put(self, touch: Touch) -> None:
        self.entries[touch.key] = touch
        self.weight += (
            50
            + len(touch.key)
            + len(touch.contact_id or "")
            + len(touch.disposition or "")
            + len(touch.source or "")
        )

    @property
    def takes_new_ids(self) -> bool:
        return len(self.entries) < MAX_ENTRIES and self.weight < MAX_ROW_BYTES


class _RepRows:
    """What is known of one rep's rows without decoding them."""

    __slots__ = ("extra_parts", "index", "open", "partition", "quarters", "rep_id")

    def __init__(self, rep_id: str, partition: int) -> None:
        self.rep_id = rep_id
        self.partition = partition
        self.index = IdIndex()
        self.quarters = array("L")  # of every row, so several times where it has parts
        self.extra_parts: dict[int, int] = {}  # quarter -> last part, where there are several
        self.open: dict[tuple[int, int], _OpenRow] = {}

    def parts(self, quarter: int) -> range:
        return range(self.extra_parts.get(quarter, 0) + 1)


class TouchLedger:
    """The rows of the reps of the assigned partitions.

    *rows* is where encoded rows are kept (the table's data, or a plain dict). Rows being worked on
    are held decoded until `take_writes`. What changes is given to the read model by `take_changes`.
    """

    def __init__(
        self,
        rows: MutableMapping[bytes, bytes],
        partition_of: Callable[[str], int],
    ) -> None:
        self._rows = rows
        self._partition_of = partition_of
        self._reps: dict[str, _RepRows] = {}
        self._opened: set[str] = set()  # reps with decoded rows
        self._dirty: set[tuple[str, int, int]] = set()
        self._changes: list[TouchChange] = []
        self.ties = 0

    # -- delivery

    def fold(self, rep_id: str, touch: Touch) -> Fold:
        """Put this version of this touch, which is not late, into the ledger."""
        rep = self._rep(rep_id)
        quarter = touch.at // QUARTER
        found = self._find(rep, touch.key)
        if found is None:
            return self._insert(rep, quarter, touch)
        home, held = found
        if held == touch:
            return Fold.DUPLICATE
        if is_tie(touch, held):
            self.ties += 1
        if not beats(touch, held):
            return Fold.SUPERSEDED
        self._put(rep, home, touch)  # the new version, or the moved mark
        if home == quarter:
            self._changes.append(TouchChange(rep_id, held, touch))
        else:
            rep.index.discard(touch.key, home)
            self._insert(rep, quarter, touch, replaces=held)
        return Fold.APPLIED

    def _insert(
        self, rep: _RepRows, quarter: int, touch: Touch, replaces: Touch | None = None
    ) -> Fold:
        """Put a touch that has no home yet into its quarter hour."""
        part, row = self._row_with_room(rep, quarter, touch.key)
        mark = row.entries.get(touch.key)
        if mark is not None and mark != touch and not beats(touch, mark):
            return Fold.SUPERSEDED  # it moved on from here to a row that has expired since
        if mark is not None:
            self._put(rep, quarter, touch)
        row.put(touch)
        rep.index.add(touch.key, quarter)
        self._dirty.add((rep.rep_id, quarter, part))
        self._changes.append(TouchChange(rep.rep_id, replaces, touch))
        return Fold.APPLIED

    def _find(self, rep: _RepRows, key: str) -> tuple[int, Touch] | None:
        """The quarter hour that is the home of *key*, and the version held."""
        for quarter in rep.index.candidates(key):
            held = self._held(rep, quarter, key)
            if held is not None and held.at // QUARTER == quarter:
                return quarter, held
        return None

    def _held(self, rep: _RepRows, quarter: int, key: str) -> Touch | None:
        """What the parts of a quarter hour hold of *key*, which is the same in all that hold it."""
        for part in rep.parts(quarter):
            held = self._open(rep, quarter, part).entries.get(key)
            if held is not None:
                return held
        return None

    def _put(self, rep: _RepRows, quarter: int, touch: Touch) -> None:
        """Put a touch into all parts that hold an older version of it."""
        for part in rep.parts(quarter):
            row = self._open(rep, quarter, part)
            held = row.entries.get(touch.key)
            if held is not None and held != touch:
                row.put(touch)
                self._dirty.add((rep.rep_id, quarter, part))

    def _row_with_room(self, rep: _RepRows, quarter: int, key: str) -> tuple[int, _OpenRow]:
        parts = rep.parts(quarter)
        for part in parts:
            row = self._open(rep, quarter, part)
            if key in row.entries or (part == parts[-1] and row.takes_new_ids):
                return part, row
        rep.extra_parts[quarter] = len(parts)
        return len(parts), self._open(rep, quarter, len(parts))

    def _rep(self, rep_id: str) -> _RepRows:
        rep = self._reps.get(rep_id)
        if rep is None:
            rep = self._reps[rep_id] = _RepRows(rep_id, self._partition_of(rep_id))
        return rep

    def _open(self, rep: _RepRows, quarter: int, part: int) -> _OpenRow:
        row = rep.open.get((quarter, part))
        if row is None:
            value = self._rows.get(row_key(rep.rep_id, quarter, part), b"")
            entries = {touch.key: touch for touch in decode_touches(value)} if value else {}
            row = rep.open[quarter, part] = _OpenRow(entries, len(value))
            self._opened.add(rep.rep_id)
        return row

    # -- restore, and rows that another worker wrote

    def absorb(
        self, key: bytes, value: bytes | None, now: Micros, *, is_overwritten: bool = False
    ) -> None:
        """Merge a record of the changelog, whoever wrote it and in whatever order it comes.

        What is better here than in the record is written again by the next `take_writes`, and what
        is better in the record too when it *is_overwritten* by our own. What is expired is kept
        until a sweep: the clock of a restore may be wrong.
        """
        rep_id, quarter, part = parse_row_key(key)
        if value is None:
            self._absorb_tombstone(rep_id, quarter, part, key)
            return
        rep = self._rep(rep_id)
        row = self._open(rep, quarter, part)
        if part > rep.extra_parts.get(quarter, 0):
            rep.extra_parts[quarter] = part
        incoming = decode_touches(value)
        for touch in incoming:
            self._absorb_entry(rep, quarter, row, touch, now)
        is_ours = is_overwritten and self._rows.get(key, value) != value
        is_known = len(row.entries) == len(incoming) and all(
            row.entries[touch.key] == touch for touch in incoming
        )
        if is_known and not is_ours:
            self._dirty.discard((rep_id, quarter, part))
            self._store(rep, quarter, key, value)
        else:
            self._dirty.add((rep_id, quarter, part))

    def _absorb_entry(
        self, rep: _RepRows, quarter: int, row: _OpenRow, touch: Touch, now: Micros
    ) -> None:
        has_parts = quarter in rep.extra_parts
        here = row.entries.get(touch.key)
        if here is None and has_parts:
            here = self._held(rep, quarter, touch.key)
        if here is not None and not beats(touch, here):
            if touch.key not in row.entries:
                row.put(here)
            return
        if touch.at // QUARTER != quarter:
            self._absorb_mark(rep, quarter, row, touch, now)
            return
        found = self._find(rep, touch.key)
        row.put(touch)
        if has_parts:
            self._put(rep, quarter, touch)
        if found is None:
            rep.index.add(touch.key, quarter)
            self._changes.append(TouchChange(rep.rep_id, None, touch))
            return
        home, held = found
        if home != quarter:
            if not beats(touch, held):
                self._put(rep, quarter, held)
                return
            self._put(rep, home, touch)
            rep.index.discard(touch.key, home)
            rep.index.add(touch.key, quarter)
        self._changes.append(TouchChange(rep.rep_id, held, touch))

    def _absorb_mark(
        self, rep: _RepRows, quarter: int, row: _OpenRow, touch: Touch, now: Micros
    ) -> None:
        """The touch has moved on from this row: to one that may come later, or has expired."""
        if not is_late(touch.at, now):
            self.fold(rep.rep_id, touch)
        here = self._held(rep, quarter, touch.key)
        if here is not None and not beats(touch, here):
            if touch.key not in row.entries:
                row.put(here)
            return
        if here is not None and here.at // QUARTER == quarter:
            rep.index.discard(touch.key, quarter)
            self._changes.append(TouchChange(rep.rep_id, here, None))
        row.put(touch)
        self._put(rep, quarter, touch)

    def _absorb_tombstone(self, rep_id: str, quarter: int, part: int, key: bytes) -> None:
        """A tombstone is clean-up only: what is not expired here is written again."""
        rep = self._reps.get(rep_id)
        if rep is not None and (key in self._rows or (quarter, part) in rep.open):
            self._dirty.add((rep_id, quarter, part))

    # -- writing

    def take_changes(self) -> list[TouchChange]:
        """What changed since the last call, in order: not given twice."""
        changes, self._changes = self._changes, []
        return changes

    @property
    def has_writes(self) -> bool:
        """Whether a row changed since the last `take_writes`."""
        return bool(self._dirty)

    def take_writes(self) -> list[RowWrite]:
        """Encode the changed rows, keep them, and return them for the changelog."""
        writes = []
        for rep_id, quarter, part in self._dirty:
            rep = self._reps[rep_id]
            key = row_key(rep_id, quarter, part)
            value = encode_touches(self._open(rep, quarter, part).entries.values())
            self._store(rep, quarter, key, value)
            writes.append(RowWrite(rep.partition, key, value))
        self._dirty.clear()
        self.close_rows()
        return writes

    def close_rows(self) -> None:
        """Let go of the decoded rows that hold nothing to write."""
        dirty = {slot[0] for slot in self._dirty}
        for rep_id in self._opened:
            rep = self._reps[rep_id]
            if rep_id not in dirty:
                rep.open.clear()
                continue
            for slot in [s for s in rep.open if (rep_id, *s) not in self._dirty]:
                del rep.open[slot]
        self._opened &= dirty

    def _store(self, rep: _RepRows, quarter: int, key: bytes, value: bytes) -> None:
        if key not in self._rows:
            rep.quarters.append(quarter)
        self._rows[key] = value

    # -- reading, expiry, and partitions that go

    def __len__(self) -> int:
        return len(self._rows)

    @property
    def rep_ids(self) -> list[str]:
        """The reps with rows."""
        return list(self._reps)

    def touches_of(self, rep_id: str) -> Iterator[Touch]:
        """Every touch of a rep once, in the version that counts; retracted ones too."""
        rep = self._reps.get(rep_id)
        if rep is None:
            return
        for quarter in sorted({*rep.quarters, *(quarter for quarter, _ in rep.open)}):
            seen: set[str] = set()
            for part in rep.parts(quarter):
                for touch in self._open(rep, quarter, part).entries.values():
                    if touch.at // QUARTER == quarter and touch.key not in seen:
                        seen.add(touch.key)
                        yield touch
                if (rep_id, quarter, part) not in self._dirty:
                    rep.open.pop((quarter, part), None)

    def expire(self, now: Micros) -> list[RowWrite]:
        """Drop the rows that are not kept any more; returns their tombstones."""
        tombstones: list[RowWrite] = []
        for rep in self._reps.values():
            if not rep.quarters or not is_expired(min(rep.quarters), now):
                continue
            for quarter in {q for q in rep.quarters if is_expired(q, now)}:
                seen: set[str] = set()
                for part in rep.parts(quarter):
                    tombstones.extend(self._drop_row(rep, quarter, part, seen))
                rep.extra_parts.pop(quarter, None)
                rep.quarters = array("L", (q for q in rep.quarters if q != quarter))
        for rep in [rep for rep in self._reps.values() if not rep.quarters and not rep.open]:
            del self._reps[rep.rep_id]
            self._opened.discard(rep.rep_id)
        return tombstones

    def _drop_row(
        self, rep: _RepRows, quarter: int, part: int, seen: set[str]
    ) -> Iterator[RowWrite]:
        row = self._open(rep, quarter, part)
        for touch in row.entries.values():
            if touch.at // QUARTER == quarter and touch.key not in seen:
                seen.add(touch.key)
                rep.index.discard(touch.key, quarter)
                self._changes.append(TouchChange(rep.rep_id, touch, None))
        del rep.open[quarter, part]
        self._dirty.discard((rep.rep_id, quarter, part))
        key = row_key(rep.rep_id, quarter, part)
        if self._rows.pop(key, None) is not None:
            yield RowWrite(rep.partition, key, None)

    def drop_partitions(self, gone: Container[int]) -> list[str]:
        """Forget the reps of these partitions, who are another worker's now; returns them."""
        dropped = [rep for rep in self._reps.values() if rep.partition in gone]
        for rep in dropped:
            for quarter in set(rep.quarters):
                for part in rep.parts(quarter):
                    self._rows.pop(row_key(rep.rep_id, quarter, part), None)
            del self._reps[rep.rep_id]
        names = {rep.rep_id for rep in dropped}
        self._opened -= names
        self._dirty = {slot for slot in self._dirty if slot[0] not in names}
        self._changes = [change for change in self._changes if change.rep_id not in names]
        return list(names)


def is_expired(quarter: int, now: Micros) -> bool:
    """Whether every touch of this quarter hour would be late at *now*."""
    return is_late((quarter + 1) * QUARTER - 1, now)
