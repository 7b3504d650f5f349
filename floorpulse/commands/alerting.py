"""`alerting`: the files of Prometheus and Alertmanager, written from the settings."""

import shutil
import subprocess
from importlib.resources import files
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import click

from dashboards.alerting.alertmanager import alertmanager_config
from dashboards.alerting.prometheus import alert_rules, prometheus_config, recording_rules
from dashboards.alerting.receivers import NOBODY, Receivers, parse_receivers
from floorpulse.inputs import settings_of_env
from streams.settings import Settings


@click.group()
def alerting() -> None:
    """Write the files of Prometheus and Alertmanager."""


@alerting.command()
def receivers() -> None:
    """Print an example of the file of receivers.

    FLOORPULSE_RECEIVERS names yours: who is notified of which alerts.
    """
    example = files("dashboards.alerting") / "receivers.example.yml"
    click.echo(example.read_text(encoding="utf-8"), nl=False)


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
@click.option(
    "--metrics-token-file",
    default="",
    metavar="PATH",
    help="Where Prometheus reads what the workers have in FLOORPULSE_METRICS_TOKEN_FILE.",
)
def write(directory: Path, workers: str, alertmanager: str, metrics_token_file: str) -> None:
    """Write the files into DIRECTORY.

    They are prometheus.yml, rules/*.rules.yml and alertmanager.yml.

    FLOORPULSE_RECEIVERS names the file that says who is notified; without it, alerts are shown and
    nobody is notified. `floorpulse alerting receivers` prints an example. Where amtool is on the
    PATH, it checks the result before anything is written.

    \b
    floorpulse alerting receivers > receivers.yml
    FLOORPULSE_RECEIVERS=receivers.yml \\
      floorpulse alerting write /etc/alerting --workers dns:worker:9464
    """
    settings = settings_of_env()
    if settings.metrics_token and not metrics_token_file:
        raise click.ClickException(
            "workers ask for the token of FLOORPULSE_METRICS_TOKEN_FILE: say with "
            "--metrics-token-file where Prometheus reads it"
        )
    try:
        who = read_receivers(settings.receivers)
        found = workers_at(workers)
        texts = alerting_files(settings, found, alertmanager, who, metrics_token_file)
        check_with_amtool(texts["alertmanager.yml"])
    except ValueError as error:
        raise click.ClickException(str(error)) from None
    for place in who.secrets():
        click.echo(f"note: {place} is written out; {place}_file keeps it in a file", err=True)
    for name, text in texts.items():
        path = directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        click.echo(f"wrote {path}")


def read_receivers(path: Path | None) -> Receivers:
    """What the file of receivers says; raises ValueError, naming the file."""
    if path is None:
        return NOBODY
    try:
        return parse_receivers(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ValueError(
            f"FLOORPULSE_RECEIVERS: {str(path)!r} cannot be read ({error.strerror})"
        ) from None
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from None


def alerting_files(
    settings: Settings,
    workers: dict[str, Any],
    alertmanager: str,
    who: Receivers = NOBODY,
    token_file: str = "",
) -> dict[str, str]:
    """By file name, what Prometheus and Alertmanager read."""
    return {
        "prometheus.yml": prometheus_config(workers, [alertmanager], token_file),
        "rules/recording.rules.yml": recording_rules(),
        "rules/alerts.rules.yml": alert_rules(settings.runbook_url),
        "alertmanager.yml": alertmanager_config(who),
    }


def check_with_amtool(config: str) -> None:
    """Have amtool check Alertmanager's file, where it is on the PATH; raises ValueError."""
    amtool = shutil.which("amtool")
    if amtool is None:
        return
    with TemporaryDirectory(prefix="floorpulse-") as folder:
        path = Path(folder) / "alertmanager.yml"
        path.write_text(config, encoding="utf-8")
        run = subprocess.run(
            [amtool, "check-config", path], capture_output=True, text=True, timeout=60, check=False
        )
    if run.returncode != 0:
        lines = f"{run.stdout}\n{run.stderr}".splitlines()
        noise = ("Checking", "amtool: error")
        reasons = " ".join(line.strip() for line in lines if not line.startswith(noise))
        raise ValueError(f"amtool refuses alertmanager.yml with these receivers: {reasons.strip()}")


def workers_at(text: str) -> dict[str, Any]:
    """How Prometheus finds the workers; raises ValueError."""
    if text.startswith("dns:"):
        host, _, port = text.removeprefix("dns:").rpartition(":")
        if host and port.isdigit():
            return {"dns_sd_configs": [{"names": [host], "type": "A", "port": int(port)}]}
    else:
        targets = text.split(",")
        places = [target.rpartition(":") for target in targets]
        if all(host and port.isdigit() for host, _, port in places):
            return {"static_configs": [{"targets": targets}]}
    raise ValueError(f"--workers: {text!r} is not of the form HOST:PORT[,…] or dns:HOST:PORT")
