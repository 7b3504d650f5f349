"""PromQL of the Grafana panels: recorded series, and KPIs judged in words.

Targets come from the recorded series and never stand in a panel. A judged query returns the value
of a KPI with labels more: `state`, as it is recorded, `sample` and `goal`.
"""

from typing import TypedDict

from dashboards.alerting.promql import DATA_AGE, FLOOR_OPEN, LABELS, Level, recorded, target
from dashboards.grafana.palette import BAD, Words
from metrics.kpis import KPI, Kpi, Measure
from metrics.names import NUMBER_LABELS, metric
from metrics.states import STATES, is_pace
from metrics.thresholds import STALE_AFTER

CHOSEN_FLOOR = 'floor="$floor"'
CHOSEN_TEAMS = f'{CHOSEN_FLOOR}, team=~"$team"'
NO_AGE = -1  # stands for an age where no worker exports one
AGE_WORDS: Words = {NO_AGE: ("NO WORKER", BAD)}
FLOORS = f"label_values({FLOOR_OPEN}, floor)"
SIDE = {"at_least": "≥", "at_most": "≤", "near": "≈"}  # short enough for a tile of the wall


def aged() -> str:
    """The age of the data, with `state`: fresh or stale; missing, and NO_AGE, without a worker."""
    fresh, stale = (f"{DATA_AGE} {side} {STALE_AFTER:g}" for side in ("<=", ">"))
    return (
        f'label_replace({fresh}, "state", "fresh", "", "")\n'
        f'or label_replace({stale}, "state", "STALE", "", "")\n'
        f'or label_replace({NO_AGE} * absent({DATA_AGE}), "state", "missing", "", "")'
    )


def firing(matchers: str) -> str:
    """The alerts that fire, of those that fit the *matchers*."""
    both = ", ".join(filter(None, ('alertstate="firing"', matchers)))
    return f"ALERTS{{{both}}}"


def total(level: Level, measure: Measure, window: str, chosen: str) -> str:
    """A measure summed over the reps, and over its channels."""
    series = f'{recorded(level, measure, "sum")}{{{chosen}, window="{window}"}}'
    return f"sum without (channel) ({series})" if measure.channels else series


def ratio(level: Level, kpi: Kpi, chosen: str) -> str:
    """A KPI that is a ratio, in the window it is read in first."""
    return f'{recorded(level, kpi, "ratio")}{{{chosen}, window="{kpi.window}"}}'


def rep_total(measure: Measure, window: str, by: str = "floor") -> str:
    """A measure of the chosen rep over all their teams; the greatest of those exported."""
    series = f'{metric(measure)}{{{CHOSEN_FLOOR}, rep="$rep", window=~"{window}"}}'
    return f"sum by ({by}) (max by ({NUMBER_LABELS}) ({series}))"


def legend(kpi: Kpi) -> str:
    """What a judged query is called: only a ratio has a sample."""
    return "{{state}}{{sample}}{{goal}}" if kpi.is_ratio else "{{state}}{{goal}}"


class Format(TypedDict):
    """How Grafana writes a number."""

    unit: str
    decimals: int


def format_of(kpi: Kpi) -> Format:
    """A share in percent with a decimal; a pace, and a count, without any."""
    unit = "percentunit" if kpi.is_ratio else "locale"
    return Format(unit=unit, decimals=1 if kpi.is_ratio and not is_pace(kpi) else 0)


def judged(kpi: Kpi, level: Level, chosen: str) -> str:
    """A KPI by floor or team. A count is judged by its pace, and its goal is what is expected."""
    by = ", ".join(LABELS[level])
    hits = total(level, kpi.of, kpi.window, chosen)
    judge_by = kpi if kpi.is_ratio else KPI["pace"]
    state = f"{recorded(level, judge_by, 'state')}{{{chosen}}}"
    of = f"{recorded(level, judge_by, 'of')}{{{chosen}}}"
    if kpi.is_ratio:
        return judge(kpi, ratio(level, kpi, chosen), of, state, by)
    goal = f"{by}) group_left (goal) (\n  {_counted('goal', of, by, 'by now')}"
    return f"{hits}\n* on ({by}) group_left (state) {state}\n* on ({goal}\n)"


def judge(kpi: Kpi, value: str, of: str, state: str, by: str) -> str:
    """The *value* of a ratio, with its *state*, what it is *of* and its target as labels.

    All are by the labels *by*; *of* is there also while there is no value.
    """
    there = f"count by ({by}) ({of})"
    return (
        f"(\n  {value}\n  or on ({by}) {there} * 0 / 0\n)\n"
        f"* on ({by}) group_left (state) {state}\n"
        f"* on ({by}) group_left (sample) (\n  {_counted('sample', of, by, kpi.sample)}\n)\n"
        f"* on (floor) group_left (goal) (\n  {_goal(kpi)}\n)"
    )


def _goal(kpi: Kpi) -> str:
    """The target as a label; a floor without one has nothing to say."""
    percent = f'count_values by (floor) ("goal", round(100 * {target(kpi.name)}, 0.1))'
    words = f'label_replace({percent}, "goal", ", {SIDE[kpi.direction]} $1 %", "goal", "(.+)")'
    return f"{words}\n  or on (floor) count by (floor) ({FLOOR_OPEN})"


def _counted(label: str, of: str, by: str, words: str) -> str:
    counted = f'count_values by ({by}) ("{label}", round({of}))'
    return f'label_replace({counted}, "{label}", ", of $1 {words}", "{label}", "(.+)")'


def pace_states() -> str:
    """By team and through time, the place of the state of its pace in `metrics.states`."""
    series = recorded("team", KPI["pace"], "state")
    return "\nor on (floor, team) ".join(
        f'max by (floor, team) ({series}{{{CHOSEN_TEAMS}, state="{state.label}"}}) * {index}'
        for index, state in enumerate(STATES)
    )
