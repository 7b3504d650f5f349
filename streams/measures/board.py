"""The read model: what every rep's windows hold now. Derived from the ledgers, and thrown away.

A change of a touch or of a lead takes the old contributions away and adds the new ones.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from typing import NamedTuple

from metrics.rows import RepRow
from streams.clock import Minute
from streams.events.contract import Touch
from streams.ledgers.credits import CreditChange
from streams.ledgers.touches import Replaced, TouchChanges
from streams.measures.rep_board import RepBoard
from streams.measures.rep_day import RepDay
from streams.measures.rep_past import RepPast
from streams.roster.calendar import Day
from streams.roster.floors import Floor
from streams.roster.people import NOBODY, Roster

COPIES_AT_ONCE = 250  # of a rep's leads, some 10 ms of work
TOUCHES_AT_ONCE = 1000


class _Later(NamedTuple):
    """Changes of a rep that came while the rep was rebuilt.

    `first` has the row of each changed lead as it was in the beginning.
    """

    touches: list[Touch | Replaced]
    leads: list[tuple[str, bytes | None, bytes | None]]
    first: dict[str, bytes | None]

    def change_lead(self, lead_id: str, before: bytes | None, after: bytes | None) -> None:
        self.leads.append((lead_id, before, after))
        self.first.setdefault(lead_id, before)


class Board:
    """The windows of all reps of a worker."""

    def __init__(self, roster: Roster, now: Minute) -> None:
        self.roster = roster
        self._now = now
        self._reps: dict[str, RepBoard] = {}
        self._later: dict[str, list[_Later]] = {}  # changes of reps who are being rebuilt
        self._changed: set[str] = set()
        self._rows: dict[str, list[RepRow]] = {}  # as they were read, until they change

    @property
    def now(self) -> Minute:
        """The minute with which all windows end."""
        return self._now

    @property
    def rep_ids(self) -> list[str]:
        """The reps on the board."""
        return list(self._reps)

    @property
    def unassigned(self) -> list[str]:
        """The reps on the board who are not on the roster."""
        names = self.roster.names
        return [rep_id for rep_id in self._reps if rep_id != NOBODY and not names(rep_id)]

    def rep(self, rep_id: str) -> RepBoard:
        """The windows of a rep, who is put on the board if need be."""
        board = self._reps.get(rep_id)
        if board is None:
            board = self._reps[rep_id] = self._new(rep_id)
            self._note_change(rep_id)
        return board

    def known_rep(self, rep_id: str) -> RepBoard | None:
        """The windows of a rep; None of one who is not on the board."""
        return self._reps.get(rep_id)

    def _new(self, rep_id: str) -> RepBoard:
        rep = self.roster.rep(rep_id)
        return RepBoard(rep, self._now, keeps_latest=rep_id in self.roster.reps)

    def take_changed(self) -> set[str]:
        """The reps whose numbers changed since the last call."""
        changed, self._changed = self._changed, set()
        return changed

    def _note_change(self, rep_id: str) -> None:
        self._changed.add(rep_id)
        self._rows.pop(rep_id, None)

    @property
    def rebuilding(self) -> list[str]:
        """The reps who are being rebuilt, on the board or not yet."""
        return list(self._later)

    @property
    def reps(self) -> Iterable[RepBoard]:
        """The windows of each rep on the board."""
        return self._reps.values()

    def apply(self, touches: TouchChanges, credits: Iterable[CreditChange]) -> None:
        """Take the old contributions away and add the new ones."""
        for rep_id, changes in touches.items():
            self.rep(rep_id).change_touches(changes)
            self._note_change(rep_id)
            for later in self._later.get(rep_id, ()):
                later.touches.extend(changes)
        for rep_id, lead_id, before, after in credits:
            self.rep(rep_id).change_lead(lead_id, before, after)
            self._note_change(rep_id)
            for later in self._later.get(rep_id, ()):
                later.change_lead(lead_id, before, after)

    def advance(self, now: Minute) -> list[str]:
        """Slide all windows on to *now*; the reps who go to another floor have to be rebuilt."""
        moving: list[str] = []
        if now > self._now:
            self._now = now
            self._rows.clear()
            for rep_id, board in self._reps.items():
                if board.changes_floor_until(now):
                    moving.append(rep_id)
                else:
                    board.advance(now)
        return moving

    def turn_back(self, now: Minute) -> None:
        """Have all windows end with an earlier *now*, once each rep is rebuilt."""
        self._now = now

    def rebuild(
        self, rep_id: str, touches: Iterable[Touch], copies: Iterable[tuple[str, bytes]]
    ) -> Iterator[None]:
        """Compute a rep anew from the rows: after a restore, or when the roster entry changed.

        In slices: until the last one the rep is shown as before. What changes in between is applied
        in the end. *touches* are those of the beginning; *copies* may be read slice by slice.
        """
        later = _Later([], [], {})
        self._later.setdefault(rep_id, []).append(later)
        try:
            board = self._new(rep_id)
            rest = iter(touches)
            while some := list(islice(rest, TOUCHES_AT_ONCE)):
                board.change_touches(some)
            for number, (lead_id, row) in enumerate(copies, 1):
                board.change_lead(lead_id, None, later.first.get(lead_id, row))
                if number % COPIES_AT_ONCE == 0:
                    yield
            is_here = any(other is later for other in self._later.get(rep_id, ()))
            if is_here and board.rep.fingerprint == self.roster.rep(rep_id).fingerprint:
                self._show(board, later)
        finally:
            self._forget_later(rep_id, later)

    def _show(self, board: RepBoard, later: "_Later") -> None:
        board.change_touches(later.touches)
        for lead_id, before, after in later.leads:
            board.change_lead(lead_id, before, after)
        if not board.changes_floor_until(self._now):  # else the next minute has it rebuilt
            board.advance(self._now)
        self._reps[board.rep.id] = board
        self._note_change(board.rep.id)

    def _forget_later(self, rep_id: str, later: "_Later") -> None:
        rest = [other for other in self._later.get(rep_id, ()) if other is not later]
        if rest:
            self._later[rep_id] = rest
        else:
            self._later.pop(rep_id, None)

    def drop(self, rep_ids: Iterable[str]) -> None:
        """Take reps off the board, who are another worker's now."""
        for rep_id in rep_ids:
            self._reps.pop(rep_id, None)
            self._later.pop(rep_id, None)
            self._changed.discard(rep_id)
            self._rows.pop(rep_id, None)

    def days(self, rep_ids: Iterable[str]) -> Iterator[RepDay]:
        """The business day by the quarter hour of those of these reps who are on the board."""
        for rep_id in rep_ids:
            board = self._reps.get(rep_id)
            if board is not None:
                yield from board.day()

    def pasts(
        self, rep_ids: Iterable[str], days_of: Callable[[Floor], Sequence[Day]]
    ) -> Iterator[RepPast]:
        """The last open days, which *days_of* gives by floor, of these reps on the board."""
        for rep_id in rep_ids:
            board = self._reps.get(rep_id)
            if board is not None:
                yield from board.past(days_of)

    def rows(self, rep_ids: Iterable[str] | None = None) -> Iterator[RepRow]:
        """The numbers of these reps, or of all: the same objects until a rep's numbers change."""
        for rep_id in list(self._reps) if rep_ids is None else rep_ids:
            rows = self._rows.get(rep_id)
            if rows is None and rep_id in self._reps:
                rows = self._rows[rep_id] = list(self._reps[rep_id].rows())
            yield from rows or ()
