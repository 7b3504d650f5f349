"""What the dashboards show, of whom, and from which series."""

import json
import re

import pytest

from dashboards.alerting.prometheus import ALERTS
from dashboards.alerting.rules import recorded_names
from dashboards.grafana import definitions, floor, pipeline, rep, team
from dashboards.grafana.layout import Dashboard
from dashboards.grafana.palette import BAD
from floorpulse.commands.generate import FILES
from floorpulse.pages.metrics import exported_families
from metrics.exporter import series_of
from metrics.kpis import KPIS, MEASURES
from metrics.names import metric
from tests.grafanabuild import (
    FOR_ALL,
    each_dashboard,
    exprs,
    panels,
    written,
)

SERIES = re.compile(r"\b(?:[a-z]+:)?floorpulse_[a-z_]+(?::[a-z0-9]+)?|\bscrape_[a-z_]+|\bup\b")
OF_PROMETHEUS = {"scrape_duration_seconds", "scrape_samples_scraped"}


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
