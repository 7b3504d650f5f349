"""A door for tests: a roster with every role, passes that are signed, and a browser's cookies."""

import asyncio
from collections.abc import Collection
from time import time
from typing import Any, Self

from dashboards.door.door import DoorConfig
from dashboards.door.looks import Look, NotReadError, NotRecordedError, Recorded
from dashboards.door.passes import Identity, Kind, Pass, Sight
from dashboards.door.seals import Seals
from floorpulse.access.decision import sight
from streams.clock import system_clock
from streams.roster.people import Roster
from tests.build import roster

APP_ID = "t"
SECRET = "0123456789abcdef0123456789abcdef-of-tests"
SEALS = Seals(SECRET, APP_ID)
COOKIE = "floorpulse"

# Two floors with two teams each, and a rep in each team; who sees them; nobody's days have ended.
PEOPLE = """
floors:
  north: {zone: Europe/Amsterdam, hours: {mon-fri: "08:30-17:30"}}
  south: {zone: America/New_York, hours: {mon-thu: "09:00-17:00"}}
teams:
  hunters: {floor: north}
  farmers: {floor: north}
  sailors: {floor: south}
  divers: {floor: south}
reps:
  ana: {name: Ana, team: hunters, login: ana@example.org}
  bob: {name: Bob, team: farmers}
  cem: {name: Cem, team: sailors}
  dia: {name: Dia, team: divers}
people:
  lea@example.org: {role: lead, name: Lea, teams: [hunters, sailors]}
  mo@example.org: {role: manager, name: Mo, floors: [south]}
  aud@example.org: {role: auditor, name: Aud}
"""


def pass_of(kind: Kind, name: str, **times: int) -> Pass:
    """A pass that was issued a minute ago, for an hour, unless *times* say otherwise."""
    now = int(time())
    usual: dict[str, Any] = {"issued": now - 60, "until": now + 3600}
    return Pass(Identity(kind, name), **{**usual, **times})


def cookies_of(kind: Kind, name: str, **times: int) -> dict[str, str]:
    """What the browser of somebody sends who came in by such a link."""
    return {COOKIE: SEALS.cookie(pass_of(kind, name, **times))}


AUDITOR = cookies_of("person", "aud@example.org")


class LooksInMemory:
    """A record of looks: those written, in their order; it takes none while it *is_away*."""

    def __init__(self) -> None:
        self.written: list[Look] = []
        self.is_away = False

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        return None

    async def write(self, looks: Collection[Look]) -> None:
        """Take them, or refuse all."""
        await asyncio.sleep(0)
        if self.is_away:
            raise NotRecordedError("away, as the test has it")
        self.written.extend(looks)

    async def read(self, whom: str | None, kind: Kind | None = None) -> Recorded:
        """Those of somebody, or all."""
        if self.is_away:
            raise NotReadError("away, as the test has it")
        newest = reversed(self.written)
        read = [x for x in newest if whom in (None, x.whom) and kind in (None, x.kind)]
        return Recorded(read)


def door(people: Roster | str = PEOPLE, **fields: Any) -> DoorConfig:
    """A door that judges by a roster, or by the text of one, and an open wall."""
    known = roster(people) if isinstance(people, str) else people

    async def judge(shown: Pass) -> Sight | None:
        return sight(shown, known, system_clock())

    usual = {"public_url": "", "is_wall_open": True, "judge": judge, "looks": LooksInMemory()}
    return DoorConfig(**{"secret": SECRET, **usual, **fields})
