"""The dashboard of one rep; provisioned only where pages of a person are switched on.

No other dashboard names it. It is found by its tag, so that a link to it is there only if it is.
"""

from dashboards.alerting.states import state
from dashboards.grafana.layout import Dashboard, Line, Link, Panel, Query, Variable
from dashboards.grafana.palette import BAD
from dashboards.grafana.panels import Column, stat, table, time_series
from dashboards.grafana.queries import CHOSEN_FLOOR, FLOORS, format_of, judge, legend, rep_total
from metrics.kpis import (
    APPOINTMENTS_ACCEPTED,
    APPOINTMENTS_REJECTED,
    CONTACTS,
    CONTACTS_CONVERTED,
    EFFECTIVE_TOUCHES,
    EXPECTED_TOUCHES,
    KPI,
    LEADS_CREATED,
    LEADS_WON,
    TOUCHES,
    Kpi,
    Measure,
)
from metrics.names import NUMBER_LABELS, metric

UID = "floorpulse-rep"


def _judged(kpi: Kpi) -> Panel:
    hits = rep_total(kpi.of, kpi.window)
    of = f"({' + '.join(rep_total(measure, kpi.window) for measure in kpi.per)})"
    query = Query(
        expr=judge(kpi, f"({hits} / ({of} > 0))", of, state(kpi, hits, of, "floor"), "floor"),
        legend=legend(kpi),
        is_instant=True,
    )
    return stat(
        f"{kpi.title}, {kpi.window}",
        kpi.help,
        6,
        query,
        **format_of(kpi),
        is_judged=True,
    )


def _named() -> Panel:
    series = f'{metric(TOUCHES)}{{{CHOSEN_FLOOR}, rep!=""}}'
    return stat(
        "Reps whose numbers are here",
        "Reps of the floor to choose from. There are none where the workers have "
        "FLOORPULSE_REP_SERIES=0: they export sums by team and partition instead.",
        24,
        Query(
            expr=f"count(count by (rep) (max by ({NUMBER_LABELS}) ({series}))) or vector(0)",
            is_instant=True,
        ),
        unit="locale",
        decimals=0,
        words={0: ("none: the workers export no series of reps (FLOORPULSE_REP_SERIES=0)", BAD)},
    )


def _touches() -> Panel:
    return stat(
        "Touchpoints today",
        "Effective touchpoints so far today, and those expected by now.",
        6,
        Query(expr=rep_total(EFFECTIVE_TOUCHES, "today"), legend="effective", is_instant=True),
        Query(expr=rep_total(EXPECTED_TOUCHES, "today"), legend="expected by now", is_instant=True),
        unit="locale",
        decimals=0,
    )


def _channels() -> Panel:
    def counted(name: str, measure: Measure, decimals: int | None = None) -> Column:
        query = Query(expr=rep_total(measure, "today", "channel"))
        return Column(name=name, query=query, decimals=decimals)

    effective, expected = (
        rep_total(measure, "today", "channel") for measure in (EFFECTIVE_TOUCHES, EXPECTED_TOUCHES)
    )
    return table(
        "Today by channel",
        "What was done, what of it reached somebody, and what was expected by now.",
        24,
        Column(name="Channel", label="channel"),
        counted("Done", TOUCHES),
        counted("Effective", EFFECTIVE_TOUCHES),
        counted("Expected by now", EXPECTED_TOUCHES, 1),
        Column(
            name="Pace", query=Query(expr=f"{effective}\n/ ({expected} > 0)"), unit="percentunit"
        ),
    )


def _results() -> Panel:
    shown = {
        "Contacts": CONTACTS,
        "Contacts that became leads": CONTACTS_CONVERTED,
        "Leads": LEADS_CREATED,
        "Appointments accepted": APPOINTMENTS_ACCEPTED,
        "Appointments rejected": APPOINTMENTS_REJECTED,
        "Leads won": LEADS_WON,
    }
    return table(
        "Contacts, leads and appointments",
        "Counts by window: today, and the last 2, 5 and 20 open days.",
        24,
        Column(name="Window", label="window"),
        *(
            Column(
                name=name,
                query=Query(expr=rep_total(measure, "today|2d|5d|20d", "window")),
            )
            for name, measure in shown.items()
        ),
    )


def _day() -> Panel:
    return time_series(
        "Touchpoints through the day, as known then",
        "Effective touchpoints since the start of the day, and those expected by then.",
        24,
        Query(expr=rep_total(EFFECTIVE_TOUCHES, "today"), legend="effective"),
        Query(expr=rep_total(EXPECTED_TOUCHES, "today"), legend="expected"),
        unit="locale",
        dashed=[1],
    )


def _days() -> Panel:
    return time_series(
        "The last 20 days, as known then",
        "Effective touchpoints of each day, growing from its start; and those expected by then.",
        24,
        Query(expr=rep_total(EFFECTIVE_TOUCHES, "today"), legend="effective"),
        Query(expr=rep_total(EXPECTED_TOUCHES, "today"), legend="expected"),
        unit="locale",
        dashed=[1],
        since="20d",
    )


DASHBOARD = Dashboard(
    uid=UID,
    title="Rep",
    help="How is my day, and how were the last 20? Not for appraisal: numbers are as known then.",
    tag="floorpulse-rep",
    since="now-10h",
    refresh="10s",
    alerts='floor=~"$floor|", rep=~"$rep|", severity!="none"',
    variables=[
        Variable(name="floor", label="Floor", query=FLOORS),
        Variable(
            name="rep",
            label="Rep",
            query=f'label_values({metric(TOUCHES)}{{floor="$floor", rep!=""}}, rep)',
        ),
    ],
    links=[
        Link(title="Teams", uid="floorpulse-team"),
        Link(title="What the KPIs mean", uid="floorpulse-definitions"),
    ],
    lines=[
        Line(height=3, panels=[_named()]),
        Line(
            height=6,
            panels=[
                _touches(),
                *(_judged(KPI[name]) for name in ("pace", "contacts_to_leads", "disqualification")),
            ],
        ),
        Line(height=6, panels=[_channels()]),
        Line(height=8, panels=[_day()]),
        Line(height=7, panels=[_results()]),
        Line(height=8, panels=[_days()]),
    ],
)
