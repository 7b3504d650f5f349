"""The days of teams: what their reps did, and what is expected of them, by the quarter hour."""

from collections.abc import Iterable

from metrics.readings import TeamDay
from streams.measures.rep_day import Quarter, RepDay


def team_days(days: Iterable[RepDay]) -> list[TeamDay]:
    """The sums over reps, one for each team in which something was done or is expected today."""
    teams: dict[tuple[str, str], tuple[dict[Quarter, int], dict[Quarter, float]]] = {}
    for day in days:
        counts = {quarter: count for quarter, count in day.done.items() if count}
        if counts or day.due:
            done, due = teams.setdefault((day.floor, day.team), ({}, {}))
            for quarter, count in counts.items():
                done[quarter] = done.get(quarter, 0) + count
            for quarter, expected in day.due.items():
                due[quarter] = due.get(quarter, 0) + expected
    return [_team_day(*team, *sums) for team, sums in teams.items()]


def _team_day(
    floor: str, team: str, done: dict[Quarter, int], due: dict[Quarter, float]
) -> TeamDay:
    quarters = done.keys() | due.keys()
    span = range(min(quarters), max(quarters) + 1)
    return TeamDay(
        floor=floor,
        team=team,
        first=span.start,
        done=[done.get(quarter, 0) for quarter in span],
        due=[round(due.get(quarter, 0), 2) for quarter in span],
    )
