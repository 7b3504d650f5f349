"""The Grafana dashboards as files: what Grafana's own linter asks, and the rules of the house.

`make lint-grafana` runs the linter itself; here is what has to hold where it cannot be had. Titles,
descriptions and units are checked where panels are made: see what is refused, below.
"""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from dashboards.alerting.prometheus import ALERTS
from dashboards.alerting.rules import recorded_names
from dashboards.grafana import definitions, floor, pipeline, rep, team
from dashboards.grafana.document import to_json
from dashboards.grafana.layout import Dashboard, Line, Panel, Query
from dashboards.grafana.palette import BAD
from dashboards.grafana.panels import Column, bar_gauge, stat, table, text, time_series
from floorpulse.commands.generate import FILES
from floorpulse.pages.metrics import exported_families
from metrics.exporter import series_of
from metrics.kpis import KPIS, MEASURES
from metrics.names import metric

DASHBOARDS = [module.DASHBOARD for module in (floor, team, rep, definitions, pipeline)]
FOR_ALL = [dashboard for dashboard in DASHBOARDS if dashboard is not rep.DASHBOARD]
DATASOURCE = {"type": "prometheus", "uid": "${datasource}"}
SERIES = re.compile(r"\b(?:[a-z]+:)?floorpulse_[a-z_]+(?::[a-z0-9]+)?|\bscrape_[a-z_]+|\bup\b")
OF_PROMETHEUS = {"scrape_duration_seconds", "scrape_samples_scraped"}
# What Grafana 11 and later know at the root of a panel; with any other key they take it for one of
# Angular's.
KNOWN = {
    *("id", "type", "title", "description", "gridPos", "datasource", "targets", "fieldConfig"),
    *("options", "transformations", "links", "transparent", "repeat", "repeatDirection"),
    *("maxPerRow", "timeFrom", "pluginVersion"),
}

each_dashboard = pytest.mark.parametrize(
    "dashboard", DASHBOARDS, ids=lambda dashboard: dashboard.uid
)


def written(dashboard: Dashboard) -> dict[str, Any]:
    return json.loads(to_json(dashboard))


def panels(dashboard: Dashboard, *kinds: str) -> list[dict[str, Any]]:
    """Panels as they are written, rows left out."""
    shown = [panel for panel in written(dashboard)["panels"] if panel["type"] != "row"]
    return [panel for panel in shown if not kinds or panel["type"] in kinds]


def exprs(dashboard: Dashboard) -> list[str]:
    document = written(dashboard)
    asked = [target["expr"] for panel in panels(dashboard) for target in panel.get("targets", ())]
    variables = document["templating"]["list"]
    asked += [variable["query"] for variable in variables if variable["type"] == "query"]
    return asked + [annotation["expr"] for annotation in document["annotations"]["list"]]


def values(part: Any, key: str) -> Iterator[Any]:
    """Everything under *key*, at any depth."""
    if isinstance(part, dict):
        yield from (value for name, value in part.items() if name == key)
        for value in part.values():
            yield from values(value, key)
    elif isinstance(part, list):
        for value in part:
            yield from values(value, key)


# -- Grafana's linter


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


# -- what grafanalib gets wrong


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


def test_the_rows_of_a_table_differ_by_what_is_shown_alone() -> None:
    made = table(
        *("A", "B", 24),
        Column(name="Team", label="team"),
        Column(name="X", query=Query(expr='x{window="5d"}')),
        Column(name="Y", query=Query(expr='y{window="20d"}')),
    )

    assert [query.expr for query in made.queries] == [
        'max by (team) (x{window="5d"})',
        'max by (team) (y{window="20d"})',
    ]


# -- of the house


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
def test_every_series_is_exported_or_recorded(dashboard: Dashboard) -> None:
    own = set(map(series_of, exported_families()))
    known = own | {metric(measure.name) for measure in MEASURES} | recorded_names() | OF_PROMETHEUS

    for expr in exprs(dashboard):
        named = set(SERIES.findall(expr))
        assert named or expr.startswith("ALERTS") or "(ALERTS" in expr
        assert named <= known


@pytest.mark.parametrize("dashboard", FOR_ALL, ids=lambda dashboard: dashboard.uid)
def test_only_the_dashboard_of_a_rep_names_reps(dashboard: Dashboard) -> None:
    allowed = {"max by (rep) (floorpulse_rep_unassigned)"}  # no numbers, for operators
    measures = "|".join(measure.name for measure in MEASURES)

    for expr in set(exprs(dashboard)) - allowed:
        assert not re.search(rf"(?<!:)\bfloorpulse_({measures})\b", expr)
        assert not re.search(r"\brep\b", expr.replace('rep=""', ""))


def test_the_wall_leads_to_no_rep_and_others_only_where_the_page_is_provisioned() -> None:
    def leads(dashboard: Dashboard) -> list[tuple[str, str]]:
        return [(link.uid, link.tag) for link in dashboard.links]

    document = written(floor.DASHBOARD)

    assert "rep" not in json.dumps(document["links"])
    assert document["tags"] != written(rep.DASHBOARD)["tags"] == [rep.DASHBOARD.tag]
    for dashboard in FOR_ALL:
        assert rep.UID not in [uid for uid, _ in leads(dashboard)]
    assert ("", rep.DASHBOARD.tag) in leads(team.DASHBOARD)
    assert [path for path in FILES if path.endswith("/rep.json")] == [
        "dashboards/generated/grafana-rep/rep.json"
    ]


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


