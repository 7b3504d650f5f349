"""The numbers of one rep in one team: minute buckets of the last hours, and one cell a day.

Only the recent past is kept by the minute; what is older is kept by the business day, which is all
that the longer windows ask. So an event costs a few additions, and a minute's slide touches only
the minutes that leave, however much is stored.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from operator import add, itemgetter

from metrics.kpis import (
    COHORT_OVERDUE,
    COHORT_PENDING,
    CONTACTS,
    CONTACTS_CONVERTED,
    EFFECTIVE_TOUCHES,
    EXPECTED_TOUCHES,
    IN_LINES,
    MEASURES,
)
from metrics.names import SERIES, Series
from metrics.windows import DAY_WINDOWS, MINUTE_WINDOWS
from streams.clock import Minute
from streams.events.contract import CHANNEL_OF
from streams.measures.contacts import Contacts
from streams.measures.windows import Starts, overdue_before
from streams.roster.calendar import Day
from streams.roster.floors import Floor
from streams.roster.people import BEGINNING

# A cell is a list with one count for each of these.
COUNTED = tuple(
    (measure.name, channel)
    for measure in MEASURES
    if measure.kind == "count"
    for channel in (measure.channels or (None,))
)
SLOT = {counted: index for index, counted in enumerate(COUNTED)}
# By name the counts that the lines of ratios are of, with their slots in a cell.
_IN_LINES = {
    measure.name: tuple(SLOT[measure.name, channel] for channel in measure.channels or (None,))
    for measure in IN_LINES
    if measure.kind == "count"
}
_EFFECTIVE = _IN_LINES[EFFECTIVE_TOUCHES.name]
_PENDING = SLOT[COHORT_PENDING.name, None]
_RECENT = max(window.minutes for window in MINUTE_WINDOWS)
QUARTER = 15  # minutes: every zone's hours and days begin with one

Cell = list[int]
Slots = tuple[int, ...]  # of the counts in a cell that something adds to

_LONG_WINDOWS = tuple(window.name for window in DAY_WINDOWS if window.name != "today")
EXPECTED = tuple(series for series in SERIES if series.measure == EXPECTED_TOUCHES.name)

# A reading is first put together as it is kept, window by window, and then brought into order.
_AS_KEPT = (
    *(
        Series(measure, window, channel)
        for window in (*(window.name for window in MINUTE_WINDOWS), "today", *_LONG_WINDOWS)
        for measure, channel in COUNTED
    ),
    *(Series(COHORT_OVERDUE.name, window, None) for window in ("today", *_LONG_WINDOWS)),
    *(
        Series(measure.name, window, None)
        for window in CONTACTS.windows
        for measure in (CONTACTS, CONTACTS_CONVERTED)
    ),
    *EXPECTED,
)
_in_order = itemgetter(*map(_AS_KEPT.index, SERIES))


def _empty() -> Cell:
    return [0] * len(COUNTED)


def _add(total: Cell, cell: Cell, sign: int = 1) -> None:
    for slot, count in enumerate(cell):
        if count:
            total[slot] += sign * count


class RepInTeam:
    """A rep in a team, at the minute *now* of the business day *today*."""

    def __init__(self, team: str, floor: Floor, now: Minute, today: Day, starts: Starts) -> None:
        self.team = team
        self.floor = floor
        self._now = now
        self._today = today
        self._starts = starts
        self._minutes: dict[Minute, Cell] = {}
        self._totals = [_empty() for _ in MINUTE_WINDOWS]
        self._longest_first = sorted(
            zip((window.minutes for window in MINUTE_WINDOWS), self._totals, strict=True),
            reverse=True,
        )
        self._days: dict[Day, Cell] = {}
        self._before: list[Cell] | None = None  # of each long window, the days before today
        self._effective: dict[Day, int] | None = None  # touches of the days before today
        self._overdue: list[int] = []  # today, of which none is, and of each long window
        self.contacts = Contacts(starts.first_of(CONTACTS.windows))
        self.quarters: dict[int, int] = {}  # effective touches of today, by quarter hour
        # By letter of the channel, the minute of the newest touch seen, counted or not.
        self.newest: dict[str, Minute] = dict.fromkeys(CHANNEL_OF, BEGINNING)

    def add(self, minute: Minute, day: Day, slots: Slots, count: int) -> None:
        """Add to counts at a *minute* that is not after now, on a day that some window reaches."""
        cell = self._days.get(day)
        if cell is None:
            cell = self._days[day] = _empty()
        for slot in slots:
            cell[slot] += count
        if day != self._today:
            self._before = self._effective = None
        age = self._now - minute
        if age >= _RECENT:
            return
        recent = self._minutes.get(minute)
        if recent is None:
            recent = self._minutes[minute] = _empty()
        for slot in slots:
            recent[slot] += count
        for minutes, total in self._longest_first:
            if age >= minutes:
                return
            for slot in slots:
                total[slot] += count

    def add_effective(self, minute: Minute, day: Day, slots: Slots, count: int) -> None:
        """Add to the counts of effective touches, as `add`, and to their quarter hour of today."""
        self.add(minute, day, slots, count)
        if day == self._today:
            quarter = minute // QUARTER
            self.quarters[quarter] = self.quarters.get(quarter, 0) + count

    def advance(self, now: Minute) -> None:
        """Slide the minute windows on to *now*."""
        for window, total in zip(MINUTE_WINDOWS, self._totals, strict=True):
            for minute in self._leaving(self._now - window.minutes, now - window.minutes):
                _add(total, self._minutes[minute], -1)
        for minute in self._leaving(self._now - _RECENT, now - _RECENT):
            del self._minutes[minute]
        self._now = now

    def _leaving(self, after: Minute, until: Minute) -> list[Minute]:
        if until - after == 1:
            return [until] if until in self._minutes else []
        return [minute for minute in self._minutes if after < minute <= until]

    def start_day(self, today: Day, starts: Starts) -> None:
        """Go on to another business day, on which the day windows start anew."""
        self._today = today
        self._starts = starts
        self._before = self._effective = None
        self.quarters.clear()
        for day in [day for day in self._days if day < starts.earliest]:
            del self._days[day]
        self.contacts.forget_before(starts.first_of(CONTACTS.windows))

    def numbers(self, expected: Sequence[float]) -> list[float]:
        """The numbers of a reading, by `names.SERIES`; *expected* are those of `EXPECTED`."""
        if self._before is None:
            self._before = self._sum_before_today()
        today = self._days.get(self._today) or _empty()
        kept: list[float] = []
        for total in self._totals:
            kept += total
        kept += today
        for before in self._before:
            kept += map(add, before, today)
        kept += self._overdue
        for window in CONTACTS.windows:
            kept += self.contacts.since(self._starts[window])
        kept += expected
        return list(_in_order(kept))

    @property
    def effective_before_today(self) -> Mapping[Day, int]:
        """Effective touches by day, without today: the same object until one of them changes."""
        if self._effective is None:
            self._effective = {
                day: sum(cell[slot] for slot in _EFFECTIVE)
                for day, cell in self._days.items()
                if day != self._today
            }
        return self._effective

    def counts_by(self, days: Sequence[Day]) -> dict[str, list[float]]:
        """The counts that lines are of by open day, of *days* that ascend.

        What is of another day is in the one before it; what is before the first is left out.
        """
        sums: dict[str, list[float]] = {name: [0] * len(days) for name in _IN_LINES}
        for day, cell in self._days.items():
            place = bisect_right(days, day)
            if place:
                for name, slots in _IN_LINES.items():
                    sums[name][place - 1] += sum(cell[slot] for slot in slots)
        return sums

    def _sum_before_today(self) -> list[Cell]:
        """What the long windows hold of the days before today; notes what is overdue on the way."""
        cutoff = overdue_before(self.floor, self._today)
        days = sorted(day for day in self._days if day < self._today)
        before: list[Cell] = []
        self._overdue = [0]
        for name in _LONG_WINDOWS:
            total = _empty()
            overdue = 0
            for day in days[bisect_left(days, self._starts[name]) :]:
                cell = self._days[day]
                _add(total, cell)
                if day < cutoff:
                    overdue += cell[_PENDING]
            before.append(total)
            self._overdue.append(overdue)
        return before
