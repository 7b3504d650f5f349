"""The touches ledger: the rows of each rep and quarter hour.

A row's key is (rep_id, quarter hour of `at` in UTC, part). An entry whose `at` lies in another
quarter hour than its row is a *moved* mark: the touch has gone to that other row, and counts there.
Rows only ever grow by the law of `rows`; nothing but expiry, and a rep being forgotten, takes an id
out of one. Where two owners put a touch into different parts, it stays in both, always in the same
version.
"""

from collections.abc import Callable, Container, Iterable, Iterator, MutableMapping
from itertools import chain
from typing import NamedTuple

from streams.clock import Micros
from streams.events.contract import Touch
from streams.ledgers.forgotten import Forgotten
from streams.ledgers.retention import is_late
from streams.ledgers.rows import Fold, RowWrite, beats, decode_touches, is_tie
from streams.ledgers.touchrows import QUARTER, RepRows, TouchRow, parse_row_key
from streams.ledgers.touchstore import TouchStore


class Replaced(NamedTuple):
    """A touch of a rep went from *old* to *new*; None where it is dropped."""

    old: Touch
    new: Touch | None


# By rep, what changed, in order; a bare touch is a new one.
TouchChanges = dict[str, list[Touch | Replaced]]


class TouchLedger:
    """The touches of the reps of the assigned partitions.

    *rows* is where encoded rows are kept (the table's data, or a plain dict); see `TouchStore`.
    What changes is given to the read model by `take_changes`. Nobody who was *forgotten* may be in
    what is folded; out of what is absorbed they are taken here.
    """

    def __init__(
        self,
        rows: MutableMapping[bytes, bytes],
        partition_of: Callable[[str], int],
        forgotten: Forgotten | None = None,
    ) -> None:
        self._forgotten = Forgotten() if forgotten is None else forgotten
        self._store = TouchStore(rows, partition_of)
        self._changes: TouchChanges = {}
        self.ties = 0

    # -- delivery

    def fold_all(self, rep_id: str, touches: Iterable[Touch]) -> list[tuple[Touch, Fold]]:
        """Fold touches of a rep in their order; returns those that were not simply applied.

        The same as `fold` for each. An id that neither the row nor the index knows is new, and
        most are: these go straight into their row.
        """
        rep = self._store.rep(rep_id)
        claim = rep.index.claim
        changes = self._changes_of(rep_id)
        others: list[tuple[Touch, Fold]] = []
        row: TouchRow | None = None
        for touch in touches:
            quarter = touch.at // QUARTER
            if row is None or row.quarter != quarter:
                row = self._store.open(rep, quarter, rep.extra_parts.get(quarter, 0))
            key, entries = touch.key, row.entries
            if row.room > 0 and key not in entries and claim(key, quarter):
                entries[key] = touch
                row.room -= 1
                if not row.is_dirty:
                    self._store.mark(row)
                changes.append(touch)
                continue
            row = None  # another part may be the last one afterwards
            fold = self.fold(rep_id, touch)
            if fold is not Fold.APPLIED:
                others.append((touch, fold))
        return others

    def fold(self, rep_id: str, touch: Touch) -> Fold:
        """Put this version of this touch, which is not late, into the ledger."""
        rep = self._store.rep(rep_id)
        quarter = touch.at // QUARTER
        located = self._store.find(rep, touch.key)
        if located is None:
            return self._insert(rep, quarter, touch)
        home, known = located
        if known == touch:
            return Fold.DUPLICATE
        if is_tie(touch, known):
            self.ties += 1
        if not beats(touch, known):
            return Fold.SUPERSEDED
        self._store.put(rep, home, touch)  # the new version, or the moved mark
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
        row = self._store.row_with_room(rep, quarter, touch.key)
        mark = row.entries.get(touch.key)
        if mark is not None and mark != touch and not beats(touch, mark):
            return Fold.SUPERSEDED  # it moved on from here to a row that has expired since
        if mark is not None:
            self._store.put(rep, quarter, touch)
        row.put(touch)
        rep.index.add(touch.key, quarter)
        self._store.mark(row)
        change = touch if replaces is None else Replaced(replaces, touch)
        self._changes_of(rep.rep_id).append(change)
        return Fold.APPLIED

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
        rep = self._store.rep(rep_id)
        row = self._store.open(rep, quarter, part)
        if part > rep.extra_parts.get(quarter, 0):
            rep.extra_parts[quarter] = part
        written = incoming = decode_touches(value)
        if not self._forgotten.is_empty:
            incoming = self._forgotten.kept_touches(rep_id, written)
        for touch in incoming:
            self._absorb_entry(row, touch, now)
        is_ours = is_overwritten and self._store.encoded(key) not in (None, value)
        is_known = (
            incoming is written
            and len(row.entries) == len(incoming)
            and all(row.entries[touch.key] == touch for touch in incoming)
        )
        if is_known and not is_ours:
            self._store.keep_as_written(row, value)
        else:
            self._store.mark(row)

    def _absorb_entry(self, row: TouchRow, touch: Touch, now: Micros) -> None:
        rep, quarter = row.rep, row.quarter
        has_parts = quarter in rep.extra_parts
        here = row.entries.get(touch.key)
        if here is None and has_parts:
            here = self._store.known(rep, quarter, touch.key)
        if here is not None and not beats(touch, here):
            if touch.key not in row.entries:
                row.put(here)
            return
        if touch.at // QUARTER != quarter:
            self._absorb_mark(row, touch, now)
            return
        located = self._store.find(rep, touch.key)
        row.put(touch)
        if has_parts:
            self._store.put(rep, quarter, touch)
        if located is None:
            rep.index.add(touch.key, quarter)
            self._changes_of(rep.rep_id).append(touch)
            return
        home, known = located
        if home != quarter:
            if not beats(touch, known):
                self._store.put(rep, quarter, known)
                return
            self._store.put(rep, home, touch)
            rep.index.discard(touch.key, home)
            rep.index.add(touch.key, quarter)
        self._changes_of(rep.rep_id).append(Replaced(known, touch))

    def _absorb_mark(self, row: TouchRow, touch: Touch, now: Micros) -> None:
        """The touch has moved on from this row: to one that may come later, or has expired."""
        rep, quarter = row.rep, row.quarter
        if not is_late(touch.at, now):
            self.fold(rep.rep_id, touch)
        here = self._store.known(rep, quarter, touch.key)
        if here is not None and not beats(touch, here):
            if touch.key not in row.entries:
                row.put(here)
            return
        if here is not None and here.at // QUARTER == quarter:
            rep.index.discard(touch.key, quarter)
            self._changes_of(rep.rep_id).append(Replaced(here, None))
        row.put(touch)
        self._store.put(rep, quarter, touch)

    def _absorb_tombstone(self, rep_id: str, quarter: int, part: int, key: bytes) -> None:
        """A tombstone is clean-up only: what is not expired here is written again."""
        rep = self._store.known_rep(rep_id)
        is_here = self._store.encoded(key) is not None
        if rep is None or not (is_here or (quarter, part) in rep.open):
            return
        row = self._store.open(rep, quarter, part)
        if row.entries or is_here:
            self._store.mark(row)
        else:
            self._store.settle_empty(row)

    # -- who is forgotten

    def forget(self, rep_id: str) -> Iterator[bool]:
        """Take out of a rep's rows whoever was forgotten, a row at each step.

        Gives whether it was changed. Rows that come meanwhile hold nobody of them.
        """
        rep = self._store.known_rep(rep_id)
        if rep is None or not self._forgotten.concerns(rep_id):
            return
        for quarter in self._store.quarters(rep):
            for part in rep.parts(quarter):
                if self._store.known_rep(rep_id) is not rep:
                    return
                yield self._forget_in(rep, quarter, part)

    def _forget_in(self, rep: RepRows, quarter: int, part: int) -> bool:
        before = self._store.entries(rep, quarter, part)
        kept = self._forgotten.kept_touches(rep.rep_id, before)
        if kept is before:
            return False
        rows = [self._store.open(rep, quarter, each) for each in rep.parts(quarter)]
        after = {touch.key: touch for touch in kept}
        for touch in before:
            new = after.get(touch.key)
            if new is not touch:
                self._replace(rows, touch, new)
        return True

    def _replace(self, rows: list[TouchRow], old: Touch, new: Touch | None) -> None:
        """Have *new* instead of *old* in all parts of a quarter hour that have it, or nothing."""
        rep, quarter = rows[0].rep, rows[0].quarter
        for row in rows:
            if old.key in row.entries:
                row.drop(old.key) if new is None else row.put(new)
                self._store.mark(row)
        if old.at // QUARTER == quarter:
            self._changes_of(rep.rep_id).append(Replaced(old, new))
            if new is None:
                rep.index.discard(old.key, quarter)

    # -- what changed, and has to be written

    def take_changes(self) -> TouchChanges:
        """What changed since the last call: not given twice."""
        changes, self._changes = self._changes, {}
        return changes

    @property
    def has_writes(self) -> bool:
        """Whether a row changed since the last `take_writes`."""
        return self._store.has_writes

    def take_writes(self) -> list[RowWrite]:
        """Encode the changed rows, keep them, and return them for the changelog."""
        return list(chain.from_iterable(self.take_slices()))

    def take_slices(self) -> Iterator[list[RowWrite]]:
        """The same in slices, between which rows may change; see `TouchStore.take_slices`."""
        return self._store.take_slices()

    def close_rows(self) -> None:
        """Let go of decoded rows with nothing to write, but for the newest of each rep."""
        self._store.close_rows()

    # -- reading, expiry, and partitions that go

    def __len__(self) -> int:
        return len(self._store)

    @property
    def rep_ids(self) -> list[str]:
        """The reps with rows."""
        return self._store.rep_ids

    def touches_of(self, rep_id: str) -> Iterator[Touch]:
        """Every touch of a rep once, in the version that counts; retracted ones too."""
        return self._store.touches_of(rep_id)

    def expire(self, now: Micros, rep_id: str) -> list[RowWrite]:
        """Drop those rows of a rep that are not kept any more; returns their tombstones."""
        rep = self._store.known_rep(rep_id)
        if rep is None:
            return []
        tombstones, gone = self._store.drop_expired(rep, now)
        for touch in gone:
            rep.index.discard(touch.key, touch.at // QUARTER)
            self._changes_of(rep_id).append(Replaced(touch, None))
        return tombstones

    def drop_partitions(self, gone: Container[int]) -> list[str]:
        """Drop the reps of these partitions, who are another worker's now; returns them."""
        dropped = self._store.drop_partitions(gone)
        for rep_id in dropped:
            self._changes.pop(rep_id, None)
        return dropped
