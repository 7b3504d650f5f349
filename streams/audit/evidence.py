"""The rows that concern one rep, merged by the worker's own ledgers, from a file or a changelog."""

from collections import deque
from collections.abc import Iterable, Iterator
from copy import copy
from typing import Self

from metrics.rows import RepRow
from streams.audit.recount import LineRecord, deliver
from streams.clock import MINUTE, Micros
from streams.events.contract import Touch
from streams.ledgers.credits import parse_credit_key
from streams.ledgers.forgotten import Forgotten
from streams.ledgers.rows import Table, decode_touches
from streams.ledgers.touchrows import QUARTER, parse_row_key
from streams.measures.board import Board
from streams.processor import Processor
from streams.roster.people import Roster

_HERE = 0
REP_TABLES: tuple[Table, ...] = ("touches", "credits")  # whose rows are keyed by rep


class Evidence:
    """What a worker whose clock stands at *now* holds of a rep.

    Without those who were *forgotten*. `others` are the reps that were seen on the way, for those
    who mistyped one.
    """

    def __init__(
        self, rep_id: str, roster: Roster, now: Micros, forgotten: Forgotten | None = None
    ) -> None:
        self.rep_id = rep_id
        self.roster = roster
        self.others: set[str] = set()
        self._rows: dict[Table, dict[bytes, bytes]] = {"touches": {}, "leads": {}, "credits": {}}
        self.processor = Processor(
            lambda: now,
            roster,
            self._rows.__getitem__,
            partition_of_rep=lambda _: _HERE,
            partition_of_lead=lambda _: _HERE,
            forgotten=forgotten,
        )

    def by(self, roster: Roster) -> Self:
        """The same rows, measured by another roster, in which words mean the same."""
        other = copy(self)
        other.roster = roster
        return other

    def restore(self, table: Table, records: Iterable[tuple[bytes, bytes | None]]) -> None:
        """Merge records of a changelog keyed by rep, as a worker's restore does."""
        own = []
        for key, value in records:
            rep_id = parse_row_key(key)[0] if table == "touches" else parse_credit_key(key)[0]
            self.others.add(rep_id)
            if rep_id == self.rep_id:
                own.append((key, value))
        self.processor.restore(table, own, gained=[_HERE])

    def deliver(self, records: Iterable[LineRecord]) -> None:
        """Take records of the input topics, in whatever order, as `recount` does."""
        deliver(self.processor, records)
        self.others.update(self.processor.touches.rep_ids, self.processor.credits.rep_ids)

    @property
    def is_known(self) -> bool:
        """Whether the rep or system is on the roster, or has rows."""
        return self.roster.names(self.rep_id) or self.rep_id in self.others

    def touches(self) -> Iterator[Touch]:
        """Every touch of the rep in the version that counts, retracted ones too."""
        return self.processor.touches.touches_of(self.rep_id)

    def moved(self) -> Iterator[tuple[Micros, Touch]]:
        """When a quarter hour began that a touch has left for another, and the touch as it is now.

        Where it went to may have expired since: then as it was when it left.
        """
        self.processor.take_writes()  # so that the rows hold everything
        newest = {touch.key: touch for touch in self.touches()}
        for key, row in self._rows["touches"].items():
            rep_id, quarter, _ = parse_row_key(key)
            if rep_id != self.rep_id:
                continue
            for mark in decode_touches(row):
                touch = newest.get(mark.key, mark)
                if mark.at // QUARTER != quarter != touch.at // QUARTER:
                    yield quarter * QUARTER, touch

    def copies(self) -> Iterator[tuple[str, bytes]]:
        """The leads, with their encoded rows, that name the rep."""
        return self.processor.credits.copies_of(self.rep_id)

    def board_rows(self, at: Micros) -> list[RepRow]:
        """The rep's numbers at *at*, by the read model itself, a row for each team of theirs."""
        board = Board(self.roster, at // MINUTE)
        deque(board.rebuild(self.rep_id, self.touches(), self.copies()), maxlen=0)
        return list(board.rows([self.rep_id]))
