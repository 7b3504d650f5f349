"""Business days and scheduled minutes, by zone rules on UTC instants.

A business day is named after the local date on which it starts (its *day*, a proleptic ordinal) and
runs from one local start of the day to the next: 23, 24 or 25 hours. Times are minutes since the
epoch (`Minute`); spans are half-open.
"""

from bisect import bisect_right
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

from metrics.windows import DAYS_PER_OPEN_DAY
from streams.clock import MINUTE, Minute, micros

Day = int
MINUTES_A_DAY = 24 * 60
_YEAR = 366  # days
_LAST_OPEN_KEPT = 1000  # answers


class Span(NamedTuple):
    """A stretch of local time, in minutes after midnight of a date; start < end, half-open.

    Both may exceed 24:00, for what lies after the midnight that follows.
    """

    start: int
    end: int

    def in_business_day(self, day_starts: int) -> "Span | None":
        """The same times within a business day that starts at *day_starts*; None if they cross."""
        later = MINUTES_A_DAY if self.start < day_starts else 0
        moved = Span(self.start + later, self.end + later)
        return moved if moved.end <= day_starts + MINUTES_A_DAY else None


_UNIX_DAY = date(1970, 1, 1).toordinal()
_LAST_DAY = date.max.toordinal() - 3  # so that times of the next days have a date too


def is_date(day: Day) -> bool:
    """Whether a day, and those around it, are in the years 1 to 9999."""
    return 3 < day < _LAST_DAY


@lru_cache(maxsize=65536)
def instant(zone: ZoneInfo, day: Day, minutes: int) -> Minute:
    """The minute at which the clocks of *zone* show *minutes* after midnight of *day*.

    A time that the clocks skip is the instant an hour (or whatever was skipped) later on them; a
    time that they show twice is the first of the two. Where the calendar ends, it goes on in UTC.
    """
    if not is_date(day):
        return (day - _UNIX_DAY) * MINUTES_A_DAY + minutes
    local = datetime.combine(date.fromordinal(day), datetime.min.time()) + timedelta(
        minutes=minutes
    )
    return micros(local.replace(tzinfo=zone)) // MINUTE


@dataclass(frozen=True)
class BusinessDays:
    """The business days of a zone whose days start at *day_starts* minutes after midnight."""

    zone: ZoneInfo
    day_starts: int = 0

    def start_of(self, day: Day) -> Minute:
        """The first minute of a business day."""
        return instant(self.zone, day, self.day_starts)

    def day_of(self, minute: Minute) -> Day:
        """The business day that contains a minute."""
        day = _UNIX_DAY + minute // MINUTES_A_DAY + 1
        while self.start_of(day) > minute:
            day -= 1
        return day


Spans = tuple[Span, ...]  # of one day, in order; none is a day off
Week = tuple[Spans, ...]  # seven entries, Monday first; no spans is a closed day


class Rota(NamedTuple):
    """Weeks that come one after another, again and again; a single one is the same every week.

    `first` is the Monday on which the first of them starts; it holds also before.
    """

    first: Day
    weeks: tuple[Week, ...]

    def on(self, day: Day) -> Spans:
        """The hours of a day, as written."""
        week = max(0, day - self.first) // 7 % len(self.weeks)
        return self.weeks[week][weekday(day)]


def no_holiday(_day: date) -> bool:
    """The calendar of a floor that keeps no public holidays."""
    return False


