"""The wall as it is shown: floors and their teams, computed from a snapshot of Redis."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from zoneinfo import ZoneInfo

from dashboards.wall import completeness
from dashboards.wall.alerts import NO_ALERTS, Alerts, BannerLine, ShownAlert, banner
from dashboards.wall.best import best_of_today
from dashboards.wall.completeness import TeamKey
from dashboards.wall.feeds import Feed, feeds
from dashboards.wall.figures import Definition, Figure, Trust, definitions, figures
from dashboards.wall.language import say
from dashboards.wall.lines import NO_LINES, Line, PastLines, day_line, past_lines
from dashboards.wall.moment import Moment, moment_of
from dashboards.wall.past import SYSTEMS
from dashboards.wall.privacy import SMALLEST_TEAM, hidden_teams, sentence
from dashboards.wall.snapshot import LAST_KNOWN, Snapshot
from dashboards.wall.words import data_age
from metrics.kpis import KPI, TOUCHES
from metrics.names import SERIES
from metrics.readings import FloorInfo, TeamDay, TeamRow, add

NO_FLOORS = "There are no floors on the roster."

WallState = Literal["ok", "waiting", "redis_away"]


@dataclass(frozen=True, slots=True)
class Team:
    """A team; `incomplete` says in words why its numbers are not whole, empty when they are."""

    name: str
    reps: int
    incomplete: str
    is_grey: bool
    about: str
    kpis: Sequence[Figure]


@dataclass(frozen=True, slots=True)
class Floor:
    """A floor, the sum of its teams.

    `is_open` is None for one that is not on the roster, which has no hours. `age` is the data age
    in seconds, None when nothing was ever read; any partition may hold a rep of the floor. `hidden`
    says in words which teams are not shown; `hours`, `age_line` and `notes` are what the page says
    beside the name and below the teams, `best` the names of the best of today, where there are.
    """

    name: str
    is_open: bool | None
    time: str
    reps: int
    age: float | None
    age_text: str
    incomplete: str
    is_stale: bool
    is_grey: bool
    hidden: str
    hours: str
    age_line: str
    best: str
    notes: Sequence[str]
    kpis: Sequence[Figure]
    teams: Sequence[Team]


@dataclass(frozen=True, slots=True)
class Wall:
    """Everything on the wall; `message` says what is wrong with all of it.

    `alerts` are those that fire, and `alerts_trouble` says why they are not known; `banner` is what
    the page shows of both.
    """

    state: WallState
    message: str
    alerts: Sequence[ShownAlert]
    alerts_trouble: str
    banner: Sequence[BannerLine]
    feeds: Sequence[Feed]
    definitions: Mapping[str, Definition]
    floors: Sequence[Floor]


def wall(
    snapshot: Snapshot,
    now: float,
    *,
    away: str = "",
    alerts: Alerts = NO_ALERTS,
    smallest_team: int = SMALLEST_TEAM,
) -> Wall:
    """The wall at *now*, the machine's clock in Unix seconds.

    *away* is the sentence that says why Redis cannot be read; the snapshot is then the last one.
    No team of fewer than *smallest_team* people can be read from it.
    """
    moment = moment_of(snapshot, now, is_away=bool(away), smallest_team=smallest_team)
    state: WallState = "waiting" if snapshot.trouble else "ok"
    wrong_clock = completeness.wrong_clock(snapshot.parts.values(), now)
    last_known = f" {LAST_KNOWN}" if snapshot.layout is not None else ""
    floors = _floors(snapshot, moment)
    firing = _alerts(alerts, floors)
    nobody = NO_FLOORS if snapshot.layout is not None and not floors else ""
    return Wall(
        state="redis_away" if away else state,
        message=_sentences(
            away + last_known if away else snapshot.trouble or wrong_clock or nobody
        ),
        alerts=firing,
        alerts_trouble=say(alerts.trouble),
        banner=banner(firing, say(alerts.trouble)),
        feeds=feeds(snapshot.parts.values(), moment.clock),
        definitions=definitions(),
        floors=floors,
    )


def _sentences(text: str) -> str:
    return " ".join(say(sentence) for sentence in re.split(r"(?<=\.) ", text))


def _alerts(alerts: Alerts, floors: Iterable[Floor]) -> list[ShownAlert]:
    """Those that fire, but for those about a team that is not shown."""
    shown = {(floor.name, team.name) for floor in floors for team in floor.teams}
    return [
        alert for alert in alerts.firing if not alert.team or (alert.floor, alert.team) in shown
    ]


def _floors(snapshot: Snapshot, moment: Moment) -> list[Floor]:
    if snapshot.layout is None:
        return []
    rows: dict[TeamKey, list[TeamRow]] = {}
    for part in snapshot.parts.values():
        for row in part.teams:
            rows.setdefault((row.floor, row.team), []).append(row)
    infos = [*snapshot.layout.floors, *_floors_beside(rows, snapshot.layout.floors)]
    return [_floor(info, rows, moment) for info in infos]


def _floors_beside(
    rows: Mapping[TeamKey, Sequence[TeamRow]], floors: Iterable[FloorInfo]
) -> list[FloorInfo]:
    """Floors that are not on the roster, such as `unassigned`, where somebody touched a contact."""
    known = {floor.name for floor in floors}
    touched = {floor for (floor, _), found in rows.items() if _has_touches(found)}
    return [
        FloorInfo(name=name, zone="", is_open=True, teams=(), kpi_targets={})
        for name in sorted(touched - known)
    ]


def _has_touches(rows: Iterable[TeamRow]) -> bool:
    return any(
        series.measure == TOUCHES.name and value
        for row in rows
        for series, value in zip(SERIES, row.values, strict=True)
    )


def _floor(info: FloorInfo, rows: Mapping[TeamKey, Sequence[TeamRow]], moment: Moment) -> Floor:
    others = sorted(team for floor, team in rows if floor == info.name and team not in info.teams)
    names = (*info.teams, *others)
    people = {name: info.people.get(name, 0) for name in names if name != SYSTEMS}
    hidden = hidden_teams(people, moment.smallest_team)
    shown = [name for name in names if name not in hidden]
    all_rows = [row for (floor, _), found in rows.items() if floor == info.name for row in found]
    in_doubt = [
        doubt
        for doubt in moment.doubts
        if doubt.teams is None or any(floor == info.name for floor, _ in doubt.teams)
    ]
    targets = tuple(sorted(info.kpi_targets.items()))
    past = past_lines(moment.pasts, info.name, targets, moment.smallest_team)
    is_stale, age_text = completeness.is_stale(moment.age), data_age(moment.age)
    incomplete, trust = completeness.words(in_doubt), moment.trust(info, in_doubt)
    hidden_text = sentence(
        [name for name in info.teams if name in hidden], shown, moment.smallest_team
    )
    return Floor(
        name=info.name,
        is_open=info.is_open if info.zone else None,
        time=_time(moment.clock, info.zone),
        reps=sum(row.reps for row in all_rows),
        age=moment.age,
        age_text=age_text,
        incomplete=incomplete,
        is_stale=is_stale,
        is_grey=moment.is_grey or bool(in_doubt),
        kpis=_figures(all_rows, info, trust, moment.days(info.name), past.floor, moment.clock),
        hidden=hidden_text,
        hours=_hours(moment.clock, info),
        age_line=_because("stale", age_text) if is_stale else age_text,
        best=_best(info, moment, trust),
        notes=[*filter(None, (incomplete and _because("incomplete", incomplete), hidden_text))],
        teams=[_team(info, name, rows, moment, past) for name in shown],
    )


def _best(info: FloorInfo, moment: Moment, trust: Trust) -> str:
    if trust.is_stale(KPI["touchpoints"]) or not trust.is_whole:
        return ""
    names = best_of_today(moment.parts, info, moment.smallest_team)
    return say("Best of today: {names}", names=" · ".join(names)) if names else ""


def _team(
    info: FloorInfo,
    name: str,
    rows: Mapping[TeamKey, Sequence[TeamRow]],
    moment: Moment,
    past: PastLines,
) -> Team:
    found = rows.get((info.name, name), ())
    in_doubt = [doubt for doubt in moment.doubts if doubt.touches(info.name, name)]
    reps, incomplete = sum(row.reps for row in found), completeness.words(in_doubt)
    trust = moment.trust(info, in_doubt)
    about = say("1 rep") if reps == 1 else say("{count} reps", count=reps)
    return Team(
        name=name or say("systems"),
        reps=reps,
        incomplete=incomplete,
        is_grey=moment.is_grey or bool(in_doubt),
        about=say("incomplete") if incomplete else about,
        kpis=_figures(
            found,
            info,
            trust,
            moment.days(info.name, name),
            past.teams.get(name, NO_LINES),
            moment.clock,
        ),
    )


def _figures(
    rows: Sequence[TeamRow],
    info: FloorInfo,
    trust: Trust,
    today: Sequence[TeamDay],
    past: Mapping[str, Line],
    clock: float | None,
) -> list[Figure]:
    lines = {**past, **day_line(today, clock, info.zone)}
    return figures(add([row.values for row in rows]), info.kpi_targets, trust, lines)


def _because(state: str, why: str) -> str:
    return say("{state}: {why}", state=say(state), why=why)


def _hours(clock: float | None, info: FloorInfo) -> str:
    """The time on the floor, and whether it is open."""
    is_open = "open" if info.is_open else "closed"
    said = say(is_open if info.zone else "not on the roster")
    return " · ".join(filter(None, (_time(clock, info.zone), said)))


def _time(clock: float | None, zone: str) -> str:
    if clock is None or not zone:
        return ""
    return f"{datetime.fromtimestamp(clock, ZoneInfo(zone)):%H:%M}"
