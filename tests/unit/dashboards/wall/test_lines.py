"""The line of the day: touches in the hours that are over, against what was expected."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboards.wall.lines import HEIGHT, NO_LINE, WIDTH, day_line, hour_line
from metrics.kpis import KPI
from metrics.readings import TeamDay
from tests.wallbuild import floor, kpi, part, shown, snapshot, team

AMSTERDAM = ZoneInfo("Europe/Amsterdam")
KOLKATA = "Asia/Kolkata"  # 5:30 hours ahead of UTC


def at(text: str, zone: ZoneInfo = AMSTERDAM) -> float:
    """Unix seconds of a time of 25 November 2026."""
    return datetime.fromisoformat(f"2026-11-25T{text}").replace(tzinfo=zone).timestamp()


def day(first: str, done: list[int], due: list[float], name: str = "hunters") -> TeamDay:
    """A team's day from a time on, by the quarter hour."""
    return TeamDay("north", name, int(at(first) // 900), done, due)


def points(path: str) -> list[tuple[float, float]]:
    """The points of a line."""
    return [
        (float(x), float(y))
        for x, y in (
            point.split() for point in path.replace("M", "").replace("h2", "").split("L") if point
        )
    ]


def test_quarters_are_summed_up_to_the_hours_of_the_floor_that_are_over() -> None:
    found = day("08:30", [3, 1, 2, 2, 2, 2, 9, 9, 0, 0], [2.0] * 10)

    line = hour_line([found], at("10:59"), AMSTERDAM)

    assert points(line.aim) == [(0, 15), (50, 0), (100, 0)]  # of 4, 8 and 8
    assert points(line.path) == [(0, 15), (50, 0)]  # of 4 and 8, and the 18 are not over
    assert points(hour_line([found], at("11:00"), AMSTERDAM).path)[2] == (100, 0)
    assert hour_line([found], at("08:59"), AMSTERDAM).path == ""


def test_it_is_the_sum_of_teams_of_whatever_hours() -> None:
    early, late = day("08:00", [5] * 4, [5.0] * 4), day("09:00", [10] * 4, [10.0] * 4, "farmers")

    line = hour_line([late, early], at("10:00"), AMSTERDAM)

    assert line.path == line.aim == "M0 15.0L100 0.0"


def test_hours_are_those_of_the_floor_s_own_clocks() -> None:
    half_past = day("09:30", [1, 1, 3, 3], [0.0] * 4)  # 14:00 to 15:00 in Kolkata, 5:30 ahead

    assert len(points(hour_line([half_past], at("12:00"), ZoneInfo(KOLKATA)).path)) == 1
    assert len(points(hour_line([half_past], at("12:00"), AMSTERDAM).path)) == 2


def test_there_is_none_without_a_zone_a_clock_or_anything_of_today() -> None:
    found = day("08:00", [1], [1.0])
    name = KPI["touchpoints"].name

    assert day_line([found], None, "Europe/Amsterdam") == day_line([found], at("12:00"), "") == {}
    assert day_line([], at("12:00"), "Europe/Amsterdam") == {name: NO_LINE}


@given(st.lists(st.tuples(st.integers(0, 999), st.floats(0, 999)), max_size=100))
def test_it_stays_in_its_box(quarters: list[tuple[int, float]]) -> None:
    found = day("00:00", [done for done, _ in quarters], [due for _, due in quarters])
    line = hour_line([found], at("23:59"), AMSTERDAM)

    drawn = points(line.path) + points(line.aim)
    assert bool(drawn) == bool(quarters)
    assert all(0 <= x <= WIDTH and 0 <= y <= HEIGHT for x, y in drawn)


@pytest.mark.parametrize("name", ["hunters", "farmers"])
def test_a_tile_of_a_floor_and_of_a_team_has_its_line_and_no_other_team_s(name: str) -> None:
    first = int(datetime(2026, 11, 25, 7, tzinfo=UTC).timestamp() // 900)
    days = [TeamDay("north", team, first, [4] * 4, [n] * 4) for n, team in ((4, name), (2, "old"))]
    view = shown(snapshot(part(0, days=days), part(1, days=[TeamDay("east", name, 0, [1], [1])])))

    whole, own = kpi(floor(view), "touchpoints"), kpi(team(view, name), "touchpoints")
    assert (own.line.path, own.line.aim) == ("M0 0.0h2", "M0 0.0h2")
    assert (whole.line.path, whole.line.aim) == ("M0 0.0h2", "M0 7.5h2")
    assert (whole.line_title, kpi(floor(view), "pace").line_title) == ("today by hour", "")
