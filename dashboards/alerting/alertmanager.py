"""Alertmanager's file: who is told what, and what keeps quiet while something else is told.

Opening hours come from the roster: the alert FloorClosed fires while a floor is closed, and holds
back what is about its people. There is no second calendar here.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from dashboards.alerting.prometheus import dump

RECEIVERS = ("platform", "floor-managers", "team-leads")
LIST = (
    "{{ range .Alerts }}{{ .Annotations.summary }}\n{{ .Annotations.description }}\n"
    "{{ .Annotations.runbook_url }}\n\n{{ end }}"
)
TITLE = (
    "[{{ .CommonLabels.severity }}] {{ .Status | toUpper }}"
    "{{ if gt (len .Alerts) 1 }} ({{ len .Alerts }}){{ end }}: "
    "{{ (index .Alerts 0).Annotations.summary }}"
)


@dataclass(frozen=True, slots=True)
class Receiver:
    """Where one audience is told: any of an e-mail address, a webhook of Slack, a plain webhook."""

    email: str = ""
    slack_url_file: str = ""  # a file with the address, which is a secret
    webhook: str = ""


@dataclass(frozen=True, slots=True)
class Smtp:
    """The server that e-mails go through, HOST:PORT; the password stands in a file."""

    server: str = ""
    sender: str = ""
    username: str = ""
    password_file: str = ""
    has_tls: bool = True


# With no worker at all, these say nothing more.
_NO_WORKER = ("KPIWorkersAbsent", "KPIWorkersNotReady")
_FOLLOWS = ("KPIWorkerDown", "KPIRecoveryStuck", "KPIShiftCalendarMissing", "KPIRepSeriesMissing")

NOBODY_YET: Mapping[str, Receiver] = dict.fromkeys(RECEIVERS, Receiver())


def alertmanager_config(
    receivers: Mapping[str, Receiver] = NOBODY_YET, smtp: Smtp = Smtp(), deadman: str = ""
) -> str:
    """The file; *deadman* is a webhook that raises the alarm when it hears nothing any more.

    Raises ValueError for an e-mail address without a server to send through, or a sender.
    """
    if any(receiver.email for receiver in receivers.values()):
        if not smtp.server:
            raise ValueError("an e-mail address needs FLOORPULSE_ALERT_SMTP, as HOST:PORT")
        if not smtp.sender and not smtp.username:
            raise ValueError("an e-mail address needs FLOORPULSE_ALERT_SMTP_FROM, the sender")
    return dump(
        {
            "global": {"resolve_timeout": "5m", **_smtp(smtp)},
            "route": _route(),
            "inhibit_rules": _inhibitions(),
            "receivers": [
                *(_receiver(name, receivers[name]) for name in RECEIVERS),
                {"name": "deadman", **_webhook(deadman, resolved=False)},
                {"name": "nobody"},
            ],
        }
    )


def _smtp(smtp: Smtp) -> dict[str, Any]:
    told: dict[str, Any] = {
        "smtp_smarthost": smtp.server,
        "smtp_from": smtp.sender or smtp.username,
        "smtp_auth_username": smtp.username,
        "smtp_auth_password_file": smtp.password_file,
    }
    if not smtp.server:
        return {}
    given = {name: value for name, value in told.items() if value}
    return given if smtp.has_tls else {**given, "smtp_require_tls": False}


def _route() -> dict[str, Any]:
    digest = {"group_wait": "15m", "group_interval": "2h", "repeat_interval": "24h"}
    return {
        "receiver": "platform",
        "group_by": ["alertname", "floor"],
        "group_wait": "30s",
        "group_interval": "5m",
        "repeat_interval": "4h",
        "routes": [
            {
                "receiver": "deadman",
                "matchers": ['alertname = "Watchdog"'],
                "group_wait": "0s",
                "group_interval": "1m",
                "repeat_interval": "1m",
            },
            {"receiver": "nobody", "matchers": ['scope = "hours"']},
            {
                "receiver": "team-leads",  # one message about all reps of a team
                "matchers": ['audience = "team-lead"', 'severity = "info"'],
                "group_by": ["floor", "team"],
                **digest,
            },
            {
                "receiver": "team-leads",
                "matchers": ['audience = "team-lead"'],
                "group_by": ["alertname", "floor", "team"],
            },
            {
                "receiver": "platform",
                "matchers": ['audience = "platform"', 'severity = "info"'],
                **digest,
            },
            {
                "receiver": "floor-managers",
                "matchers": ['audience = "floor-manager"', 'severity = "info"'],
                "group_by": ["floor"],
                **digest,
            },
            {"receiver": "floor-managers", "matchers": ['audience = "floor-manager"']},
        ],
    }


def _inhibitions() -> list[dict[str, Any]]:
    people = ['scope = "kpi"']
    return [
        # A broken feed is no matter of people.
        _inhibition(['scope = "outage"'], people, "floor"),
        _inhibition(['scope = "pipeline"', 'severity = "page"'], people),
        # Nor is a closed floor; a rep's own hours may be others.
        _inhibition(['scope = "hours"'], [*people, 'level != "rep"'], "floor"),
        # Where the floor is told, its teams and reps are not, and so down.
        _inhibition(_of("floor"), ['slo = "disqualification"', 'level =~ "team|rep"'], "floor"),
        _inhibition(_of("team"), _of("rep"), "floor", "team"),
        # The flood says it all.
        _inhibition(['alertname = "KPIDeadLetterFlood"'], ['alertname = "KPIDeadLetters"']),
        _inhibition([_any(*_NO_WORKER)], [_any(*_FOLLOWS)]),
    ]


def _any(*alerts: str) -> str:
    return f'alertname =~ "{"|".join(alerts)}"'


def _of(level: str) -> list[str]:
    return ['slo = "disqualification"', f'level = "{level}"']


def _inhibition(source: list[str], target: list[str], *equal: str) -> dict[str, Any]:
    told: dict[str, Any] = {"source_matchers": source, "target_matchers": target}
    return {**told, "equal": list(equal)} if equal else told


def _receiver(name: str, receiver: Receiver) -> dict[str, Any]:
    told: dict[str, Any] = {"name": name}
    if receiver.email:
        told["email_configs"] = [
            {
                "to": receiver.email,
                "headers": {"Subject": TITLE},
                "text": LIST,
                "html": "",
                "send_resolved": True,
            }
        ]
    if receiver.slack_url_file:
        told["slack_configs"] = [
            {
                "api_url_file": receiver.slack_url_file,
                "title": TITLE,
                "text": LIST,
                "send_resolved": True,
            }
        ]
    return {**told, **_webhook(receiver.webhook, resolved=True)}


def _webhook(url: str, *, resolved: bool) -> dict[str, Any]:
    return {"webhook_configs": [{"url": url, "send_resolved": resolved}]} if url else {}
