"""The generated files are what Prometheus takes, and say what every alert has to say."""

import re
from pathlib import Path

import yaml

from dashboards.alerting.prometheus import ALERTS, alert_rules
from dashboards.alerting.rules import groups, recorded_names
from dashboards.grafana import floor, pipeline, rep, team
from floorpulse.pages.metrics import exported_families
from metrics.exporter import series_of
from metrics.kpis import MEASURES
from metrics.names import NUMBER_LABELS, metric
from tests.prometheus import ask

DOCS = Path(__file__).parents[2] / "docs"
GENERATED = Path(__file__).parents[2] / "dashboards" / "generated" / "prometheus"
SERIES = re.compile(r"\b(?:[a-z]+:)?floorpulse_[a-z_]+(?::[a-z0-9]+)?")


def exported() -> set[str]:
    """Every series that a worker exports."""
    return set(map(series_of, exported_families())) | {metric(measure) for measure in MEASURES}


def test_promtool_takes_them() -> None:
    files = sorted(GENERATED.glob("*.rules.yml"))

    assert ask("promtool", "check", "rules", "--lint=all", *files).count("SUCCESS") == len(files)


def test_every_series_is_exported_or_recorded() -> None:
    known = exported() | recorded_names()
    exprs = [rule.expr for group in groups() for rule in group.rules]
    exprs += [alert.expr for alert in ALERTS]

    assert {name for expr in exprs for name in SERIES.findall(expr)} <= known


def _asked() -> dict[str, str]:
    """By where it stands, every query of ours: rules, alerts, runbooks, Grafana, pages of docs."""
    asked = {rule.record: rule.expr for group in groups() for rule in group.rules}
    asked |= {alert.name: alert.expr for alert in ALERTS}
    dashboards = (floor.DASHBOARD, team.DASHBOARD, rep.DASHBOARD, pipeline.DASHBOARD)
    for panel in (panel for each in dashboards for panel in each.panels):
        asked |= {f"{panel.title} {n}": query.expr for n, query in enumerate(panel.queries)}
    for page in sorted(DOCS.rglob("*.md")):
        blocks = re.findall(r"^```promql\n(.*?)\n```$", page.read_text(), re.M | re.S)
        asked |= {f"{page.relative_to(DOCS)} {n}": block for n, block in enumerate(blocks)}
    return {name: expr for name, expr in asked.items() if "KPILabelsRenamed" not in name}


def test_a_second_scrape_job_doubles_no_number_of_a_rep() -> None:
    once, measures = f"max by ({NUMBER_LABELS}) (", "|".join(map(metric, MEASURES))

    for name, expr in _asked().items():
        for found in re.finditer(rf"(?<![:\w])(?:{measures})(?![:\w])", expr):
            assert expr[: found.start()].endswith(once), f"{name}: {found[0]} without {once}"


def test_a_second_scrape_job_doubles_no_sum_over_workers() -> None:
    bare = re.compile(r"\bsum(?: by \([^)]*\))? ?\((?:increase\(|rate\()?floorpulse_\w+")

    assert [
        (name, bare.findall(expr)) for name, expr in _asked().items() if bare.search(expr)
    ] == []


def test_every_alert_is_named_once_and_has_all_labels_and_annotations() -> None:
    file = yaml.safe_load(alert_rules("https://wall.example/runbooks"))
    rules = [rule for group in file["groups"] for rule in group["rules"]]

    assert len({rule["alert"] for rule in rules}) == len(rules) == len(ALERTS)
    for rule in rules:
        assert {"severity", "audience", "scope"} <= rule["labels"].keys()
        assert all("{{" not in label for label in rule["labels"].values())
        assert all(rule["annotations"][name] for name in ("summary", "description"))
        assert rule["annotations"]["runbook_url"].endswith(f"/runbooks/{rule['alert']}")


def test_no_alert_about_people_is_without_its_gates() -> None:
    for alert in ALERTS:
        if alert.scope == "kpi":
            assert "floor:floorpulse_feed_suspect:count" in alert.expr
            assert "pipeline:floorpulse_untrusted:count" in alert.expr
            assert ("floorpulse_rep_on_shift" in alert.expr) == alert.is_personal
            assert ("floorpulse_floor_open:max == 1" in alert.expr) != alert.is_personal
