"""Where the rows of all reps' touches are: opened, searched, marked as changed, and written."""

from array import array
from collections.abc import Callable, Container, Iterator, MutableMapping

from streams.clock import Micros
from streams.events.contract import Touch
from streams.ledgers.retention import is_late
from streams.ledgers.rows import RowWrite, decode_touches
from streams.ledgers.touchrows import QUARTER, RepRows, TouchRow, row_key

ROWS_AT_ONCE = 50  # of 512 touches, some 5 ms of work


class TouchStore:
    """The rows of the reps of the assigned partitions, and which of them have to be written.

    *rows* is where encoded rows are kept (the table's data, or a plain dict). Rows being worked on
    are kept decoded until they are taken, and the newest of each rep beyond it.
    """

    def __init__(
        self, rows: MutableMapping[bytes, bytes], partition_of: Callable[[str], int]
    ) -> None:
        self._rows = rows
        self._partition_of = partition_of
        self._reps: dict[str, RepRows] = {}
        self._opened: set[str] = set()  # reps with rows that may be closed
        self._dirty: set[TouchRow] = set()

    def __len__(self) -> int:
        return len(self._rows)

    # -- reps and rows

    @property
    def rep_ids(self) -> list[str]:
        """The reps with rows."""
        return list(self._reps)

    def known_rep(self, rep_id: str) -> RepRows | None:
        """The rows of a rep; None who has none."""
        return self._reps.get(rep_id)

    def rep(self, rep_id: str) -> RepRows:
        """The rows of a rep, who may be a new one."""
        rep = self._reps.get(rep_id)
        if rep is None:
            rep = self._reps[rep_id] = RepRows(rep_id, self._partition_of(rep_id))
        return rep

    def open(self, rep: RepRows, quarter: int, part: int) -> TouchRow:
        """A row to work on, which may be a new one."""
        row = rep.open.get((quarter, part))
        if row is None:
            key = row_key(rep.rep_id, quarter, part)
            row = TouchRow(rep, quarter, part, key, self._rows.get(key, b""))
            rep.open[quarter, part] = row
            self._opened.add(rep.rep_id)
        return row

    def encoded(self, key: bytes) -> bytes | None:
        """The bytes that are kept of a row, as it was last written."""
        return self._rows.get(key)

    # -- touches in them

    def find(self, rep: RepRows, key: str) -> tuple[int, Touch] | None:
        """The quarter hour that is the home of *key*, and the version known."""
        for quarter in rep.index.candidates(key):
            known = self.known(rep, quarter, key)
            if known is not None and known.at // QUARTER == quarter:
                return quarter, known
        return None

    def known(self, rep: RepRows, quarter: int, key: str) -> Touch | None:
        """What the parts of a quarter hour have of *key*: the same in all that have it."""
        for part in rep.parts(quarter):
            known = self.open(rep, quarter, part).entries.get(key)
            if known is not None:
                return known
        return None

    def put(self, rep: RepRows, quarter: int, touch: Touch) -> None:
        """Put a touch into all parts that have an older version of it."""
        for part in rep.parts(quarter):
            row = self.open(rep, quarter, part)
            known = row.entries.get(touch.key)
            if known is not None and known != touch:
                row.put(touch)
                self.mark(row)

    def row_with_room(self, rep: RepRows, quarter: int, key: str) -> TouchRow:
        """The part of a quarter hour that has *key*, or takes it."""
        parts = rep.parts(quarter)
        for part in parts:
            row = self.open(rep, quarter, part)
            if key in row.entries or (part == parts[-1] and row.takes_new_ids):
                return row
        rep.extra_parts[quarter] = len(parts)
        return self.open(rep, quarter, len(parts))

    def touches_of(self, rep_id: str) -> Iterator[Touch]:
        """Every touch of a rep once, in the version that counts; retracted ones too."""
        rep = self._reps.get(rep_id)
        if rep is None:
            return
        for quarter in self.quarters(rep):
            seen: set[str] = set()
            for part in rep.parts(quarter):
                for touch in self.entries(rep, quarter, part):
                    if touch.at // QUARTER == quarter and touch.key not in seen:
                        seen.add(touch.key)
                        yield touch

    @staticmethod
    def quarters(rep: RepRows) -> list[int]:
        """The quarter hours of a rep that have rows, or may have, in order."""
        return sorted({*rep.quarters, *(quarter for quarter, _ in rep.open)})

    def entries(self, rep: RepRows, quarter: int, part: int) -> list[Touch]:
        """What a row says now, without opening it."""
        row = rep.open.get((quarter, part))
        if row is not None:
            return list(row.entries.values())
        value = self._rows.get(row_key(rep.rep_id, quarter, part))
        return decode_touches(value) if value else []

    # -- writing

    def mark(self, row: TouchRow) -> None:
        """Note that a row has to be written."""
        row.is_dirty = True
        self._dirty.add(row)

    def keep_as_written(self, row: TouchRow, value: bytes) -> None:
        """Keep the bytes of a row that are in the changelog already."""
        self._unmark(row)
        self._keep(row, value)

    @property
    def has_writes(self) -> bool:
        """Whether a row changed since it was taken."""
        return bool(self._dirty)

    def take_slices(self) -> Iterator[list[RowWrite]]:
        """Encode the rows that are changed now, keep them, and give them for the changelog.

        In slices of some ms. A row that changes meanwhile is given once, as it is when it is
        reached; if that was before, it has to be written again.
        """
        changed = list(self._dirty)
        for start in range(0, len(changed), ROWS_AT_ONCE):
            some = changed[start : start + ROWS_AT_ONCE]
            yield [self._take(row) for row in some if row in self._dirty]  # else it was dropped
        self.close_rows()

    def _take(self, row: TouchRow) -> RowWrite:
        if not row.entries:
            return self._drop_empty(row)
        value = row.encode()
        self.keep_as_written(row, value)
        return RowWrite(row.rep.partition, row.key, value)

    def close_rows(self) -> None:
        """Let go of decoded rows with nothing to write, but for the newest of each rep."""
        self._opened = {rep_id for rep_id in self._opened if not self._reps[rep_id].close()}

    def _drop_empty(self, row: TouchRow) -> RowWrite:
        """Let go of a row that everybody in it was forgotten of; returns its tombstone."""
        rep, quarter = row.rep, row.quarter
        if self._drop(row):
            rep.quarters.remove(quarter)
        if quarter not in rep.quarters and not any(q == quarter for q, _ in rep.open):
            rep.extra_parts.pop(quarter, None)
        self._drop_if_empty(rep)
        return RowWrite(rep.partition, row.key, None)

    def settle_empty(self, row: TouchRow) -> None:
        """Write no tombstone for a row without entries: the changelog has one."""
        self._unmark(row)
        self._drop_if_empty(row.rep)

    def _drop_if_empty(self, rep: RepRows) -> None:
        if rep.is_empty and self._reps.get(rep.rep_id) is rep:
            del self._reps[rep.rep_id]
            self._opened.discard(rep.rep_id)

    def _unmark(self, row: TouchRow) -> None:
        row.is_dirty = False
        self._dirty.discard(row)

    def _keep(self, row: TouchRow, value: bytes) -> None:
        if row.key not in self._rows:
            row.rep.quarters.append(row.quarter)
        self._rows[row.key] = value

    # -- what goes

    def drop_expired(self, rep: RepRows, now: Micros) -> tuple[list[RowWrite], list[Touch]]:
        """Drop the rows of a rep that are not kept any more.

        Returns their tombstones, and each touch once that was at home in one of them.
        """
        tombstones: list[RowWrite] = []
        gone: list[Touch] = []
        expired = {quarter for quarter in rep.quarters if is_expired(quarter, now)}
        for quarter in expired:
            touches: dict[str, Touch] = {}
            for part in rep.parts(quarter):
                row = self.open(rep, quarter, part)
                touches |= row.entries
                if self._drop(row):
                    tombstones.append(RowWrite(rep.partition, row.key, None))
            rep.extra_parts.pop(quarter, None)
            gone.extend(touch for touch in touches.values() if touch.at // QUARTER == quarter)
        if expired:
            rep.quarters = array("q", (q for q in rep.quarters if q not in expired))
        self._drop_if_empty(rep)
        return tombstones, gone

    def _drop(self, row: TouchRow) -> bool:
        """Let go of a row; whether its bytes were kept."""
        del row.rep.open[row.quarter, row.part]
        self._unmark(row)
        return self._rows.pop(row.key, None) is not None

    def drop_partitions(self, gone: Container[int]) -> list[str]:
        """Drop the reps of these partitions, who are another worker's now; returns them."""
        dropped = [rep for rep in self._reps.values() if rep.partition in gone]
        for rep in dropped:
            for quarter in set(rep.quarters):
                for part in rep.parts(quarter):
                    self._rows.pop(row_key(rep.rep_id, quarter, part), None)
            del self._reps[rep.rep_id]
            self._opened.discard(rep.rep_id)
        self._dirty = {row for row in self._dirty if row.rep.partition not in gone}
        return [rep.rep_id for rep in dropped]


def is_expired(quarter: int, now: Micros) -> bool:
    """Whether every touch of this quarter hour would be late at *now*."""
    return is_late((quarter + 1) * QUARTER - 1, now)
