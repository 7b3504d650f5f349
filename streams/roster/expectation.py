"""What is expected of a rep by now: scheduled minutes in each window times the target's rate."""

from collections import Counter
from collections.abc import Hashable, Mapping
from typing import NamedTuple
from weakref import WeakValueDictionary

from metrics.kpis import EXPECTED_TOUCHES
from metrics.windows import DAY_WINDOWS, MINUTE_WINDOWS
from streams.clock import Minute
from streams.roster.calendar import Day
from streams.roster.people import Rep

_WINDOWS = tuple(window for window in DAY_WINDOWS if window.name in EXPECTED_TOUCHES.windows)


_Minutes = dict[tuple[str, int], int]  # scheduled, by team and step


class Stretch(NamedTuple):
    """Scheduled minutes [start, end) of a rep in one team.

    `step` says which of the rep's dated targets hold.
    """

    start: Minute
    end: Minute
    team: str
    step: int = 0


class _Shifts:
    """When a rep is at work, in which team; those of a day are computed once."""

    def __init__(self, rep: Rep) -> None:
        self._rep = rep
        floors = {floor for _, _, floor in rep.memberships}
        self._schedules = {floor: rep.schedule_on(floor) for floor in floors}
        self._days: dict[Day, list[Stretch]] = {}
        self._past: dict[tuple[Day, Day], _Minutes] = {}

    def on(self, day: Day) -> list[Stretch]:
        """The scheduled stretches of a business day, in order, by the team of that time."""
        known = self._days.get(day)
        if known is None:
            known = self._days[day] = self._compute(day)
        return known

    def _compute(self, day: Day) -> list[Stretch]:
        stretches = []
        step = self._rep.target_step(day)
        start, end = self._rep.days.start_of(day), self._rep.days.start_of(day + 1)
        while start < end:
            membership = self._rep.membership_at(start)
            until = min(end, self._rep.membership_span(start)[1])
            for begin, stop in self._schedules[membership.floor].spans(day):
                stretch = Stretch(max(begin, start), min(stop, until), membership.team, step)
                if stretch.start < stretch.end:
                    stretches.append(stretch)
            start = until
        return stretches

    def full_days(self, first: Day, today: Day) -> _Minutes:
        """Scheduled minutes of the business days from *first* to the one before *today*."""
        known = self._past.get((first, today))
        if known is None:
            if len(self._past) > 2 * len(_WINDOWS):
                self._past.clear()
                self._days = {day: s for day, s in self._days.items() if day >= today - 1}
            counted: _Minutes = Counter()
            for day in range(first, today):
                for start, end, team, step in self.on(day):
                    counted[team, step] += end - start
            known = dict(counted)
            self._past[first, today] = known
        return known


_shifts: WeakValueDictionary[Hashable, _Shifts] = WeakValueDictionary()  # by calendar of a rep


def _shifts_of(rep: Rep) -> _Shifts:
    """The shifts of a rep, which colleagues with an equal calendar share."""
    shifts = _shifts.get(rep.calendar)
    if shifts is None:
        shifts = _shifts[rep.calendar] = _Shifts(rep)
    return shifts


class Expectation:
    """The scheduled minutes of one rep by team and window, and what is expected in them."""

    def __init__(self, rep: Rep) -> None:
        self._rep = rep
        self._shifts = _shifts_of(rep)
        self._rates = {
            (team, step): rep.rates_on(floor, first)
            for _, team, floor in rep.memberships
            for step, (first, _) in enumerate(rep.own_targets)
        }

    @property
    def is_empty(self) -> bool:
        """Whether nothing is ever expected of this rep."""
        return not any(self._rates.values())

    def per_hour(self, team: str, day: Day) -> float:
        """Effective touches expected in an hour of shift in a team of the rep's, on *day*."""
        return 60 * sum(self._rates[team, self._rep.target_step(day)].values())

    def rates(self, stretch: Stretch) -> Mapping[str, float]:
        """Effective touches expected per minute of a stretch, by channel."""
        return self._rates[stretch.team, stretch.step]

    def stretches(self, day: Day) -> list[Stretch]:
        """The scheduled stretches of a business day, in order, by the team of that time."""
        return self._shifts.on(day)

    def touches(
        self, now: Minute, starts: Mapping[str, Day], today: Day
    ) -> dict[tuple[str, str, str], float]:
        """Effective touches expected by (team, window, channel) until the minute *now*, inclusive.

        *starts* gives the first business day of each day window.
        """
        if self.is_empty:
            return {}
        near = [*self.stretches(today - 1), *self.stretches(today)]
        current = _minutes(self.stretches(today), self._rep.days.start_of(today), now + 1)
        minutes = {
            window.name: _minutes(near, now - window.minutes + 1, now + 1)
            for window in MINUTE_WINDOWS
        }
        for window in _WINDOWS:
            minutes[window.name] = _sum(self._shifts.full_days(starts[window.name], today), current)
        expected: dict[tuple[str, str, str], float] = {}
        for window_name, scheduled in minutes.items():
            for (team, step), count in sorted(scheduled.items()):
                for channel, rate in self._rates[team, step].items():
                    place = (team, window_name, channel)
                    expected[place] = expected.get(place, 0.0) + count * rate
        return expected


def _minutes(stretches: list[Stretch], start: Minute, end: Minute) -> _Minutes:
    """The scheduled minutes that lie in [start, end)."""
    minutes: _Minutes = {}
    for begin, stop, team, step in stretches:
        place = team, step
        common = (stop if stop < end else end) - (begin if begin > start else start)
        minutes[place] = minutes.get(place, 0) + (common if common > 0 else 0)
    return minutes


def _sum(one: _Minutes, other: _Minutes) -> _Minutes:
    both = dict(one)
    for place, minutes in other.items():
        if minutes:
            both[place] = both.get(place, 0) + minutes
    return both
