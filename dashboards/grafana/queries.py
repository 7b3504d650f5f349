"""PromQL of the Grafana panels: recorded series, and KPIs judged in words.

Targets come from the recorded series and never stand in a panel. A judged query returns the value
of a KPI with two labels more: `state`, which is one of those below, and `goal`.
"""

from dashboards.alerting.promql import LABELS, Level, recorded, target
from dashboards.grafana.palette import BAD, Words
from metrics.kpis import EXACT, EXPECTED_TOUCHES, KPI, MIX_TOLERANCE, Kpi, Measure
from metrics.names import NUMBER_LABELS, metric
from metrics.thresholds import STALE_AFTER

CHOSEN_FLOOR = 'floor="$floor"'
CHOSEN_TEAMS = f'{CHOSEN_FLOOR}, team=~"$team"'
LEGEND = "{{state}}{{goal}}"  # of a judged query
AGE = recorded("pipeline", "data_age_seconds", "max")
NO_AGE = -1  # stands for an age where no worker tells one
AGE_WORDS: Words = {NO_AGE: ("NO WORKER", BAD)}
UNTRUSTED = recorded("pipeline", "untrusted", "count")
OPEN = recorded("floor", "floor_open", "max")
FLOORS = f"label_values({OPEN}, floor)"
SIDE = {"at_least": "≥", "at_most": "≤", "near": "≈"}  # short enough for a tile of the wall


def aged() -> str:
    """The age of the data, with `state`: fresh or stale; missing, and NO_AGE, without a worker."""
    fresh, stale = (f"{AGE} {side} {STALE_AFTER:g}" for side in ("<=", ">"))
    return (
        f'label_replace({fresh}, "state", "fresh", "", "")\n'
        f'or label_replace({stale}, "state", "STALE", "", "")\n'
        f'or label_replace({NO_AGE} * absent({AGE}), "state", "missing", "", "")'
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
    """A measure of the chosen rep over the teams held; the greatest of workers that export it."""
    series = f'{metric(measure)}{{{CHOSEN_FLOOR}, rep="$rep", window=~"{window}"}}'
    return f"sum by ({by}) (max by ({NUMBER_LABELS}) ({series}))"


def judged(kpi: Kpi, level: Level, chosen: str, *, closes: bool = False) -> str:
    """A KPI by floor or team; where it *closes*, it is judged only while the floor is open.

    A count is judged by its pace, and its goal is what is expected by now.
    """
    by = ", ".join(LABELS[level])
    of = total(level, kpi.of, kpi.window, chosen)
    if kpi.is_ratio:
        value = ratio(level, kpi, chosen)
        return judge(kpi, value, of, by, closes=closes)
    pace = KPI["pace"]
    return judge(
        pace,
        of,
        of,
        by,
        by_its=ratio(level, pace, chosen),
        expected=total(level, EXPECTED_TOUCHES, kpi.window, chosen),
        closes=closes,
    )


def judge(
    kpi: Kpi,
    value: str,
    base: str,
    by: str,
    *,
    by_its: str = "",
    expected: str = "",
    closes: bool = False,
) -> str:
    """*value*, or what stands for it (*by_its*), by the target of the KPI.

    All are by the labels *by*. *base* is there also while there is no value. The goal is the
    target, or what is *expected*.
    """
    subject, there = by_its or value, f"count by ({by}) ({base})"
    aim = f"on (floor) group_left () ({target(kpi.name)})"
    states = {
        "stale": f"{there} and on () {AGE} > {STALE_AFTER:g}",
        "incomplete": f"{there} and on () {UNTRUSTED}",
        "closed": f"{there} and on (floor) {OPEN} == 0" if closes else "",
        "✓ ok": _met(kpi, subject, by),
        "▼ behind": f"{subject} < {aim}",
        "▲ over": f"{subject} > {aim}",
        "no target": subject,
        "too few data": there,
    }
    chain = f"\n    or on ({by}) ".join(
        f'label_replace({found}, "state", "{state}", "", "")'
        for state, found in states.items()
        if found
    )
    goal_by, goal = (by, _expected(expected, by)) if expected else ("floor", _goal(kpi))
    return (
        f"(\n  {value}\n  or on ({by}) {there} * 0 / 0\n)\n"
        f"* on ({by}) group_left (state) (\n  count by ({by}, state) (\n    {chain}\n  )\n)\n"
        f"* on ({goal_by}) group_left (goal) (\n  {goal}\n)"
    )


def _met(kpi: Kpi, subject: str, by: str) -> str:
    aim = target(kpi.name)
    if kpi.direction == "near":
        off = f"abs({subject} - on (floor) group_left () {aim})"
        return f"{subject} and on ({by}) {off} <= {MIX_TOLERANCE + EXACT:.9f}"
    side, slack = (">=", "-") if kpi.direction == "at_least" else ("<=", "+")
    return f"{subject} {side} on (floor) group_left () ({aim} {slack} {EXACT:g})"


def _goal(kpi: Kpi) -> str:
    """The target as a label; a floor without one has nothing to say."""
    percent = f'count_values by (floor) ("goal", round(100 * {target(kpi.name)}, 0.1))'
    words = f'label_replace({percent}, "goal", ", {SIDE[kpi.direction]} $1 %", "goal", "(.+)")'
    return f"{words}\n  or on (floor) count by (floor) ({OPEN})"


def _expected(expected: str, by: str) -> str:
    counted = f'count_values by ({by}) ("goal", round({expected}))'
    return f'label_replace({counted}, "goal", ", of $1 by now", "goal", "(.+)")'


def pace_states() -> str:
    """By team and through time: 0 behind, 1 ok, 2 closed, 3 stale; nothing where nothing is due."""
    pace = ratio("team", KPI["pace"], CHOSEN_TEAMS)
    there = f"count by (floor, team) ({pace})"
    return (
        f"max by (floor, team) (\n  3 * ({there} and on () {AGE} > {STALE_AFTER:g})\n"
        f"  or on (floor, team) 2 * ({there} and on (floor) {OPEN} == 0)\n"
        f"  or on (floor, team) ({pace} >= bool on (floor) group_left () "
        f"({target('pace')} - {EXACT:g}))\n)"
    )
