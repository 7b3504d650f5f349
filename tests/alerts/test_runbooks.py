"""Every alert has a runbook that is whole, and every query in one is about series that exist."""

import re
from pathlib import Path
from statistics import NormalDist

import pytest
import yaml

from dashboards.alerting.alert import Alert
from dashboards.alerting.prometheus import ALERTS
from dashboards.alerting.promql import LABELS
from dashboards.alerting.rules import recorded_names
from dashboards.alerting.runbook import SECTIONS, index_page, prose, prose_names, sections
from dashboards.alerting.runbook import runbook_page as page
from metrics.kpis import KPI, MEASURE
from metrics.thresholds import (
    BASELINE,
    BASELINE_AT_LEAST,
    COLLAPSE_SILENT_AT_LEAST,
    COLLAPSE_SILENT_EXPECTED,
    COLLAPSE_SILENT_UNTARGETED,
    STALE_AFTER,
    Z_99,
    Z_999,
)
from tests.alerts.test_rules import SERIES, exported
from tests.prometheus import ask

DOCS = Path(__file__).parents[2] / "docs"
FOLDER = DOCS / "runbooks"
WINDOWED = re.compile(r'floorpulse_(\w+)(?::\w+)?\{[^}]*window="(\w+)"')
each_alert = pytest.mark.parametrize("alert", ALERTS, ids=lambda alert: alert.name)

NUMBER = re.compile(r"\d+(?:\.\d+)?")
CONFIDENCE = {100 * round(NormalDist().cdf(z), 3) for z in (Z_99, Z_999)}
# What a meaning says of numbers that are compared before the rule: in Python, or as a target.
ELSEWHERE: dict[str, set[float]] = {
    "ContactsToLeadsLow": {100 * (KPI["contacts_to_leads"].target or 0)},
    "InboundOutboundMixOff": {100 * (KPI["inbound_share"].target or 0)},
    "DisqualificationSpike": {BASELINE, BASELINE_AT_LEAST, 20},
    "DisqualificationSpikeTeam": {BASELINE, BASELINE_AT_LEAST, 20},
    "FloorActivityCollapse": {
        COLLAPSE_SILENT_EXPECTED,
        COLLAPSE_SILENT_AT_LEAST,
        COLLAPSE_SILENT_UNTARGETED,
    },
}
IN_CONTAINERS = "In containers, commands are `docker compose exec worker floorpulse …`"
NO_APPRAISAL = "**An alert is not an appraisal.**"


def queries(name: str) -> list[str]:
    """What a runbook asks Prometheus."""
    return re.findall(r"^```promql\n(.*?)\n```$", sections(prose(name))["Queries"], re.M | re.S)


def test_every_alert_has_a_runbook_and_every_runbook_an_alert() -> None:
    names = [alert.name for alert in ALERTS]

    assert sorted(prose_names()) == sorted(names)
    assert {file.stem for file in FOLDER.iterdir()} == {*names, "README"}
    assert re.findall(r"^\| \[(\w+)\]\(\1\.md\)", index_page(ALERTS), re.M) == names


@each_alert
def test_every_page_has_all_sections_and_none_is_empty(alert: Alert) -> None:
    text = sections(page(alert))

    assert page(alert).startswith(f"# {alert.name}\n\n**{alert.severity}**")
    assert tuple(text) == SECTIONS
    assert all(len(section) > 10 for section in text.values())
    assert re.fullmatch(r".+\.", text["Meaning"])
    assert len(queries(alert.name)) == 3
    assert len(re.findall(r"^\d\. ", text["Action"], re.M)) >= 2
    assert alert.expr in text["The rule"]
    assert f"for: {alert.hold or 'one evaluation'}\n" in text["The rule"]
    assert all(f"`{name}={value}`" in text["The rule"] for name, value in alert.labels.items())


@each_alert
def test_the_numbers_of_a_meaning_are_those_of_its_rule(alert: Alert) -> None:
    words = re.sub(r"`[^`]*`", "", sections(prose(alert.name))["Meaning"])
    rule = {float(number) for number in NUMBER.findall(f"{alert.expr} {alert.hold}")}
    as_words = {round(factor * number, 6) for factor in (1, 100, 1 / 60) for number in rule}

    said = {float(number) for number in NUMBER.findall(words)}

    assert said <= as_words | CONFIDENCE | ELSEWHERE.get(alert.name, set())


def test_the_thresholds_of_the_page_about_alerts_are_those_of_the_rules() -> None:
    text = (DOCS / "alerts.md").read_text()

    assert f"{BASELINE:g} times the floor's own" in text
    assert f"older than {STALE_AFTER} seconds" in text


@each_alert
def test_every_page_calls_data_stale_when_the_rules_do(alert: Alert) -> None:
    said = re.findall(r"(?:data is older than|in seconds: above) (\d+)", page(alert))

    assert set(said) <= {str(STALE_AFTER)}
    assert said or alert.scope != "kpi"


def test_promtool_takes_every_query(tmp_path: Path) -> None:
    rules = [
        {"record": f"q:{alert.name}:{place}", "expr": expr}
        for alert in ALERTS
        for place, expr in enumerate(queries(alert.name))
    ]
    path = tmp_path / "queries.yml"
    path.write_text(yaml.safe_dump({"groups": [{"name": "queries", "rules": rules}]}))

    assert f"{3 * len(ALERTS)} rules found" in ask("promtool", "check", "rules", path)


@each_alert
def test_every_series_of_a_query_is_exported_or_recorded_with_its_window(alert: Alert) -> None:
    known = exported() | recorded_names()
    for expr in queries(alert.name):
        assert set(SERIES.findall(expr)) <= known
        assert SERIES.search(expr) or re.search(r"\b(up|ALERTS)\b", expr)
        for measure, window in WINDOWED.findall(expr):
            assert measure not in MEASURE or window in MEASURE[measure].windows


@each_alert
def test_every_link_resolves(alert: Alert) -> None:
    for target, anchor in re.findall(r"\]\(([^)#]+)(?:#([\w-]+))?\)", page(alert)):
        text = (FOLDER / target).read_text()
        assert not anchor or anchor.capitalize() in re.findall(r"^## (.+)$", text, re.M)


@each_alert
def test_every_number_that_is_explained_exists(alert: Alert) -> None:
    for measure, window in re.findall(r"floorpulse explain \w+ (\w+) (\w+)", page(alert)):
        assert window in MEASURE[measure].windows


@each_alert
def test_where_commands_are_named_it_says_how_to_give_them_in_containers(alert: Alert) -> None:
    action = sections(page(alert))["Action"]

    assert (IN_CONTAINERS in action) == bool(re.search(r"`floorpulse |:9464", action))


@each_alert
def test_a_silence_names_labels_that_the_alert_has(alert: Alert) -> None:
    silences = re.findall(r"amtool silence add alertname=(\w+)((?: \w+=[A-Z]+)*)", page(alert))
    carried = set(re.findall(r"\$labels\.(\w+)", alert.summary))
    if alert.is_personal:
        carried |= set(LABELS["rep"])

    for name, labels in silences:
        assert name == alert.name
        assert set(re.findall(r"(\w+)=", labels)) <= carried
    assert alert.severity != "none" or not silences


@each_alert
def test_what_is_about_people_says_that_it_is_no_appraisal(alert: Alert) -> None:
    assert (NO_APPRAISAL in page(alert)) == (alert.scope == "kpi")


@each_alert
def test_no_query_about_people_ranks_them(alert: Alert) -> None:
    assert alert.scope != "kpi" or not re.search(r"\b(topk|bottomk|sort\w*)\b", page(alert))
