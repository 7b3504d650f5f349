"""Alertmanager's file: who is notified of what, and what stays quiet while something else fires.

Opening hours come from the roster: the alert FloorClosed fires while a floor is closed, and mutes
what is about its people. There is no second calendar here.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from dashboards.alerting.prometheus import dump
from dashboards.alerting.receivers import NOBODY, Receivers

# With no worker at all, these say nothing more.
_NO_WORKER = ("KPIWorkersAbsent", "KPIWorkersNotReady")
_FOLLOWS = ("KPIWorkerDown", "KPIRecoveryStuck", "KPIShiftCalendarMissing", "KPIRepSeriesMissing")


def alertmanager_config(receivers: Receivers = NOBODY) -> str:
    """The file, with the receivers merged in."""
    return dump(
        {
            "global": {"resolve_timeout": "5m", **(receivers.settings or {})},
            "route": _route(receivers.routes),
            "inhibit_rules": _inhibitions(),
            "receivers": [*receivers.named(), {"name": "nobody"}],
            **(receivers.others or {}),
        }
    )


_DIGEST = {"group_wait": "15m", "group_interval": "2h", "repeat_interval": "24h"}


def _route(first: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    return {
        "receiver": "platform",
        "group_by": ["alertname", "floor"],
        "group_wait": "30s",
        "group_interval": "5m",
        "repeat_interval": "4h",
        "routes": [*_meta_routes(), *first, *_lead_routes(), *_other_routes()],
    }


def _meta_routes() -> list[dict[str, Any]]:
    return [
        {
            "receiver": "deadman",
            "matchers": ['alertname = "Watchdog"'],
            "group_wait": "0s",
            "group_interval": "1m",
            "repeat_interval": "1m",
        },
        {"receiver": "nobody", "matchers": ['scope = "hours"']},
    ]


def _lead_routes() -> list[dict[str, Any]]:
    return [
        {
            "receiver": "team-leads",  # one message about all reps of a team
            "matchers": ['audience = "team-lead"', 'severity = "info"'],
            "group_by": ["floor", "team"],
            **_DIGEST,
        },
        {
            "receiver": "team-leads",
            "matchers": ['audience = "team-lead"'],
            "group_by": ["alertname", "floor", "team"],
        },
    ]


def _other_routes() -> list[dict[str, Any]]:
    return [
        {
            "receiver": "platform",
            "matchers": ['audience = "platform"', 'severity = "info"'],
            **_DIGEST,
        },
        {
            "receiver": "floor-managers",
            "matchers": ['audience = "floor-manager"', 'severity = "info"'],
            "group_by": ["floor"],
            **_DIGEST,
        },
        {"receiver": "floor-managers", "matchers": ['audience = "floor-manager"']},
    ]


def _inhibitions() -> list[dict[str, Any]]:
    people = ['scope = "kpi"']
    return [
        # A broken feed says nothing about people.
        _inhibition(['scope = "outage"'], people, "floor"),
        _inhibition(['scope = "pipeline"', 'severity = "page"'], people),
        # Nor is a closed floor; a rep's own hours may be others.
        _inhibition(['scope = "hours"'], [*people, 'level != "rep"'], "floor"),
        # An alert about a floor mutes those of its teams and reps; one of a team, of its reps.
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
    rule: dict[str, Any] = {"source_matchers": source, "target_matchers": target}
    return {**rule, "equal": list(equal)} if equal else rule
