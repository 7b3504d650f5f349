"""A sales floor: when it is open, what is expected on it, and what counts there as effective."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from zoneinfo import ZoneInfo

import msgspec

from metrics.kpis import KPIS
from streams.clock import Minute
from streams.roster.calendar import (
    MINUTES_A_DAY,
    BusinessDays,
    FloorCalendar,
    Schedule,
    Span,
    Spans,
    Week,
    longest_day,
)

UNASSIGNED = "unassigned"
DECIDE_WITHIN_DAYS = 5
TALK_SECONDS = 60


@dataclass(frozen=True)
class EffectiveRule:
    """When a call answered by a human was effective: by its disposition, or by its talk time."""

    dispositions: frozenset[str] = frozenset()
    talk_seconds: int = TALK_SECONDS

    @property
    def digest(self) -> str:
        """Twelve hexadecimal digits that change with the rule."""
        content = msgspec.json.encode([sorted(self.dispositions), self.talk_seconds])
        return hashlib.sha256(content).hexdigest()[:12]


@dataclass(frozen=True, eq=False)
class Floor:
    """A sales floor: its zone, its week, its targets and its rules."""

    name: str
    zone: ZoneInfo
    hours: Week  # as written; a night shift goes on after midnight
    calendar: FloorCalendar
    breaks: Spans = ()
    targets: Mapping[str, float] = field(default_factory=dict)
    rule: EffectiveRule = EffectiveRule()
    decide_within_days: int = DECIDE_WITHIN_DAYS
    kpi_targets: Mapping[str, float] = field(default_factory=dict)
    holidays: str | None = None

    @cached_property
    def full_day(self) -> int:
        """Scheduled minutes of the floor's longest day."""
        return longest_day([self.hours], self.breaks)

    @cached_property
    def schedule(self) -> Schedule:
        """When the floor is at work; a night shift goes on after midnight."""
        return Schedule(BusinessDays(self.zone), self.calendar.hours_on, self.breaks)

    def is_open_at(self, minute: Minute) -> bool:
        """Whether the floor has hours at a minute; breaks are within them."""
        days = self.schedule.days
        today = days.day_of(minute)
        return any(
            start <= minute < end
            for day in (today - 1, today)  # a night shift goes on after midnight
            for start, end in Schedule(days, self.calendar.hours_on).spans(day)
        )

    def shift_at(self, minute: Minute) -> list[tuple[Minute, Minute]]:
        """The stretches, breaks taken out, of the day whose hours hold *minute*; none if closed."""
        today = self.schedule.days.day_of(minute)
        for day in (today, today - 1):  # a night shift goes on after midnight
            spans = self.schedule.spans(day)
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
            sorted(self.calendar.open),
            sorted(self.calendar.dates.items()),
        )


_TARGETS = {kpi.name: kpi.target for kpi in KPIS}


def unassigned_floor(zone: ZoneInfo, rule: EffectiveRule) -> Floor:
    """Where reps are counted who are not on the roster: Monday to Friday, no holidays, no target.

    The roster's general effective rule holds for them.
    """
    week: Week = tuple((Span(0, MINUTES_A_DAY),) if day < 5 else () for day in range(7))
    return Floor(UNASSIGNED, zone, week, FloorCalendar(week), rule=rule)
