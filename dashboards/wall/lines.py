"""The small line in a tile: touches by hour of today, against what was expected."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from metrics.kpis import KPI
from metrics.readings import TeamDay

WIDTH, HEIGHT = 100, 30  # of the box that all lines are drawn in
QUARTER = 900  # seconds


@dataclass(frozen=True, slots=True)
class Line:
    """A line as the data of an SVG path, and `aim`, that of what was expected.

    Both are empty where there is nothing to draw; x is time, and y grows downwards.
    """

    path: str = ""
    aim: str = ""


NO_LINE = Line()
NO_LINES: Mapping[str, Line] = {}


def lines(days: Iterable[TeamDay], clock: float | None, zone: str) -> dict[str, Line]:
    """By the name of a KPI its line, of the sum of these *days*; none where the floor has no zone.

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
    over = [done.get(hour, 0) for hour in span if hour < now]
    aim = [due.get(hour, 0) for hour in span]
    step = WIDTH / max(1, len(span) - 1)
    most = max(*over, *aim, 1)
    return Line(_path(over, step, most), _path(aim, step, most))


def _by_hour(rows: Iterable[tuple[int, Sequence[float]]], zone: ZoneInfo) -> Mapping[int, float]:
    hours: dict[int, float] = {}
    for first, numbers in rows:
        for quarter, number in enumerate(numbers, first):
            hour = _hour(quarter * QUARTER, zone)
            hours[hour] = hours.get(hour, 0) + number
    return hours


def _hour(at: float, zone: ZoneInfo) -> int:
    """The hour by the clocks of a zone, counted on from day to day."""
    offset = datetime.fromtimestamp(at, zone).utcoffset() or timedelta()
    return int((at + offset.total_seconds()) // 3600)


def _path(values: Sequence[float], step: float, most: float) -> str:
    """From left to right, a *step* apart; the only one is a dash."""
    points = [f"{x * step:.0f} {HEIGHT * (1 - y / most):.1f}" for x, y in enumerate(values)]
    dash = "h2" if len(points) == 1 else ""
    return "M" + "L".join(points) + dash if points else ""
