"""A KPI is shown with its sample, its target and its state, and says why where it is absent."""

from dashboards.wall.figures import NOTHING, Figure
from metrics.kpis import KPIS
from metrics.readings import FloorInfo
from tests.wallbuild import floor, kpi, layout, part, row, shown, snapshot, team


def test_a_ratio_of_nothing_is_absent_with_its_reason_and_a_count_is_zero() -> None:
    view = shown(snapshot(part(0), part(1)))

    found = kpi(team(view, "farmers"), "disqualification")
    assert (found.value, found.text, found.reason) == (None, "–", "no decisions yet")
    assert (found.state, found.shape, found.verdict) == ("too_few", "?", "too few to tell")
    assert found.sample == ""
    touched = kpi(team(view, "farmers"), "touchpoints")
    assert (touched.value, touched.text, touched.goal) == (0, "0", "nothing expected yet")


def test_every_ratio_of_the_catalogue_has_its_own_reason() -> None:
    assert {each.per[0].name for each in KPIS if each.is_ratio} == set(NOTHING)


def test_every_kpi_is_there_with_its_title_and_window_and_four_to_six_have_a_tile() -> None:
    found = floor(shown(snapshot(part(0), part(1)))).kpis

    assert [(each.name, each.title) for each in found] == [(k.name, k.title) for k in KPIS]
    assert found[0].window == "last 20 open days"
    assert 4 <= sum(each.is_tile for each in found) <= 6


def test_touches_are_shown_beside_those_expected_by_now_and_judged_by_their_pace() -> None:
    touched = row(
        effective_touches__today__call=31,
        effective_touches__today__email=12,
        expected_touches__today__call=40.25,
        expected_touches__today__email=9.5,
    )
    found = kpi(floor(shown(snapshot(part(0, touched), part(1)))), "touchpoints")

    assert (found.text, found.goal, found.beside) == (
        "43",
        "of 50 expected by now",
        "pace 86\u00a0%",
    )
    assert (found.state, found.shape, found.verdict) == ("close", "≈", "close")
    assert found.sums == {"effective_touches": 43, "expected_touches": 49.75}


def test_disqualification_by_delivery_has_its_pending_share_beside_it() -> None:
    cohort = row(cohort_delivered__20d=40, cohort_rejected__20d=3, cohort_pending__20d=13)
    found = kpi(floor(shown(snapshot(part(0, cohort), part(1)))), "disqualification_cohort")

    assert (found.text, found.sample, found.beside) == (
        *("7.5\u00a0%", "of 40 delivered", "32\u00a0% pending"),
    )


def test_a_floor_s_own_target_stands_before_the_catalogue_s_even_zero() -> None:
    decided = row(appointments_accepted__5d=940, appointments_rejected__5d=60)

    def with_targets(**targets: float) -> Figure:
        info = FloorInfo("north", "Europe/Amsterdam", True, ("hunters",), targets)
        found = snapshot(part(0, decided), part(1), of=layout(info))
        return kpi(floor(shown(found)), "disqualification")

    assert (with_targets().goal, with_targets().state) == ("at most 5\u00a0%", "close")
    looser = with_targets(disqualification=0.07)
    assert (looser.target, looser.goal, looser.state) == (0.07, "at most 7\u00a0%", "on_target")
    assert with_targets(disqualification=0.0).state == "off_target"
