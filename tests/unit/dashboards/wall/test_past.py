"""The lines of ratios: what adds up to a point, and for which days a small team has none."""

import pytest

from dashboards.wall.lines import HEIGHT, NO_LINE, TOGETHER, ratio_line
from dashboards.wall.past import FloorPast
from metrics.kpis import KPI, KPIS, LINED
from metrics.readings import FloorInfo, TeamPast, encode_pasts
from tests.wallbuild import floor, kpi, layout, part, shown, snapshot, team

REJECTED, ACCEPTED = "appointments_rejected", "appointments_accepted"
DISQUALIFICATION, PACE = KPI["disqualification"], KPI["pace"]


def past(
    name: str, people: list[int], rejected: list[int], accepted: list[int], first: int = 739_900
) -> TeamPast:
    """A team's days from the *first* on."""
    days = range(first, first + len(people))
    return TeamPast("north", name, days, people, {REJECTED: rejected, ACCEPTED: accepted})


def days(*numbers: tuple[int, int] | None) -> list[dict[str, float] | None]:
    """Days by what was rejected and accepted."""
    return [each and {REJECTED: each[0], ACCEPTED: each[1]} for each in numbers]


def test_a_point_is_of_the_five_days_up_to_it_and_the_target_goes_all_along() -> None:
    line = ratio_line(DISQUALIFICATION, days((1, 0), *[(0, 1)] * 4, (0, 1), (2, 4)), 0.1)

    # 1 of 5, none of 5, and 2 of 10; the target is half of the most.
    assert line.path == f"M0 0.0L50 {HEIGHT}.0L100 0.0"
    assert line.aim == f"M0 {HEIGHT / 2}L100 {HEIGHT / 2}"


def test_a_ratio_of_today_has_a_point_for_each_day() -> None:
    numbers = [{"effective_touches": done, "expected_touches": 10.0} for done in (5, 20, 10)]

    assert ratio_line(PACE, numbers, 1.0).path == "M0 22.5L50 0.0L100 15.0"


def test_where_nothing_can_be_said_there_is_a_gap_and_a_point_by_itself_is_a_dash() -> None:
    gap = ratio_line(DISQUALIFICATION, days(*[(1, 1)] * 5, None, *[(1, 1)] * 5), None)
    empty = ratio_line(DISQUALIFICATION, days(*[(0, 0)] * 20), 0.1)

    assert gap.path == "M0 0.0h2M100 0.0h2"
    assert gap.aim == ""
    assert empty == NO_LINE
    assert ratio_line(DISQUALIFICATION, days(*[(1, 1)] * (TOGETHER - 1)), 0.1) == NO_LINE


def test_a_floor_is_the_sum_of_its_teams_on_the_days_that_all_parts_have() -> None:
    found = FloorPast(
        [
            past("hunters", [6, 6, 6], [1, 2, 3], [10, 20, 30]),
            past("hunters", [1, 1, 1], [0, 5, 0], [0, 0, 0], first=739_901),
            past("", [0, 0, 0], [1, 1, 1], [0, 0, 0]),
        ],
        smallest=5,
    )

    assert found.of_floor() == [{REJECTED: 3, ACCEPTED: 20}, {REJECTED: 9, ACCEPTED: 30}]
    assert found.of_team("hunters") == [{REJECTED: 2, ACCEPTED: 20}, {REJECTED: 8, ACCEPTED: 30}]
    assert FloorPast([], 5).of_floor() == FloorPast([], 5).of_team("hunters") == []


def test_a_team_has_nothing_on_the_days_on_which_it_or_the_rest_was_too_small() -> None:
    found = FloorPast(
        [
            past("hunters", [6, 6, 3], [1, 1, 1], [1, 1, 1]),
            past("hunters", [1, 0, 1], [1, 1, 1], [1, 1, 1]),
            past("farmers", [5, 5, 9], [1, 1, 1], [1, 1, 1]),
            past("sailors", [5, 1, 9], [1, 1, 1], [1, 1, 1]),
        ],
        smallest=5,
    )

    shown_on = {
        name: [sums is not None for sums in found.of_team(name)]
        for name in ("hunters", "farmers", "sailors")
    }
    assert shown_on == {  # on the second day the smallest other one is hidden with the sailors
        "hunters": [True, True, False],
        "farmers": [True, False, False],
        "sailors": [True, False, True],
    }


@pytest.mark.parametrize("known", KPIS, ids=lambda known: known.name)
def test_every_ratio_but_that_of_90_days_has_a_line_on_the_wall_that_says_of_what(known) -> None:
    names = {measure.name for measure in (known.of, *known.per)}
    numbers = {name: [1] * 20 for name in names}
    pasts = [TeamPast("north", "hunters", list(range(1, 21)), [6] * 20, numbers)]
    north = FloorInfo("north", "Europe/Amsterdam", True, ("hunters",), {}, {"hunters": 6})
    view = shown(snapshot(part(0, pasts=encode_pasts(pasts)), part(1), of=layout(north)))

    assert (known in LINED) == (known.is_ratio and known.window != "90d")
    for owner in (floor(view), team(view, "hunters")):
        drawn = kpi(owner, known.name)
        assert bool(drawn.line.path) == bool(drawn.line_title) == (known in LINED)
    if known.is_open_ended and known in LINED:
        assert drawn.line_title.endswith("What began of late may still come to something.")
