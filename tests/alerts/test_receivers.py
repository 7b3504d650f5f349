"""The file of receivers: what is merged, what is added, and what a mistake is answered with."""

import pytest
import yaml
from click.testing import CliRunner

from dashboards.alerting.alertmanager import alertmanager_config
from dashboards.alerting.receivers import NAMES, parse_receivers
from floorpulse.cli import main
from streams.settings import SettingError, Settings

MAIL = "receivers: [{name: platform, email_configs: [{to: a@b.c}]}]\n"
SERVER = "global: {smtp_smarthost: 'mail:25', smtp_from: f@b.c}\n"


def receiver(text: str, name: str) -> dict:
    """A receiver of Alertmanager's file with *text* merged in."""
    config = yaml.safe_load(alertmanager_config(parse_receivers(text)))
    (merged,) = (receiver for receiver in config["receivers"] if receiver["name"] == name)
    return merged


def test_without_a_file_every_receiver_is_there_and_notifies_nobody() -> None:
    config = yaml.safe_load(alertmanager_config())

    assert config["receivers"] == [{"name": name} for name in (*NAMES, "nobody")]


def test_a_mail_says_what_fires_and_when_it_is_resolved() -> None:
    (mail,) = receiver(MAIL + SERVER, "platform")["email_configs"]

    assert mail["to"] == "a@b.c"
    assert mail["send_resolved"] is True
    assert "runbook_url" in mail["text"]
    assert "severity" in mail["headers"]["Subject"]


def test_what_the_file_says_of_a_message_stands() -> None:
    text = "receivers: [{name: platform, slack_configs: [{api_url_file: /s, title: T}]}]"

    (slack,) = receiver(text, "platform")["slack_configs"]

    assert slack["title"] == "T"
    assert "summary" in slack["text"]


def test_other_kinds_of_receivers_pass_through() -> None:
    text = "receivers: [{name: platform, opsgenie_configs: [{api_key_file: /run/key}]}]"

    (opsgenie,) = receiver(text, "platform")["opsgenie_configs"]

    assert opsgenie == {"send_resolved": True, "api_key_file": "/run/key"}


def test_the_watchdog_is_never_resolved() -> None:
    text = "receivers: [{name: deadman, webhook_configs: [{url: 'http://127.0.0.1:9/'}]}]"

    (webhook,) = receiver(text, "deadman")["webhook_configs"]

    assert webhook["send_resolved"] is False


def test_routes_of_the_file_come_before_ours_and_after_what_nobody_gets() -> None:
    text = (
        "receivers: [{name: hunters}]\n"
        "routes: [{receiver: hunters, matchers: ['team = \"hunters\"']}]"
    )
    config = yaml.safe_load(alertmanager_config(parse_receivers(text)))

    order = [route["receiver"] for route in config["route"]["routes"]]
    assert order[:4] == ["deadman", "nobody", "hunters", "team-leads"]


def test_a_secret_that_is_written_out_is_named() -> None:
    text = "receivers: [{name: platform, slack_configs: [{api_url: 'https://x'}]}]"

    assert list(parse_receivers(text).secrets()) == ["platform.slack_configs[0].api_url"]


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("receivers: [", "not YAML"),
        ("[1]", "`receivers:` at the top"),
        ("receiver: []", "'receiver' does not belong here"),
        ("receivers: {}", "receivers: a list"),
        ("global: []", "global: a mapping"),
        ("receivers: [platform]", "every entry has to be a mapping"),
        ("receivers: [{email_configs: []}]", r"receivers\[0\] has no name"),
        ("receivers: [{name: platfrom}]", "did you mean 'platform'"),
        ("receivers: [{name: platform}, {name: platform}]", "'platform' is there twice"),
        (MAIL, "write `smtp_smarthost: HOST:PORT` below `global:`"),
        (MAIL + "global: {smtp_smarthost: 'm:25'}", "write `smtp_from: ADDRESS`"),
    ],
)
def test_a_mistake_is_answered_with_what_is_wrong(text: str, error: str) -> None:
    with pytest.raises(ValueError, match=error):
        parse_receivers(text)


def test_a_file_that_is_not_there_is_named() -> None:
    run = CliRunner(env={"FLOORPULSE_RECEIVERS": "/nowhere/r.yml"}).invoke(
        main, ["alerting", "write", "/nowhere"]
    )

    assert run.exit_code == 1
    assert "FLOORPULSE_RECEIVERS: '/nowhere/r.yml' cannot be read" in run.output


@pytest.mark.parametrize(
    ("name", "entry"),
    [
        ("PLATFORM_EMAIL", "receivers: [{name: platform, email_configs: [{to: ADDRESS}]}]"),
        ("LEADS_SLACK_PATH", "receivers: [{name: team-leads, slack_configs: [{api_url_file: PATH"),
        ("MANAGERS_WEBHOOK", "receivers: [{name: floor-managers, webhook_configs: [{url: URL"),
        ("DEADMAN_WEBHOOK", "receivers: [{name: deadman, webhook_configs: [{url: URL"),
        ("SMTP", "global: {smtp_smarthost: HOST:PORT}"),
        ("SMTP_PASSWORD_PATH", "global: {smtp_auth_password_file: PATH}"),
    ],
)
def test_a_removed_setting_stops_with_what_to_write_where(name: str, entry: str) -> None:
    with pytest.raises(SettingError) as error:
        Settings.from_env({f"FLOORPULSE_ALERT_{name}": "x"})

    assert f"write `{entry}" in str(error.value)
    assert "set FLOORPULSE_RECEIVERS" in str(error.value)
    assert "\n" not in str(error.value)
