"""Prometheus' own files, written from the rules and alerts of `metrics`."""

from collections.abc import Iterable, Sequence
from typing import Any

import yaml

from dashboards.alerting.alert import Alert
from dashboards.alerting.people import PEOPLE_ALERTS
from dashboards.alerting.pipeline import PIPELINE_ALERTS
from dashboards.alerting.rules import Group, groups
from dashboards.alerting.workers import JOB

ALERTS = (*PEOPLE_ALERTS, *PIPELINE_ALERTS)
RUNBOOKS = "http://127.0.0.1:8080/runbooks"  # where the wall serves them


def recording_rules(recording: Sequence[Group] | None = None) -> str:
    """The file of recording rules."""
    return dump(
        {
            "groups": [
                {
                    "name": group.name,
                    "interval": group.interval,
                    "rules": [rule._asdict() for rule in group.rules],
                }
                for group in (groups() if recording is None else recording)
            ]
        }
    )


def alert_rules(runbooks: str = RUNBOOKS) -> str:
    """The file of alert rules; *runbooks* is the address under which each has its page."""
    named = (("floorpulse-people", PEOPLE_ALERTS), ("floorpulse-pipeline", PIPELINE_ALERTS))
    return dump(
        {
            "groups": [
                {
                    "name": name,
                    "interval": "15s",
                    "rules": [_alert(alert, runbooks) for alert in alerts],
                }
                for name, alerts in named
            ]
        }
    )


def _alert(alert: Alert, runbooks: str) -> dict[str, Any]:
    times = {"for": alert.hold, "keep_firing_for": alert.keep}
    return {
        "alert": alert.name,
        "expr": alert.expr,
        **{name: time for name, time in times.items() if time},
        "labels": alert.labels,
        "annotations": {
            "summary": alert.summary,
            "description": alert.description,
            "runbook_url": f"{runbooks}/{alert.name}",
        },
    }


def prometheus_config(
    workers: dict[str, Any], alertmanagers: Iterable[str], token_file: str = ""
) -> str:
    """The file of Prometheus itself; *workers* is how it finds them.

    *token_file* is where it reads what it brings to them, empty for nothing.
    """
    brings = {"authorization": {"credentials_file": token_file}} if token_file else {}
    return dump(
        {
            "global": {"scrape_interval": "5s", "evaluation_interval": "15s"},
            "rule_files": ["rules/*.rules.yml"],
            "alerting": {"alertmanagers": [{"static_configs": [{"targets": list(alertmanagers)}]}]},
            "scrape_configs": [{"job_name": JOB, **brings, **workers}],
        }
    )


class _Dumper(yaml.SafeDumper):
    """Writes texts of several lines as blocks, and everything in the order given."""


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    style = "|" if "\n" in text else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _text)


def dump(value: Any) -> str:
    """A value as YAML."""
    return yaml.dump(value, Dumper=_Dumper, sort_keys=False, width=1000, allow_unicode=True)
