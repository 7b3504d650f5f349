"""Every alert fires when it should, says what it should, and is silent where it nearly would."""

from pathlib import Path

import pytest

from dashboards.alerting.prometheus import ALERTS
from tests.alerts.cases import CASES
from tests.alerts.story import Case, Told, expected, promtool_file, promtool_test, to
from tests.alerts.test_rules import GENERATED
from tests.prometheus import ask

RULES = sorted(map(str, GENERATED.glob("*.rules.yml")))
ALWAYS = "Watchdog"  # has no near miss


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.alert}: {case.title}")
def test_alert(case: Case, tmp_path: Path) -> None:
    file = tmp_path / "case.json"
    file.write_text(promtool_test(case, RULES))

    ask("promtool", "test", "rules", file)


def test_the_watchdog_fires_at_once_though_nothing_is_exported(tmp_path: Path) -> None:
    told = Told(
        to("nobody", "none", "meta"),
        "alerting works",
        "Always fires: a receiver that hears nothing of it for 5 minutes has to raise the alarm.",
    )
    alerts = [expected(ALWAYS, told)]
    tests = [{"eval_time": "0m", "alertname": ALWAYS, "exp_alerts": alerts}]
    file = tmp_path / "watchdog.json"
    file.write_text(promtool_file(RULES, input_series=[], alert_rule_test=tests))

    ask("promtool", "test", "rules", file)


def test_every_alert_has_a_case_in_which_it_fires_and_a_near_miss() -> None:
    names = {alert.name for alert in ALERTS} - {ALWAYS}

    assert {case.alert for case in CASES if case.told} == names
    assert {case.alert for case in CASES if not case.told} == names


def test_no_two_cases_have_the_same_title() -> None:
    assert len({(case.alert, case.title) for case in CASES}) == len(CASES)
