"""The generated files are what Prometheus takes, and say what every alert has to say."""

import re
from pathlib import Path

import yaml

from dashboards.alerting.prometheus import ALERTS, alert_rules
from dashboards.alerting.rules import groups, recorded_names
from floorpulse.pages.metrics import exported_families
from metrics.exporter import series_of
from metrics.kpis import MEASURES
from metrics.names import metric
from tests.prometheus import ask

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
