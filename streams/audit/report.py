"""The numbers of past business days, by the read model itself.

Each rep's windows are slid from one end of a business day to the next, and `today` is read there;
one window that begins with the period gives its total, in which a contact counts once.
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from operator import attrgetter
from typing import Literal, NamedTuple

from metrics.kpis import (
    COHORT_OVERDUE,
    COHORT_PENDING,
    CONTACTS,
    CONTACTS_CONVERTED,
    EFFECTIVE_TOUCHES,
    EXPECTED_TOUCHES,
    TOUCHES,
    Kpi,
)
from metrics.names import SERIES, SERIES_INDEX, Series
from metrics.rows import RepRow
from metrics.windows import DAY_WINDOWS
from streams.audit.question import QuestionError
from streams.clock import DAY, MINUTE, Micros, Minute
from streams.events.contract import MAX_AHEAD, Touch
from streams.ledgers.retention import LEADS_KEPT, TOUCHES_KEPT
from streams.measures.rep_board import RepBoard
from streams.measures.windows import Starts, overdue_before
from streams.roster.calendar import Day
from streams.roster.people import Rep

Level = Literal["floor", "team", "rep"]
LEVELS: tuple[Level, ...] = ("floor", "team", "rep")
Flaw = Literal["so_far", "touches_gone", "leads_gone", "lost", "uncounted"]
# Each as the note that a person reads beside the numbers.
NOTE: dict[Flaw, str] = {
    "so_far": "not over yet",
    "touches_gone": f"touches are kept for {TOUCHES_KEPT // DAY} days",
    "leads_gone": "leads are no longer kept",
    "lost": "events were lost",
    "uncounted": "workers have events yet to count",
}

LONGEST = LEADS_KEPT // DAY  # days of one report
_TOTAL_WINDOW = "20d"  # in which every measure is counted; here it begins with the period
REPORTED = tuple(series for series in SERIES if series.window == "today")
_OF_DAY = [SERIES_INDEX[series] for series in REPORTED]
_OF_PERIOD = [SERIES_INDEX[Series(s.measure, _TOTAL_WINDOW, s.channel)] for s in REPORTED]
_PENDING = REPORTED.index(Series(COHORT_PENDING.name, "today", None))
_OVERDUE = REPORTED.index(Series(COHORT_OVERDUE.name, "today", None))
_FROM_TOUCHES = {m.name for m in (TOUCHES, EFFECTIVE_TOUCHES, CONTACTS, CONTACTS_CONVERTED)}
_FROM_LEADS = {s.measure for s in REPORTED} - _FROM_TOUCHES - {EXPECTED_TOUCHES.name}
_FROM_LEADS.add(CONTACTS_CONVERTED.name)

Values = Sequence[float | None]  # in the order of REPORTED; None is not known any more


class Period(NamedTuple):
    """Business days, both inclusive."""

    first: Day
    last: Day

    def check(self, today: Day) -> None:
        """Raises QuestionError for days that cannot be reported on a day *today*."""
        first, last, now = (date.fromordinal(day) for day in (*self, today))
        if self.last < self.first:
            raise QuestionError(f"--from {first} is after --to {last}: exchange them")
        if self.last > today:
            raise QuestionError(f"--to {last} is in the future; the last day so far is {now}")
        if self.last - self.first >= LONGEST:
            days = self.last - self.first + 1
            raise QuestionError(f"{first} to {last} is {days} days; ask for {LONGEST} at most")

    def starts(self, _rep: Rep, _now: Minute, today: Day) -> Starts:
        """As `window_starts`: every window but `today` begins with the period."""
        return Starts({w.name: today if w.name == "today" else self.first for w in DAY_WINDOWS})


class Kept(NamedTuple):
    """Since when touches and leads are kept, and what is missing of them.

    Events were lost that came before `lost_touches` and `lost_leads`, 0 where none were; others are
    not counted yet, the earliest of `uncounted_since`.
    """

    touches_since: Micros
    leads_since: Micros
    lost_touches: Micros = 0
    lost_leads: Micros = 0
    uncounted_since: Micros | None = None

    @classmethod
    def at(cls, now: Micros, leads_kept: Micros = LEADS_KEPT) -> "Kept":
        """What is kept at *now*, with nothing lost."""
        return cls(now - TOUCHES_KEPT, now - leads_kept)

    def flaws(self, start: Micros, end: Micros) -> Iterator[Flaw]:
        """What may be missing of the stretch [start, end)."""
        if start < self.touches_since:
            yield "touches_gone"
        if start < self.leads_since:
            yield "leads_gone"
        if start <= max(self.lost_touches, self.lost_leads) + MAX_AHEAD:
            yield "lost"
        if self.uncounted_since is not None and end > self.uncounted_since:
            yield "uncounted"


class ReportRow(NamedTuple):
    """The numbers of a floor, a team or a rep on one business day; `day` is None for the period."""

    floor: str
    team: str | None
    rep: str | None
    day: Day | None
    values: Values
    flaws: tuple[Flaw, ...]

    def kpi(self, kpi: Kpi) -> float | None:
        """The KPI from these sums; None where its denominator is empty, or a part is not known."""
        sums: dict[str, float] = {}
        unknown = set()
        for series, value in zip(REPORTED, self.values, strict=True):
            if value is None:
                unknown.add(series.measure)
            else:
                sums[series.measure] = sums.get(series.measure, 0) + value
        if unknown.intersection({kpi.of.name, *(measure.name for measure in kpi.per)}):
            return None
        return kpi.value(sums)


@dataclass(slots=True)
class _Sum:
    values: Values = field(default_factory=lambda: [0] * len(REPORTED))
    flaws: set[Flaw] = field(default_factory=set)

    def add(self, values: Values, flaws: Iterable[Flaw]) -> None:
        self.flaws.update(flaws)
        self.values = [
            None if here is None or more is None else here + more
            for here, more in zip(self.values, values, strict=True)
        ]


_Key = tuple[str, str | None, str | None, Day | None]


class Report:
    """The business days of a period, summed over the reps that were added.

    Rows are as they are merged at *now*: what was decided later is in the day of its delivery.
    """

    def __init__(self, period: Period, level: Level, now: Micros, kept: Kept) -> None:
        self._period = period
        self._depth = LEVELS.index(level) + 1
        self._now = now
        self._kept = kept
        self._sums: dict[_Key, _Sum] = {}

    def add(
        self,
        rep: Rep,
        touches: Iterable[Touch],
        copies: Iterable[tuple[str, bytes]],
        *,
        is_listed: bool,
    ) -> None:
        """Add a rep's days. Who *is_listed* has a row of zeros for each day with hours."""
        overdue = _Overdue(rep, self._now // MINUTE)
        first = rep.days.start_of(self._period.first) * MINUTE
        day, rows, teams = self._period.first, list[RepRow](), set[str]()
        for day, board in _boards(rep, touches, copies, self._period, self._now // MINUTE):
            start, end = (rep.days.start_of(d) * MINUTE for d in (day, day + 1))
            flaws = [*self._kept.flaws(start, end), *self._so_far(end)]
            rows = list(board.rows())
            working = {stretch.team for stretch in board.shift} if is_listed else set()
            for row in rows:
                values = overdue.put([row.values[index] for index in _OF_DAY], row.team, day)
                if row.team in working or any(values):
                    teams.add(row.team)
                    self._put(row, day, values, flaws)
        end = rep.days.start_of(day + 1) * MINUTE
        flaws = [*self._kept.flaws(first, end), *self._so_far(end)]
        for row in rows:
            if row.team in teams:
                values = overdue.total([row.values[index] for index in _OF_PERIOD], row.team)
                self._put(row, None, values, flaws)

    def _so_far(self, end: Micros) -> Iterator[Flaw]:
        if self._now < end:
            yield "so_far"

    def _put(self, row: RepRow, day: Day | None, values: Values, flaws: list[Flaw]) -> None:
        gone: set[str] = set()
        if "touches_gone" in flaws:
            gone |= _FROM_TOUCHES
        if "leads_gone" in flaws:
            gone |= _FROM_LEADS
        known: Values = [
            None if series.measure in gone else value
            for series, value in zip(REPORTED, values, strict=True)
        ]
        group = (row.floor, row.team, row.rep)
        floor, team, rep = (name if i < self._depth else None for i, name in enumerate(group))
        assert floor is not None
        self._sums.setdefault((floor, team, rep, day), _Sum()).add(known, flaws)

    def rows(self) -> list[ReportRow]:
        """By floor, team and rep: the days in order, then the period."""
        rows = [
            ReportRow(
                floor=floor,
                team=team,
                rep=rep,
                day=day,
                values=total.values,
                flaws=tuple(flaw for flaw in NOTE if flaw in total.flaws),
            )
            for (floor, team, rep, day), total in self._sums.items()
        ]
        return sorted(rows, key=_in_order)


def _in_order(row: ReportRow) -> tuple[str, str, str, bool, Day]:
    return row.floor, row.team or "", row.rep or "", row.day is None, row.day or 0


def _boards(
    rep: Rep,
    touches: Iterable[Touch],
    copies: Iterable[tuple[str, bytes]],
    period: Period,
    now: Minute,
) -> Iterator[tuple[Day, RepBoard]]:
    """The rep's windows as they stood at the end of each day, or stand *now* on the last."""
    ordered = sorted(touches, key=attrgetter("at"))
    taken, board = 0, None
    for day in range(period.first, period.last + 1):
        if rep.days.start_of(day) > now:
            break
        end = min(rep.days.start_of(day + 1) - 1, now)
        if board is None:
            board = RepBoard(rep, end, period.starts)
            for lead_id, row in copies:
                board.change_lead(lead_id, None, row)
        board.advance(end)
        until = bisect_right(ordered, (end + 1) * MINUTE - 1, lo=taken, key=attrgetter("at"))
        board.change_touches(ordered[taken:until])
        taken = until
        yield day, board


class _Overdue:
    """Which undecided appointments are overdue now; at the end of a day none of that day are."""

    def __init__(self, rep: Rep, now: Minute) -> None:
        today = rep.days.day_of(now)
        self._before = {team: overdue_before(floor, today) for _, team, floor in rep.memberships}
        self._totals: dict[str, float] = {}

    def put(self, values: list[float], team: str, day: Day) -> list[float]:
        values[_OVERDUE] = values[_PENDING] if day < self._before[team] else 0
        self._totals[team] = self._totals.get(team, 0) + values[_OVERDUE]
        return values

    def total(self, values: list[float], team: str) -> list[float]:
        values[_OVERDUE] = self._totals.get(team, 0)
        return values
