"""How far each changelog partition is known, and which offsets somebody else wrote."""

from collections.abc import Callable, Iterable
from typing import NamedTuple

from streams.ledgers.rows import Table


class ForeignRange(NamedTuple):
    """Offsets [start, end) of a changelog partition that somebody else wrote."""

    table: Table
    partition: int
    start: int
    end: int


class Positions:
    """How far each changelog partition is known here: restored, or written by ourselves.

    The batches of our own sends follow each other without a gap; where they do not, a woken old
    owner has written in between. Within a batch nobody can.
    """

    def __init__(self) -> None:
        self._next: dict[tuple[Table, int], int] = {}

    def __getitem__(self, where: tuple[Table, int]) -> int:
        """The first offset that is not known; 0 for a partition that was not read."""
        return self._next.get(where, 0)

    def reach(self, table: Table, partition: int, offset: int) -> None:
        """Everything before *offset* is known."""
        self._next[table, partition] = offset

    def wrote(self, table: Table, partition: int, batches: Iterable[range]) -> list[ForeignRange]:
        """Note the offsets of batches of our own; returns what others wrote before them."""
        due = self[table, partition]
        ranges = []
        for offsets in sorted(batches, key=lambda batch: batch.start):
            if offsets.start > due:
                ranges.append(ForeignRange(table, partition, due, offsets.start))
            due = max(due, offsets.stop)
        self._next[table, partition] = due
        return ranges

    def forget(self, keep: Callable[[Table, int], bool]) -> None:
        """Forget the partitions that are another worker's now."""
        self._next = {where: at for where, at in self._next.items() if keep(*where)}
