"""Tables for the terminal."""

from collections.abc import Iterable, Sequence

from metrics.kpis import KPIS, Kpi
from metrics.readings import sums_in
from streams.audit.recount import Total
from streams.roster.people import Roster


def kpi_table(roster: Roster, totals: Iterable[Total]) -> str:
    """The KPIs of floors and teams, each in the window it is read in first, with its target."""
    rows = [("floor", "team", "KPI", "window", "value", "target")]
    for total in totals:
        if total.level == "rep":
            continue
        floor = roster.floors.get(total.floor)
        for kpi in KPIS:
            value = kpi.value(sums_in(kpi.window, total.values))
            target = floor.kpi_target(kpi.name) if floor else kpi.target
            rows.append(
                (
                    total.floor,
                    "all" if total.team is None else team_name(total.team),
                    kpi.title,
                    kpi.window,
                    kpi_value(kpi, value),
                    kpi_value(kpi, target),
                )
            )
    return columns(rows)


def kpi_value(kpi: Kpi, value: float | None) -> str:
    """A KPI, or its target, as people read it; "-" where there is none."""
    if value is None:
        return "-"
    return f"{value:.1%}" if kpi.is_ratio else f"{value:.12g}"


def team_name(team: str) -> str:
    """What a team is called: the one without a name is that of a floor's systems."""
    return team or "systems"


def columns(rows: Sequence[Sequence[str]]) -> str:
    """Rows of text as aligned columns, the first row as their heads."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    )
