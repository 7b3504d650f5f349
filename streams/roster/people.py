"""Who is who: reps and systems, with everything about a rep resolved.

`file` reads `roster.yaml` into these values; the rest of the project asks them and knows no
YAML. A rep who is not on the roster is resolved all the same, under floor and team `unassigned`.
"""

import hashlib
from bisect import bisect_right
from collections import Counter
from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field
from functools import cached_property, partial
from typing import NamedTuple
from zoneinfo import ZoneInfo

from streams.clock import Micros, Minute
from streams.roster.calendar import BusinessDays, Day, Rota, Schedule, Spans, longest_day
from streams.roster.floors import UNASSIGNED, EffectiveRule, Floor, unassigned_floor
from streams.roster.persons import ALWAYS, Logins

SYSTEMS = ""  # the team of the systems of a floor, which is shown as systems
NOBODY = ""  # the rep id of what no person did
BEGINNING: Minute = -(2**62)


class Membership(NamedTuple):
    """A rep is in *team* on *floor* from the minute *since* on, until the next one."""

    since: Minute
    team: str
    floor: Floor


class DatedTargets(NamedTuple):
    """A rep's own targets by channel from the day `first` on, until the next ones."""

    first: Day
    targets: Mapping[str, float]


@dataclass(frozen=True, eq=False)
class Rep:
    """A rep with everything resolved: own settings, and the floor's where there are none.

    `dates` are the hours of single days, none of a day off. `absences` are days, both inclusive;
    `away` are minutes, half-open.
    """

    id: str
    name: str
    days: BusinessDays
    memberships: tuple[Membership, ...]  # in order; the first holds from the beginning
    own_hours: Rota | None = None
    own_breaks: Spans | None = None
    own_targets: tuple[DatedTargets, ...] = (DatedTargets(0, {}),)  # the first also before its day
    dates: Mapping[Day, Spans] = field(default_factory=dict)
    absences: tuple[tuple[Day, Day], ...] = ()
    away: tuple[tuple[Minute, Minute], ...] = ()
    first_day: Day | None = None
    last_day: Day | None = None
    is_ranked: bool = False  # may be among the best of the day, by name, on the wall
    is_system: bool = False  # no person: in team "" of its floor, with no target
    login: str = ""  # by which they come in; empty without one
    links_from: Micros = ALWAYS  # links made before do not open

    @property
    def title(self) -> str:
        """Who this is in a sentence: the id, with the name where it is another."""
        if self.id == NOBODY:
            return "no person"
        if self.is_system:
            return f"the system {self.id}"
        return self.id if self.name == self.id else f"{self.id} ({self.name})"

    @cached_property
    def _since(self) -> list[Minute]:
        return [membership.since for membership in self.memberships]

    def membership_at(self, minute: Minute) -> Membership:
        """The rep's team and floor at *minute*; the first one also before its date."""
        return self.memberships[max(0, bisect_right(self._since, minute) - 1)]

    def membership_span(self, minute: Minute) -> tuple[Minute, Minute]:
        """From when until when (exclusive) the membership at *minute* lasts."""
        index = max(0, bisect_right(self._since, minute) - 1)
        start = BEGINNING if index == 0 else self._since[index]
        end = self._since[index + 1] if index + 1 < len(self._since) else -BEGINNING
        return start, end

    def is_employed(self, day: Day) -> bool:
        """Whether *day* is between the rep's first and last, both inclusive."""
        is_new = self.first_day is not None and day < self.first_day
        return not is_new and (self.last_day is None or day <= self.last_day)

    def is_employed_at(self, minute: Minute) -> bool:
        """Whether the rep's business day at *minute* is between the first and the last."""
        return self.is_employed(self.days.day_of(minute))

    def is_absent(self, day: Day) -> bool:
        """Whether the rep is away on *day*, or not yet or no longer there."""
        if not self.is_employed(day):
            return True
        return any(first <= day <= last for first, last in self.absences)

    def place(self, spans: Spans) -> Spans:
        """Hours as written, within the rep's business day.

        Raises ValueError when they cross the start of it.
        """
        placed = [span.in_business_day(self.days.day_starts) for span in spans]
        within = tuple(span for span in placed if span is not None)
        if len(within) < len(placed):
            raise ValueError("hours cross the start of the business day")
        return within

    def hours_on(self, day: Day, floor: Floor) -> Spans:
        """The hours of a business day while on *floor*, within it.

        The first that applies decides: absences of days, first and last day, the rep's single
        dates, those of the floor and its holidays, the rep's own hours, the floor's.
        """
        if self.is_absent(day):
            return ()
        if day in self.dates:
            return self.place(self.dates[day])
        own = None if self.own_hours is None else self.own_hours.on(day)
        return self.place(floor.calendar.hours_on(day, own))

    def breaks_on(self, floor: Floor) -> Spans:
        """The breaks of every day while on *floor*."""
        return floor.breaks if self.own_breaks is None else self.own_breaks

    def schedule_on(self, floor: Floor) -> Schedule:
        """When the rep works while on *floor*."""
        hours_on = partial(self.hours_on, floor=floor)
        return Schedule(self.days, hours_on, self.breaks_on(floor), self.away)

    def full_day_on(self, floor: Floor) -> int:
        """Minutes of the longest day of the rep's week, or of all weeks of the rota."""
        weeks = (floor.hours,) if self.own_hours is None else self.own_hours.weeks
        return longest_day(weeks, self.breaks_on(floor))

    def target_step(self, day: Day) -> int:
        """Which of the rep's dated targets hold on *day*."""
        later = bisect_right([dated.first for dated in self.own_targets], day)
        return max(0, later - 1)

    def rates_on(self, floor: Floor, day: Day) -> dict[str, float]:
        """Effective touches expected per scheduled minute, by channel, on *day* on *floor*.

        A target is for a full day: the floor's longest day for the floor's targets, the rep's own
        longest day for the rep's own. So a part-timer on the floor's targets does their share.
        Nothing is expected of a system.
        """
        if self.is_system:
            return {}
        own_day = self.full_day_on(floor)
        own_targets = self.own_targets[self.target_step(day)].targets
        rates = {
            channel: _rate(target, floor.full_day) for channel, target in floor.targets.items()
        }
        rates.update({channel: _rate(target, own_day) for channel, target in own_targets.items()})
        return {channel: rate for channel, rate in rates.items() if rate > 0}

    @cached_property
    def calendar(self) -> Hashable:
        """Equal for reps of one roster who are at work at the same minutes, in the same teams."""
        return (
            self.days,
            self.memberships,
            self.own_hours,
            self.own_breaks,
            tuple(dated.first for dated in self.own_targets),
            tuple(sorted(self.dates.items())),
            self.absences,
            self.away,
            self.first_day,
            self.last_day,
        )

    @cached_property
    def fingerprint(self) -> str:
        """Changes when anything changes by which this rep is measured."""
        content = repr(
            (
                self.days.zone.key,
                self.days.day_starts,
                [(since, team, floor.describe()) for since, team, floor in self.memberships],
                self.own_hours,
                self.own_breaks,
                [(first, sorted(targets.items())) for first, targets in self.own_targets],
                sorted(self.dates.items()),
                self.absences,
                self.away,
                self.first_day,
                self.last_day,
                self.is_system,
            )
        )
        return hashlib.sha256(content.encode()).hexdigest()


