"""The pages of the runbooks in Markdown: what an alert says, and what to do about it."""

from collections.abc import Iterable, Iterator, Mapping

from dashboards.alerting.alert import Alert
from dashboards.alerting.rules import recorded
from dashboards.alerting.runbooks.runbook import Runbook
from dashboards.kpi_page import table
from metrics.thresholds import STALE

SECTIONS = (
    "Meaning",
    "Impact",
    "People or plumbing?",
    "Queries",
    "Action",
    "Who decides",
    "When to silence",
    "False alarms",
    "The rule",
)
URGENCY = {
    "page": "act now",
    "ticket": "act today",
    "info": "read it in the digest",
    "none": "told to nobody",
}
GATES = (
    "The rule says nothing while the floor is closed (or the rep is off shift), a channel or most "
    f"of the floor is silent, data is older than {STALE} seconds "
    f"(`{recorded('pipeline', 'data_age_seconds', 'max')}`), partitions are held by nobody or "
    "history is missing. So look at what it cannot see. Compare the channels, compare the teams: "
    "what changed for all of them in the same minute is plumbing, what changed for one is people."
)
NO_APPRAISAL = (
    "**An alert is not an appraisal.** It says that a number is unlikely to be chance, not why. "
    "Numbers of a person are never judged by themselves: talk first, and listen. Alerts about "
    "single reps are off unless `FLOORPULSE_REP_ALERTS=1`; whoever turns them on tells the reps "
    "first and, where there is one, the works council."
)
PLUMBING = "Plumbing, always: no alert about people is told while this one is."
IN_CONTAINERS = (
    "In containers, commands are `docker compose exec worker floorpulse …`; `docker compose ps` "
    "shows which workers are ready."
)
FIGURES = (
    "The figures of all alerts, measured on simulated floors: [Figures](../alerts.md#figures)."
)
INDEX = """\
# Runbooks

A page per alert: what it means, what to do, and when it is wrong. The alerts link to them, and the
wall serves them at `/runbooks`. [Alerts](../alerts.md) tells how alerting works as a whole."""


def index_page(alerts: Iterable[Alert], runbooks: Mapping[str, Runbook]) -> str:
    """The list of all runbooks."""
    heads = ("Alert", "Severity", "Audience", "Fires when")
    told = (
        (
            f"[{alert.name}]({alert.name}.md)",
            alert.severity,
            alert.audience,
            runbooks[alert.name].meaning,
        )
        for alert in alerts
    )
    return f"{INDEX}\n\n{table(heads, told)}\n"


def runbook_page(alert: Alert, runbook: Runbook) -> str:
    """The page of one alert."""
    told = {
        "Meaning": [runbook.meaning],
        "Impact": [runbook.impact],
        "People or plumbing?": _first_question(alert, runbook),
        "Queries": _queries(runbook),
        "Action": _actions(runbook),
        "Who decides": [runbook.decides],
        "When to silence": _silence(alert, runbook),
        "False alarms": [runbook.false_alarms, FIGURES],
        "The rule": _rule(alert),
    }
    parts = [
        f"# {alert.name}",
        f"**{alert.severity}**: {URGENCY[alert.severity]}. Audience: {alert.audience}. "
        "[All runbooks](README.md)",
    ]
    for section in SECTIONS:
        parts += [f"## {section}", *told[section]]
    return "\n\n".join(parts) + "\n"


def _first_question(alert: Alert, runbook: Runbook) -> Iterator[str]:
    if alert.scope == "kpi":
        yield GATES
    elif alert.scope == "outage" or (alert.scope == "pipeline" and alert.severity == "page"):
        yield PLUMBING
    yield runbook.plumbing
    if alert.scope == "kpi":
        yield NO_APPRAISAL


def _queries(runbook: Runbook) -> Iterator[str]:
    for query in runbook.queries:
        yield query.tells
        yield _block("promql", query.expr)


def _actions(runbook: Runbook) -> Iterator[str]:
    yield _numbered(runbook.actions)
    if any("`floorpulse " in step or "9464" in step for step in runbook.actions):
        yield IN_CONTAINERS


def _silence(alert: Alert, runbook: Runbook) -> Iterator[str]:
    yield runbook.silence
    if runbook.silence_for:
        labels = "".join(f" {label}={label.upper()}" for label in runbook.silence_by)
        yield _block(
            "sh",
            f"amtool silence add alertname={alert.name}{labels} \\\n"
            f'  --duration={runbook.silence_for} --author="$USER" --comment="WHY" \\\n'
            "  --alertmanager.url=http://127.0.0.1:9093",
        )


def _rule(alert: Alert) -> Iterator[str]:
    yield _block("promql", alert.expr)
    labels = ", ".join(f"`{name}={value}`" for name, value in alert.labels.items())
    yield (
        f"- It has to hold for: {alert.hold or 'one evaluation'}\n"
        f"- It goes on firing for: {alert.keep or 'no longer than it holds'}\n"
        f"- Labels: {labels}"
    )


def _numbered(steps: Iterable[str]) -> str:
    return "\n".join(f"{number}. {step}" for number, step in enumerate(steps, 1))


def _block(language: str, text: str) -> str:
    return f"```{language}\n{text}\n```"
