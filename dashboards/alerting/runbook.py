"""Runbooks: the prose is Markdown in `runbooks/NAME.md`; what the rule says is added here."""

import re
from collections.abc import Iterable
from importlib.resources import files

from dashboards.alerting.alert import Alert
from dashboards.markdown import table

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
    "none": "sent to nobody",
}
INDEX = """\
# Runbooks

A page per alert: what it means, what to do, and when it is wrong. The alerts link to them, and the
wall serves them at `/runbooks`. [Alerts](../alerts.md) describes how alerting works as a whole."""

_FOLDER = files("dashboards.alerting") / "runbooks"


def prose_names() -> frozenset[str]:
    """The alerts that have prose."""
    return frozenset(file.name.removesuffix(".md") for file in _FOLDER.iterdir())


def prose(name: str) -> str:
    """What people wrote about an alert: a title, and all sections but the rule.

    Raises FileNotFoundError where nobody wrote anything.
    """
    return (_FOLDER / f"{name}.md").read_text(encoding="utf-8")


def sections(page: str) -> dict[str, str]:
    """By heading, the text below it."""
    parts = re.split(r"^## (.+)$", page, flags=re.M)
    return {heading: text.strip() for heading, text in zip(parts[1::2], parts[2::2], strict=True)}


def runbook_page(alert: Alert) -> str:
    """The whole page of an alert, in Markdown."""
    title, _, body = prose(alert.name).partition("\n")
    urgency = (
        f"**{alert.severity}**: {URGENCY[alert.severity]}. Audience: {alert.audience}. "
        "[All runbooks](README.md)"
    )
    return f"{title}\n\n{urgency}\n\n{body.strip()}\n\n## The rule\n\n{_rule(alert)}\n"


def index_page(alerts: Iterable[Alert]) -> str:
    """The list of all runbooks, in Markdown."""
    heads = ("Alert", "Severity", "Audience", "Fires when")
    rows = (
        (
            f"[{alert.name}]({alert.name}.md)",
            alert.severity,
            alert.audience,
            sections(prose(alert.name))["Meaning"],
        )
        for alert in alerts
    )
    return f"{INDEX}\n\n{table(heads, rows)}\n"


def _rule(alert: Alert) -> str:
    labels = ", ".join(f"`{name}={value}`" for name, value in alert.labels.items())
    return (
        f"```promql\n{alert.expr}\n```\n\n"
        f"- It has to hold for: {alert.hold or 'one evaluation'}\n"
        f"- It keeps firing for: {alert.keep or 'no longer than it holds'}\n"
        f"- Labels: {labels}"
    )
