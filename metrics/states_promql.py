"""The decision of `states.judge` in PromQL, for the recording rules and for Grafana.

The arithmetic is the same to the last bit; `tests/unit/metrics/test_states.py` asks Prometheus.
"""

from collections.abc import Iterable, Iterator

from metrics import wilson
from metrics.kpis import EXACT, MIX_TOLERANCE, Kpi
from metrics.states import (
    CLOSE,
    OFF_TARGET,
    ON_TARGET,
    TELLS_ALWAYS,
    TELLS_FROM,
    TOO_FEW,
    Z_95,
    State,
    is_pace,
)

NO_TARGET = "no target"  # what stands in the label `state` where there is no state


def first_of(by: str, pairs: Iterable[tuple[str, str]]) -> str:
    """One sample by the labels *by* and `state`: the first of (label, expression) that is there."""
    chain = f"\nor on ({by}) ".join(
        f'label_replace({expr}, "state", "{label}", "", "")' for label, expr in pairs if expr
    )
    return f"count by ({by}, state) (\n{chain}\n)"


def judged(
    kpi: Kpi, hits: str, of: str, aim: str, bounds: tuple[str, str] | None = None
) -> Iterator[tuple[State, str]]:
    """States with what is there when they are so; the first counts, and one may come twice.

    *hits* and *of* are vectors with the same labels, *aim* one by floor alone. *bounds* are those
    of the share where they are recorded.
    """
    if is_pace(kpi):
        yield from _pace(hits, of, aim)
    else:
        yield from _share(kpi, hits, of, aim, bounds or bounds_of(hits, of))


def bounds_of(hits: str, of: str) -> tuple[str, str]:
    """The lower and the upper bound of a share."""
    low, high = (f"({wilson.promql(hits, of, Z_95, side)})" for side in wilson.SIDES)
    return low, high


def _pace(done: str, of: str, aim: str) -> Iterator[tuple[State, str]]:
    due = f"({of} * {_at(aim)})"
    yield TOO_FEW, f"{due} < {Z_95 * Z_95!r}"
    yield ON_TARGET, f"{done} >= {due} - {EXACT!r}"
    yield CLOSE, f"({due} - {done}) / sqrt({due}) <= {Z_95!r}"
    yield OFF_TARGET, due


def _share(
    kpi: Kpi, hits: str, of: str, aim: str, bounds: tuple[str, str]
) -> Iterator[tuple[State, str]]:
    low, high = bounds
    near = kpi.direction == "near"
    least = f"({aim} - {MIX_TOLERANCE!r})" if near else aim
    most = f"({aim} + {MIX_TOLERANCE!r})" if near else aim
    too_low, too_high = f"{high} < {_at(least)}", f"{low} > {_at(most)}"
    high_enough, low_enough = f"{low} >= {_at(least)}", f"{high} <= {_at(most)}"
    few = f"{low} < {_at(least)} and {high} > {_at(most)}" if near else f"{of} < {_at(_odds(aim))}"

    yield TOO_FEW, f"{of} < {TELLS_FROM} and on (floor) {aim}"
    if kpi.direction != "at_most":
        yield OFF_TARGET, too_low
    if kpi.direction != "at_least":
        yield OFF_TARGET, too_high
    on = {"at_least": high_enough, "at_most": low_enough, "near": f"{high_enough} and {low_enough}"}
    yield ON_TARGET, on[kpi.direction]
    yield TOO_FEW, f"{few} and {of} < {TELLS_ALWAYS}"
    yield ON_TARGET, _met(kpi, f"{hits} / ({of} > 0)", aim)
    yield CLOSE, f"{of} and on (floor) {aim}"


def _odds(aim: str) -> str:
    off = f"abs({aim} - 0.5)"
    return f"({Z_95 * Z_95!r} * ((0.5 + {off}) / (0.5 - {off})))"


def _met(kpi: Kpi, value: str, aim: str) -> str:
    if kpi.direction == "near":
        return f"abs({value} - {_at(aim)}) <= {MIX_TOLERANCE + EXACT!r}"
    side = (">=", "-") if kpi.direction == "at_least" else ("<=", "+")
    return f"{value} {side[0]} {_at(f'({aim} {side[1]} {EXACT!r})')}"


def _at(aim: str) -> str:
    return f"on (floor) group_left () {aim}"
