"""What judged queries say, asked of promtool: the states in words, their order, and the goals."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from dashboards.grafana.palette import BAD, GOOD, MUTED, state_colours
from dashboards.grafana.queries import aged, judged, pace_states
from metrics.kpis import KPI
from tests.prometheus import assert_rule_tests_pass

NORTH = 'floor="north"'
FLOOR = 'floor="$floor"'
ODD = 7  # minutes


def ratio(name: str, value: float | None, window: str) -> dict[str, str]:
    if value is None:
        return {}
    return {f'floor:floorpulse_{name}:ratio{{floor="north", window="{window}"}}': f"{value}"}


def world(
    *, is_open: int = 1, age: float = 3, untrusted: bool = False, **targets: float
) -> dict[str, str]:
    series = {
        'floor:floorpulse_floor_open:max{floor="north"}': f"{is_open}",
        'floor:floorpulse_floor_open:max{floor="south"}': "1",
        "pipeline:floorpulse_data_age_seconds:max": f"{age}",
        'floor:floorpulse_kpi_target:max{floor="south", kpi="pace"}': "0.5",
    }
    if untrusted:
        series["pipeline:floorpulse_untrusted:count"] = "1"
    for kpi, target in targets.items():
        series[f'floor:floorpulse_kpi_target:max{{floor="north", kpi="{kpi}"}}'] = f"{target}"
    return series


def counted(measure: str, window: str, count: int = 0, channel: str = "") -> dict[str, str]:
    label = f', channel="{channel}"' if channel else ""
    series = f'floor:floorpulse_{measure}:sum{{floor="north", window="{window}"{label}}}'
    return {series: f"{count}"}


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


def labels(state: str, goal: str = "", **others: str) -> str:
    named = {"floor": "north", **({"goal": goal} if goal else {}), "state": state, **others}
    return "{" + ", ".join(f'{name}="{value}"' for name, value in sorted(named.items())) + "}"


def assert_judged(
    home: Path, name: str, value: float | None, world: dict[str, str], state: str, goal: str
) -> None:
    kpi = KPI[name]
    series = {**ratio(name, value, kpi.window), **counted(kpi.of.name, kpi.window), **world}
    others = {"window": kpi.window} if value is not None else {}
    sample = {"labels": labels(state, goal, **others), "value": value}
    if value is None:
        sample["value"] = ".nan"
    expr = judged(kpi, "floor", FLOOR, closes=True).replace("$floor", "north")
    if value is None:  # promtool holds NaN for different from itself
        expr, sample["value"] = f"count by (floor, state, goal) (({expr}) != ({expr}))", 1
    assert_promtool_finds(home, expr, series, [sample])


@pytest.mark.parametrize(
    ("name", "value", "target", "state", "goal"),
    [
        ("contacts_to_leads", 0.1, 0.1, "✓ ok", ", ≥ 10 %"),
        ("contacts_to_leads", 0.0999999999, 0.1, "✓ ok", ", ≥ 10 %"),  # floats, not a verdict
        ("disqualification", 0.0500000001, 0.05, "✓ ok", ", ≤ 5 %"),
        ("contacts_to_leads", 0.099, 0.1, "▼ behind", ", ≥ 10 %"),
        ("contacts_to_leads", 0.3, 0.125, "✓ ok", ", ≥ 12.5 %"),
        ("disqualification", 0.05, 0.05, "✓ ok", ", ≤ 5 %"),
        ("disqualification", 0.07, 0.05, "▲ over", ", ≤ 5 %"),
        ("inbound_share", 0.7, 0.6, "✓ ok", ", ≈ 60 %"),
        ("inbound_share", 0.49, 0.6, "▼ behind", ", ≈ 60 %"),
        ("inbound_share", 0.71, 0.6, "▲ over", ", ≈ 60 %"),
    ],
)
def test_a_kpi_is_judged_by_its_side_of_the_target(
    tmp_path: Path, name: str, value: float, target: float, state: str, goal: str
) -> None:
    assert_judged(tmp_path, name, value, world(**{name: target}), state, goal)


def test_without_a_target_nothing_is_thought_of_it(tmp_path: Path) -> None:
    assert_judged(tmp_path, "lead_to_won", 0.2, world(), "no target", "")


def test_without_a_denominator_there_are_too_few_data(tmp_path: Path) -> None:
    given = world(contacts_to_leads=0.1)

    assert_judged(tmp_path, "contacts_to_leads", None, given, "too few data", ", ≥ 10 %")


def test_while_the_floor_is_closed_nothing_is_judged(tmp_path: Path) -> None:
    given = world(is_open=0, contacts_to_leads=0.1)

    assert_judged(tmp_path, "contacts_to_leads", 0.05, given, "closed", ", ≥ 10 %")


def test_where_hours_do_not_matter_a_closed_floor_is_judged(tmp_path: Path) -> None:
    series = {
        **world(is_open=0, contacts_to_leads=0.1),
        **ratio("contacts_to_leads", 0.2, "20d"),
        **counted("contacts_converted", "20d"),
    }
    expr = judged(KPI["contacts_to_leads"], "floor", FLOOR).replace("$floor", "north")

    sample = {"labels": labels("✓ ok", ", ≥ 10 %", window="20d"), "value": 0.2}
    assert_promtool_finds(tmp_path, expr, series, [sample])


@pytest.mark.parametrize("is_open", [0, 1])
def test_stale_numbers_are_not_judged_whatever_else_is_so(tmp_path: Path, is_open: int) -> None:
    given = world(is_open=is_open, age=61, untrusted=True, contacts_to_leads=0.1)

    assert_judged(tmp_path, "contacts_to_leads", 0.05, given, "stale", ", ≥ 10 %")


def test_numbers_that_miss_a_part_are_not_judged(tmp_path: Path) -> None:
    given = world(untrusted=True, contacts_to_leads=0.1)

    assert_judged(tmp_path, "contacts_to_leads", 0.05, given, "incomplete", ", ≥ 10 %")


def test_a_count_is_summed_over_channels_and_judged_by_its_pace(tmp_path: Path) -> None:
    series = {
        **world(pace=1),
        **ratio("pace", 0.92, "today"),
        **counted("effective_touches", "today", 31, "call"),
        **counted("effective_touches", "today", 15, "email"),
        **counted("expected_touches", "today", 37, "call"),
        **counted("expected_touches", "today", 13, "email"),
    }
    expr = judged(KPI["touchpoints"], "floor", FLOOR).replace("$floor", "north")

    sample = {"labels": labels("▼ behind", ", of 50 by now", window="today"), "value": 46}
    assert_promtool_finds(tmp_path, expr, series, [sample])


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


def team_pace(**paces: float) -> dict[str, str]:
    return {
        f'team:floorpulse_pace:ratio{{floor="north", team="{team}", window="today"}}': f"{pace}"
        for team, pace in paces.items()
    }


@pytest.mark.parametrize(
    ("given", "states"),
    [
        (world(pace=0.8), {"farmers": 0, "hunters": 1}),
        (world(pace=0.8, is_open=0), {"farmers": 2, "hunters": 2}),
        (world(pace=0.8, is_open=0, age=61), {"farmers": 3, "hunters": 3}),
    ],
    ids=["judged", "closed", "stale"],
)
def test_the_pace_of_teams_through_time_is_a_number_for_each_word(
    tmp_path: Path, given: dict[str, str], states: dict[str, int]
) -> None:
    expr = pace_states().replace("$floor", "north").replace("$team", ".*")

    expected = [
        {"labels": f'{{floor="north", team="{team}"}}', "value": state}
        for team, state in states.items()
    ]
    assert_promtool_finds(
        tmp_path, expr, {**given, **team_pace(farmers=0.79, hunters=0.8)}, expected
    )


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
        ("hunters ✓ ok", GOOD),
        ("hunters ✓ ok, ≥ 10 %", GOOD),
        ("✓ ok, of 50 by now", GOOD),
        ("hunters ▼ behind, ≥ 10 %", BAD),
        ("▲ over", BAD),
        ("hunters stale, ≈ 60 %", MUTED),
        ("no target", MUTED),
        ("hunters too few data, ≤ 5 %", MUTED),
        ("closed-won ✓ ok, ≥ 10 %", GOOD),
        ("closed ▼ behind", BAD),
        ("re incomplete ✓ ok", GOOD),
        ("closed-won", None),
    ],
)
def test_a_series_has_the_colour_of_its_state_whatever_its_team_is_called(
    name: str, colour: str | None
) -> None:
    assert coloured(name) == colour
