"""Who is who: floors, teams and reps, with everything about a rep resolved.

`rosterfile` reads `roster.yaml` into these values; the rest of the project asks them and knows no
YAML. A rep who is not on the roster is resolved all the same, under floor and team `unassigned`.
"""

import hashlib
from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import NamedTuple
from zoneinfo import ZoneInfo

import msgspec

from metrics.kpis import KPIS
from streams.clock import Minute
from streams.roster.calendar import (
    MINUTES_A_DAY,
    BusinessDays,
    Day,
    FloorCalendar,
    Schedule,
    Span,
    Week,
    longest_day,
)

UNASSIGNED = "unassigned"
SYSTEMS = ""  # the team of the systems of a floor, which is shown as systems
NOBODY = ""  # the rep id of what no person did
DECIDE_WITHIN_DAYS = 5
TALK_SECONDS = 60
BEGINNING: Minute = -(2**62)


@dataclass(frozen=True)
class EffectiveRule:
    """When a call answered by a human was effective: by its disposition, or by its talk time."""

    dispositions: frozenset[str] = frozenset()
    talk_seconds: int = TALK_SECONDS

    @property
    def digest(self) -> str:
        """Twelve hexadecimal digits that change with the rule."""
        told = msgspec.json.encode([sorted(self.dispositions), self.talk_seconds])
        return hashlib.sha256(told).hexdigest()[:12]


@dataclass(frozen=True, eq=False)
class Floor:
    """A sales floor: its zone, its week, its targets and its rules."""

    name: str
    zone: ZoneInfo
    hours: Week  # as written; a night shift goes on after midnight
    calendar: FloorCalendar
    breaks: tuple[Span, ...] = ()
    targets: Mapping[str, float] = field(default_factory=dict)
    rule: EffectiveRule = EffectiveRule()
    decide_within_days: int = DECIDE_WITHIN_DAYS
    kpi_targets: Mapping[str, float] = field(default_factory=dict)
    holidays: str | None = None

    @cached_property
    def full_day(self) -> int:
        """Scheduled minutes of the floor's longest day."""
        return longest_day(self.hours, self.breaks)

    def is_open_at(self, minute: Minute) -> bool:
        """Whether the floor has hours at a minute; breaks are within them."""
        days = BusinessDays(self.zone)
        schedule = Schedule(days, self.hours, (), self.calendar, lambda _day: False)
        today = days.day_of(minute)
        return any(
            start <= minute < end
            for day in (today - 1, today)  # a night shift goes on after midnight
            for start, end in schedule.spans(day)
        )

    def shift_at(self, minute: Minute) -> list[tuple[Minute, Minute]]:
        """The stretches, breaks taken out, of the day whose hours hold *minute*; none if closed."""
        days = BusinessDays(self.zone)
        schedule = Schedule(days, self.hours, self.breaks, self.calendar, lambda _day: False)
        today = days.day_of(minute)
        for day in (today, today - 1):  # a night shift goes on after midnight
            spans = schedule.spans(day)
            if spans and spans[0][0] <= minute < spans[-1][1]:
                return spans
        return []

    def kpi_target(self, kpi: str) -> float | None:
        """The floor's target of a KPI: its own, else the catalogue's; None where there is none."""
        return self.kpi_targets.get(kpi, _TARGETS[kpi])

    def describe(self) -> tuple[object, ...]:
        """Everything that decides what a rep of this floor is measured by."""
        return (
            self.name,
            self.zone.key,
            self.hours,
            self.breaks,
            sorted(self.targets.items()),
            self.rule.digest,
            self.decide_within_days,
            self.holidays,
            sorted(self.calendar.closed),
        )


_TARGETS = {kpi.name: kpi.target for kpi in KPIS}


class Membership(NamedTuple):
    """A rep is in *team* on *floor* from the minute *since* on, until the next one."""

    since: Minute
    team: str
    floor: Floor


