"""What judged queries say, asked of promtool: the states in words, their order, and the goals."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from dashboards.grafana.palette import BAD, GOOD, MUTED, state_colours
from dashboards.grafana.queries import aged, judged, pace_states
from metrics.kpis import KPI, Kpi
from metrics.states import CLOSE, OFF_TARGET, STALE, STATES, TOO_FEW, State
from tests.prometheus import assert_rule_tests_pass

FLOOR = 'floor="north"'
ODD = 7  # minutes


def assert_promtool_finds(
    home: Path, expr: str, series: dict[str, str], expected: list[dict[str, Any]]
) -> None:
    """Fails where promtool does."""
    test = {
        "interval": "1m",
        "input_series": [
            {"series": name, "values": f"{value}x{ODD}"} for name, value in series.items()
        ],
        "promql_expr_test": [
            {"expr": expr, "eval_time": f"{ODD}m", "exp_samples": expected},
        ],
    }
    file = home / "test.yml"
    file.write_text(yaml.safe_dump({"rule_files": [], "tests": [test]}))
    assert_rule_tests_pass(file)


def recorded_of(
    kpi: Kpi, state: State, of: int, value: float | None = None, target: float | None = None
) -> dict[str, str]:
    """What is recorded of a KPI of the north floor, and of another that must not matter."""
    ours = f"floor:floorpulse_{kpi.name}"
    series = {
        f'{ours}:state{{floor="north", state="{state.label}"}}': "1",
        f'{ours}:state{{floor="south", state="{STALE.label}"}}': "1",
        f'{ours}:of{{floor="north"}}': f"{of}",
        'floor:floorpulse_floor_open:max{floor="north"}': "1",
        f'floor:floorpulse_kpi_target:max{{floor="south", kpi="{kpi.name}"}}': "0.5",
    }
    if value is not None:
        series[f'{ours}:ratio{{floor="north", window="{kpi.window}"}}'] = f"{value}"
    if target is not None:
        series[f'floor:floorpulse_kpi_target:max{{floor="north", kpi="{kpi.name}"}}'] = f"{target}"
    return series


def test_a_ratio_has_its_state_its_sample_and_its_target_as_labels(tmp_path: Path) -> None:
    kpi = KPI["contacts_to_leads"]
    series = recorded_of(kpi, CLOSE, of=312, value=0.09, target=0.125)

    labels = '{floor="north", goal=", ≥ 12.5 %", sample=", of 312 contacts", state="≈ close"'
    expected = [{"labels": f'{labels}, window="20d"}}', "value": 0.09}]
    assert_promtool_finds(tmp_path, judged(kpi, "floor", FLOOR), series, expected)


def test_a_ratio_of_nothing_is_there_without_a_value(tmp_path: Path) -> None:
    kpi = KPI["disqualification"]
    expr = judged(kpi, "floor", FLOOR)
    series = recorded_of(kpi, TOO_FEW, of=0, target=0.05)

    # promtool takes NaN for different from itself
    by = "floor, state, sample, goal"
    labels = '{floor="north", goal=", ≤ 5 %", sample=", of 0 decided", state="? too few to tell"}'
    assert_promtool_finds(
        tmp_path,
        f"count by ({by}) (({expr}) != ({expr}))",
        series,
        [{"labels": labels, "value": 1}],
    )


def test_a_ratio_without_a_target_says_nothing_of_one(tmp_path: Path) -> None:
    kpi = KPI["lead_to_won"]
    series = recorded_of(kpi, TOO_FEW, of=600, value=0.2)

    labels = '{floor="north", sample=", of 600 leads", state="? too few to tell", window="90d"}'
    expected = [{"labels": labels, "value": 0.2}]
    assert_promtool_finds(tmp_path, judged(kpi, "floor", FLOOR), series, expected)


def test_a_count_is_summed_over_channels_and_has_the_state_of_its_pace(tmp_path: Path) -> None:
    done = 'floor:floorpulse_effective_touches:sum{floor="north", window="today", channel='
    series = {
        **recorded_of(KPI["pace"], OFF_TARGET, of=50, value=0.92, target=1),
        f'{done}"call"}}': "31",
        f'{done}"email"}}': "15",
    }
    labels = '{floor="north", goal=", of 50 by now", state="✗ off target", window="today"}'
    expected = [{"labels": labels, "value": 46}]
    assert_promtool_finds(tmp_path, judged(KPI["touchpoints"], "floor", FLOOR), series, expected)


@pytest.mark.parametrize(("age", "state"), [(60, "fresh"), (61, "STALE")])
def test_the_age_of_the_data_is_said_in_a_word_too(tmp_path: Path, age: int, state: str) -> None:
    series = {"pipeline:floorpulse_data_age_seconds:max": f"{age}"}
    name = "pipeline:floorpulse_data_age_seconds:max"

    sample = {"labels": f'{name}{{state="{state}"}}', "value": age}
    assert_promtool_finds(tmp_path, aged(), series, [sample])


def test_without_a_worker_the_age_is_missing_and_there_is_a_sample_that_says_so(
    tmp_path: Path,
) -> None:
    assert_promtool_finds(
        tmp_path, aged(), {"up": "0"}, [{"labels": '{state="missing"}', "value": -1}]
    )


@pytest.mark.parametrize("state", STATES)
def test_the_pace_of_teams_through_time_is_the_place_of_its_state(
    tmp_path: Path, state: State
) -> None:
    expr = pace_states().replace("$floor", "north").replace("$team", ".*")
    label = f'floor="north", team="hunters", state="{state.label}"'

    expected = [{"labels": '{floor="north", team="hunters"}', "value": STATES.index(state)}]
    assert_promtool_finds(tmp_path, expr, {f"team:floorpulse_pace:state{{{label}}}": "1"}, expected)


def coloured(name: str) -> str | None:
    """The colour of a series of that name: as in Grafana, the last override that fits."""
    fitting = [
        override["properties"][0]["value"]["fixedColor"]
        for override in state_colours()
        if re.search(override["matcher"]["options"].strip("/"), name)
    ]
    return fitting[-1] if fitting else None


@pytest.mark.parametrize(
    ("name", "colour"),
    [
        ("hunters ✓ on target", GOOD),
        ("hunters ✓ on target, ≥ 10 %", GOOD),
        ("✓ on target, of 50 by now", GOOD),
        ("hunters ✗ off target, ≥ 10 %", BAD),
        ("≈ close, of 84 decided, ≤ 5 %", CLOSE.colour),
        ("hunters ‖ stale, ≈ 60 %", MUTED),
        ("no target", MUTED),
        ("hunters ? too few to tell, ≤ 5 %", MUTED),
        ("closed-won ✓ on target, ≥ 10 %", GOOD),
        ("closed ✗ off target", BAD),
        ("re incomplete ✓ on target", GOOD),
        ("closed-won", None),
    ],
)
def test_a_series_has_the_colour_of_its_state_whatever_its_team_is_called(
    name: str, colour: str | None
) -> None:
    assert coloured(name) == colour
