"""People who see reps and are none themselves: managers, team leads and auditors."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, get_args
from zoneinfo import ZoneInfo

from streams.clock import MINUTE, Micros
from streams.roster.calendar import BusinessDays, Day

Role = Literal["manager", "lead", "auditor"]
ROLES: tuple[Role, ...] = get_args(Role)
ALWAYS: Micros = 0  # links of any age open


@dataclass(frozen=True, kw_only=True)
class Person:
    """A manager of `floors`, a lead of `teams`, or an auditor, who needs neither.

    `first_day` and `last_day` are inclusive, in `zone`. Links made before `links_from` do not open.
    """

    login: str
    name: str
    role: Role
    floors: frozenset[str] = frozenset()
    teams: frozenset[str] = frozenset()
    zone: ZoneInfo
    first_day: Day | None = None
    last_day: Day | None = None
    links_from: Micros = ALWAYS

    def is_here_at(self, now: Micros) -> bool:
        """Whether *now* is between the person's first day and the last, both inclusive."""
        day = BusinessDays(self.zone).day_of(now // MINUTE)
        is_new = self.first_day is not None and day < self.first_day
        return not is_new and (self.last_day is None or day <= self.last_day)


@dataclass(frozen=True)
class Logins:
    """Who may come in: persons, and the ids of reps, by their login as `login_key` writes it.

    Links made before `links_from` do not open, whoever they are for, those of walls too.
    """

    persons: Mapping[str, Person] = field(default_factory=dict)
    reps: Mapping[str, str] = field(default_factory=dict)
    links_from: Micros = ALWAYS


def login_key(login: str) -> str:
    """How logins are compared: case does not matter.

    Letters that merely look alike in one case, as ß and ss or the sign of Kelvin and k, stay apart:
    another address must not become somebody's.
    """
    return "".join(low if (low := one.lower()).upper() == one else one for one in login)
