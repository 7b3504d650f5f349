"""Every alert fires when it should, says what it should, and is silent where it nearly would."""

import os
import re
import subprocess
from pathlib import Path
from subprocess import PIPE, STDOUT

import pytest

from dashboards.alerting.prometheus import ALERTS
from tests.alerts.cases import CASES
from tests.alerts.story import Case, Notice, expected, promtool_file, promtool_test, to
from tests.alerts.test_rules import GENERATED
from tests.prometheus import assert_rule_tests_pass, needs

RULES = sorted(map(str, GENERATED.glob("*.rules.yml")))
ALWAYS = "Watchdog"  # has no near miss


@pytest.fixture(name="verdicts", scope="module")
def _verdicts(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What promtool says of each case, all asked at once: by the file's name."""
    home = tmp_path_factory.mktemp("cases")
    for number, case in enumerate(CASES):
        (home / f"{number:03}.json").write_text(promtool_test(case, RULES))
    files = sorted(map(str, home.iterdir()))
    command = [needs("promtool"), "test", "rules", *files]
    env = {**os.environ, "GOGC": "500"}  # a quarter of the time went into collecting garbage
    run = subprocess.run(
        command, stdout=PIPE, stderr=STDOUT, text=True, check=False, timeout=900, env=env
    )
    parts = re.split(r"^Unit Testing:\s+(\S+)\n", run.stdout, flags=re.M)
    return {
        Path(file).stem: verdict for file, verdict in zip(parts[1::2], parts[2::2], strict=True)
    }


@pytest.mark.parametrize(
    ("number", "case"),
    [pytest.param(n, case, id=f"{case.alert}: {case.title}") for n, case in enumerate(CASES)],
)
def test_alert(number: int, case: Case, verdicts: dict[str, str]) -> None:
    verdict = verdicts[f"{number:03}"].strip()

    assert verdict == "SUCCESS", f"{case.alert}: {case.title}\n{verdict}"


def test_the_watchdog_fires_at_once_though_nothing_is_exported(tmp_path: Path) -> None:
    notice = Notice(
        to("nobody", "none", "meta"),
        "alerting works",
        "Always fires: a receiver that hears nothing of it for 5 minutes has to raise the alarm.",
    )
    alerts = [expected(ALWAYS, notice)]
    tests = [{"eval_time": "0m", "alertname": ALWAYS, "exp_alerts": alerts}]
    file = tmp_path / "watchdog.json"
    file.write_text(promtool_file(RULES, input_series=[], alert_rule_test=tests))

    assert_rule_tests_pass(file)


def test_every_alert_has_a_case_in_which_it_fires_and_a_near_miss() -> None:
    names = {alert.name for alert in ALERTS} - {ALWAYS}

    assert {case.alert for case in CASES if case.notices} == names
    assert {case.alert for case in CASES if not case.notices} == names


def test_no_two_cases_have_the_same_title() -> None:
    assert len({(case.alert, case.title) for case in CASES}) == len(CASES)
