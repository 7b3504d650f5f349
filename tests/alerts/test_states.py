"""The recorded states: what may not be believed comes before the decision, and names no number."""

from collections.abc import Mapping
from pathlib import Path

import pytest
import yaml

from dashboards.alerting.rules import groups
from dashboards.alerting.states import state
from floorpulse.commands.generate import ROOT
from metrics.kpis import KPI
from metrics.states import CLOSE, CLOSED, INCOMPLETE, OFF_TARGET, ON_TARGET, STALE, TOO_FEW, State
from tests.prometheus import assert_rule_tests_pass

UNTIL = "floorpulse_complete_until_timestamp_seconds"
RULES = ROOT / "dashboards" / "generated" / "prometheus" / "recording.rules.yml"


def assert_promtool_finds(home: Path, test: Mapping[str, object], *, rules: bool = False) -> None:
    """Fails where promtool does."""
    file = home / "test.yml"
    document = {
        "rule_files": [str(RULES)] if rules else [],
        "evaluation_interval": "15s",
        "group_eval_order": [group.name for group in groups()],
        "tests": [{"interval": "15s", **test}],
    }
    file.write_text(yaml.safe_dump(document))
    assert_rule_tests_pass(file)


def assert_state(home: Path, name: str, label: str, *, without: str = "", **odd: float) -> None:
    """The state of a floor that is a little behind, were it not for what is *odd* about it."""
    values = {
        f'floor:floorpulse_kpi_target:max{{floor="north", kpi="{name}"}}': KPI[name].target,
        'hits{floor="north"}': 90,
        'of{floor="north"}': 100,
        'floor:floorpulse_floor_open:max{floor="north"}': odd.get("is_open", 1),
        'feed:floorpulse_data_age_seconds:max{feed="call"}': odd.get("calls", 3),
        'feed:floorpulse_data_age_seconds:max{feed="lead"}': odd.get("leads", 60),
    }
    if "parts" in odd:
        values["pipeline:floorpulse_incomplete:count"] = odd["parts"]
    if "missed" in odd:
        channel = '{floor="north", channel="email"}'
        values[f"floor:floorpulse_channel_missed_touches:min{channel}"] = odd["missed"]
        values[f"floor:floorpulse_channel_silent_seconds:min{channel}"] = 300
    series = [
        {"series": key, "values": f"{value}"}
        for key, value in values.items()
        if not without or without not in key
    ]
    labels = f'{{floor="north", state="{label}"}}'
    expr = state(KPI[name], "hits", "of", "floor")
    query = {"expr": expr, "eval_time": "0m", "exp_samples": [{"labels": labels, "value": 1}]}
    assert_promtool_finds(home, {"input_series": series, "promql_expr_test": [query]})


@pytest.mark.parametrize(
    ("name", "odd", "found"),
    [
        ("pace", {}, CLOSE),
        ("pace", {"is_open": 0}, CLOSED),
        ("pace", {"is_open": 0, "parts": 1}, INCOMPLETE),
        ("pace", {"is_open": 0, "parts": 1, "calls": 61}, STALE),
        ("pace", {"leads": 61}, CLOSE),  # it rests on no lead
        ("pace", {"missed": 12}, STALE),
        ("pace", {"missed": 11.9}, CLOSE),
        ("disqualification", {}, OFF_TARGET),
        ("disqualification", {"is_open": 0}, OFF_TARGET),  # of five days
        ("disqualification", {"calls": 61, "missed": 12}, OFF_TARGET),
        ("disqualification", {"leads": 61}, STALE),
        ("contacts_to_leads", {}, ON_TARGET),
        ("contacts_to_leads", {"leads": 61}, STALE),
        ("contacts_to_leads", {"calls": 61}, STALE),
    ],
    ids=lambda value: value.name if isinstance(value, State) else str(value),
)
def test_what_may_not_be_believed_is_said_first(
    tmp_path: Path, name: str, odd: dict[str, float], found: State
) -> None:
    assert_state(tmp_path, name, found.label, **odd)


def test_without_a_target_there_is_a_word_for_that(tmp_path: Path) -> None:
    assert_state(tmp_path, "pace", "no target", without="kpi_target")


def of_reps(measure: str, **by_team: int) -> dict[str, int]:
    """A measure of one rep in each team, over five days."""
    return {
        f'floorpulse_{measure}{{floor="north", team="{team}", rep="{team}1", window="5d"}}': value
        for team, value in by_team.items()
    }


def test_the_rules_record_samples_and_states_of_teams_and_floors(tmp_path: Path) -> None:
    samples: dict[str, float] = {
        **of_reps("appointments_accepted", hunters=60, farmers=3),
        **of_reps("appointments_rejected", hunters=3, farmers=1),
        'floorpulse_kpi_target{floor="north", kpi="disqualification"}': 0.05,
        "floorpulse_clock_timestamp_seconds": 1_000,
        f'{UNTIL}{{topic="sales.lead-status", partition="0"}}': 990,
        f'{UNTIL}{{topic="sales.calls", partition="0"}}': 900,
        'floorpulse_assigned_partitions{topic="sales.calls", worker="w"}': 1,
        'floorpulse_assigned_partitions{topic="sales.lead-status", worker="w"}': 1,
    }
    kpi = "floorpulse_disqualification"
    expected = {
        f"team:{kpi}:of": {', team="farmers", window="5d"': 4, ', team="hunters", window="5d"': 63},
        f"floor:{kpi}:of": {', window="5d"': 67},
        f"team:{kpi}:state": {
            f', state="{TOO_FEW.label}", team="farmers"': 1,
            f', state="{ON_TARGET.label}", team="hunters"': 1,
        },
        f"floor:{kpi}:state": {f', state="{CLOSE.label}"': 1},
        "feed:floorpulse_data_age_seconds:max": {},
    }
    queries = [
        {
            "expr": f'{name}{{floor="north"}}',
            "eval_time": "2m",
            "exp_samples": [
                {"labels": f'{name}{{floor="north"{labels}}}', "value": value}
                for labels, value in samples.items()
            ],
        }
        for name, samples in expected.items()
    ]
    ages = [
        {"labels": f'feed:floorpulse_data_age_seconds:max{{feed="{feed}"}}', "value": age}
        for feed, age in {"call": 100, "lead": 10}.items()
    ]
    name = "feed:floorpulse_data_age_seconds:max"
    queries[-1] = {"expr": name, "eval_time": "2m", "exp_samples": ages}
    series = [{"series": key, "values": f"{value}x10"} for key, value in samples.items()]
    assert_promtool_finds(
        tmp_path, {"input_series": series, "promql_expr_test": queries}, rules=True
    )
