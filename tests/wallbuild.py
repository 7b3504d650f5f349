"""Builders of what the wall reads: values, parts, layouts and snapshots, at one moment."""

from collections.abc import Mapping

from dashboards.wall.figures import Figure
from dashboards.wall.snapshot import PartKey, Snapshot
from dashboards.wall.view import Floor, Team, Wall, wall
from metrics.names import SERIES_INDEX, Series
from metrics.readings import FloorInfo, Layout, Part, RepReading, TeamRow, add

NOW = 1_795_597_200.0  # 2026-11-25T09:00:00Z, by the machine's clock
PEOPLE = {"hunters": 6, "farmers": 7, "former": 5}
NORTH = FloorInfo("north", "Europe/Amsterdam", True, ("hunters", "farmers"), {}, PEOPLE)


def values(**numbers: float) -> list[float]:
    """The values of a row; a name is measure__window or measure__window__channel."""
    row = add([])
    for name, number in numbers.items():
        measure, window, *channel = name.split("__")
        row[SERIES_INDEX[Series(measure, window.lstrip("w"), channel[0] if channel else None)]] = (
            number
        )
    return row


def row(team: str = "hunters", floor: str = "north", reps: int = 3, **numbers: float) -> TeamRow:
    """A team's row of one part."""
    return TeamRow(floor, team, reps, values(**numbers))


def part(partition: int = 0, *teams: TeamRow, **fields: object) -> Part:
    """A part of the reps, written a second ago and complete until two before that."""
    usual: dict = {
        "kind": "reps",
        "partition": partition,
        "clock": NOW - 1,
        "written_at": NOW - 1,
        "is_complete": True,
        "complete_until": NOW - 3,
        "newest": {},
        "teams": teams,
    }
    return Part(**{**usual, **fields})


def leads(partition: int = 0, **fields: object) -> Part:
    """A part of the leads."""
    return part(partition, **{"kind": "leads", **fields})


def layout(
    *floors: FloorInfo, partitions: int = 2, lead_partitions: int = 1, now: float = NOW
) -> Layout:
    """A layout; of the north floor when none are given."""
    return Layout(partitions, lead_partitions, now - 1, now - 1, "a1b2", floors or (NORTH,))


def snapshot(*parts: Part, of: Layout | None = None) -> Snapshot:
    """The parts that are there; the leads' only part is, unless one is given."""
    if not any(part.kind == "leads" for part in parts):
        parts = (*parts, leads())
    by_key: Mapping[PartKey, Part] = {PartKey(part.kind, part.partition): part for part in parts}
    return Snapshot(of or layout(), by_key)


def reading(rep: str = "ana", *rows: TeamRow, **fields: object) -> RepReading:
    """The reading of a rep, written a second ago."""
    usual: dict = {
        "rep": rep,
        "name": "Ana",
        "partition": 1,
        "clock": NOW - 1,
        "written_at": NOW - 1,
        "team": "hunters",
        "floor": "north",
        "zone": "Europe/Amsterdam",
        "day": "2026-11-25",
        "rows": rows,
    }
    return RepReading(**{**usual, **fields})


def shown(found: Snapshot, *, now: float = NOW, away: str = "") -> Wall:
    """The wall of a snapshot."""
    return wall(found, now, away=away)


def floor(view: Wall, name: str = "north") -> Floor:
    """A floor on the wall."""
    return next(one for one in view.floors if one.name == name)


def team(view: Wall, name: str, of: str = "north") -> Team:
    """A team of a floor on the wall."""
    return next(one for one in floor(view, of).teams if one.name == name)


def kpi(owner: Floor | Team, name: str) -> Figure:
    """A KPI of a floor or a team."""
    return next(one for one in owner.kpis if one.name == name)
