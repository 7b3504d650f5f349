"""The conditions of the alerts about people, in Python: what the rules ask of counts.

tests/alerts/test_simulation.py proves with promtool that the generated rules say the same. What is
named `decided` and `rejected` is what alerts count, and `before` is the 20 open days before today.
"""

from math import sqrt

from metrics import wilson
from metrics.kpis import MIX_TOLERANCE
from metrics.thresholds import (
    BASELINE,
    BASELINE_AT_LEAST,
    COLLAPSE_AT_LEAST,
    COLLAPSE_RATIO,
    COLLAPSE_REPS,
    COLLAPSE_SILENT_SHARE,
    COLLAPSE_Z,
    CONVERSION_AT_LEAST,
    PACE_REP_AT_LEAST,
    PACE_REP_RATIO,
    PACE_REP_Z,
    SILENT_CHANNEL_AT_LEAST,
    SILENT_EXPECTED,
    SILENT_REP_AT_LEAST,
    SPOTLESS_AT_LEAST,
    Z_99,
    Z_999,
    Share,
)


def usual(rejected_before: int, decided_before: int, target: float) -> float:
    """The target, or BASELINE times the own share if that is more."""
    if decided_before < BASELINE_AT_LEAST:
        return target
    return max(BASELINE * (rejected_before / decided_before), target)


def is_above(
    share: Share, rejected: int, decided: int, fresh: int, reference: float, target: float
) -> bool:
    """Whether the share of rejections is too much: spike, drift and trend.

    A trend has no least share in its rule: its bound over the target says more than that.
    """
    if rejected < share.at_least or fresh < share.fresh or not decided:
        return False
    bound = wilson.bound(rejected, decided, Z_999, "low")
    return bound > reference and rejected / decided > share.times * target


def is_spotless(rejected: int, decided: int) -> bool:
    """Whether so many decisions without a rejection are suspicious."""
    return decided >= SPOTLESS_AT_LEAST and rejected == 0


def is_conversion_low(converted: int, contacts: int, target: float) -> bool:
    """Whether too few contacts become leads."""
    return (
        contacts >= CONVERSION_AT_LEAST and wilson.bound(converted, contacts, Z_99, "high") < target
    )


def is_mix_off(inbound: int, outbound: int, target: float) -> bool:
    """Whether the share of inbound leads is off its target by more than is tolerated."""
    known = inbound + outbound
    if not known:
        return False
    return (
        wilson.bound(inbound, known, Z_999, "low") > target + MIX_TOLERANCE
        or wilson.bound(inbound, known, Z_999, "high") < target - MIX_TOLERANCE
    )


def is_behind(done: int, due: float) -> bool:
    """Whether a rep is behind pace, by the touches of today and those that are expected by now."""
    if due < PACE_REP_AT_LEAST:
        return False
    return (due - done) / sqrt(due) > PACE_REP_Z and done / due < PACE_REP_RATIO


def is_silent(seconds: float, per_hour: float) -> bool:
    """Whether a rep is silent for so long that it is no chance."""
    return seconds >= SILENT_REP_AT_LEAST and seconds / 3600 * per_hour >= SILENT_EXPECTED


def is_channel_silent(seconds: float, per_hour: float) -> bool:
    """Whether a channel is."""
    return seconds >= SILENT_CHANNEL_AT_LEAST and seconds / 3600 * per_hour >= SILENT_EXPECTED


def are_silent(silent: int, on_shift: int) -> bool:
    """Whether so many reps are silent at once that it is no matter of people."""
    return on_shift >= COLLAPSE_REPS and silent / on_shift > COLLAPSE_SILENT_SHARE


def is_collapsed(done: int, due: float, silent: int, on_shift: int) -> bool:
    """Whether a floor is, by the touches of 15 minutes and those expected, or by silent reps."""
    if are_silent(silent, on_shift):
        return True
    if due < COLLAPSE_AT_LEAST:
        return False
    return (due - done) / sqrt(due) > COLLAPSE_Z and done / due < COLLAPSE_RATIO
