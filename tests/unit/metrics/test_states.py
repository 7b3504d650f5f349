"""What is thought of a number, by its sample and by chance; Prometheus comes to the same."""

import random
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
import yaml

from metrics.kpis import KPI, KPIS, Kpi
from metrics.states import (
    CLOSE,
    CLOSED,
    INCOMPLETE,
    OFF_TARGET,
    ON_TARGET,
    STALE,
    STATES,
    TOO_FEW,
    State,
    closes,
    is_pace,
    judge,
)
from metrics.states_promql import first_of, judged
from tests.prometheus import assert_rule_tests_pass

RATIOS = [kpi for kpi in KPIS if kpi.is_ratio]


@pytest.mark.parametrize(
    ("name", "hits", "of", "target", "state"),
    [
        ("disqualification", 0, 1, 0.05, TOO_FEW),  # 0 % of one
        ("disqualification", 1, 1, 0.05, TOO_FEW),
        ("disqualification", 0, 9, 0.05, TOO_FEW),
        ("disqualification", 6, 10, 0.05, OFF_TARGET),  # chance does not do that
        ("disqualification", 1, 30, 0.05, TOO_FEW),  # nor would none of 30 prove anything
        ("disqualification", 0, 51, 0.05, TOO_FEW),
        ("disqualification", 0, 52, 0.05, ON_TARGET),
        ("disqualification", 3, 84, 0.05, ON_TARGET),
        ("disqualification", 5, 84, 0.05, CLOSE),  # 6 %, within chance
        ("disqualification", 9, 84, 0.05, OFF_TARGET),
        ("disqualification", 0, 100, 0, ON_TARGET),
        ("disqualification", 1, 100, 0, OFF_TARGET),
        ("contacts_to_leads", 0, 24, 0.1, TOO_FEW),
        ("contacts_to_leads", 0, 25, 0.1, OFF_TARGET),
        ("contacts_to_leads", 5, 10, 0.1, ON_TARGET),  # proven by ten
        ("contacts_to_leads", 28, 300, 0.1, CLOSE),
        ("contacts_to_leads", 20, 300, 0.1, OFF_TARGET),
        ("contacts_to_leads", 30, 300, 0.1, ON_TARGET),
        ("inbound_share", 18, 30, 0.6, TOO_FEW),  # may be 45 % or 73 %
        ("inbound_share", 60, 100, 0.6, ON_TARGET),
        ("inbound_share", 48, 100, 0.6, CLOSE),
        ("inbound_share", 40, 100, 0.6, OFF_TARGET),
        ("inbound_share", 80, 100, 0.6, OFF_TARGET),
        ("pace", 99, 100, 1, CLOSE),
        ("pace", 83, 100, 1, OFF_TARGET),
        ("pace", 100, 100, 1, ON_TARGET),
        ("pace", 5, 2, 1, TOO_FEW),
        ("pace", 0, 3, 1, OFF_TARGET),
        ("pace", 80, 100, 0.8, ON_TARGET),
        ("lead_to_won", 3, 90, None, None),
    ],
)
def test_a_number_is_judged_by_its_sample_and_by_chance(
    name: str, hits: float, of: float, target: float | None, state: State | None
) -> None:
    assert judge(KPI[name], hits, of, target) == state


def test_a_sum_of_floats_that_is_off_by_a_rounding_is_on_target() -> None:
    assert judge(KPI["pace"], 30, 30.000000000001, 1) == ON_TARGET


class Drawn(NamedTuple):
    """Numbers of one floor."""

    kpi: Kpi
    floor: str
    hits: int
    of: float
    target: float


