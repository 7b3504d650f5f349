"""The dashboard of definitions: each KPI, why it is watched, and the targets in force."""

from dashboards.alerting.promql import recorded
from dashboards.formulas import formula, target
from dashboards.grafana.layout import Dashboard, Line, Link, Panel, Query, Variable
from dashboards.grafana.panels import Column, table, text
from dashboards.grafana.queries import FLOORS
from metrics.kpis import KPIS, Kpi
from metrics.names import metric
from metrics.windows import WINDOW_TITLES

UID = "floorpulse-definitions"


def _definition(kpi: Kpi) -> Panel:
    level = "ratio" if kpi.is_ratio else "sum"
    series = metric(kpi if kpi.is_ratio else kpi.of)
    markdown = "\n\n".join(
        (
            f"### {kpi.title}",
            f"**What** {kpi.help}",
            f"**Why** {kpi.why}",
            f"**Formula** `{formula(kpi)}`",
            f"**Target** {target(kpi)}",
            f"**Read in** {WINDOW_TITLES[kpi.window]}; there are {', '.join(kpi.windows)}",
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
