"""Who is notified of what: routes by amtool, inhibitions by a real Alertmanager."""

import json
import re
import shlex
import urllib.request
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner

from dashboards.alerting.alert import Alert
from dashboards.alerting.alertmanager import alertmanager_config
from dashboards.alerting.prometheus import ALERTS
from dashboards.alerting.receivers import parse_receivers
from floorpulse.cli import main
from tests.prometheus import RunningAlertmanager, ask, needs
from tests.running import until

RECEIVER_OF = {
    ("floor-manager", "kpi"): "floor-managers",
    ("team-lead", "kpi"): "team-leads",
    ("platform", "outage"): "platform",
    ("platform", "pipeline"): "platform",
    ("nobody", "hours"): "nobody",
    ("nobody", "meta"): "deadman",
}
EXAMPLE = (files("dashboards.alerting") / "receivers.example.yml").read_text()
NAMED = {alert.name: alert for alert in ALERTS}


@pytest.fixture(name="config", scope="module")
def _config(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("alertmanager") / "alertmanager.yml"
    path.write_text(alertmanager_config())
    return path


def test_amtool_takes_the_example_of_receivers(tmp_path: Path) -> None:
    path = tmp_path / "alertmanager.yml"
    path.write_text(alertmanager_config(parse_receivers(EXAMPLE)))

    assert "5 receivers" in ask("amtool", "check-config", path)
    config = yaml.safe_load(path.read_text())
    assert config["global"]["smtp_auth_password_file"] == "/run/alerting/smtp_password"
    assert not list(parse_receivers(EXAMPLE).secrets())


def test_amtool_takes_what_the_example_has_in_comments(tmp_path: Path) -> None:
    path = tmp_path / "alertmanager.yml"
    own = re.search(r"^# receivers:\n(?:#.*\n?)+", EXAMPLE, re.M)
    pagerduty = re.search(r"^ *# pagerduty_configs:\n.*\n", EXAMPLE, re.M)
    assert own is not None
    assert pagerduty is not None
    text = re.sub(r"(?m)^# ?", "", own[0]) + "global: {smtp_smarthost: 'm:25', smtp_from: a@b.c}\n"
    platform = "receivers:\n  - name: platform\n" + pagerduty[0].replace("# ", "", 2)
    platform = re.sub(r"(?m)^    #  ", "    ", platform)
    for merged in (text, platform):
        path.write_text(alertmanager_config(parse_receivers(merged)))
        ask("amtool", "check-config", path)

    path.write_text(alertmanager_config(parse_receivers(text)))
    labels = {"audience": "team-lead", "severity": "ticket", "scope": "kpi", "floor": "north"}
    for team, receiver in (("hunters", "hunters"), ("farmers", "team-leads")):
        words = [f"{name}={value}" for name, value in {**labels, "team": team}.items()]
        route = ask("amtool", "config", "routes", "test", f"--config.file={path}", *words)
        assert route.strip() == receiver


def test_the_example_of_the_help_is_taken(tmp_path: Path) -> None:
    shown = CliRunner().invoke(main, ["alerting", "write", "--help"]).output
    example = re.search(r"^ +(FLOORPULSE_\w+=(?:.*\\\n)*.*)$", shown, re.MULTILINE)
    assert example, shown
    (tmp_path / "receivers.yml").write_text(
        CliRunner().invoke(main, ["alerting", "receivers"]).output
    )
    words = shlex.split(example[1].replace("\\\n", " "))
    words = [word.replace("=receivers.yml", f"={tmp_path}/receivers.yml") for word in words]
    command = words.index("floorpulse")
    env = dict(word.split("=", 1) for word in words[:command])
    arguments = [str(tmp_path) if "/" in word else word for word in words[command + 1 :]]

    written = CliRunner(env=env).invoke(main, arguments)

    assert written.exit_code == 0, written.output
    assert "ops@example.org" in (tmp_path / "alertmanager.yml").read_text()
    ask("amtool", "check-config", tmp_path / "alertmanager.yml")


def test_what_amtool_refuses_is_not_written(tmp_path: Path) -> None:
    needs("amtool")
    file = tmp_path / "receivers.yml"
    file.write_text("receivers: [{name: platform, pagerduty_configs: [{routing_keyy: x}]}]")

    run = CliRunner(env={"FLOORPULSE_RECEIVERS": str(file)}).invoke(
        main, ["alerting", "write", str(tmp_path / "out")]
    )

    assert run.exit_code == 1
    assert "field routing_keyy not found" in run.output
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("alert", ALERTS, ids=lambda alert: alert.name)
def test_every_alert_goes_to_its_audience(alert: Alert, config: Path) -> None:
    labels = {"alertname": alert.name, "floor": "north", "team": "hunters", **alert.labels}
    pairs = [f"{name}={value}" for name, value in labels.items()]

    route = ask("amtool", "config", "routes", "test", f"--config.file={config}", *pairs)

    assert route.strip() == RECEIVER_OF[alert.audience, alert.scope]


def test_alerts_about_reps_come_as_a_digest_by_team(config: Path) -> None:
    routes = yaml.safe_load(config.read_text())["route"]["routes"]

    (digest,) = (
        route
        for route in routes
        if route["matchers"] == ['audience = "team-lead"', 'severity = "info"']
    )
    assert digest["group_by"] == ["floor", "team"]
    assert digest["repeat_interval"] == "24h"


def test_what_is_only_to_be_known_comes_once_a_day_to_the_platform_too(config: Path) -> None:
    labels = {"alertname": "KPIRepsUnassigned", **NAMED["KPIRepsUnassigned"].labels}
    routes = yaml.safe_load(config.read_text())["route"]["routes"]

    taken = next(route for route in routes if is_taken(route, labels))

    assert (taken["receiver"], taken["repeat_interval"]) == ("platform", "24h")
    page = {"alertname": "KPIStaleData", **NAMED["KPIStaleData"].labels}
    assert not is_taken(taken, page)


def is_taken(route: dict, labels: dict[str, str]) -> bool:
    """Whether all matchers of a route take an alert."""
    matchers = [matcher.split(" ", 2) for matcher in route["matchers"]]
    return all(
        re.fullmatch(pattern.strip('"'), labels.get(label, "")) is not None
        for label, _, pattern in matchers
    )


# -- what keeps quiet


@pytest.fixture(name="alertmanager")
def _alertmanager(config: Path, tmp_path: Path) -> Iterator[RunningAlertmanager]:
    running = RunningAlertmanager(config, tmp_path)
    yield running
    running.stop()


def fire(alertmanager: RunningAlertmanager, name: str, case: str, **labels: str) -> None:
    """Have an alert fire, marked as of a case."""
    labelled = {"alertname": name, **NAMED[name].labels, **labels, "case": case}
    alertmanager.fire(labelled, name)


def state(alertmanager: RunningAlertmanager, name: str, case: str) -> str:
    with urllib.request.urlopen(f"{alertmanager.url}/api/v2/alerts", timeout=5) as response:
        alerts = json.load(response)
    (state,) = (
        alert["status"]["state"]
        for alert in alerts
        if (alert["labels"]["alertname"], alert["labels"]["case"]) == (name, case)
    )
    return str(state)


NORTH = {"floor": "north"}
HUNTERS = {"floor": "north", "team": "hunters"}
ANA = {**HUNTERS, "rep": "ana"}


@pytest.mark.parametrize(
    ("source", "target", "others"),
    [
        (("FloorActivityCollapse", NORTH), ("ContactsToLeadsLow", NORTH), {"floor": "south"}),
        (("KPIChannelSilent", NORTH), ("RepPaceBehind", ANA), {"floor": "south"}),
        (("FloorClosed", NORTH), ("DisqualificationDrift", NORTH), {"floor": "south"}),
        (("DisqualificationSpike", NORTH), ("DisqualificationSpikeTeam", HUNTERS), {"floor": "a"}),
        (("DisqualificationSpikeTeam", HUNTERS), ("RepDisqualificationTrend", ANA), {"team": "a"}),
    ],
    ids=lambda value: value[0] if isinstance(value, tuple) else "",
)
def test_what_explains_another_holds_it_back_on_its_own_floor_only(
    source: tuple[str, dict],
    target: tuple[str, dict],
    others: dict,
    alertmanager: RunningAlertmanager,
) -> None:
    fire(alertmanager, source[0], "source", **source[1])
    fire(alertmanager, target[0], "here", **target[1])
    fire(alertmanager, target[0], "elsewhere", **{**target[1], **others})

    until("it is held back", lambda: state(alertmanager, target[0], "here") == "suppressed")
    assert state(alertmanager, target[0], "elsewhere") == "active"


def test_a_broken_pipeline_holds_back_all_that_is_about_people(
    alertmanager: RunningAlertmanager,
) -> None:
    fire(alertmanager, "KPIRostersDiffer", "a ticket")
    fire(alertmanager, "InboundOutboundMixOff", "people", **NORTH)
    until("it is known", lambda: state(alertmanager, "InboundOutboundMixOff", "people"))
    assert state(alertmanager, "InboundOutboundMixOff", "people") == "active"

    fire(alertmanager, "KPIStaleData", "a page", **NORTH)
    until(
        "it is held back",
        lambda: state(alertmanager, "InboundOutboundMixOff", "people") == "suppressed",
    )


@pytest.mark.parametrize("source", ["KPIWorkersAbsent", "KPIWorkersNotReady"])
def test_without_a_worker_what_follows_from_it_is_held_back(
    source: str, alertmanager: RunningAlertmanager
) -> None:
    follows = (
        "KPIWorkerDown",
        "KPIRecoveryStuck",
        "KPIShiftCalendarMissing",
        "KPIRepSeriesMissing",
    )
    for alert in (source, *follows, "KPIStaleData"):
        fire(alertmanager, alert, "here")

    for alert in follows:
        until(f"{alert} is held back", lambda alert=alert: is_held_back(alertmanager, alert))
    assert state(alertmanager, source, "here") == "active"
    assert state(alertmanager, "KPIStaleData", "here") == "active"


def is_held_back(alertmanager: RunningAlertmanager, alert: str) -> bool:
    return state(alertmanager, alert, "here") == "suppressed"


def test_a_closed_floor_does_not_hold_back_what_is_about_reps_on_their_own_hours(
    alertmanager: RunningAlertmanager,
) -> None:
    fire(alertmanager, "FloorClosed", "closed", **NORTH)
    fire(alertmanager, "DecisionsOverdue", "floor", **NORTH)
    fire(alertmanager, "RepSilent", "rep", **ANA)

    until(
        "the floor's is held back",
        lambda: state(alertmanager, "DecisionsOverdue", "floor") == "suppressed",
    )
    assert state(alertmanager, "RepSilent", "rep") == "active"
