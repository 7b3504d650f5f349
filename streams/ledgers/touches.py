"""The touches ledger: the rows of each rep and quarter hour.

A row's key is (rep_id, quarter hour of `at` in UTC, part). An entry whose `at` lies in another
quarter hour than its row is a *moved* mark: the touch has gone to that other row, and counts there.
Rows only ever grow by the law of `rows`; nothing but expiry takes an id out of one. Where two
owners put a touch into different parts, it stays in both, always in the same version.
"""

from array import array
from collections.abc import Callable, Container, Iterable, Iterator, MutableMapping
from typing import NamedTuple

from streams.clock import Micros
from streams.events.contract import Touch
from streams.ledgers.retention import is_late
from streams.ledgers.rows import Fold, RowWrite, beats, decode_touches, is_tie
from streams.ledgers.touchrows import QUARTER, RepRows, TouchRow, parse_row_key, row_key


class Replaced(NamedTuple):
    """A touch of a rep went from *old* to *new*; None where it is dropped."""

    old: Touch
    new: Touch | None


# By rep, what changed, in order; a bare touch is a new one.
TouchChanges = dict[str, list[Touch | Replaced]]


class TouchLedger:
    """The rows of the reps of the assigned partitions.

    *rows* is where encoded rows are kept (the table's data, or a plain dict). Rows being worked on
    are kept decoded until `take_writes`, and the newest of each rep beyond it. What changes is
    given to the read model by `take_changes`.
    """

    def __init__(
        self,
        rows: MutableMapping[bytes, bytes],
        partition_of: Callable[[str], int],
    ) -> None:
        self._rows = rows
        self._partition_of = partition_of
        self._reps: dict[str, RepRows] = {}
        self._opened: set[str] = set()  # reps with rows that may be closed
        self._dirty: set[TouchRow] = set()
        self._changes: TouchChanges = {}
        self.ties = 0

    # -- delivery

    def fold_all(self, rep_id: str, touches: Iterable[Touch]) -> list[tuple[Touch, Fold]]:
        """Fold touches of a rep in their order; returns those that were not simply applied.

        The same as `fold` for each. An id that neither the row nor the index knows is new, and
        most are: these go straight into their row.
        """
        rep = self._rep(rep_id)
        claim = rep.index.claim
        changes = self._changes_of(rep_id)
        others: list[tuple[Touch, Fold]] = []
        row: TouchRow | None = None
        for touch in touches:
            quarter = touch.at // QUARTER
            if row is None or row.quarter != quarter:
                row = self._open(rep, quarter, rep.extra_parts.get(quarter, 0))
            key, entries = touch.key, row.entries
            if row.room > 0 and key not in entries and claim(key, quarter):
                entries[key] = touch
                row.room -= 1
                if not row.is_dirty:
                    self._mark(row)
                changes.append(touch)
                continue
            row = None  # another part may be the last one afterwards
            fold = self.fold(rep_id, touch)
            if fold is not Fold.APPLIED:
                others.append((touch, fold))
        return others

    def fold(self, rep_id: str, touch: Touch) -> Fold:
        """Put this version of this touch, which is not late, into the ledger."""
        rep = self._rep(rep_id)
        quarter = touch.at // QUARTER
        located = self._find(rep, touch.key)
        if located is None:
            return self._insert(rep, quarter, touch)
        home, known = located
        if known == touch:
            return Fold.DUPLICATE
        if is_tie(touch, known):
            self.ties += 1
        if not beats(touch, known):
            return Fold.SUPERSEDED
        self._put(rep, home, touch)  # the new version, or the moved mark
        if home == quarter:
            self._changes_of(rep_id).append(Replaced(known, touch))
        else:
            rep.index.discard(touch.key, home)
            self._insert(rep, quarter, touch, replaces=known)
        return Fold.APPLIED

    def _insert(
        self, rep: RepRows, quarter: int, touch: Touch, replaces: Touch | None = None
    ) -> Fold:
        """Put a touch that has no home yet into its quarter hour."""
        row = self._row_with_room(rep, quarter, touch.key)
        mark = row.entries.get(touch.key)
        if mark is not None and mark != touch and not beats(touch, mark):
            return Fold.SUPERSEDED  # it moved on from here to a row that has expired since
        if mark is not None:
            self._put(rep, quarter, touch)
        row.put(touch)
        rep.index.add(touch.key, quarter)
        self._mark(row)
        change = touch if replaces is None else Replaced(replaces, touch)
        self._changes_of(rep.rep_id).append(change)
        return Fold.APPLIED

    def _find(self, rep: RepRows, key: str) -> tuple[int, Touch] | None:
        """The quarter hour that is the home of *key*, and the version known."""
        for quarter in rep.index.candidates(key):
            known = self._known(rep, quarter, key)
            if known is not None and known.at // QUARTER == quarter:
                return quarter, known
        return None

    def _known(self, rep: RepRows, quarter: int, key: str) -> Touch | None:
        """What the parts of a quarter hour have of *key*: the same in all that have it."""
        for part in rep.parts(quarter):
            known = self._open(rep, quarter, part).entries.get(key)
            if known is not None:
                return known
        return None

    def _put(self, rep: RepRows, quarter: int, touch: Touch) -> None:
        """Put a touch into all parts that have an older version of it."""
        for part in rep.parts(quarter):
            row = self._open(rep, quarter, part)
            known = row.entries.get(touch.key)
            if known is not None and known != touch:
                row.put(touch)
                self._mark(row)

    def _row_with_room(self, rep: RepRows, quarter: int, key: str) -> TouchRow:
        parts = rep.parts(quarter)
        for part in parts:
            row = self._open(rep, quarter, part)
            if key in row.entries or (part == parts[-1] and row.takes_new_ids):
                return row
        rep.extra_parts[quarter] = len(parts)
        return self._open(rep, quarter, len(parts))

    def _rep(self, rep_id: str) -> RepRows:
        rep = self._reps.get(rep_id)
        if rep is None:
            rep = self._reps[rep_id] = RepRows(rep_id, self._partition_of(rep_id))
        return rep

    def _open(self, rep: RepRows, quarter: int, part: int) -> TouchRow:
        row = rep.open.get((quarter, part))
        if row is None:
            key = row_key(rep.rep_id, quarter, part)
            row = TouchRow(rep, quarter, part, key, self._rows.get(key, b""))
            rep.open[quarter, part] = row
            self._opened.add(rep.rep_id)
        return row

    def _mark(self, row: TouchRow) -> None:
        """Note that a row has to be written."""
        row.is_dirty = True
        self._dirty.add(row)

    def _unmark(self, row: TouchRow) -> None:
        row.is_dirty = False
        self._dirty.discard(row)

    def _changes_of(self, rep_id: str) -> list[Touch | Replaced]:
        changes = self._changes.get(rep_id)
        if changes is None:
            changes = self._changes[rep_id] = []
        return changes

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
            self._absorb_entry(row, touch, now)
        is_ours = is_overwritten and self._rows.get(key, value) != value
        is_known = len(row.entries) == len(incoming) and all(
            row.entries[touch.key] == touch for touch in incoming
        )
        if is_known and not is_ours:
            self._unmark(row)
            self._store(row, value)
        else:
            self._mark(row)

    def _absorb_entry(self, row: TouchRow, touch: Touch, now: Micros) -> None:
        rep, quarter = row.rep, row.quarter
        has_parts = quarter in rep.extra_parts
        here = row.entries.get(touch.key)
        if here is None and has_parts:
            here = self._known(rep, quarter, touch.key)
        if here is not None and not beats(touch, here):
            if touch.key not in row.entries:
                row.put(here)
            return
        if touch.at // QUARTER != quarter:
            self._absorb_mark(row, touch, now)
            return
        located = self._find(rep, touch.key)
        row.put(touch)
        if has_parts:
            self._put(rep, quarter, touch)
        if located is None:
            rep.index.add(touch.key, quarter)
            self._changes_of(rep.rep_id).append(touch)
            return
        home, known = located
        if home != quarter:
            if not beats(touch, known):
                self._put(rep, quarter, known)
                return
            self._put(rep, home, touch)
            rep.index.discard(touch.key, home)
            rep.index.add(touch.key, quarter)
        self._changes_of(rep.rep_id).append(Replaced(known, touch))

    def _absorb_mark(self, row: TouchRow, touch: Touch, now: Micros) -> None:
        """The touch has moved on from this row: to one that may come later, or has expired."""
        rep, quarter = row.rep, row.quarter
        if not is_late(touch.at, now):
            self.fold(rep.rep_id, touch)
        here = self._known(rep, quarter, touch.key)
        if here is not None and not beats(touch, here):
            if touch.key not in row.entries:
                row.put(here)
            return
        if here is not None and here.at // QUARTER == quarter:
            rep.index.discard(touch.key, quarter)
            self._changes_of(rep.rep_id).append(Replaced(here, None))
        row.put(touch)
        self._put(rep, quarter, touch)

    def _absorb_tombstone(self, rep_id: str, quarter: int, part: int, key: bytes) -> None:
        """A tombstone is clean-up only: what is not expired here is written again."""
        rep = self._reps.get(rep_id)
        if rep is not None and (key in self._rows or (quarter, part) in rep.open):
            self._mark(self._open(rep, quarter, part))

    # -- writing

    def take_changes(self) -> TouchChanges:
        """What changed since the last call: not given twice."""
        changes, self._changes = self._changes, {}
        return changes

    @property
    def has_writes(self) -> bool:
        """Whether a row changed since the last `take_writes`."""
        return bool(self._dirty)

    def take_writes(self) -> list[RowWrite]:
        """Encode the changed rows, keep them, and return them for the changelog."""
        writes = []
        for row in self._dirty:
            row.is_dirty = False
            value = row.encode()
            self._store(row, value)
            writes.append(RowWrite(row.rep.partition, row.key, value))
        self._dirty.clear()
        self.close_rows()
        return writes

    def close_rows(self) -> None:
        """Let go of decoded rows with nothing to write, but for the newest of each rep."""
        self._opened = {rep_id for rep_id in self._opened if not self._reps[rep_id].close()}

    def _store(self, row: TouchRow, value: bytes) -> None:
        if row.key not in self._rows:
            row.rep.quarters.append(row.quarter)
        self._rows[row.key] = value

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
                for touch in self._entries(rep, quarter, part):
                    if touch.at // QUARTER == quarter and touch.key not in seen:
                        seen.add(touch.key)
                        yield touch

    def _entries(self, rep: RepRows, quarter: int, part: int) -> list[Touch]:
        """What a row says now, without opening it."""
        row = rep.open.get((quarter, part))
        if row is not None:
            return list(row.entries.values())
        value = self._rows.get(row_key(rep.rep_id, quarter, part))
        return decode_touches(value) if value else []

    def expire(self, now: Micros, rep_id: str) -> list[RowWrite]:
        """Drop those rows of a rep that are not kept any more; returns their tombstones."""
        tombstones: list[RowWrite] = []
        rep = self._reps.get(rep_id)
        if rep is None:
            return tombstones
        expired = {quarter for quarter in rep.quarters if is_expired(quarter, now)}
        for quarter in expired:
            seen: set[str] = set()
            for part in rep.parts(quarter):
                tombstones.extend(self._drop_row(rep, quarter, part, seen))
            rep.extra_parts.pop(quarter, None)
        if expired:
            rep.quarters = array("q", (q for q in rep.quarters if q not in expired))
        if rep.is_empty:
            del self._reps[rep_id]
            self._opened.discard(rep_id)
        return tombstones

    def _drop_row(
        self, rep: RepRows, quarter: int, part: int, seen: set[str]
    ) -> Iterator[RowWrite]:
        row = self._open(rep, quarter, part)
        for touch in row.entries.values():
            if touch.at // QUARTER == quarter and touch.key not in seen:
                seen.add(touch.key)
                rep.index.discard(touch.key, quarter)
                self._changes_of(rep.rep_id).append(Replaced(touch, None))
        del rep.open[quarter, part]
        self._unmark(row)
        if self._rows.pop(row.key, None) is not None:
            yield RowWrite(rep.partition, row.key, None)

    def drop_partitions(self, gone: Container[int]) -> list[str]:
        """Forget the reps of these partitions, who are another worker's now; returns them."""
        dropped = [rep for rep in self._reps.values() if rep.partition in gone]
        for rep in dropped:
            for quarter in set(rep.quarters):
                for part in rep.parts(quarter):
                    self._rows.pop(row_key(rep.rep_id, quarter, part), None)
            del self._reps[rep.rep_id]
            self._opened.discard(rep.rep_id)
            self._changes.pop(rep.rep_id, None)
        self._dirty = {row for row in self._dirty if row.rep.partition not in gone}
        return [rep.rep_id for rep in dropped]


def is_expired(quarter: int, now: Micros) -> bool:
    """Whether every touch of this quarter hour would be late at *now*."""
    return is_late((quarter + 1) * QUARTER - 1, now)
