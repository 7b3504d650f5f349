"""Numbers are rounded for the eye, never against the truth."""

from hypothesis import given
from hypothesis import strategies as st

from dashboards.wall.words import data_age, expected, figure, goal, percent, sample, span
from metrics.kpis import KPI, KPIS, Kpi

RATIOS = [kpi for kpi in KPIS if kpi.is_ratio]


@given(
    st.sampled_from(RATIOS),
    st.integers(0, 20_000),
    st.integers(1, 20_000),
    st.sampled_from([0.0, 0.05, 0.07, 0.1, 0.125, 0.3, 0.6, 1.0]),
)
def test_the_number_shown_never_is_on_the_other_side_of_its_target(
    kpi: Kpi, of: int, per: int, target: float
) -> None:
    value = of / per
    text = figure(kpi, value, target)
    read = float(text.removesuffix("\u00a0%").replace(",", "")) / 100

    assert kpi.meets(read, target) == kpi.meets(value, target)
    assert abs(read - value) <= 0.005 + 1e-9


def test_percentages_are_short_where_they_can_be() -> None:
    assert percent(0.4567) == "46\u00a0%"
    assert percent(0.0567) == "5.7\u00a0%"
    assert percent(0.05) == "5\u00a0%"
    assert percent(0) == "0\u00a0%"
    assert percent(12.345) == "1,234\u00a0%"
    assert figure(KPI["pace"], 0.9996, 1.0) == "99.96\u00a0%"
    assert figure(KPI["touchpoints"], 1312, None) == "1,312"


def test_a_ratio_says_what_it_is_of_and_a_count_does_not() -> None:
    sums = {"appointments_accepted": 1201, "appointments_rejected": 33, "effective_touches": 7}

    assert sample(KPI["disqualification"], sums) == "of 1,234 decided"
    assert sample(KPI["touchpoints"], sums) == ""


def test_a_target_says_which_side_is_good() -> None:
    assert goal(KPI["contacts_to_leads"], 0.125) == "at least 12.5\u00a0%"
    assert goal(KPI["disqualification"], 0.05) == "at most 5\u00a0%"
    assert goal(KPI["inbound_share"], 0.6) == "around 60\u00a0%"
    assert goal(KPI["touchpoints"], 1500) == "at least 1,500"
    assert goal(KPI["touchpoints"], None) == ""


def test_spans_are_shown_in_their_largest_unit_rounded_down() -> None:
    spans = {0: "0 s", 59.9: "59 s", 60: "1 min", 3599: "59 min", 7199: "1 h", 172_800: "2 d"}
    assert {seconds: span(seconds).replace("\u00a0", " ") for seconds in spans} == spans
    assert data_age(None) == "no data yet"


def test_few_expected_touches_keep_a_decimal() -> None:
    assert expected(3.13) == "of 3.1 expected by now"
    assert expected(421.6) == "of 422 expected by now"
    assert expected(0) == "nothing expected yet"
