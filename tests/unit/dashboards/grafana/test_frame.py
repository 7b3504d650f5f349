"""Around the panels: where each stands, links, the floor that they hand on, time and refresh."""

import pytest

from dashboards.grafana import definitions, floor, team
from dashboards.grafana.layout import Dashboard
from tests.grafanabuild import (
    DASHBOARDS,
    FOR_ALL,
    each_dashboard,
    exprs,
    panels,
    written,
)


def test_uids_and_titles_are_each_used_once() -> None:
    assert len({dashboard.uid for dashboard in DASHBOARDS}) == len(DASHBOARDS)
    assert len({dashboard.title for dashboard in DASHBOARDS}) == len(DASHBOARDS)


@each_dashboard
def test_panels_are_numbered_and_none_lies_over_another(dashboard: Dashboard) -> None:
    numbered = written(dashboard)["panels"]
    taken: set[tuple[int, int]] = set()

    assert [panel["id"] for panel in numbered] == list(range(1, len(numbered) + 1))
    for place in (panel["gridPos"] for panel in numbered):
        cells = {
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        }
        assert not cells & taken
        assert all(0 <= x < 24 for x, _ in cells)
        taken |= cells


def test_a_heading_stands_over_its_panels() -> None:
    shown = written(team.DASHBOARD)["panels"]

    at = next(i for i, panel in enumerate(shown) if panel["title"] == "Through the day")
    assert shown[at]["type"] == "row"
    assert shown[at]["panels"] == []  # it is open: those below are not in it
    assert shown[at + 1]["gridPos"]["y"] == shown[at]["gridPos"]["y"] + 1


@each_dashboard
def test_links_lead_to_dashboards_and_keep_time_and_variables(dashboard: Dashboard) -> None:
    uids = {dashboard.uid for dashboard in FOR_ALL}

    for link in written(dashboard)["links"]:
        assert link["keepTime"]
        assert link["includeVars"]
        assert link["tags"] or link["url"].removeprefix("/d/") in uids - {dashboard.uid}


@each_dashboard
def test_links_hand_on_the_floor_and_it_is_offered_where_it_changes_something(
    dashboard: Dashboard,
) -> None:
    variables = {
        variable["name"]: variable for variable in written(dashboard)["templating"]["list"]
    }

    is_asked = any("$floor" in expr for expr in exprs(dashboard))
    assert variables["floor"]["hide"] == (0 if is_asked else 2)


@pytest.mark.parametrize(
    "dashboard", [floor.DASHBOARD, definitions.DASHBOARD], ids=lambda dashboard: dashboard.uid
)
def test_where_all_is_of_now_links_hand_on_the_range_of_the_teams(dashboard: Dashboard) -> None:
    assert written(dashboard)["time"] == written(team.DASHBOARD)["time"]
    assert not panels(dashboard, "timeseries", "state-timeline")


@each_dashboard
def test_times_are_those_of_whoever_looks(dashboard: Dashboard) -> None:
    """Empty is the person's, else the server's, where the floor's is set; grafanalib says utc."""
    assert written(dashboard)["timezone"] == ""


@each_dashboard
def test_it_is_refreshed_no_faster_than_grafana_allows(dashboard: Dashboard) -> None:
    assert dashboard.refresh in written(dashboard)["timepicker"]["refresh_intervals"]
