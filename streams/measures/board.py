"""The read model: what every rep's windows hold now. Derived from the ledgers, and thrown away.

A change of a touch or of a lead takes the old contributions away and adds the new ones. What lies
in the minutes ahead of the clock waits for its minute.
"""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from metrics.kpis import (
    APPOINTMENTS_ACCEPTED_CAPPED,
    APPOINTMENTS_REJECTED_CAPPED,
    EFFECTIVE_TOUCHES,
    EXPECTED_TOUCHES,
    LEADS_CREATED,
    TOUCHES,
)
from metrics.names import SERIES, SERIES_INDEX
from streams.clock import MINUTE, Minute
from streams.events.contract import CHANNEL_OF, Touch
from streams.ledgers.credits import CreditChange
from streams.ledgers.rows import decode_changes, newest_change
from streams.ledgers.touches import TouchChange
from streams.measures.decisions import Decisions, Kept
from streams.measures.holding import SLOT, Holding, Starts, window_starts
from streams.measures.leads import TEN_MINUTES, Fact, contributions
from streams.measures.touches import why_no_touch, why_not_effective
from streams.roster.calendar import Day, DayFinder
from streams.roster.expectation import Expectation, Stretch
from streams.roster.people import Membership, Rep, Roster

_TOUCH_SLOT = {letter: SLOT[TOUCHES.name, channel] for letter, channel in CHANNEL_OF.items()}
_EFFECTIVE_SLOT = {
    letter: SLOT[EFFECTIVE_TOUCHES.name, channel] for letter, channel in CHANNEL_OF.items()
}
_EXPECTED = [
    (SERIES_INDEX[series], (series.window, series.channel or ""))
    for series in SERIES
    if series.measure == EXPECTED_TOUCHES.name
]
_ACCEPTED_CAPPED = SLOT[APPOINTMENTS_ACCEPTED_CAPPED.name, None]
_REJECTED_CAPPED = SLOT[APPOINTMENTS_REJECTED_CAPPED.name, None]


class Row(NamedTuple):
    """The numbers of one rep in one team held, in the order of `metrics.names.SERIES`."""

    floor: str
    team: str
    rep: str
    values: list[float]


class _Place(NamedTuple):
    """Minutes [start, end) that are one business day of one membership: one cell of one holding."""

    start: Minute
    end: Minute
    day: Day
    holding: Holding


