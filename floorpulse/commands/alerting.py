"""`alerting`: the files of Prometheus and Alertmanager, written from the settings."""

from pathlib import Path
from typing import Any

import click

from dashboards.alerting.alertmanager import Receiver, Smtp, alertmanager_config
from dashboards.alerting.prometheus import alert_rules, prometheus_config, recording_rules
from floorpulse.inputs import settings_of_env
from streams.settings import Settings


@click.group()
def alerting() -> None:
    """Write what Prometheus and Alertmanager read: rules, routes and who is told."""


@alerting.command()
@click.argument("directory", type=click.Path(file_okay=False, path_type=Path))
@click.option(
    "--workers",
    default="127.0.0.1:9464",
    show_default=True,
    metavar="HOST:PORT",
    help="Where the workers are scraped; several with commas, or dns:HOST:PORT for all of a name.",
)
@click.option(
    "--alertmanager",
    default="127.0.0.1:9093",
    show_default=True,
    metavar="HOST:PORT",
    help="Where Prometheus finds Alertmanager.",
)
def write(directory: Path, workers: str, alertmanager: str) -> None:
    """Write prometheus.yml, rules/*.rules.yml and alertmanager.yml into DIRECTORY.

    Who is told stands in the FLOORPULSE_ALERT_… settings; without them, alerts are shown and nobody
    is told. The mail server's password and the addresses of Slack's webhooks are not written: the
    files name the files that hold them. A plain webhook's address is written as it is.

    \b
    FLOORPULSE_ALERT_PLATFORM_EMAIL=ops@example.org FLOORPULSE_ALERT_SMTP=mail:587 \\
      FLOORPULSE_ALERT_SMTP_FROM=floorpulse@example.org \\
      floorpulse alerting write /etc/alerting --workers dns:worker:9464
    """
    try:
        files = alerting_files(settings_of_env(), workers_at(workers), alertmanager)
    except ValueError as error:
        raise click.ClickException(str(error)) from None
    for name, text in files.items():
        path = directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        click.echo(f"wrote {path}")


def alerting_files(
    settings: Settings, workers: dict[str, Any], alertmanager: str
) -> dict[str, str]:
    """By file name, what Prometheus and Alertmanager read; raises ValueError."""
    receivers = {
        "platform": Receiver(
            settings.alert_platform_email,
            settings.alert_platform_slack_path,
            settings.alert_platform_webhook,
        ),
        "floor-managers": Receiver(
            settings.alert_managers_email,
            settings.alert_managers_slack_path,
            settings.alert_managers_webhook,
        ),
        "team-leads": Receiver(
            settings.alert_leads_email,
            settings.alert_leads_slack_path,
            settings.alert_leads_webhook,
        ),
    }
    smtp = Smtp(
        settings.alert_smtp,
        settings.alert_smtp_from,
        settings.alert_smtp_username,
        settings.alert_smtp_password_path,
        settings.alert_smtp_tls,
    )
    return {
        "prometheus.yml": prometheus_config(workers, [alertmanager]),
        "rules/recording.rules.yml": recording_rules(),
        "rules/alerts.rules.yml": alert_rules(settings.runbook_url),
        "alertmanager.yml": alertmanager_config(receivers, smtp, settings.alert_deadman_webhook),
    }


def workers_at(told: str) -> dict[str, Any]:
    """How Prometheus finds the workers; raises ValueError."""
    if told.startswith("dns:"):
        host, _, port = told.removeprefix("dns:").rpartition(":")
        if host and port.isdigit():
            return {"dns_sd_configs": [{"names": [host], "type": "A", "port": int(port)}]}
    elif all(
        each.rpartition(":")[0] and each.rpartition(":")[2].isdigit() for each in told.split(",")
    ):
        return {"static_configs": [{"targets": told.split(",")}]}
    raise ValueError(f"--workers: {told!r} is not of the form HOST:PORT[,…] or dns:HOST:PORT")
