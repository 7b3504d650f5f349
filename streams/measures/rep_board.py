"""The windows of one rep: what touches and leads contribute, in each team of theirs.

What lies in the minutes ahead of the clock waits for its minute.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple

from metrics.kpis import (
    APPOINTMENTS_ACCEPTED_CAPPED,
    APPOINTMENTS_REJECTED_CAPPED,
    EFFECTIVE_TOUCHES,
    LEADS_CREATED,
    TOUCHES,
)
from metrics.rows import RepRow
from streams.clock import MINUTE, Minute
from streams.events.contract import CHANNEL_OF, Touch
from streams.ledgers.rows import decode_changes, newest_change
from streams.ledgers.touches import Replaced
from streams.measures.decisions import CountedDecision, Decisions
from streams.measures.latest import Latest
from streams.measures.leads import TEN_MINUTES, Fact, contributions, differing
from streams.measures.rep_day import Quarter, RepDay, due_by_team
from streams.measures.rep_in_team import EXPECTED, SLOT, RepInTeam
from streams.measures.rep_past import BestDays, RepPast, rep_past
from streams.measures.touches import why_no_touch, why_not_effective
from streams.measures.windows import Starts, StartsOf, window_starts
from streams.roster.calendar import Day, DayFinder
from streams.roster.expectation import Expectation, Stretch
from streams.roster.floors import Floor
from streams.roster.people import Membership, Rep

_TOUCH_SLOTS = {letter: (SLOT[TOUCHES.name, channel],) for letter, channel in CHANNEL_OF.items()}
_EFFECTIVE_SLOTS = {
    letter: (*_TOUCH_SLOTS[letter], SLOT[EFFECTIVE_TOUCHES.name, channel])
    for letter, channel in CHANNEL_OF.items()
}
BEST_OF = "20d"  # the window in which the best day is
_EXPECTED = [(series.window, series.channel or "") for series in EXPECTED]
_ACCEPTED_CAPPED = (SLOT[APPOINTMENTS_ACCEPTED_CAPPED.name, None],)
_REJECTED_CAPPED = (SLOT[APPOINTMENTS_REJECTED_CAPPED.name, None],)


class _DayInTeam(NamedTuple):
    """Minutes [start, end) that are one business day of one stay of the rep in a team."""

    start: Minute
    end: Minute
    day: Day
    team: RepInTeam


class RepBoard:
    """The windows of one rep.

    *starts_of* says on which day each day window starts; those of a report start elsewhere.
    """

    def __init__(
        self,
        rep: Rep,
        now: Minute,
        starts_of: StartsOf = window_starts,
        *,
        keeps_latest: bool = False,
    ) -> None:
        self.rep = rep
        self.latest = Latest(rep) if keeps_latest else None
        self._is_system = rep.is_system
        self._now = now
        self._starts_of = starts_of
        self._find_day = DayFinder(rep.days)
        self._today = self._find_day(now)
        self._starts = self._window_starts()
        self._teams: dict[str, RepInTeam] = {}
        self._latest: _DayInTeam | None = None
        self._waiting: dict[Minute, list[tuple[Touch | Fact, int]]] = {}
        self._decisions = Decisions()
        self._expectation = Expectation(rep)
        self._expected: dict[tuple[str, str, str], float] | None = None  # until now
        self._due: dict[str, dict[Quarter, float]] | None = None  # in all of today
        self._best = BestDays()
        self._add_teams()

    # -- changes

    def change_touches(self, changes: Sequence[Touch | Replaced]) -> None:
        """Touches that came, as they are, or went from one version to another."""
        if self.latest is not None:
            self.latest.note_touches(changes)
        for change in changes:
            if isinstance(change, Touch):
                self._touch(change, 1)
                continue
            old, new = change
            self._touch(old, -1)
            if new is not None:
                self._touch(new, 1)

    def change_lead(self, lead_id: str, old: bytes | None, new: bytes | None) -> None:
        """A lead's row, encoded, went from one to another; None is not there."""
        if self.latest is not None:
            self.latest.note_lead(lead_id, new)
        gone, come = differing(self._facts(lead_id, old), self._facts(lead_id, new))
        for facts, count in ((gone, -1), (come, 1)):
            for fact in facts:
                self._fact(fact, count)

    def fill_latest(self, touches: Iterable[Touch], copies: Iterable[tuple[str, bytes]]) -> Latest:
        """Have the newest events anew from all there are: too many of those kept have gone."""
        self.latest = Latest(self.rep)
        for touch in touches:
            self.latest.note_touches((touch,))
        for lead_id, row in copies:
            self.latest.note_lead(lead_id, row)
        return self.latest

    def _facts(self, lead_id: str, row: bytes | None) -> list[Fact]:
        """What a lead's row contributes to the rep; nothing where no window reaches it any more."""
        oldest = self._horizon * MINUTE - TEN_MINUTES  # of decisions that may come first
        if row is None or newest_change(row) < oldest:
            return []
        facts = contributions(lead_id, decode_changes(row))
        return [fact for fact in facts if fact.rep_id == self.rep.id]

    def _touch(self, touch: Touch, count: int) -> None:
        minute = touch.at // MINUTE
        if minute > self._now:
            self._waiting.setdefault(minute, []).append((touch, count))
            return
        where = self._latest
        if where is None or not where.start <= minute < where.end:
            where = self._where(minute, minute)
            if where is None:
                return
        _, _, day, team = where
        letter = touch.key[0]
        team.newest[letter] = max(team.newest[letter], minute)
        if why_no_touch(touch, is_system=self._is_system) is not None:
            return
        if why_not_effective(touch, team.floor.rule) is not None:
            team.add(minute, day, _TOUCH_SLOTS[letter], count)
            return
        team.add_effective(minute, day, _EFFECTIVE_SLOTS[letter], count)
        if touch.contact_id is not None:
            team.contacts.touch(touch.contact_id, day, count)

    def _fact(self, fact: Fact, count: int) -> None:
        minute = fact.at // MINUTE
        if minute > self._now:
            self._waiting.setdefault(minute, []).append((fact, count))
            return
        if fact.decision is not None and minute >= self._horizon - TEN_MINUTES // MINUTE:
            self._cap(fact, count)  # a decision before the horizon may come first
        where = self._where(minute, fact.earned_at // MINUTE)
        if where is None:
            return
        where.team.add(minute, where.day, (SLOT[fact.measure.name, None],), count)
        if fact.measure is LEADS_CREATED and fact.contact_id is not None:
            where.team.contacts.create(fact.contact_id, where.day, count)

    def _cap(self, fact: Fact, count: int) -> None:
        """Of each decider and ten minutes in UTC, the first two decisions by (`at`, `id`) count."""
        before, after = self._decisions.change(fact, count)
        for sign, firsts in ((-1, before), (1, after)):
            for first in firsts:
                self._add_capped(first, sign)

    def _add_capped(self, kept: CountedDecision, count: int) -> None:
        minute = kept.decision.at // MINUTE
        where = self._where(minute, kept.earned_at // MINUTE)
        if where is not None:
            slots = _ACCEPTED_CAPPED if kept.is_accepted else _REJECTED_CAPPED
            where.team.add(minute, where.day, slots, count)

    def _where(self, minute: Minute, earned: Minute) -> _DayInTeam | None:
        """Where a fact of *minute*, earned at *earned*, is counted; None before every window."""
        if minute < self._horizon:
            return None
        where = self._latest
        if where is not None and where.start <= minute < where.end > earned >= where.start:
            return where
        day = self._find_day(minute)
        start, end = self.rep.membership_span(earned)
        self._latest = where = _DayInTeam(
            max(start, self.rep.days.start_of(day)),
            min(end, self.rep.days.start_of(day + 1)),
            day,
            self._in_team(self.rep.membership_at(earned)),
        )
        return where

    def _add_teams(self) -> None:
        """Have a row, of zeros at first, for every team so far; the first one is from ever."""
        self._in_team(self.rep.memberships[0])
        for membership in self.rep.memberships:
            if membership.since <= self._now:
                self._in_team(membership)

    def _in_team(self, membership: Membership) -> RepInTeam:
        team = self._teams.get(membership.team)
        if team is None:
            team = self._teams[membership.team] = RepInTeam(
                membership.team, membership.floor, self._now, self._today, self._starts
            )
        return team

    # -- time

    def changes_floor_until(self, now: Minute) -> bool:
        """Whether the rep is on another floor at *now*, whose windows start on other days."""
        floor = self.rep.membership_at(self._now).floor
        return self.rep.membership_at(now).floor is not floor

    def advance(self, now: Minute) -> None:
        """Slide all windows on to *now*, on the same floor; time does not go back."""
        if now <= self._now:
            return
        self._now = now
        self._expected = None
        today = self._find_day(now)
        if today != self._today:
            self._start_day(today)
        for team in self._teams.values():
            team.advance(now)
        self._add_teams()
        for minute in sorted(minute for minute in self._waiting if minute <= now):
            for waited, count in self._waiting.pop(minute):
                if isinstance(waited, Touch):
                    self._touch(waited, count)
                else:
                    self._fact(waited, count)

    def _start_day(self, today: Day) -> None:
        self._today = today
        self._due = None
        self._latest = None
        self._starts = self._window_starts()
        for team in self._teams.values():
            team.start_day(today, self._starts)
        self._decisions.forget_before(self._horizon * MINUTE - TEN_MINUTES)

    def _window_starts(self) -> Starts:
        starts = self._starts_of(self.rep, self._now, self._today)
        self._horizon = self.rep.days.start_of(starts.earliest)
        return starts

    # -- reading

    @property
    def newest(self) -> Iterator[tuple[str, str, Minute]]:
        """By floor and channel, the minute of the newest touch that was seen, counted or not."""
        for team in self._teams.values():
            for letter, minute in team.newest.items():
                yield team.floor.name, CHANNEL_OF[letter], minute

    @property
    def newest_minute(self) -> Minute:
        """The minute of the newest touch of all channels that was seen."""
        return max(max(team.newest.values()) for team in self._teams.values())

    @property
    def shift(self) -> list[Stretch]:
        """The scheduled stretches of the rep's business day."""
        return self._expectation.stretches(self._today)

    @property
    def per_hour(self) -> float:
        """Effective touches expected in an hour of shift, in the team of now."""
        return self._expectation.per_hour(self.rep.membership_at(self._now).team, self._today)

    def day(self) -> Iterator[RepDay]:
        """The rep's business day by the quarter hour, in each team of theirs so far."""
        if self._due is None:
            self._due = due_by_team(self._expectation, self.shift)
        for name, team in self._teams.items():
            yield RepDay(team.floor.name, name, team.quarters, self._due.get(name, {}))

    def best_day(self) -> tuple[Day, int] | None:
        """The day with the most effective touches in BEST_OF, the last one of them; and how many.

        None where there was no such touch.
        """
        return self._best.find(self._teams.values(), self._starts[BEST_OF], self._today)

    def past(self, days_of: Callable[[Floor], Sequence[Day]]) -> Iterator[RepPast]:
        """The rep's past in each team of theirs; *days_of* gives the open days of a floor."""
        for team in self._teams.values():
            yield rep_past(self.rep, self._expectation, team, days_of(team.floor), self._now)

    def rows(self) -> Iterator[RepRow]:
        """The rep's numbers, a row for each team of theirs so far."""
        expected = self._expected
        if expected is None:
            expected = self._expectation.touches(self._now, self._starts, self._today)
            self._expected = expected
        for name, team in self._teams.items():
            of_team = [expected.get((name, *series), 0) for series in _EXPECTED]
            yield RepRow(team.floor.name, name, self.rep.id, team.numbers(of_team))
