"""What is counted on a floor: random arrivals, shares of them, and the open days before today."""

from collections import deque
from collections.abc import Iterable, Iterator
from itertools import islice
from random import Random
from typing import NamedTuple

from bench.alertsim.firing import SHIFT
from metrics.kpis import KPI

KEPT = 19  # open days before today: with it, the longest window

Trial = tuple[int, bool]  # the minute of the shift, and whether it is a hit


class Shape(NamedTuple):
    """A floor: its reps are in teams of the same size."""

    reps: int
    teams: int

    def team_of(self, rep: int) -> int:
        """The team of a rep, both by number."""
        return rep * self.teams // self.reps


class Firing(NamedTuple):
    """An alert that began to fire; `who` is the team or rep of its floor."""

    alert: str
    level: str
    who: int
    minute: int


def target(kpi: str) -> float:
    """The target of a KPI of the catalogue."""
    target = KPI[kpi].target
    assert target is not None
    return target


def arrivals(random: Random, per_minute: float) -> Iterator[int]:
    """The minutes of a shift in which something happens, of a Poisson process, in order."""
    if not per_minute:
        return
    at = random.expovariate(per_minute)
    while at < SHIFT:
        yield int(at)
        at += random.expovariate(per_minute)


class Past:
    """Hits and trials of the open days before today."""

    def __init__(self) -> None:
        self._days: deque[tuple[int, int]] = deque(maxlen=KEPT)

    def close(self, trials: Iterable[Trial]) -> None:
        """Count a day that is over."""
        hits = [is_hit for _, is_hit in trials]
        self._days.append((sum(hits), len(hits)))

    def before(self, days: int) -> tuple[int, int]:
        """Hits and trials of a window of so many open days, without today."""
        hits = of = 0
        for one_day in islice(reversed(self._days), days - 1):
            hits += one_day[0]
            of += one_day[1]
        return hits, of


def running(trials: Iterable[Trial]) -> Iterator[tuple[int, int, int]]:
    """(minute, hits, trials) of a day so far, wherever they change; the day begins with none."""
    last, hits, of = 0, 0, 0
    for minute, is_hit in trials:
        if minute > last:
            yield last, hits, of
            last = minute
        hits += is_hit
        of += 1
    yield last, hits, of