class RepBoard:
    """The windows of one rep."""

    def __init__(self, rep: Rep, now: Minute) -> None:
        self.rep = rep
        self._now = now
        self._find_day = DayFinder(rep.days)
        self._today = self._find_day(now)
        self._starts = self._window_starts()
        self._holdings: dict[str, Holding] = {}
        self._place: _Place | None = None
        self._waiting: dict[Minute, list[tuple[Touch | Fact, int]]] = {}
        self._decisions = Decisions()
        self._expectation = Expectation(rep)
        self._hold_teams()

    # -- changes

    def change_touch(self, old: Touch | None, new: Touch | None) -> None:
        """A touch went from one version to another; None is not there."""
        if old is not None:
            self._touch(old, -1)
        if new is not None:
            self._touch(new, 1)

    def change_lead(self, lead_id: str, old: bytes | None, new: bytes | None) -> None:
        """A lead's row, encoded, went from one to another; None is not there."""
        oldest = self._horizon * MINUTE - TEN_MINUTES  # of decisions that may come first
        for row, count in ((old, -1), (new, 1)):
            if row is not None and newest_change(row) >= oldest:
                for fact in contributions(lead_id, decode_changes(row)):
                    if fact.rep_id == self.rep.id:
                        self._fact(fact, count)

    def _touch(self, touch: Touch, count: int) -> None:
        minute = touch.at // MINUTE
        if minute > self._now:
            self._waiting.setdefault(minute, []).append((touch, count))
            return
        place = self._place
        if place is None or not place.start <= minute < place.end:
            place = self._place_of(minute, minute)
            if place is None:
                return
            self._place = place
        _, _, day, holding = place
        letter = touch.key[0]
        holding.newest[letter] = max(holding.newest[letter], minute)
        if why_no_touch(touch, is_system=self.rep.is_system) is not None:
            return
        holding.add(minute, day, _TOUCH_SLOT[letter], count)
        if why_not_effective(touch, holding.floor.rule) is None:
            holding.add(minute, day, _EFFECTIVE_SLOT[letter], count)
            if touch.contact_id is not None:
                holding.touch_contact(touch.contact_id, day, count)

    def _fact(self, fact: Fact, count: int) -> None:
        minute = fact.at // MINUTE
        if minute > self._now:
            self._waiting.setdefault(minute, []).append((fact, count))
            return
        if fact.decision is not None and minute >= self._horizon - TEN_MINUTES // MINUTE:
            self._cap(fact, count)  # a decision before the horizon may come first
        place = self._place_of(minute, fact.earned_at // MINUTE)
        if place is None:
            return
        place.holding.add(minute, place.day, SLOT[fact.measure.name, None], count)
        if fact.measure is LEADS_CREATED and fact.contact_id is not None:
            place.holding.create_contact(fact.contact_id, place.day, count)

    def _cap(self, fact: Fact, count: int) -> None:
        """Of each decider and ten minutes in UTC, the first two decisions by (`at`, `id`) count."""
        before, after = self._decisions.change(fact, count)
        for sign, firsts in ((-1, before), (1, after)):
            for each in firsts:
                self._add_capped(each, sign)

    def _add_capped(self, kept: Kept, count: int) -> None:
        minute = kept.decision.at // MINUTE
        place = self._place_of(minute, kept.earned_at // MINUTE)
        if place is not None:
            slot = _ACCEPTED_CAPPED if kept.is_accepted else _REJECTED_CAPPED
            place.holding.add(minute, place.day, slot, count)

    def _place_of(self, minute: Minute, earned: Minute) -> _Place | None:
        """Where a fact of *minute*, earned at *earned*, is counted; None before every window."""
        if minute < self._horizon:
            return None
        day = self._find_day(minute)
        start, end = self.rep.membership_span(earned)
        return _Place(
            max(start, self.rep.days.start_of(day)),
            min(end, self.rep.days.start_of(day + 1)),
            day,
            self._holding(self.rep.membership_at(earned)),
        )

    def _hold_teams(self) -> None:
        """Have a row, of zeros at first, for every team held so far; the first holds from ever."""
        self._holding(self.rep.memberships[0])
        for membership in self.rep.memberships:
            if membership.since <= self._now:
                self._holding(membership)

    def _holding(self, membership: Membership) -> Holding:
        holding = self._holdings.get(membership.team)
        if holding is None:
            holding = self._holdings[membership.team] = Holding(
                membership.team, membership.floor, self._now, self._today, self._starts
            )
        return holding

    # -- time

    def changes_floor_until(self, now: Minute) -> bool:
        """Whether another floor is held at *now*: its open days are others, so all windows are."""
        held = self.rep.membership_at(self._now).floor
        return self.rep.membership_at(now).floor is not held

    def advance(self, now: Minute) -> None:
        """Slide all windows on to *now*, on the same floor; time does not go back."""
        if now <= self._now:
            return
        self._now = now
        today = self._find_day(now)
        if today != self._today:
            self._start_day(today)
        for holding in self._holdings.values():
            holding.advance(now)
        self._hold_teams()
        for minute in sorted(minute for minute in self._waiting if minute <= now):
            for waited, count in self._waiting.pop(minute):
                if isinstance(waited, Touch):
                    self._touch(waited, count)
                else:
                    self._fact(waited, count)

    def _start_day(self, today: Day) -> None:
        self._today = today
        self._place = None
        self._starts = self._window_starts()
        for holding in self._holdings.values():
            holding.start_day(today, self._starts)
        self._decisions.forget_before(self._horizon * MINUTE - TEN_MINUTES)

    def _window_starts(self) -> Starts:
        starts = window_starts(self.rep, self._now, self._today)
        self._horizon = self.rep.days.start_of(starts.earliest)
        return starts

    # -- reading

    @property
    def newest(self) -> Iterator[tuple[str, str, Minute]]:
        """By floor and channel, the minute of the newest touch that was seen, counted or not."""
        for holding in self._holdings.values():
            for letter, minute in holding.newest.items():
                yield holding.floor.name, CHANNEL_OF[letter], minute

    @property
    def shift(self) -> list[Stretch]:
        """The scheduled stretches of the rep's business day."""
        return self._expectation.stretches(self._today)

    def rows(self) -> Iterator[Row]:
        """The rep's numbers, a row for each team held."""
        expected = self._expectation.touches(self._now, self._starts, self._today)
        for team, holding in self._holdings.items():
            values: list[float] = [0] * len(SERIES)
            holding.fill(values)
            for place, series in _EXPECTED:
                values[place] = expected.get((team, *series), 0)
            yield Row(holding.floor.name, team, self.rep.id, values)


COPIES_AT_ONCE = 500  # of a rep's leads, some 20 ms of work


class _Later(NamedTuple):
    """Changes of a rep that came while the rep was rebuilt."""

    touches: list[tuple[Touch | None, Touch | None]]
    leads: list[tuple[str, bytes | None, bytes | None]]


class Board:
    """The windows of all reps of a worker."""

    def __init__(self, roster: Roster, now: Minute) -> None:
        self.roster = roster
        self._now = now
        self._reps: dict[str, RepBoard] = {}
        self._later: dict[str, list[_Later]] = {}  # changes of reps who are being rebuilt
        self._changed: set[str] = set()

    @property
    def now(self) -> Minute:
        """The minute with which all windows end."""
        return self._now

    @property
    def rep_ids(self) -> list[str]:
        """The reps on the board."""
        return list(self._reps)

    def rep(self, rep_id: str) -> RepBoard:
        """The windows of a rep, who is put on the board if need be."""
        board = self._reps.get(rep_id)
        if board is None:
            board = self._reps[rep_id] = RepBoard(self.roster.rep(rep_id), self._now)
            self._changed.add(rep_id)
        return board

    def take_changed(self) -> set[str]:
        """The reps whose numbers changed since the last call."""
        changed, self._changed = self._changed, set()
        return changed

    @property
    def rebuilding(self) -> list[str]:
        """The reps who are being rebuilt, on the board or not yet."""
        return list(self._later)

    @property
    def reps(self) -> Iterable[RepBoard]:
        """The windows of each rep on the board."""
        return self._reps.values()

    def apply(self, touches: Iterable[TouchChange], credits: Iterable[CreditChange]) -> None:
        """Take the old contributions away and add the new ones."""
        for rep_id, old, new in touches:
            self.rep(rep_id).change_touch(old, new)
            self._changed.add(rep_id)
            for later in self._later.get(rep_id, ()):
                later.touches.append((old, new))
        for rep_id, lead_id, before, after in credits:
            self.rep(rep_id).change_lead(lead_id, before, after)
            self._changed.add(rep_id)
            for later in self._later.get(rep_id, ()):
                later.leads.append((lead_id, before, after))

    def advance(self, now: Minute) -> list[str]:
        """Slide all windows on to *now*; the reps who go to another floor have to be rebuilt."""
        moving: list[str] = []
        if now > self._now:
            self._now = now
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
        in the end, so *touches* and *copies* are those of the beginning.
        """
        later = _Later([], [])
        self._later.setdefault(rep_id, []).append(later)
        try:
            board = RepBoard(self.roster.rep(rep_id), self._now)
            for touch in touches:
                board.change_touch(None, touch)
            for number, (lead_id, row) in enumerate(copies, 1):
                board.change_lead(lead_id, None, row)
                if number % COPIES_AT_ONCE == 0:
                    yield
            is_here = any(other is later for other in self._later.get(rep_id, ()))
            if is_here and board.rep.fingerprint == self.roster.rep(rep_id).fingerprint:
                self._show(board, later)
        finally:
            self._forget_later(rep_id, later)

    def _show(self, board: RepBoard, later: "_Later") -> None:
        for old, new in later.touches:
            board.change_touch(old, new)
        for lead_id, before, after in later.leads:
            board.change_lead(lead_id, before, after)
        if not board.changes_floor_until(self._now):  # else the next minute has it rebuilt
            board.advance(self._now)
        self._reps[board.rep.id] = board
        self._changed.add(board.rep.id)

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

    def rows(self, rep_ids: Iterable[str] | None = None) -> Iterator[Row]:
        """The numbers of these reps, or of all."""
        for rep_id in list(self._reps) if rep_ids is None else rep_ids:
            board = self._reps.get(rep_id)
            if board is not None:
                yield from board.rows()
