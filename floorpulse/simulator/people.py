"""Who works when, and how: the roster's hours, and habits drawn once for each person."""

import hashlib
import math
import random
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from streams.clock import MINUTE, Micros, Minute
from streams.roster.calendar import BusinessDays, Day
from streams.roster.expectation import Expectation, Stretch
from streams.roster.floors import Floor
from streams.roster.people import Rep, Roster

# Effective touches a minute of people for whom the roster sets no target.
UNTARGETED = {"call": 25 / 480, "email": 12 / 480, "inmail": 3 / 480}
RAMP_DAYS = 35  # calendar days until a new starter works at full pace
LOOKS_AHEAD = 75  # days after which work that was never resumed is given up


def dice(*of: object) -> random.Random:
    """Chance that depends on nothing but what it is *of*: the same on every machine, every time."""
    return random.Random("/".join(map(str, of)))


def within(value: float, least: float, most: float) -> float:
    """The value, or the bound that it passes."""
    return min(most, max(least, value))


@dataclass(frozen=True, slots=True)
class Habits:
    """How a person works. Shares are of one; `pace` is effective touches against the target."""

    pace: float
    reach: float  # share of the outbound calls that become a conversation
    talk_seconds: float  # mean length of a conversation beyond what the floor's rule asks for
    inbound_calls: float  # a full day
    closing: float  # how well contacts are turned into leads, against the floor's usual
    slack_minutes: float  # how late the first touch of a day may be
    bounce_share: float
    sequence_share: float  # sequence mails for each mail written by hand


def habits_of(seed: int, rep_id: str) -> Habits:
    """The habits of a person: drawn once, for good."""
    chance = dice(seed, "habits", rep_id)
    return Habits(
        pace=within(chance.gauss(1.0, 0.09), 0.8, 1.18),
        reach=chance.uniform(0.3, 0.48),
        talk_seconds=chance.uniform(110, 280),
        inbound_calls=chance.uniform(1.5, 4.5),
        closing=within(chance.gauss(1.0, 0.22), 0.55, 1.5),
        slack_minutes=chance.uniform(3, 14),
        bounce_share=chance.uniform(0.02, 0.05),
        sequence_share=chance.uniform(0.1, 0.5),
    )


@dataclass(frozen=True, slots=True)
class TeamCharacter:
    """What the people of a team have in common: where leads come from, what becomes of them."""

    inbound_share: float
    rejected_share: float


def character_of(seed: int, roster: Roster, team: str) -> TeamCharacter:
    """The character of a team; every other team has a partner who rejects more."""
    chance = dice(seed, "team", team)
    is_picky = sorted(roster.teams).index(team) % 2 if team in roster.teams else 0
    return TeamCharacter(chance.uniform(0.56, 0.64), 0.12 if is_picky else 0.05)


class Stint(NamedTuple):
    """What a person works for one team on one business day: spans in microseconds, in order.

    `rates` are effective touches a scheduled minute by channel, as the target asks.
    """

    team: str
    floor: Floor
    spans: tuple[tuple[Micros, Micros], ...]
    rates: Mapping[str, float]

    @property
    def worked(self) -> Micros:
        """How long it is, breaks taken off."""
        return sum(end - start for start, end in self.spans)


class Hours(ABC):
    """Working time as it passes: for a person, or for the managers of a floor."""

    def __init__(self, days: BusinessDays) -> None:
        self._days = days
        self._known: dict[Day, tuple[tuple[Micros, Micros], ...]] = {}

    @abstractmethod
    def minutes(self, day: Day) -> list[tuple[Minute, Minute]]:
        """The spans of a business day, in order."""

    def spans(self, day: Day) -> tuple[tuple[Micros, Micros], ...]:
        """The spans of a business day in microseconds."""
        known = self._known.get(day)
        if known is None:
            known = tuple((start * MINUTE, end * MINUTE) for start, end in self.minutes(day))
            self._known[day] = known
        return known

    def after(self, at: Micros, lag: Micros) -> Micros | None:
        """The instant at which *lag* of working time has passed since *at*.

        None when that does not come about within LOOKS_AHEAD days.
        """
        first = self._days.day_of(at // MINUTE) - 1
        for day in range(first, first + LOOKS_AHEAD):
            for start, end in self.spans(day):
                begin = max(start, at)
                if begin + lag < end:
                    return begin + lag
                lag -= max(0, end - begin)
        return None


class FloorHours(Hours):
    """When account managers of a floor decide: in its hours, on its open days."""

    def __init__(self, floor: Floor) -> None:
        super().__init__(floor.schedule.days)
        self._schedule = floor.schedule

    def minutes(self, day: Day) -> list[tuple[Minute, Minute]]:
        """The floor's hours on a day."""
        return self._schedule.spans(day)


class Person(Hours):
    """A rep of the roster at work."""

    def __init__(self, seed: int, rep: Rep) -> None:
        super().__init__(rep.days)
        self.rep = rep
        self.seed = seed
        self.habits = habits_of(seed, rep.id)
        # Ids are made of it, and an id has at most 256 bytes.
        is_short = len(rep.id.encode()) <= 64
        self.badge = rep.id if is_short else hashlib.sha256(rep.id.encode()).hexdigest()[:16]
        self._expectation = Expectation(rep)
        self._floors = {team: floor for _, team, floor in rep.memberships}

    def minutes(self, day: Day) -> list[tuple[Minute, Minute]]:
        """The scheduled stretches of a day, whatever the team."""
        return [(stretch.start, stretch.end) for stretch in self._expectation.stretches(day)]

    def stints(self, day: Day) -> list[Stint]:
        """The scheduled time of a business day, by the team of that time."""
        teams: dict[str, list[Stretch]] = {}
        for stretch in self._expectation.stretches(day):
            teams.setdefault(stretch.team, []).append(stretch)
        return [
            Stint(
                team,
                self._floors[team],
                tuple((s.start * MINUTE, s.end * MINUTE) for s in stretches),
                self._expectation.rates(stretches[0]) or UNTARGETED,
            )
            for team, stretches in teams.items()
        ]

    def pace_on(self, day: Day) -> float:
        """Effective touches against the target on a day: habit, mood, and the ramp of a starter."""
        chance = dice(self.seed, "mood", self.rep.id, day)
        mood = chance.gauss(1.0, 0.07) - (0.15 if chance.random() < 0.04 else 0.0)
        return within(self.habits.pace * mood, 0.76, 1.24) * self._ramp(day)

    def _ramp(self, day: Day) -> float:
        if self.rep.first_day is None:
            return 1.0
        return min(1.0, 0.4 + 0.6 * (day - self.rep.first_day) / RAMP_DAYS)


def exponential(chance: random.Random, mean: float) -> float:
    """How long until something happens that happens every *mean* on average."""
    return -math.log(1.0 - chance.random()) * mean
