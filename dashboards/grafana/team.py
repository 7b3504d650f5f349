"""The team dashboard: the KPIs of each team, both clocks of disqualification, pace, alerts."""

from collections.abc import Iterable

from dashboards.alerting.promql import recorded
from dashboards.grafana.layout import Dashboard, Line, Link, Panel, Query, Variable
from dashboards.grafana.panels import Column, bar_gauge, state_timeline, table, time_series
from dashboards.grafana.queries import (
    CHOSEN_FLOOR,
    CHOSEN_TEAMS,
    FLOORS,
    firing,
    format_of,
    judged,
    legend,
    pace_states,
    ratio,
    total,
)
from metrics.kpis import (
    APPOINTMENTS_ACCEPTED,
    APPOINTMENTS_REJECTED,
    COHORT_ACCEPTED,
    COHORT_DELIVERED,
    COHORT_OVERDUE,
    COHORT_PENDING,
    COHORT_REJECTED,
    EFFECTIVE_TOUCHES,
    EXPECTED_TOUCHES,
    KPI,
    KPIS,
    TOUCHES,
    Kpi,
    Measure,
)
from metrics.states import STATES
from metrics.windows import WINDOW_TITLES

UID = "floorpulse-team"
LIVE, COHORT = KPI["disqualification"], KPI["disqualification_cohort"]
# Of this floor, of its teams and of the pipeline; none that names a rep, or that is sent to nobody.
ALERTS = 'floor=~"$floor|", rep="", severity!="none"'


def _bars(kpi: Kpi) -> Panel:
    return bar_gauge(
        f"{kpi.title}, {WINDOW_TITLES[kpi.window]}",
        f"{kpi.help} Blue is on target, yellow close, orange off target, grey not judged.",
        8,
        Query(
            expr=judged(kpi, "team", CHOSEN_TEAMS),
            legend=f"{{{{team}}}} {legend(kpi)}",
            is_instant=True,
        ),
        **format_of(kpi),
    )


def _pending() -> Panel:
    share = (
        f"{total('team', COHORT_PENDING, COHORT.window, CHOSEN_TEAMS)}\n"
        f"/ ({total('team', COHORT_DELIVERED, COHORT.window, CHOSEN_TEAMS)} > 0)"
    )
    return bar_gauge(
        f"Still undecided, {WINDOW_TITLES[COHORT.window]}",
        "Share of the appointments delivered in the window on which account managers have not "
        "decided. While it is large, disqualification by delivery can only go up.",
        8,
        Query(expr=share, legend="{{team}}", is_instant=True),
        unit="percentunit",
        decimals=1,
    )


def _appointments() -> Panel:
    def counted(name: str, measure: Measure, window: str) -> Column:
        return Column(name=name, query=Query(expr=total("team", measure, window, CHOSEN_TEAMS)))

    live, cohort = LIVE.window, COHORT.window
    return table(
        "Appointments on both clocks",
        "By decision: what was decided in the window, whenever it was delivered. By delivery: what "
        "became of what was delivered in the window.",
        24,
        Column(name="Team", label="team"),
        counted(f"Accepted by decision, {live}", APPOINTMENTS_ACCEPTED, live),
        counted(f"Rejected by decision, {live}", APPOINTMENTS_REJECTED, live),
        counted(f"Delivered, {cohort}", COHORT_DELIVERED, cohort),
        counted("of these accepted", COHORT_ACCEPTED, cohort),
        counted("of these rejected", COHORT_REJECTED, cohort),
        counted("still undecided", COHORT_PENDING, cohort),
        counted("of these overdue", COHORT_OVERDUE, cohort),
    )


def _both_clocks() -> Panel:
    return time_series(
        "Disqualification of the floor, last 20 days, as known then",
        "Both clocks as they stood at each moment. A later decision does not change what is drawn "
        "here; the ledger knows it, and `floorpulse explain` shows it.",
        24,
        Query(
            expr=ratio("floor", LIVE, CHOSEN_FLOOR),
            legend=f"by decision, {WINDOW_TITLES[LIVE.window]}",
        ),
        Query(
            expr=ratio("floor", COHORT, CHOSEN_FLOOR),
            legend=f"by delivery, {WINDOW_TITLES[COHORT.window]}",
        ),
        Query(
            expr=f'{recorded("floor", "kpi_target", "max")}{{{CHOSEN_FLOOR}, kpi="{LIVE.name}"}}',
            legend="target",
        ),
        unit="percentunit",
        dashed=[2],
        since="20d",
    )


def _pace_states() -> Panel:
    return state_timeline(
        "Pace of the teams, as known then",
        "The state of a team's pace at each moment, by the target of its floor.",
        24,
        Query(expr=pace_states(), legend="{{team}}"),
        words={index: (state.label, state.colour) for index, state in enumerate(STATES)},
    )


def _counters() -> Panel:
    return time_series(
        "$team: touchpoints today, as known then",
        "Effective touchpoints of the team so far on the day, and those expected by then.",
        24,
        Query(expr=total("team", EFFECTIVE_TOUCHES, "today", CHOSEN_TEAMS), legend="effective"),
        Query(expr=total("team", EXPECTED_TOUCHES, "today", CHOSEN_TEAMS), legend="expected"),
        unit="locale",
        dashed=[1],
        repeat="team",
    )


def _alerts() -> Panel:
    return table(
        "Alerts that fire now",
        "Of this floor, of its teams, and of the pipeline. None is good news.",
        8,
        Column(name="Alert", label="alertname"),
        Column(name="Severity", label="severity"),
        Column(name="Floor", label="floor"),
        Column(name="Team", label="team"),
        query=Query(
            expr=firing(ALERTS),
            may_be_empty="no alert has to fire",
        ),
    )


def _lines() -> Iterable[Line]:
    first = [*(_bars(kpi) for kpi in KPIS if kpi not in (LIVE, COHORT)), _alerts()]
    for at in range(0, len(first), 3):
        heading = "" if at else "Where each team stands"
        yield Line(height=7, panels=first[at : at + 3], heading=heading)
    clocks = [_bars(LIVE), _bars(COHORT), _pending()]
    yield Line(height=7, panels=clocks, heading="Disqualification, on both clocks")
    yield Line(height=7, panels=[_appointments()])
    yield Line(height=8, panels=[_both_clocks()])
    yield Line(height=7, panels=[_pace_states()], heading="Through the day")
    yield Line(height=7, panels=[_counters()])


DASHBOARD = Dashboard(
    uid=UID,
    title="Teams",
    help="Which team is off which target, since when, and is it enough to judge?",
    tag="floorpulse",
    since="now-12h",
    refresh="30s",
    alerts=ALERTS,
    variables=[
        Variable(name="floor", label="Floor", query=FLOORS),
        Variable(
            name="team",
            label="Team",
            query=f'label_values({recorded("team", TOUCHES, "sum")}{{floor="$floor"}}, team)',
            is_multi=True,
        ),
    ],
    links=[
        Link(title="Floor wall", uid="floorpulse-floor"),
        Link(title="What the KPIs mean", uid="floorpulse-definitions"),
        Link(title="Pipeline", uid="floorpulse-pipeline"),
        Link(title="Reps", tag="floorpulse-rep"),
    ],
    lines=list(_lines()),
)
