"""What an alert rule consists of: condition, labels, texts.

The alerts are in `people` (floors, teams and reps), `feeds`, `workers` and `pipeline`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Severity = Literal["page", "ticket", "info", "none"]
Audience = Literal["floor-manager", "team-lead", "platform", "nobody"]
Scope = Literal["kpi", "outage", "pipeline", "hours", "meta"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """An alert rule.

    `severity`: page is now, ticket is today, info is a digest. `scope`: kpi is about people and
    their numbers, outage about a feed, pipeline about our own parts; hours says that a floor is
    closed and meta that alerting works, neither of which is sent to anybody. `summary` and
    `description` are Prometheus templates; no value goes into a label, or each would be an alert.
    """

    name: str
    expr: str
    severity: Severity
    audience: Audience
    scope: Scope
    summary: str
    description: str
    hold: str = ""  # how long it has to be so before it fires
    keep: str = ""  # how long it goes on firing when it is not so any more
    topic: Mapping[str, str] = field(default_factory=dict)  # labels that inhibitions compare

    @property
    def labels(self) -> dict[str, str]:
        """The labels added to those of the series."""
        return {
            "severity": self.severity,
            "audience": self.audience,
            "scope": self.scope,
            **self.topic,
        }

    @property
    def is_personal(self) -> bool:
        """Whether it names a rep: off unless FLOORPULSE_REP_ALERTS=1, and never on the wall."""
        return self.audience == "team-lead" and self.severity == "info"


def platform_alert(
    name: str,
    expr: str,
    summary: str,
    description: str,
    *,
    hold: str,
    keep: str = "",
    severity: Severity = "page",
    scope: Scope = "pipeline",
) -> Alert:
    """An alert for those who run floorpulse."""
    return Alert(
        name=name,
        expr=expr,
        severity=severity,
        audience="platform",
        scope=scope,
        summary=summary,
        description=description,
        hold=hold,
        keep=keep,
    )
