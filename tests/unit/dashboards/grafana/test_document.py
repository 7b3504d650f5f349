"""Dashboards as files: what Grafana's own linter asks, and what grafanalib gets wrong.

`make lint-grafana` runs the linter itself; here is what has to hold where it cannot be had.
"""

import re
from collections.abc import Iterator
from typing import Any

from dashboards.grafana import team
from dashboards.grafana.layout import Dashboard
from tests.grafanabuild import (
    DATASOURCE,
    each_dashboard,
    exprs,
    panels,
    written,
)

# What Grafana 11 and later know at the root of a panel; with any other key they take it for one of
# Angular's.
KNOWN = {
    *("id", "type", "title", "description", "gridPos", "datasource", "targets", "fieldConfig"),
    *("options", "transformations", "links", "transparent", "repeat", "repeatDirection"),
    *("maxPerRow", "timeFrom", "pluginVersion"),
}


def values(part: Any, key: str) -> Iterator[Any]:
    """Everything under *key*, at any depth."""
    if isinstance(part, dict):
        yield from (value for name, value in part.items() if name == key)
        for value in part.values():
            yield from values(value, key)
    elif isinstance(part, list):
        for value in part:
            yield from values(value, key)


@each_dashboard
def test_there_is_one_datasource_to_choose_and_everything_asks_it(dashboard: Dashboard) -> None:
    document = written(dashboard)
    first, *others = document["templating"]["list"]

    assert (first["name"], first["label"], first["type"], first["query"]) == (
        *("datasource", "Data source"),
        *("datasource", "prometheus"),
    )
    assert all(other["datasource"] == DATASOURCE for other in others)
    assert all(source == DATASOURCE for source in values(document, "datasource"))
    asking = [panel for panel in panels(dashboard) if panel["type"] != "text"]
    assert all(panel["datasource"] == DATASOURCE for panel in asking)
    assert all(target["datasource"] == DATASOURCE for p in asking for target in p["targets"])


@each_dashboard
def test_variables_are_asked_again_when_the_time_changes_and_nobody_edits_in_the_browser(
    dashboard: Dashboard,
) -> None:
    document = written(dashboard)
    _, *others = document["templating"]["list"]

    assert all(other["refresh"] == 2 for other in others)
    assert document["editable"] is False


def test_all_teams_are_chosen_until_somebody_chooses() -> None:
    variables = written(team.DASHBOARD)["templating"]["list"]

    (teams,) = [variable for variable in variables if variable["name"] == "team"]
    assert (teams["multi"], teams["includeAll"], teams["allValue"]) == (True, True, ".*")
    assert teams["current"] == {"text": ["All"], "value": ["$__all"]}


@each_dashboard
def test_counters_are_read_as_rates_over_what_grafana_takes_for_one(dashboard: Dashboard) -> None:
    for expr in exprs(dashboard):
        counters = re.findall(r"\w+_total\b", expr)
        rates = re.findall(r"\b(?:rate|increase)\(\s*(\w+)\[\$__rate_interval\]\)", expr)
        assert len(re.findall(r"\b(?:i?rate|increase)\(", expr)) == len(rates)
        assert set(counters) <= set(rates)


@each_dashboard
def test_nothing_of_an_earlier_grafana_is_left(dashboard: Dashboard) -> None:
    document = written(dashboard)

    assert document["schemaVersion"] == 42
    assert not {"rows", "style", "hideControls", "sharedCrosshair", "__inputs"} & document.keys()
    for panel in panels(dashboard):
        assert not panel.keys() - KNOWN
        assert all(panel.get("repeat", "-") for _ in panel)
    for target in values(document["panels"], "targets"):
        assert not {"step", "intervalFactor", "metric", "query", "target"} & set().union(*target)


@each_dashboard
def test_thresholds_start_from_nothing_and_are_numbers(dashboard: Dashboard) -> None:
    for steps in values(written(dashboard)["panels"], "steps"):
        assert steps[0]["value"] is None
        assert all(step.keys() == {"color", "value"} for step in steps)
        assert all(isinstance(step["value"], int | float) for step in steps[1:])


@each_dashboard
def test_it_shows_the_last_value_and_a_dash_where_there_is_none(dashboard: Dashboard) -> None:
    for panel in panels(dashboard, "stat", "bargauge"):
        assert panel["options"]["reduceOptions"]["calcs"] == ["lastNotNull"]
        assert panel["fieldConfig"]["defaults"]["noValue"] == "–"


@each_dashboard
def test_nothing_is_taken_for_a_panel_of_before_grafana_8(dashboard: Dashboard) -> None:
    """Its migration gives a maximum of 1 to percentages, over which a bar cannot grow."""
    for panel in panels(dashboard, "stat", "bargauge"):
        assert panel["pluginVersion"] == "11.0.0"
        assert "max" not in panel["fieldConfig"]["defaults"]


@each_dashboard
def test_a_query_is_instant_or_a_range_as_its_panel_shows_it(dashboard: Dashboard) -> None:
    for panel in panels(dashboard):
        is_instant = panel["type"] in ("stat", "bargauge", "table")
        for target in panel.get("targets", ()):
            assert (target["instant"], target["range"]) == (is_instant, not is_instant)