def system(system_id: str, floor: Floor) -> Rep:
    """A user of the source system who is no person: an integration, marketing automation."""
    memberships = (Membership(BEGINNING, SYSTEMS, floor),)
    return Rep(system_id, system_id, BusinessDays(floor.zone), memberships, is_system=True)


def _rate(target: float, full_day: int) -> float:
    return target / full_day if full_day else 0.0


class Roster:
    """The floors, teams, reps and systems of a roster file, and those who are not on it.

    `systems` are the users that are no people, `reps` those that are; no id is in both. `nobody` is
    the system whose the changes are that carry no rep, or None: then they are unassigned.
    `sha256` is the digest of the file, by which workers with different files differ. `words` are
    the floors' own by field, `{"call.outcome": {"connected": "human"}}`, applied to events as they
    are read. `logins` are who may see pages of persons.
    """

    def __init__(
        self,
        floors: Mapping[str, Floor],
        teams: Mapping[str, str],
        reps: Mapping[str, Rep],
        *,
        unassigned_zone: ZoneInfo,
        rule: EffectiveRule | None = None,
        sha256: str = "",
        words: Mapping[str, Mapping[str, str]] | None = None,
        systems: Mapping[str, Rep] | None = None,
        nobody: str | None = None,
        logins: Logins | None = None,
    ) -> None:
        self.floors = floors
        self.teams = teams  # team -> floor
        self.reps = reps
        self.systems = systems or {}
        self.nobody = nobody
        self.logins = logins or Logins()
        self.sha256 = sha256
        self.words = words or {}
        self._nowhere = unassigned_floor(unassigned_zone, rule or EffectiveRule())
        self._others: dict[str, Rep] = {}  # who are not in the file

    def rep(self, rep_id: str) -> Rep:
        """The rep or system of this id; one who is not on the roster is `unassigned`.

        The rep `""`, who did what no person did, is on the floor of the system `nobody`.
        """
        known = self.reps.get(rep_id) or self.systems.get(rep_id) or self._others.get(rep_id)
        if known is None:
            known = self._others[rep_id] = self._other(rep_id)
        return known

    @property
    def ids(self) -> set[str]:
        """The reps and the systems."""
        return {*self.reps, *self.systems}

    def people_at(self, minute: Minute) -> Counter[str]:
        """How many people each team has, those who are away that day among them."""
        members = (
            rep.membership_at(minute).team
            for rep in self.reps.values()
            if rep.is_employed_at(minute)
        )
        return Counter(members)

    def ranked_at(self, minute: Minute) -> Counter[str]:
        """How many people of each floor may be among its best of the day."""
        floors = (
            rep.membership_at(minute).floor.name
            for rep in self.reps.values()
            if rep.is_ranked and rep.is_employed_at(minute)
        )
        return Counter(floors)

    def names(self, rep_id: str) -> bool:
        """Whether this is a rep or a system of the roster, or "" where it names whose that is."""
        is_nobody = rep_id == NOBODY and self.nobody is not None
        return rep_id in self.reps or rep_id in self.systems or is_nobody

    def _other(self, rep_id: str) -> Rep:
        if rep_id == NOBODY and self.nobody is not None:
            return system(NOBODY, self.systems[self.nobody].memberships[0].floor)
        memberships = (Membership(BEGINNING, UNASSIGNED, self._nowhere),)
        return Rep(rep_id, rep_id, BusinessDays(self._nowhere.zone), memberships)
