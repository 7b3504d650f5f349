"""What counts of a floor and its teams by open day, where no small team can be read from it."""

from collections.abc import Iterable, Mapping, Sequence

from dashboards.wall.privacy import hidden_teams
from metrics.readings import TeamPast

Sums = Mapping[str, float]  # by measure
SYSTEMS = ""  # the team of users who are no people


class FloorPast:
    """The last open days of a floor, from the *pasts* of its teams in whatever parts they came.

    No team is shown for a day on which it had so few people that, with *smallest*, it would not be
    shown now.
    """

    def __init__(self, pasts: Iterable[TeamPast], smallest: int) -> None:
        self._by_team: dict[str, list[TeamPast]] = {}
        for past in pasts:
            self._by_team.setdefault(past.team, []).append(past)
        people: dict[int, dict[str, int]] = {}
        for team, parts in self._by_team.items():
            for day, there in _people(parts).items() if team != SYSTEMS else ():
                people.setdefault(day, {})[team] = there
        self._hidden = {day: hidden_teams(teams, smallest) for day, teams in people.items()}

    @property
    def teams(self) -> Iterable[str]:
        """The teams of which anything is known."""
        return self._by_team.keys()

    def of_floor(self) -> Sequence[Sums]:
        """The sums of each day, in order."""
        return list(_by_day([past for parts in self._by_team.values() for past in parts]).values())

    def of_team(self, team: str) -> Sequence[Sums | None]:
        """The sums of a team on each day, in order; None where it is not shown."""
        return [
            None if team in self._hidden.get(day, ()) else sums
            for day, sums in _by_day(self._by_team.get(team, ())).items()
        ]


def _people(parts: Iterable[TeamPast]) -> dict[int, int]:
    people: dict[int, int] = {}
    for past in parts:
        for day, there in zip(past.days, past.people, strict=True):
            people[day] = people.get(day, 0) + there
    return people


def _by_day(pasts: Sequence[TeamPast]) -> dict[int, Sums]:
    """The sums of the days that all of these have, in order."""
    common = set.intersection(*(set(past.days) for past in pasts)) if pasts else set()
    days: dict[int, dict[str, float]] = {day: {} for day in sorted(common)}
    for past in pasts:
        for name, numbers in past.sums.items():
            for day, number in zip(past.days, numbers, strict=True):
                if day in common:
                    days[day][name] = days[day].get(name, 0) + number
    return dict(days)
