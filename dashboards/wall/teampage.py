"""The page of a team: its people by name, each with the pace and the touches of today."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from urllib.parse import quote
from zoneinfo import ZoneInfo

from dashboards.door.passes import Listed
from dashboards.wall import completeness
from dashboards.wall.language import say
from dashboards.wall.lines import NO_LINE, Line, hour_line
from dashboards.wall.paces import Paces, off
from dashboards.wall.snapshot import Snapshot
from dashboards.wall.words import ABSENT, data_age
from metrics.readings import RepReading


@dataclass(frozen=True, slots=True)
class TeamRep:
    """Somebody of the team; `path` leads from the wall to their page.

    `state` is one of `metrics.states` by their pace, with its `shape`; empty where there is nothing
    to judge, for which `verdict` has the reason. `share` is the pace, up to 1.
    """

    name: str
    path: str
    text: str = ABSENT
    goal: str = ""
    pace_text: str = ""
    state: str = ""
    shape: str = ""
    verdict: str = ""
    share: float = 0
    line: Line = NO_LINE


@dataclass(frozen=True, slots=True)
class TeamPage:
    """Everything on the page of a team; `message` says what is wrong with all of it."""

    message: str
    team: str
    about: str
    age: float | None
    age_text: str
    is_grey: bool
    line_title: str
    reps: Sequence[TeamRep]


def team_page(
    team: str,
    people: Sequence[Listed],
    readings: Mapping[str, RepReading],
    snapshot: Snapshot,
    now: float,
    *,
    away: str = "",
) -> TeamPage:
    """The page of a team of *people* at *now*, the machine's clock.

    *readings* are by rep; the last ones with Redis *away*. The order is that of names alone.
    """
    age = completeness.age(snapshot.parts.values(), now)
    paces = Paces(snapshot, now, is_away=bool(away))
    ordered = sorted(people, key=lambda one: (one.name.casefold(), one.rep))
    about = say("1 rep") if len(people) == 1 else say("{count} reps", count=len(people))
    return TeamPage(
        message=say(away),
        team=team,
        about=about if people else say("Nobody is in this team now."),
        age=age,
        age_text=data_age(age),
        is_grey=bool(away),
        line_title=say("today by hour"),
        reps=[_rep(one, readings.get(one.rep), paces) for one in ordered],
    )


def _rep(listed: Listed, reading: RepReading | None, paces: Paces) -> TeamRep:
    shown = TeamRep(listed.name or listed.rep, f"rep/{quote(listed.rep, safe='')}")
    if reading is None:
        return replace(shown, verdict=say("no numbers yet"))
    total = paces.total(reading)
    return replace(
        shown,
        text=total.text,
        goal=total.goal if total.expected else "",
        pace_text=total.pace_text if total.expected else "",
        state=total.state,
        shape=total.shape,
        verdict=total.verdict or _why_nothing(reading),
        share=min(1.0, total.pace or 0),
        line=hour_line(reading.days, reading.clock, ZoneInfo(reading.zone)),
    )


def _why_nothing(reading: RepReading) -> str:
    """Why nothing is expected of a rep by now."""
    if reading.hours is None:  # by a worker of an earlier version
        return say("nothing expected yet")
    return off(reading) or say("nothing is expected")
