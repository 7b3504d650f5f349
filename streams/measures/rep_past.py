"""A rep's last open days in one team: what counts in a day window, by the day that it counts on.

So the days of a window add up to the number of the window. What is of a closed day is in the open
day before it, as in those windows.
"""

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from operator import is_
from typing import NamedTuple

from metrics.kpis import CONTACTS, CONTACTS_CONVERTED, EXPECTED_TOUCHES, OPEN_DAYS
from streams.clock import Minute
from streams.measures.rep_in_team import RepInTeam
from streams.roster.calendar import Day, FloorCalendar
from streams.roster.expectation import Expectation
from streams.roster.people import Rep


class RepPast(NamedTuple):
    """By measure the numbers of the open `days`, which ascend; the last goes until now.

    `people` is 1 for the days at the end of which the rep, a person, was in the team, or now; else
    it is 0. A contact is in the last day on which it was reached.
    """

    floor: str
    team: str
    days: Sequence[Day]
    people: Sequence[int]
    sums: Mapping[str, Sequence[float]]


def open_days(calendar: FloorCalendar, today: Day) -> tuple[Day, ...]:
    """The last OPEN_DAYS of a floor up to *today*, inclusive, if it is one of them; ascending."""
    first = calendar.nth_last_open(OPEN_DAYS, today)
    return tuple(day for day in range(first, today + 1) if calendar.is_open(day))


def rep_past(
    rep: Rep, expectation: Expectation, team: RepInTeam, days: Sequence[Day], now: Minute
) -> RepPast:
    """The past of a rep in one of their teams, at the minute *now*."""
    sums: dict[str, Sequence[float]] = {**team.counts_by(days)}
    sums[CONTACTS.name] = by_day(days, team.contacts.reached)
    sums[CONTACTS_CONVERTED.name] = by_day(days, team.contacts.converted)
    sums[EXPECTED_TOUCHES.name] = by_day(days, _expected(rep, expectation, team.team, days, now))
    people = [_is_in(rep, team.team, day, now) for day in days]
    return RepPast(team.floor.name, team.team, days, people, sums)


def by_day(days: Sequence[Day], numbers: Mapping[Day, float]) -> list[float]:
    """Numbers of business days summed up to open *days*; those before the first are left out."""
    sums: list[float] = [0] * len(days)
    for day, number in numbers.items():
        place = bisect_right(days, day)
        if place:
            sums[place - 1] += number
    return sums


def _expected(
    rep: Rep, expectation: Expectation, team: str, days: Sequence[Day], now: Minute
) -> dict[Day, float]:
    """Effective touches expected by business day since the first of *days*, until *now*."""
    expected: dict[Day, float] = {}
    for day in range(days[0], rep.days.day_of(now) + 1) if days else ():
        expected[day] = sum(
            max(0, min(stretch.end, now + 1) - stretch.start)
            * sum(expectation.rates(stretch).values())
            for stretch in expectation.stretches(day)
            if stretch.team == team
        )
    return expected


def _is_in(rep: Rep, team: str, day: Day, now: Minute) -> int:
    minute = min(now, rep.days.start_of(day + 1) - 1)
    is_there = rep.is_employed(day) and rep.membership_at(minute).team == team
    return int(is_there and not rep.is_system)


class BestDays:
    """Finds the best day of a rep: the one with the most effective touches in all their teams."""

    def __init__(self) -> None:
        self._known: list[Mapping[Day, int]] = []
        self._since = self._best = 0
        self._count = 0

    def find(self, teams: Iterable[RepInTeam], since: Day, today: Day) -> tuple[Day, int] | None:
        """Of the days since *since* the last of the best, and its touches; None without any."""
        before, now = [], 0
        for team in teams:
            before.append(team.effective_before_today)
            now += sum(team.quarters.values())
        if since != self._since or not _are_same(before, self._known):
            self._known, self._since = before, since
            self._best, self._count = _best_of(before, since)
        if now >= self._count:
            return (today, now) if now else None
        return self._best, self._count


def _are_same(some: Sequence[object], others: Sequence[object]) -> bool:
    return len(some) == len(others) and all(map(is_, some, others))


def _best_of(teams: Iterable[Mapping[Day, int]], since: Day) -> tuple[Day, int]:
    sums: dict[Day, int] = {}
    for days in teams:
        for day, count in days.items():
            if day >= since:
                sums[day] = sums.get(day, 0) + count
    best = max(sums, key=lambda day: (sums[day], day), default=since)
    return best, sums.get(best, 0)
