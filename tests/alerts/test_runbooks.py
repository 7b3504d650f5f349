"""Every alert has a runbook that is whole, and every query in one is about series that exist."""

import re
from pathlib import Path

import pytest
import yaml

from dashboards.alerting.alert import Alert
from dashboards.alerting.prometheus import ALERTS
from dashboards.alerting.rules import LABELS, recorded_names
from dashboards.alerting.runbooks import RUNBOOKS
from dashboards.alerting.runbooks.page import (
    IN_CONTAINERS,
    NO_APPRAISAL,
    SECTIONS,
    index_page,
    runbook_page,
)
from dashboards.alerting.runbooks.runbook import confidence
from metrics.kpis import MEASURE
from metrics.thresholds import BASELINE, SPIKE_FLOOR, STALE, Z_99, Z_999
from tests.alerts.test_rules import SERIES, exported
from tests.prometheus import ask

DOCS = Path(__file__).parents[2] / "docs"
FOLDER = DOCS / "runbooks"
WINDOWED = re.compile(r'floorpulse_(\w+)(?::\w+)?\{[^}]*window="(\w+)"')
each_alert = pytest.mark.parametrize("alert", ALERTS, ids=lambda alert: alert.name)


def page(alert: Alert) -> str:
    return runbook_page(alert, RUNBOOKS[alert.name])


def sections(text: str) -> dict[str, str]:
    """What stands under each heading of a page."""
    parts = re.split(r"^## (.+)$", text, flags=re.M)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def test_every_alert_has_a_runbook_and_every_runbook_an_alert() -> None:
    names = [alert.name for alert in ALERTS]

    assert sorted(RUNBOOKS) == sorted(names)
    assert {file.stem for file in FOLDER.iterdir()} == {*names, "README"}
    index = index_page(ALERTS, RUNBOOKS)
    assert re.findall(r"^\| \[(\w+)\]\(\1\.md\)", index, re.M) == names


@each_alert
def test_every_page_has_all_sections_and_none_is_empty(alert: Alert) -> None:
    told = sections(page(alert))

    assert tuple(told) == SECTIONS
    assert all(len(text.strip()) > 10 for text in told.values())
    assert RUNBOOKS[alert.name].meaning.endswith(".")
    assert told["Queries"].count("```promql") == 3
    assert len(re.findall(r"^\d\. ", told["Action"], re.M)) >= 2
    assert alert.expr in told["The rule"]
    assert f"for: {alert.hold or 'one evaluation'}\n" in told["The rule"]
    assert all(f"`{name}={value}`" in told["The rule"] for name, value in alert.labels.items())


def test_thresholds_are_those_of_the_rules() -> None:
    assert (confidence(Z_999), confidence(Z_99)) == ("99.9 %", "99 %")
    spike = RUNBOOKS["DisqualificationSpike"].meaning
    assert f"at least {SPIKE_FLOOR.at_least} were rejected" in spike
    assert f"{SPIKE_FLOOR.times:g} times the target" in spike
    assert f"above {STALE} while" in RUNBOOKS["KPIStaleData"].meaning
    text = (DOCS / "alerts.md").read_text()
    assert f"({confidence(Z_999)}, one-sided)" in text
    assert f"{BASELINE:g} times the floor's own" in text


def test_promtool_takes_every_query(tmp_path: Path) -> None:
    rules = [
        {"record": f"q:{name}:{place}", "expr": query.expr}
        for name, runbook in RUNBOOKS.items()
        for place, query in enumerate(runbook.queries)
    ]
    path = tmp_path / "queries.yml"
    path.write_text(yaml.safe_dump({"groups": [{"name": "queries", "rules": rules}]}))

    assert f"{3 * len(ALERTS)} rules found" in ask("promtool", "check", "rules", path)


def test_every_series_of_a_query_is_exported_or_recorded_with_its_window() -> None:
    known = exported() | recorded_names()
    for runbook in RUNBOOKS.values():
        for query in runbook.queries:
            assert set(SERIES.findall(query.expr)) <= known
            assert SERIES.search(query.expr) or re.search(r"\b(up|ALERTS)\b", query.expr)
            for measure, window in WINDOWED.findall(query.expr):
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
    told = sections(page(alert))["Action"]

    assert (IN_CONTAINERS in told) == bool(re.search(r"`floorpulse |:9464", told))


@each_alert
def test_a_silence_names_labels_that_the_alert_has(alert: Alert) -> None:
    runbook = RUNBOOKS[alert.name]
    carried = set(re.findall(r"\$labels\.(\w+)", alert.summary))
    if alert.is_personal:
        carried |= set(LABELS["rep"])

    assert set(runbook.silence_by) <= carried
    assert bool(runbook.silence_for) == ("amtool silence add" in page(alert))
    assert alert.severity != "none" or not runbook.silence_for


@each_alert
def test_what_is_about_people_says_that_it_is_no_appraisal(alert: Alert) -> None:
    assert (NO_APPRAISAL in page(alert)) == (alert.scope == "kpi")


@each_alert
def test_no_query_about_people_ranks_them(alert: Alert) -> None:
    assert alert.scope != "kpi" or not re.search(r"\b(topk|bottomk|sort\w*)\b", page(alert))
