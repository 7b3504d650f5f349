"""The floor wall: six numbers of one floor to be read from five metres, and its teams' pace."""

from dashboards.alerting.promql import FLOOR_OPEN
from dashboards.grafana.layout import Dashboard, Line, Link, Panel, Query, Variable
from dashboards.grafana.palette import BAD, MUTED
from dashboards.grafana.panels import stat
from dashboards.grafana.queries import (
    AGE_WORDS,
    CHOSEN_FLOOR,
    FLOORS,
    aged,
    format_of,
    judged,
    legend,
)
from metrics.kpis import KPI, Kpi
from metrics.thresholds import STALE_AFTER
from metrics.windows import WINDOW_TITLES

UID = "floorpulse-floor"
# Six at most are read. Disqualification by delivery is on the team dashboard, where there is
# room for what is pending.
SHOWN = tuple(
    KPI[name]
    for name in (
        *("touchpoints", "pace", "contacts_to_leads"),
        *("disqualification", "inbound_share", "lead_to_won"),
    )
)
NAME_SIZE = 44  # pixels: 28 mm on a screen of 55 inches; a tile has room for 40 letters


def _tile(kpi: Kpi) -> Panel:
    return stat(
        f"{kpi.title}, {WINDOW_TITLES[kpi.window]}",
        f"{kpi.help} The colour is that of the state: blue is on target, yellow close, orange off "
        "target, grey not judged.",
        12,
        Query(
            expr=judged(kpi, "floor", CHOSEN_FLOOR),
            legend=legend(kpi),
            is_instant=True,
        ),
        **format_of(kpi),
        is_judged=True,
        name_size=NAME_SIZE,
    )


def _age() -> Panel:
    return stat(
        "Data age",
        f"How old the oldest part of the numbers is. Over {STALE_AFTER:g} s they are stale and not "
        "judged; without a worker there is none.",
        4,
        Query(expr=aged(), legend="data {{state}}", is_instant=True),
        unit="s",
        decimals=0,
        words=AGE_WORDS,
        steps=[(STALE_AFTER, BAD)],
        name_size=NAME_SIZE,
    )


def _hours() -> Panel:
    return stat(
        "Floor",
        "Whether the floor has hours now, by the roster.",
        4,
        Query(expr=f"{FLOOR_OPEN}{{{CHOSEN_FLOOR}}}", legend="$floor", is_instant=True),
        unit="none",
        words={0: ("CLOSED", MUTED), 1: ("OPEN", "#56B4E9")},
    )


def _teams() -> Panel:
    return stat(
        "Pace of the teams, today",
        "Effective touchpoints of a team against those expected of it by now.",
        16,
        Query(
            expr=judged(KPI["pace"], "team", CHOSEN_FLOOR),
            legend="{{team}} {{state}}",
            is_instant=True,
        ),
        **format_of(KPI["pace"]),
        is_judged=True,
    )


DASHBOARD = Dashboard(
    uid=UID,
    title="Floor wall",
    help="How does the floor do now? One floor, chosen in the address; for a television.",
    tag="floorpulse",
    since="now-12h",  # for the links: all here is of now
    refresh="10s",
    is_wall=True,
    variables=[Variable(name="floor", label="Floor", query=FLOORS)],
    links=[
        Link(title="Teams", uid="floorpulse-team"),
        Link(title="What the KPIs mean", uid="floorpulse-definitions"),
        Link(title="Pipeline", uid="floorpulse-pipeline"),
    ],
    lines=[
        *(
            Line(height=7, panels=[_tile(kpi) for kpi in SHOWN[at : at + 2]])
            for at in range(0, len(SHOWN), 2)
        ),
        Line(height=6, panels=[_age(), _hours(), _teams()]),
    ],
)
