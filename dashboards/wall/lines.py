"""The small lines in the tiles: a ratio by open day, and touches by hour of today."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

from dashboards.wall.past import FloorPast, Sums
from metrics.kpis import KPI, LINED, Kpi
from metrics.readings import TeamDay, decode_pasts

TOGETHER = 5  # open days to a point: on one day too few are decided to say anything
WIDTH, HEIGHT = 100, 30  # of the box that all lines are drawn in
QUARTER = 900  # seconds


@dataclass(frozen=True, slots=True)
class Line:
    """A line as the data of an SVG path, and `aim`, that of its target or of what was expected.

    Both are empty where there is nothing to draw; x is time, and y grows downwards.
    """

    path: str = ""
    aim: str = ""


NO_LINE = Line()
NO_LINES: Mapping[str, Line] = {}


class PastLines(NamedTuple):
    """The lines of a floor, and of each of its teams, by the names of the KPIs."""

    floor: Mapping[str, Line]
    teams: Mapping[str, Mapping[str, Line]]


@lru_cache(maxsize=100)  # floors: the wall is drawn some times a second, and these change in twenty
def past_lines(
    pasts: tuple[bytes, ...], floor: str, targets: tuple[tuple[str, float], ...], smallest: int
) -> PastLines:
    """The ratios of a floor and its teams over the last open days, from the *pasts* of all parts.

    *targets* are those that the floor sets by itself; *smallest* is the team that may be shown.
    """
    its = FloorPast(
        (past for raw in pasts for past in _decoded(raw) if past.floor == floor), smallest
    )
    own = dict(targets)
    return PastLines(
        ratio_lines(its.of_floor(), own),
        {team: ratio_lines(its.of_team(team), own) for team in its.teams},
    )


_decoded = lru_cache(maxsize=100)(decode_pasts)  # parts


def ratio_lines(days: Sequence[Sums | None], targets: Mapping[str, float]) -> dict[str, Line]:
    """By the names of the KPIs their lines over *days*, with the *targets* the floor sets."""
    return {kpi.name: ratio_line(kpi, days, targets.get(kpi.name, kpi.target)) for kpi in LINED}


def ratio_line(kpi: Kpi, days: Sequence[Sums | None], target: float | None) -> Line:
    """A ratio by open day, against its target.

    A point is of so many days as `days_of_point` says; one of them that is None leaves a gap.
    """
    together = days_of_point(kpi)
    stretches = [days[end - together : end] for end in range(together, len(days) + 1)]
    values = [_value(kpi, stretch) for stretch in stretches]
    aim = [] if target is None else [target, target]
    if not any(value is not None for value in values):
        return NO_LINE
    most = max([*aim, *(value for value in values if value is not None)]) or 1
    return Line(_path(values, most), _path(aim, most))


def days_of_point(kpi: Kpi) -> int:
    """The open days of a point: one of a KPI of today, else TOGETHER."""
    return 1 if kpi.window == "today" else TOGETHER


def _value(kpi: Kpi, days: Sequence[Sums | None]) -> float | None:
    if None in days:
        return None
    names = [measure.name for measure in (kpi.of, *kpi.per)]
    return kpi.value({name: sum(day.get(name, 0) for day in days if day) for name in names})


def day_line(days: Iterable[TeamDay], clock: float | None, zone: str) -> dict[str, Line]:
    """By the name of its KPI the line of today; none where the floor has no zone.

    *clock* is in Unix seconds.
    """
    if clock is None or not zone:
        return {}
    return {KPI["touchpoints"].name: hour_line(list(days), clock, ZoneInfo(zone))}


def hour_line(days: Sequence[TeamDay], clock: float, zone: ZoneInfo) -> Line:
    """Touches in each hour that is over at *clock*, against those expected in all of the day.

    Hours are those of the zone's clocks; that of now would look like a slump until it is over.
    """
    done = _by_hour(((day.first, day.done) for day in days), zone)
    due = _by_hour(((day.first, day.due) for day in days), zone)
    if not done:
        return NO_LINE
    span = range(min(done), max(done) + 1)
    now = _hour(clock, zone)
    over = [done.get(hour, 0) if hour < now else None for hour in span]
    aim = [due.get(hour, 0) for hour in span]
    most = max(*aim, *(count for count in over if count is not None), 1)
    return Line(_path(over, most), _path(aim, most))


def ends_of_day(days: Sequence[TeamDay], zone: ZoneInfo) -> tuple[str, str]:
    """Where the line of `hour_line` begins and ends, as times of day; empty without one."""
    hours = _by_hour(((day.first, day.done) for day in days), zone)
    if not hours:
        return "", ""
    return f"{min(hours) % 24:02}:00", f"{(max(hours) + 1) % 24:02}:00"


def _by_hour(rows: Iterable[tuple[int, Sequence[float]]], zone: ZoneInfo) -> Mapping[int, float]:
    quarters: dict[int, float] = {}
    for first, numbers in rows:
        for quarter, number in enumerate(numbers, first):
            quarters[quarter] = quarters.get(quarter, 0) + number
    hours: dict[int, float] = {}
    for quarter, number in quarters.items():
        hour = _hour(quarter * QUARTER, zone)
        hours[hour] = hours.get(hour, 0) + number
    return hours


def _hour(at: float, zone: ZoneInfo) -> int:
    """The hour by the clocks of a zone, counted on from day to day."""
    offset = datetime.fromtimestamp(at, zone).utcoffset() or timedelta()
    return int((at + offset.total_seconds()) // 3600)


def _path(values: Sequence[float | None], most: float) -> str:
    """From left to right over all of the width; None is a gap, and a point by itself a dash."""
    step = WIDTH / max(1, len(values) - 1)
    path = ""
    for place, value in enumerate(values):
        if value is None:
            continue
        at = f"{place * step:.0f} {HEIGHT * (1 - value / most):.1f}"
        before = values[place - 1] if place else None
        after = values[place + 1] if place + 1 < len(values) else None
        path += f"M{at}" if before is None else f"L{at}"
        if before is None and after is None:
            path += "h2"
    return path
