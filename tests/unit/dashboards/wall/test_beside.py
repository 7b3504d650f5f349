"""Which KPIs have a tile of their own, and which stand beside another in its tile."""

from dashboards.wall.figures import Figure, Trust, figures
from metrics.kpis import COHORT_DELIVERED, COHORT_OVERDUE, KPI, KPIS, Kpi
from tests.wallbuild import row

OVERDUE = Kpi(
    name="overdue_share",
    title="Overdue decisions",
    help="Share of the appointments delivered in the window that are overdue for a decision.",
    why="Undecided appointments make disqualification look better or worse than it is.",
    of=COHORT_OVERDUE,
    per=(COHORT_DELIVERED,),
    target=0.10,
    direction="at_most",
    window="20d",
    sample="delivered",
    beside="disqualification_cohort",
)


def shown(**sums: float) -> dict[str, Figure]:
    values = row(**sums).values
    return {f.name: f for f in figures(values, {}, Trust(), kpis=(*KPIS, OVERDUE))}


def test_a_kpi_beside_another_stands_in_its_tile_and_has_none_of_its_own() -> None:
    by_name = shown(cohort_delivered__20d=40, cohort_pending__20d=13, cohort_overdue__20d=4)

    delivered = by_name["disqualification_cohort"]
    assert delivered.beside == "Overdue decisions 10\u00a0%, 32\u00a0% pending"
    assert (delivered.is_tile, by_name["overdue_share"].is_tile) == (True, False)


def test_a_ratio_of_nothing_stands_beside_no_other() -> None:
    assert shown()["disqualification_cohort"].beside == ""


def test_a_kpi_is_read_in_the_window_of_the_one_it_stands_beside() -> None:
    beside = [kpi for kpi in KPIS if kpi.beside]

    assert beside
    assert all(KPI[kpi.beside].window == kpi.window for kpi in beside)
