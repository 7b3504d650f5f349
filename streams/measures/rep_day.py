"""A rep's business day in one team by the quarter hour: what was done, and what is expected."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from streams.clock import Minute
from streams.measures.rep_in_team import QUARTER
from streams.roster.expectation import Expectation, Stretch

Quarter = int  # of an hour, counted from the Unix epoch


class RepDay(NamedTuple):
    """Effective touches of today until now, and those expected in all of it, by quarter hour."""

    floor: str
    team: str
    done: Mapping[Quarter, int]
    due: Mapping[Quarter, float]


def due_by_team(
    expectation: Expectation, stretches: Iterable[Stretch]
) -> dict[str, dict[Quarter, float]]:
    """The effective touches that are expected in each quarter hour of *stretches*, by team."""
    teams: dict[str, dict[Quarter, float]] = {}
    for stretch in stretches:
        due = teams.setdefault(stretch.team, {})
        per_minute = sum(expectation.rates(stretch).values())
        start: Minute = stretch.start
        while start < stretch.end:
            quarter = start // QUARTER
            end = min(stretch.end, (quarter + 1) * QUARTER)
            due[quarter] = due.get(quarter, 0) + (end - start) * per_minute
            start = end
    return teams
