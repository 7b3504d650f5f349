"""The past of teams: what their reps did on each of the last open days of their floor."""

from collections.abc import Iterable, Sequence

from metrics.readings import TeamPast
from streams.clock import Minute
from streams.measures.rep_past import RepPast, open_days
from streams.roster.calendar import Day
from streams.roster.floors import Floor


class OpenDays:
    """The last open days of floors at one minute: the same for all reps of a floor."""

    def __init__(self, now: Minute) -> None:
        self._now = now
        self._known: dict[str, Sequence[Day]] = {}

    def __call__(self, floor: Floor) -> Sequence[Day]:
        """Those of a floor, by its own clock."""
        days = self._known.get(floor.name)
        if days is None:
            today = floor.schedule.days.day_of(self._now)
            days = self._known[floor.name] = open_days(floor.calendar, today)
        return days


def team_pasts(pasts: Iterable[RepPast]) -> list[TeamPast]:
    """The sums over reps, one for each team."""
    teams: dict[tuple[str, str], list[RepPast]] = {}
    for past in pasts:
        teams.setdefault((past.floor, past.team), []).append(past)
    return [_team_past(reps) for reps in teams.values()]


def _team_past(reps: Sequence[RepPast]) -> TeamPast:
    floor, team, days, _, measures = reps[0]
    return TeamPast(
        floor=floor,
        team=team,
        days=days,
        people=[sum(there) for there in zip(*(rep.people for rep in reps), strict=True)],
        sums={
            name: [round(sum(of), 1) for of in zip(*(rep.sums[name] for rep in reps), strict=True)]
            for name in measures
        },
    )
