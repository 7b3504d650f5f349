"""Who is told what: routes by amtool, inhibitions by a real Alertmanager."""

import json
import re
import shlex
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner

from dashboards.alerting.alert import Alert
from dashboards.alerting.alertmanager import RECEIVERS, Receiver, Smtp, alertmanager_config
from dashboards.alerting.prometheus import ALERTS
from floorpulse.cli import main
from tests.prometheus import RunningAlertmanager, ask
from tests.running import until

TOLD = {
    ("floor-manager", "kpi"): "floor-managers",
    ("team-lead", "kpi"): "team-leads",
    ("platform", "outage"): "platform",
    ("platform", "pipeline"): "platform",
    ("nobody", "hours"): "nobody",
    ("nobody", "meta"): "deadman",
}
MAILED = {**dict.fromkeys(RECEIVERS, Receiver()), "platform": Receiver("a@b.c")}
NAMED = {alert.name: alert for alert in ALERTS}


@pytest.fixture(name="config", scope="module")
def _config(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("alertmanager") / "alertmanager.yml"
    path.write_text(alertmanager_config())
    return path


def test_amtool_takes_every_kind_of_receiver(tmp_path: Path) -> None:
    path = tmp_path / "alertmanager.yml"
    receiver = Receiver("ops@example.org", "/run/secrets/slack", "http://127.0.0.1:9/hook")
    smtp = Smtp("mail.example.org:587", "floorpulse@example.org", "floorpulse", "/run/secrets/smtp")
    path.write_text(
        alertmanager_config(dict.fromkeys(RECEIVERS, receiver), smtp, "http://127.0.0.1:9/deadman")
    )

    assert "5 receivers" in ask("amtool", "check-config", path)
    told = yaml.safe_load(path.read_text())
    assert told["global"]["smtp_auth_password_file"] == "/run/secrets/smtp"
    assert {name for each in told["receivers"] for name in each} == {
        "name",
        "email_configs",
        "slack_configs",
        "webhook_configs",
    }


def test_a_mail_needs_a_server() -> None:
    with pytest.raises(ValueError, match="FLOORPULSE_ALERT_SMTP,"):
        alertmanager_config(MAILED)


def test_a_mail_needs_a_sender() -> None:
    with pytest.raises(ValueError, match="FLOORPULSE_ALERT_SMTP_FROM,"):
        alertmanager_config(MAILED, Smtp("mail:587"))

    for smtp in (Smtp("mail:587", sender="f@b.c"), Smtp("mail:587", username="f@b.c")):
        config = yaml.safe_load(alertmanager_config(MAILED, smtp))
        assert config["global"]["smtp_from"] == "f@b.c"


def test_mails_go_without_tls_only_where_it_is_said(tmp_path: Path) -> None:
    path = tmp_path / "alertmanager.yml"
    path.write_text(alertmanager_config(MAILED, Smtp("mail:25", "f@b.c", has_tls=False)))

    ask("amtool", "check-config", path)
    assert yaml.safe_load(path.read_text())["global"]["smtp_require_tls"] is False
    usual = yaml.safe_load(alertmanager_config(MAILED, Smtp("mail:25", "f@b.c")))
    assert "smtp_require_tls" not in usual["global"]


def test_the_example_of_the_help_is_taken(tmp_path: Path) -> None:
    shown = CliRunner().invoke(main, ["alerting", "write", "--help"]).output
    example = re.search(r"^ +(FLOORPULSE_(?:.*\\\n)*.*)$", shown, re.MULTILINE)
    assert example, shown
    words = shlex.split(example[1].replace("\\\n", " "))
    command = words.index("floorpulse")
    env = dict(word.split("=", 1) for word in words[:command])
    arguments = [str(tmp_path) if "/" in word else word for word in words[command + 1 :]]

    written = CliRunner(env=env).invoke(main, arguments)

    assert written.exit_code == 0, written.output
    assert "ops@example.org" in (tmp_path / "alertmanager.yml").read_text()
    ask("amtool", "check-config", tmp_path / "alertmanager.yml")


@pytest.mark.parametrize("alert", ALERTS, ids=lambda alert: alert.name)
def test_every_alert_goes_to_its_audience(alert: Alert, config: Path) -> None:
    labels = {"alertname": alert.name, "floor": "north", "team": "hunters", **alert.labels}
    told = [f"{name}={value}" for name, value in labels.items()]

    route = ask("amtool", "config", "routes", "test", f"--config.file={config}", *told)

    assert route.strip() == TOLD[alert.audience, alert.scope]


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
        re.fullmatch(told.strip('"'), labels.get(label, "")) is not None
        for label, _, told in matchers
    )


# -- what keeps quiet


@pytest.fixture(name="alertmanager")
def _alertmanager(config: Path, tmp_path: Path) -> Iterator[RunningAlertmanager]:
    running = RunningAlertmanager(config, tmp_path)
    yield running
    running.stop()


def fire(alertmanager: RunningAlertmanager, name: str, case: str, **labels: str) -> None:
    """Have an alert fire, marked as of a case."""
    told = {"alertname": name, **NAMED[name].labels, **labels, "case": case}
    alertmanager.fire(told, name)


def state(alertmanager: RunningAlertmanager, name: str, case: str) -> str:
    with urllib.request.urlopen(f"{alertmanager.url}/api/v2/alerts", timeout=5) as response:
        alerts = json.load(response)
    (found,) = (
        alert["status"]["state"]
        for alert in alerts
        if (alert["labels"]["alertname"], alert["labels"]["case"]) == (name, case)
    )
    return str(found)


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
    ids=lambda told: told[0] if isinstance(told, tuple) else "",
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
def test_without_a_worker_what_follows_from_it_is_not_told(
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
