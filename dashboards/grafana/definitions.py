"""The dashboard of definitions: each KPI, why it is watched, and the targets in force."""

from dashboards.alerting.promql import recorded
from dashboards.formulas import formula, target
from dashboards.grafana.layout import Dashboard, Line, Link, Panel, Query, Variable
from dashboards.grafana.panels import Column, table, text
from dashboards.grafana.queries import FLOORS
from metrics.kpis import KPIS, WINDOWS, Kpi
from metrics.names import metric

UID = "floorpulse-definitions"
TITLES = {window.name: window.title for window in WINDOWS}

# Why each KPI is watched. The numbers are those of the article that the catalogue follows.
WHY = {
    "contacts_to_leads": "Many contacts and few leads: the list is poor, or the talk is. One in "
    "ten is what an inside-sales team should reach.",
    "disqualification": "Appointments that account managers do not take up cost both sides their "
    "time. 30 % is common, 5 % can be reached. By the date of the decision it moves at once.",
    "disqualification_cohort": "The same by the date of delivery: what became of this month's "
    "appointments. It is complete once all of them are decided; until then see what is undecided.",
    "inbound_share": "Leads should come from marketing and from the reps' own search, about 60 to "
    "40. Too far to one side, and the floor depends on it.",
    "touchpoints": "What a rep can steer: calls, e-mails and InMails that reached somebody. "
    "Attempts do not count, so that dialling alone earns nothing.",
    "pace": "A day's target says nothing at eleven. What is expected by now follows from each "
    "rep's own hours, breaks and targets.",
    "lead_to_won": "What it is all for: leads that became customers. It takes weeks, so it is read "
    "over 90 days.",
}


def _definition(kpi: Kpi) -> Panel:
    level = "ratio" if kpi.is_ratio else "sum"
    series = metric(kpi if kpi.is_ratio else kpi.of)
    markdown = "\n\n".join(
        (
            f"### {kpi.title}",
            f"**What** {kpi.help}",
            f"**Why** {WHY[kpi.name]}",
            f"**Formula** `{formula(kpi)}`",
            f"**Target** {target(kpi)}",
            f"**Read in** {TITLES[kpi.window]}; there are {', '.join(kpi.windows)}",
            f"**Source** `team:{series}:{level}` and `floor:{series}:{level}`, of what "
            "the workers export; `floorpulse explain` opens a number into its events",
        )
    )
    return text(kpi.title, f"What {kpi.title} is, and why it is watched.", 12, markdown)


def _targets() -> Panel:
    return table(
        "Targets in force",
        "By floor and KPI. The catalogue's, unless the roster sets a floor's own.",
        24,
        Column(name="Floor", label="floor"),
        Column(name="KPI", label="kpi"),
        Column(
            name="Target",
            query=Query(expr=recorded("floor", "kpi_target", "max")),
            unit="percentunit",
        ),
    )


DASHBOARD = Dashboard(
    uid=UID,
    title="What the KPIs mean",
    help="What does this number count, why, and what is aimed at?",
    tag="floorpulse",
    since="now-12h",  # for the links: all here is of now
    refresh="5m",
    variables=[Variable(name="floor", label="Floor", query=FLOORS, is_hidden=True)],
    links=[
        Link(title="Floor wall", uid="floorpulse-floor"),
        Link(title="Teams", uid="floorpulse-team"),
        Link(title="Pipeline", uid="floorpulse-pipeline"),
    ],
    lines=[
        *(
            Line(height=10, panels=[_definition(kpi) for kpi in KPIS[at : at + 2]])
            for at in range(0, len(KPIS), 2)
        ),
        Line(height=10, panels=[_targets()]),
    ],
)
