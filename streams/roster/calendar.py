"""Business days and scheduled minutes, by zone rules on UTC instants.

A business day is named after the local date on which it starts (its *day*, a proleptic ordinal) and
runs from one local start of the day to the next: 23, 24 or 25 hours. Times are minutes since the
epoch (`Minute`); spans are half-open.
"""

from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property, lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

from streams.clock import MINUTE, Minute, micros

Day = int
MINUTES_A_DAY = 24 * 60


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


@lru_cache(maxsize=65536)
def instant(zone: ZoneInfo, day: Day, minutes: int) -> Minute:
    """The minute at which the clocks of *zone* show *minutes* after midnight of *day*.

    A time that the clocks skip is the instant an hour (or whatever was skipped) later on them; a
    time that they show twice is the first of the two.
    """
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


_UNIX_DAY = date(1970, 1, 1).toordinal()

Week = tuple[tuple[Span, ...], ...]  # seven entries, Monday first; no spans is a closed day


@dataclass(frozen=True, eq=False)
class FloorCalendar:
    """When a floor is open: its weekly hours, its holidays and its closed days."""

    hours: Week
    closed: frozenset[Day]
    is_holiday: Callable[[date], bool]

    def is_closed(self, day: Day) -> bool:
        """Whether *day* is a holiday or closed, for everybody on the floor."""
        return day in self.closed or self.is_holiday(date.fromordinal(day))

    def is_open(self, day: Day) -> bool:
        """Whether the floor has hours on *day* and it is neither a holiday nor closed."""
        return bool(self.hours[weekday(day)]) and not self.is_closed(day)

    def nth_last_open(self, n: int, today: Day) -> Day:
        """The N-th last open day up to and including *today*.

        A floor with fewer open days than that in the last year gives the day a year ago.
        """
        day = today
        for day in range(today, today - 366, -1):
            n -= self.is_open(day)
            if n == 0:
                break
        return day


def weekday(day: Day) -> int:
    """Monday is 0."""
    return (day + 6) % 7


@dataclass(frozen=True, eq=False)
class Schedule:
    """The scheduled minutes of a rep on one floor: weekly hours less breaks, on days not off."""

    days: BusinessDays
    hours: Week  # within the rep's business day
    breaks: tuple[Span, ...]
    calendar: FloorCalendar
    is_absent: Callable[[Day], bool]

    @cached_property
    def full_day(self) -> int:
        """Scheduled minutes of the longest day of the week, by the clock on the wall."""
        return longest_day(self.hours, self.breaks)

    def spans(self, day: Day) -> list[tuple[Minute, Minute]]:
        """The scheduled stretches of a business day, in order, half-open."""
        hours = self.hours[weekday(day)]
        if not hours or self.calendar.is_closed(day) or self.is_absent(day):
            return []
        at = self.days.zone
        found: list[tuple[Minute, Minute]] = []
        for span in without_breaks(hours, self.breaks):
            start, end = instant(at, day, span.start), instant(at, day, span.end)
            if found:
                start = max(start, found[-1][1])  # where the clocks skip, ends may pass one another
            if start < end:
                found.append((start, end))
        return found


def longest_day(hours: Week, breaks: Sequence[Span]) -> int:
    """Minutes of the longest day of a week, breaks taken off."""
    return max(
        sum(span.end - span.start for span in without_breaks(spans, breaks)) for spans in hours
    )


def without_breaks(spans: Iterable[Span], breaks: Iterable[Span]) -> list[Span]:
    """What is left of *spans*, in order, when *breaks*, which come every day, are taken out."""
    left = sorted(spans)
    for start, end in breaks:
        for offset in (-MINUTES_A_DAY, 0, MINUTES_A_DAY):
            left = _without(left, Span(start + offset, end + offset))
    return left


def _without(spans: Iterable[Span], pause: Span) -> list[Span]:
    return [
        piece
        for span in spans
        for piece in (
            Span(span.start, min(span.end, pause.start)),
            Span(max(span.start, pause.end), span.end),
        )
        if piece.start < piece.end
    ]


def overlap(spans: Iterable[tuple[Minute, Minute]], start: Minute, end: Minute) -> int:
    """How many minutes of *spans* lie in [start, end)."""
    return sum(max(0, min(stop, end) - max(begin, start)) for begin, stop in spans)


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
        day = self._days.day_of(minute)
        first = min(day, self._first) if self._starts else day
        last = max(day, self._first + len(self._starts) - 2) if self._starts else day
        self._first = first
        self._starts = [self._days.start_of(each) for each in range(first, last + 2)]
