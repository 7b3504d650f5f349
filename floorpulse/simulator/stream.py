"""The floor's events in event-time order: a pure function of roster, seed, start and end."""

from collections.abc import Iterator
from datetime import date

from floorpulse.simulator.leads import LIFE_DAYS, Spike, Surroundings, life
from floorpulse.simulator.people import FloorHours, Person, TeamCharacter, character_of
from floorpulse.simulator.touches import rep_day
from floorpulse.simulator.wire import Event
from streams.clock import DAY, MINUTE, Micros
from streams.roster.calendar import BusinessDays, Day
from streams.roster.floors import Floor
from streams.roster.people import Roster

_EPOCH_DAY = date(1970, 1, 1).toordinal()
# Business days that reach into a UTC day: zones are up to 14 hours ahead and 12 behind, and a
# business day may start as late as 24:00.
_EARLIER, _LATER = 2, 1
_QUIET_DAYS = 366
_KEPT_DAYS = 8  # business days whose touches are kept for the next question


class World:
    """All that happens on the floors of a roster, under one seed.

    What it keeps only spares work: any stretch may be asked for, in any order.
    """

    def __init__(self, roster: Roster, seed: int, spike: Spike | None = None) -> None:
        self._roster = roster
        self._seed = seed
        self._spike = spike
        self._people = [Person(seed, rep) for rep in roster.reps.values()]
        self._managers: dict[str, FloorHours] = {}
        self._characters: dict[str, TeamCharacter] = {}
        self._touches: dict[Day, list[Event]] = {}  # by business day
        self._changes: dict[Day, list[Event]] = {}  # by the business day of the lead's creation
        self._last: tuple[Day, list[Event]] = (0, [])

    def utc_day(self, day: Day) -> list[Event]:
        """The events of a UTC day, in event-time order."""
        if self._last[0] != day:
            self._last = (day, self._gathered(day))
        return self._last[1]

    def _gathered(self, day: Day) -> list[Event]:
        start = (day - _EPOCH_DAY) * DAY
        happened: list[Event] = []
        for worked in range(day - _EARLIER - LIFE_DAYS - 1, day + _LATER + 1):
            if worked not in self._changes:
                self._work(worked)
            happened.extend(e for e in self._changes[worked] if start <= e.at < start + DAY)
        for worked in range(day - _EARLIER, day + _LATER + 1):
            if worked not in self._touches:
                self._work(worked)
            happened.extend(e for e in self._touches[worked] if start <= e.at < start + DAY)
        happened.sort()
        return happened

    def _work(self, day: Day) -> None:
        """Let everybody work the business day *day*, and follow the leads to their end."""
        touches: list[Event] = []
        changes: list[Event] = []
        for person in self._people:
            made = rep_day(person, day)
            touches.extend(made.touches)
            for number, opening in enumerate(made.openings, 1):
                around = self._surroundings(opening.stint.team, opening.stint.floor)
                changes.extend(life(person, day, number, opening, around))
        self._touches[day], self._changes[day] = touches, changes
        while len(self._touches) > _KEPT_DAYS:
            del self._touches[next(iter(self._touches))]

    def _surroundings(self, team: str, floor: Floor) -> Surroundings:
        if floor.name not in self._managers:
            self._managers[floor.name] = FloorHours(floor)
        if team not in self._characters:
            self._characters[team] = character_of(self._seed, self._roster, team)
        return Surroundings(self._characters[team], self._managers[floor.name], self._spike)


def events(world: World, start: Micros, end: Micros | None = None) -> Iterator[Event]:
    """The events with start <= `at` < end, in order.

    Without an *end* they go on until nothing has happened for a year.
    """
    day, quiet = start // DAY, 0
    while (day * DAY < end) if end is not None else (quiet < _QUIET_DAYS):
        happened = world.utc_day(day + _EPOCH_DAY)
        for event in happened:
            if start <= event.at and (end is None or event.at < end):
                yield event
        day, quiet = day + 1, 0 if happened else quiet + 1


def history_start(roster: Roster, days: int, now: Micros) -> Micros:
    """The start of the *days*-th last open day before today, of whichever floor it is earliest."""
    starts = []
    for floor in roster.floors.values():
        business = BusinessDays(floor.zone)
        today = business.day_of(now // MINUTE)
        first = floor.calendar.nth_last_open(days, today - 1) if days else today
        starts.append(business.start_of(first) * MINUTE)
    return min(starts)
