"""From conditions to alerts that fire: `for` and `keep_firing_for`, minute by minute of a shift.

A floor is closed between two shifts, so that every alert about people is over by the next one.
"""

from collections.abc import Iterable, Iterator
from math import sqrt
from typing import NamedTuple

from dashboards.alerting.prometheus import ALERTS

SHIFT = 480  # minutes
WEEK = 5  # shifts

Run = tuple[int, int]  # minutes of a shift, the second one excluded


class Times(NamedTuple):
    """How long a condition has to hold, and is kept; minutes."""

    hold: int
    keep: int


def minutes(text: str) -> int:
    """A duration as rules and windows write it."""
    return int(text[:-1]) * {"m": 1, "h": 60}[text[-1]] if text else 0


TIMES = {alert.name: Times(minutes(alert.hold), minutes(alert.keep)) for alert in ALERTS}


def runs(changes: Iterable[tuple[int, bool]]) -> Iterator[Run]:
    """When a condition holds, by what it is from some minutes on."""
    start: int | None = None
    for minute, is_so in changes:
        if is_so and start is None:
            start = minute
        elif not is_so and start is not None:
            if minute > start:
                yield start, minute
            start = None
    if start is not None:
        yield start, SHIFT


def firings(spans: Iterable[Run], times: Times) -> Iterator[int]:
    """The minutes in which an alert begins to fire."""
    fires_until: int | None = None
    for start, end in spans:
        if fires_until is None or start > fires_until:
            if end - 1 - start < times.hold:
                continue
            yield start + times.hold
        fires_until = end + times.keep


def interval(count: int) -> tuple[float, float]:
    """The 95 % interval of the mean of a Poisson count, as Byar approximates it."""
    z = 1.96
    low = count * (1 - 1 / (9 * count) - z / (3 * sqrt(count))) ** 3 if count else 0.0
    more = count + 1
    return low, more * (1 - 1 / (9 * more) + z / (3 * sqrt(more))) ** 3