@dataclass(frozen=True, eq=False)
class FloorCalendar:
    """When a floor is open: its weekly hours, its holidays and its single dates.

    `closed` are days off for everybody, `open` are holidays on which the floor works, and `dates`
    are the hours of single days instead of the week's; none is a closed day.
    """

    hours: Week
    closed: frozenset[Day] = frozenset()
    is_holiday: Callable[[date], bool] = no_holiday
    open: frozenset[Day] = frozenset()
    dates: Mapping[Day, Spans] = field(default_factory=dict)
    _last_open: dict[tuple[int, Day], Day] = field(default_factory=dict, init=False, repr=False)

    def hours_on(self, day: Day, own: Spans | None = None) -> Spans:
        """The hours of a day, as written; *own* instead of the floor's week.

        The first that applies decides: closed, single dates, holidays, the week.
        """
        if day in self.closed:
            return ()
        if day in self.dates:
            return self.dates[day]
        if day not in self.open and is_date(day) and self.is_holiday(date.fromordinal(day)):
            return ()
        return self.hours[weekday(day)] if own is None else own

    def is_open(self, day: Day) -> bool:
        """Whether the floor has hours on *day*."""
        return bool(self.hours_on(day))

    def nth_last_open(self, n: int, today: Day) -> Day:
        """The N-th last open day up to and including *today*.

        The search ends a year ago, or where a window of so many open days ends at the latest: a
        floor with fewer open days gives that day.
        """
        known = self._last_open.get((n, today))
        if known is None:
            if len(self._last_open) >= _LAST_OPEN_KEPT:
                self._last_open.clear()
            known = self._last_open[n, today] = self._nth_last_open(n, today)
        return known

    def _nth_last_open(self, n: int, today: Day) -> Day:
        day = today
        for day in range(today, today - max(_YEAR, n * DAYS_PER_OPEN_DAY), -1):
            n -= self.is_open(day)
            if n == 0:
                break
        return day


def weekday(day: Day) -> int:
    """Monday is 0."""
    return (day + 6) % 7


@dataclass(frozen=True, eq=False)
class Schedule:
    """The scheduled minutes of a floor, or of a rep on one: the hours of a day less breaks.

    `hours_on` gives the hours of a business day; `away` are minutes, half-open, when a rep is not
    there.
    """

    days: BusinessDays
    hours_on: Callable[[Day], Spans]
    breaks: Spans = ()
    away: tuple[tuple[Minute, Minute], ...] = ()

    def spans(self, day: Day) -> list[tuple[Minute, Minute]]:
        """The scheduled stretches of a business day, in order, half-open."""
        at = self.days.zone
        spans: list[tuple[Minute, Minute]] = []
        for span in without_breaks(self.hours_on(day), self.breaks):
            start, end = instant(at, day, span.start), instant(at, day, span.end)
            if spans:
                start = max(start, spans[-1][1])  # where the clocks skip, ends may pass one another
            if start < end:
                spans.append((start, end))
        for absence in self.away:
            spans = [piece for span in spans for piece in _cut(span, absence)]
        return spans


def longest_day(weeks: Iterable[Week], breaks: Spans) -> int:
    """Minutes of the longest day of some weeks, breaks taken off, by the clock on the wall."""
    return max(
        sum(span.end - span.start for span in without_breaks(spans, breaks))
        for week in weeks
        for spans in week
    )


def without_breaks(spans: Iterable[Span], breaks: Iterable[Span]) -> list[Span]:
    """What is left of *spans*, in order, when *breaks*, which come every day, are taken out."""
    left = sorted(spans)
    for start, end in breaks:
        for offset in (-MINUTES_A_DAY, 0, MINUTES_A_DAY):
            pause = (start + offset, end + offset)
            left = [Span(*piece) for span in left for piece in _cut(span, pause)]
    return left


def _cut(span: tuple[int, int], pause: tuple[int, int]) -> list[tuple[int, int]]:
    """What is left of a span before and after a pause."""
    pieces = ((span[0], min(span[1], pause[0])), (max(span[0], pause[1]), span[1]))
    return [piece for piece in pieces if piece[0] < piece[1]]


def overlap(spans: Iterable[tuple[Minute, Minute]], start: Minute, end: Minute) -> int:
    """How many minutes of *spans* lie in [start, end)."""
    minutes = 0
    for begin, stop in spans:
        minutes += max(0, min(stop, end) - max(begin, start))
    return minutes


class DayFinder:
    """Finds the business day of a minute fast: most questions are about few days."""

    def __init__(self, days: BusinessDays) -> None:
        self._days = days
        self._starts: list[Minute] = []
        self._first: Day = 0

    def __call__(self, minute: Minute) -> Day:
        """The business day that contains *minute*."""
        starts = self._starts
        if not starts or not starts[0] <= minute < starts[-1]:
            self._reach(minute)
        return self._first + bisect_right(self._starts, minute) - 1

    def _reach(self, minute: Minute) -> None:
        asked = self._days.day_of(minute)
        first = min(asked, self._first) if self._starts else asked
        last = max(asked, self._first + len(self._starts) - 2) if self._starts else asked
        self._first = first
        self._starts = [self._days.start_of(day) for day in range(first, last + 2)]