def test_the_wall_has_six_numbers_each_with_its_target_and_the_age_of_data() -> None:
    tiles = panels(floor.DASHBOARD)

    assert [tile["title"].split(",")[0] for tile in tiles[:6]] == [
        *("Effective touchpoints", "Pace", "Contacts to leads"),
        *("Disqualification", "Inbound share", "Leads won"),
    ]
    for tile in tiles[:6]:
        assert "{{goal}}" in tile["targets"][0]["legendFormat"]
        assert tile["options"]["text"]["titleSize"] >= 40
    assert [tile["title"] for tile in tiles[6:]] == [
        "Data age",
        "Floor",
        "Pace of the teams, today",
    ]
    assert max(tile["gridPos"]["y"] + tile["gridPos"]["h"] for tile in tiles) <= 28  # 1080 pixels


@pytest.mark.parametrize(
    "dashboard", [floor.DASHBOARD, pipeline.DASHBOARD], ids=lambda dashboard: dashboard.uid
)
def test_a_missing_age_is_shown_in_words(dashboard: Dashboard) -> None:
    (age,) = (panel for panel in panels(dashboard) if panel["title"] == "Data age")

    said, _ = age["fieldConfig"]["defaults"]["mappings"]
    assert said["options"] == {"-1": {"text": "NO WORKER", "color": BAD, "index": 0}}
    assert "{{state}}" in age["targets"][0]["legendFormat"]


@each_dashboard
def test_alerts_are_annotations_where_there_is_a_time_axis(dashboard: Dashboard) -> None:
    has_lines = bool(panels(dashboard, "timeseries", "state-timeline"))
    annotations = written(dashboard)["annotations"]["list"]

    assert bool(annotations) == has_lines
    assert all('alertstate="firing"' in annotation["expr"] for annotation in annotations)


def test_alerts_about_a_rep_are_shown_to_that_rep_alone() -> None:
    for dashboard in (team.DASHBOARD, pipeline.DASHBOARD):
        alerts = [expr for expr in exprs(dashboard) if "ALERTS" in expr]
        assert len(alerts) == 2
        assert all('rep=""' in expr or 'scope=~"outage|pipeline"' in expr for expr in alerts)
    assert ['rep=~"$rep|"' in e for e in exprs(rep.DASHBOARD) if "ALERTS" in e] == [True]
    assert all(a.scope == "kpi" for a in ALERTS if a.is_personal)


@pytest.mark.parametrize(
    "dashboard", [team.DASHBOARD, rep.DASHBOARD], ids=lambda dashboard: dashboard.uid
)
def test_what_is_drawn_over_time_says_that_it_is_as_known_then(dashboard: Dashboard) -> None:
    drawn = panels(dashboard, "timeseries", "state-timeline")

    assert drawn
    assert all("as known then" in panel["title"] for panel in drawn)


@each_dashboard
def test_times_are_those_of_whoever_looks(dashboard: Dashboard) -> None:
    """Empty is the person's, else the server's, where the floor's is set; grafanalib says utc."""
    assert written(dashboard)["timezone"] == ""


@each_dashboard
def test_it_is_refreshed_no_faster_than_grafana_allows(dashboard: Dashboard) -> None:
    assert dashboard.refresh in written(dashboard)["timepicker"]["refresh_intervals"]


def test_every_kpi_is_defined_with_its_reason() -> None:
    texts = {panel["title"]: panel for panel in panels(definitions.DASHBOARD, "text")}

    assert set(texts) == {kpi.title for kpi in KPIS}
    for kpi in KPIS:
        content = texts[kpi.title]["options"]["content"]
        assert kpi.help in content
        assert kpi.why in content


def test_every_kpi_stands_on_the_team_dashboard() -> None:
    titles = [panel["title"] for panel in panels(team.DASHBOARD, "bargauge")]

    assert all(any(title.startswith(f"{kpi.title}, ") for title in titles) for kpi in KPIS)


# -- what is refused


@pytest.mark.parametrize("expr", ["rate(x_total[5m])", "sum(increase(x_total[$__range]))"])
def test_a_rate_over_a_stretch_of_its_own_is_refused(expr: str) -> None:
    with pytest.raises(ValueError, match="rate_interval"):
        Query(expr=expr)


def test_a_unit_that_grafana_does_not_know_is_refused() -> None:
    for kind in (stat, bar_gauge, time_series):
        with pytest.raises(ValueError, match="unit"):
            kind("A", "B", 8, Query(expr="x"), unit="touches")
    with pytest.raises(ValueError, match="unit"):
        table("A", "B", 8, Column(name="X", query=Query(expr="x"), unit="touches"))


@pytest.mark.parametrize(("title", "help"), [("", "B"), ("A", "")])
def test_a_panel_without_words_is_refused(title: str, help: str) -> None:
    with pytest.raises(ValueError, match="without a title or a description"):
        text(title, help, 8, "prose")


def prose(width: int) -> Panel:
    return text("A", "B", width, "prose")


def test_panels_wider_than_the_screen_are_refused() -> None:
    Line(height=4, panels=[prose(12), prose(12)])
    with pytest.raises(ValueError, match="wider"):
        Line(height=4, panels=[prose(12), prose(13)])


@pytest.mark.parametrize("uid", ["", "Floor", "a" * 41])
def test_a_uid_that_grafana_does_not_take_is_refused(uid: str) -> None:
    with pytest.raises(ValueError, match="uid"):
        Dashboard(
            uid=uid, title="A", help="B", lines=[], tag="floorpulse", since="now-1h", refresh="30s"
        )
