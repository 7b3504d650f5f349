"""What is expected of a rep by now: scheduled minutes in each window times the target's rate."""

from collections.abc import Mapping
from typing import NamedTuple

from metrics.kpis import DAY_WINDOWS, EXPECTED_TOUCHES, MINUTE_WINDOWS
from streams.clock import Minute
from streams.roster.calendar import Day, overlap
from streams.roster.people import Floor, Rep

_WINDOWS = tuple(window for window in DAY_WINDOWS if window.name in EXPECTED_TOUCHES.windows)


class Stretch(NamedTuple):
    """Scheduled minutes [start, end) of a rep in one team."""

    start: Minute
    end: Minute
    team: str


class Expectation:
    """The scheduled minutes of one rep by team and window; what a day holds is computed once."""

    def __init__(self, rep: Rep) -> None:
        self._rep = rep
        self._floors: dict[str, Floor] = {team: floor for _, team, floor in rep.memberships}
        self._schedules = {id(f): rep.schedule_on(f) for f in self._floors.values()}
        self._rates = {team: rep.rates_on(floor) for team, floor in self._floors.items()}
        self._days: dict[Day, list[Stretch]] = {}
        self._past: dict[tuple[Day, Day], dict[str, int]] = {}

    @property
    def is_empty(self) -> bool:
        """Whether nothing is ever expected of this rep."""
        return not any(self._rates.values())

    def rates(self, team: str) -> Mapping[str, float]:
        """Effective touches expected per scheduled minute in *team*, by channel."""
        return self._rates.get(team, {})

    def stretches(self, day: Day) -> list[Stretch]:
        """The scheduled stretches of a business day, in order, each in the team then held."""
        known = self._days.get(day)
        if known is None:
            known = self._days[day] = self._compute(day)
        return known

    def _compute(self, day: Day) -> list[Stretch]:
        found = []
        start, end = self._rep.days.start_of(day), self._rep.days.start_of(day + 1)
        while start < end:
            membership = self._rep.membership_at(start)
            until = min(end, self._rep.membership_span(start)[1])
            for begin, stop in self._schedules[id(membership.floor)].spans(day):
                stretch = Stretch(max(begin, start), min(stop, until), membership.team)
                if stretch.start < stretch.end:
                    found.append(stretch)
            start = until
        return found

    def minutes(
        self, now: Minute, starts: Mapping[str, Day], today: Day
    ) -> dict[tuple[str, str], int]:
        """Scheduled minutes by (team, window) of every window that ends with the minute *now*.

        *starts* gives the first business day of each day window. The current minute counts.
        """
        if self.is_empty:
            return {}
        found: dict[tuple[str, str], int] = {}
        near = [*self.stretches(today - 1), *self.stretches(today)]
        for window in MINUTE_WINDOWS:
            _add(found, window.name, _by_team(near, now - window.minutes + 1, now + 1))
        current = _by_team(self.stretches(today), self._rep.days.start_of(today), now + 1)
        for window in _WINDOWS:
            _add(found, window.name, self._full_days(starts[window.name], today))
            _add(found, window.name, current)
        return found

    def _full_days(self, first: Day, today: Day) -> dict[str, int]:
        """Scheduled minutes by team of the business days from *first* to the one before *today*."""
        known = self._past.get((first, today))
        if known is None:
            if len(self._past) > 2 * len(_WINDOWS):
                self._past.clear()
                self._days = {day: held for day, held in self._days.items() if day >= today - 1}
            known = {}
            for day in range(first, today):
                for start, end, team in self.stretches(day):
                    known[team] = known.get(team, 0) + end - start
            self._past[first, today] = known
        return known


def _by_team(stretches: list[Stretch], start: Minute, end: Minute) -> dict[str, int]:
    found: dict[str, int] = {}
    for begin, stop, team in stretches:
        minutes = overlap([(begin, stop)], start, end)
        if minutes:
            found[team] = found.get(team, 0) + minutes
    return found


def _add(found: dict[tuple[str, str], int], window: str, minutes: Mapping[str, int]) -> None:
    for team, count in minutes.items():
        found[team, window] = found.get((team, window), 0) + count