def draw(seed: int, count: int) -> Iterator[Drawn]:
    """Numbers small and large, most of them near their targets, where the states meet."""
    dice = random.Random(seed)
    for number in range(count):
        kpi = RATIOS[number % len(RATIOS)]
        target = dice.choice([kpi.target or 0.2, 0, 1, 0.5, 0.33, round(dice.random(), 3)])
        most = dice.choice([3, 12, 60, 110, 2000])
        edge = dice.choice([9, 10, 25, 52, 99, 100, *[dice.randint(0, most)] * 6])
        of = dice.uniform(0, most) if is_pace(kpi) else edge
        near = of * min(1, max(0, target + dice.choice([0, -1, 1]) * dice.random() / 4))
        hits = dice.choice([0, int(of), round(near), round(near)])
        yield Drawn(kpi, f"f{number}", hits, of, target)


DRAWN = list(draw(7, 1200))


def series(drawn: Drawn) -> dict[str, str]:
    numbers = {"hits": drawn.hits, "of": drawn.of, "aim": drawn.target}
    return {f'{name}{{floor="{drawn.floor}"}}': f"{value!r}" for name, value in numbers.items()}


def test_prometheus_comes_to_the_same_states_on_drawn_numbers(tmp_path: Path) -> None:
    """Of each KPI one query over floors by the hundred."""
    tests = []
    for kpi in RATIOS:
        drawn = [one for one in DRAWN if one.kpi is kpi]
        given = {name: value for one in drawn for name, value in series(one).items()}
        pairs = [(state.name, expr) for state, expr in judged(kpi, "hits", "of", "aim")]
        expected = [
            {"labels": f'{{floor="{one.floor}", state="{state.name}"}}', "value": 1}
            for one in drawn
            if (state := judge(kpi, one.hits, one.of, one.target))
        ]
        query = {"expr": first_of("floor", pairs), "eval_time": "0m", "exp_samples": expected}
        inputs = [{"series": name, "values": value} for name, value in given.items()]
        tests.append({"input_series": inputs, "promql_expr_test": [query]})
    file = tmp_path / "test.yml"
    file.write_text(yaml.safe_dump({"rule_files": [], "tests": tests}))

    assert_rule_tests_pass(file)


def test_the_drawn_numbers_come_to_every_state() -> None:
    for kpi in RATIOS:
        found = {judge(kpi, *one[2:]) for one in DRAWN if one.kpi is kpi}
        assert found == {ON_TARGET, CLOSE, OFF_TARGET, TOO_FEW}, kpi.name


def test_a_floor_without_a_target_has_no_state_in_prometheus_either(tmp_path: Path) -> None:
    queries = [
        {
            "expr": first_of("floor", [(s.name, e) for s, e in judged(kpi, "hits", "of", "aim")]),
            "eval_time": "0m",
            "exp_samples": [],
        }
        for kpi in RATIOS
    ]
    inputs = [{"series": f'{name}{{floor="f"}}', "values": "3"} for name in ("hits", "of")]
    inputs.append({"series": 'aim{floor="other"}', "values": "0.1"})
    file = tmp_path / "test.yml"
    tests = [{"input_series": inputs, "promql_expr_test": queries}]
    file.write_text(yaml.safe_dump({"rule_files": [], "tests": tests}))

    assert_rule_tests_pass(file)


def luminance(colour: str) -> float:
    """Relative luminance, by WCAG 2."""
    parts = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    linear = [
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    bright, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (bright + 0.05) / (dark + 0.05)


def test_every_state_has_its_own_word_and_shape_and_can_be_read_on_dark_and_light() -> None:
    assert STATES == (ON_TARGET, CLOSE, OFF_TARGET, TOO_FEW, STALE, INCOMPLETE, CLOSED)
    for field in ("name", "words", "shape"):
        assert len({getattr(state, field) for state in STATES}) == len(STATES)
    for state in STATES:
        assert contrast(state.on_dark, "#151c26") >= 4.5
        assert contrast(state.on_light, "#ffffff") >= 4.5
        assert contrast(state.colour, "#ffffff") >= 3  # large letters, as Grafana's are


def test_only_what_is_of_today_rests_with_its_floor() -> None:
    assert {kpi.name for kpi in KPIS if closes(kpi)} == {"touchpoints", "pace"}