@dataclass(frozen=True, eq=False)
class Rep:
    """A rep with everything resolved: own settings, and the floor's where there are none."""

    id: str
    name: str
    days: BusinessDays
    memberships: tuple[Membership, ...]  # in order; the first holds from the beginning
    own_hours: Week | None = None
    own_breaks: tuple[Span, ...] | None = None
    own_targets: Mapping[str, float] = field(default_factory=dict)
    absences: tuple[tuple[Day, Day], ...] = ()  # both inclusive
    first_day: Day | None = None
    last_day: Day | None = None
    is_system: bool = False  # no person: in team "" of its floor, with no target

    @cached_property
    def _since(self) -> list[Minute]:
        return [membership.since for membership in self.memberships]

    def membership_at(self, minute: Minute) -> Membership:
        """The team and floor held at *minute*; the first one also before its date."""
        return self.memberships[max(0, bisect_right(self._since, minute) - 1)]

    def membership_span(self, minute: Minute) -> tuple[Minute, Minute]:
        """From when until when (exclusive) the membership at *minute* is held."""
        index = max(0, bisect_right(self._since, minute) - 1)
        start = BEGINNING if index == 0 else self._since[index]
        end = self._since[index + 1] if index + 1 < len(self._since) else -BEGINNING
        return start, end

    def is_absent(self, day: Day) -> bool:
        """Whether the rep is away on *day*, or not yet or no longer there."""
        if self.first_day is not None and day < self.first_day:
            return True
        if self.last_day is not None and day > self.last_day:
            return True
        return any(first <= day <= last for first, last in self.absences)

    def week_on(self, floor: Floor) -> Week:
        """The rep's weekly hours while on *floor*, within the rep's business day.

        Raises ValueError when they cross the start of it.
        """
        week = floor.hours if self.own_hours is None else self.own_hours
        moved = tuple(
            tuple(span.in_business_day(self.days.day_starts) for span in spans) for spans in week
        )
        if any(span is None for spans in moved for span in spans):
            raise ValueError("hours cross the start of the business day")
        return moved  # type: ignore[return-value]

    def schedule_on(self, floor: Floor) -> Schedule:
        """When the rep works while on *floor*."""
        return Schedule(
            days=self.days,
            hours=self.week_on(floor),
            breaks=floor.breaks if self.own_breaks is None else self.own_breaks,
            calendar=floor.calendar,
            is_absent=self.is_absent,
        )

    def rates_on(self, floor: Floor) -> dict[str, float]:
        """Effective touches expected per scheduled minute, by channel, while on *floor*.

        A target is for a full day: the floor's longest day for the floor's targets, the rep's own
        longest day for the rep's own. So a part-timer on the floor's targets does their share.
        Nothing is expected of a system.
        """
        if self.is_system:
            return {}
        own_day = self.schedule_on(floor).full_day
        rates = {
            channel: _rate(target, floor.full_day) for channel, target in floor.targets.items()
        }
        rates.update(
            {channel: _rate(target, own_day) for channel, target in self.own_targets.items()}
        )
        return {channel: rate for channel, rate in rates.items() if rate > 0}

    @cached_property
    def fingerprint(self) -> str:
        """Changes when anything changes by which this rep is measured."""
        told = repr(
            (
                self.days.zone.key,
                self.days.day_starts,
                [(since, team, floor.describe()) for since, team, floor in self.memberships],
                self.own_hours,
                self.own_breaks,
                sorted(self.own_targets.items()),
                self.absences,
                self.first_day,
                self.last_day,
                self.is_system,
            )
        )
        return hashlib.sha256(told.encode()).hexdigest()


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
    are read.
    """

    def __init__(
        self,
        floors: Mapping[str, Floor],
        teams: Mapping[str, str],
        reps: Mapping[str, Rep],
        *,
        unassigned_zone: ZoneInfo,
        rule: EffectiveRule = EffectiveRule(),
        sha256: str = "",
        words: Mapping[str, Mapping[str, str]] | None = None,
        systems: Mapping[str, Rep] | None = None,
        nobody: str | None = None,
    ) -> None:
        self.floors = floors
        self.teams = teams  # team -> floor
        self.reps = reps
        self.systems = systems or {}
        self.nobody = nobody
        self.sha256 = sha256
        self.words = words or {}
        self._nowhere = unassigned_floor(unassigned_zone, rule)
        self._others: dict[str, Rep] = {}  # who are not in the file

    def rep(self, rep_id: str) -> Rep:
        """The rep or system of this id; one who is not on the roster is `unassigned`.

        The rep `""`, who did what no person did, is on the floor of the system `nobody`.
        """
        known = self.reps.get(rep_id) or self.systems.get(rep_id) or self._others.get(rep_id)
        if known is None:
            known = self._others[rep_id] = self._other(rep_id)
        return known

    def _other(self, rep_id: str) -> Rep:
        if rep_id == NOBODY and self.nobody is not None:
            return system(NOBODY, self.systems[self.nobody].memberships[0].floor)
        memberships = (Membership(BEGINNING, UNASSIGNED, self._nowhere),)
        return Rep(rep_id, rep_id, BusinessDays(self._nowhere.zone), memberships)


def unassigned_floor(zone: ZoneInfo, rule: EffectiveRule) -> Floor:
    """Where reps are counted who are not on the roster: Monday to Friday, no holidays, no target.

    The roster's general effective rule holds for them.
    """
    week: Week = tuple((Span(0, MINUTES_A_DAY),) if day < 5 else () for day in range(7))
    return Floor(UNASSIGNED, zone, week, FloorCalendar(week, frozenset(), no_holiday), rule=rule)


def no_holiday(_day: date) -> bool:
    """The calendar of a floor that keeps no public holidays."""
    return False
