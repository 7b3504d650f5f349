"""What `compare` finds, as tables for people and as JSON for programs."""

from collections.abc import Iterable, Iterator
from datetime import tzinfo
from typing import Any

import msgspec

from floorpulse.text.entries import (
    entry_cells,
    entry_fields,
    entry_table,
    local_iso,
    local_text,
    why_text,
)
from floorpulse.text.tables import columns, kpi_value, team_name
from metrics.kpis import Kpi
from streams.audit.compare import KpiChange, Moved, Moves
from streams.audit.findings import Scheduled, Why
from streams.clock import MINUTE


def changes_table(changes: Iterable[KpiChange]) -> str:
    """A row for each KPI that differs, old → new."""
    rows = [("floor", "team", "rep", "KPI", "window", "value", "target")]
    for change in changes:
        kpi = change.kpi
        names = _names(change)
        value = _arrow(kpi, change.old, change.new)
        target = _arrow(kpi, change.old_target, change.new_target)
        rows.append((*names, kpi.title, change.window, value, target))
    return columns(rows)


def _names(change: KpiChange) -> tuple[str, str, str]:
    team = "all" if change.team is None else team_name(change.team)
    rep = "all" if change.rep is None else change.rep or "nobody"
    return change.floor, team, rep


def _arrow(kpi: Kpi, old: float | None, new: float | None) -> str:
    before, after = kpi_value(kpi, old), kpi_value(kpi, new)
    return before if old == new else f"{before} → {after}"


def change_lines(changes: Iterable[KpiChange]) -> Iterator[bytes]:
    """One JSON object a line; null where there is no such row, or a ratio of nothing."""
    for change in changes:
        what = change._asdict() | {"kpi": change.kpi.name}
        absent = [name for name in ("team", "rep") if what[name] is None]
        yield msgspec.json.encode({name: v for name, v in what.items() if name not in absent})


def moves_table(moves: Moves) -> str:
    """Both numbers, then the events that only one of the rosters counts, each with the reason."""
    question, rep = moves.new.question, moves.new.frame.rep
    zone = rep.days.zone
    channel = f", {question.channel}" if question.channel else ""
    parts = [
        f"{moves.old.number:g} → {moves.new.number:g}  {question.measure.name} of "
        f"{rep.title}, {question.window.title}{channel}"
    ]
    parts.extend(_moved("ONLY THE NEW ROSTER COUNTS", "the old one", moves.gained, zone))
    parts.extend(_moved("ONLY THE OLD ROSTER COUNTS", "the new one", moves.lost, zone))
    parts.extend(_scheduled("SCHEDULED ONLY BY THE NEW ROSTER", moves.scheduled, zone))
    parts.extend(_scheduled("SCHEDULED ONLY BY THE OLD ROSTER", moves.unscheduled, zone))
    return "\n\n".join(parts if len(parts) > 1 else [*parts, "No event moved."])


def _moved(title: str, other: str, moved: list[Moved], zone: tzinfo) -> Iterator[str]:
    if moved:
        yield f"{title}: {len(moved)}"
        yield from entry_table(list(_cells(other, moved, zone)))


def _cells(other: str, moved: list[Moved], zone: tzinfo) -> Iterator[dict[str, str]]:
    for number, (unit, why) in enumerate(moved, 1):
        left_out = {"#": str(number), "left out": f"by {other}: {_why(why, zone)}"}
        for entry in unit.entries:
            yield {**entry_cells(entry, zone), **left_out}
            left_out = {}  # a unit's first event has them


def _why(why: Why | None, zone: tzinfo) -> str:
    return "not counted as a unit of its own" if why is None else why_text(why, zone)


def _scheduled(title: str, stretches: list[Scheduled], zone: tzinfo) -> Iterator[str]:
    if stretches:
        yield f"{title}: {len(stretches)}"
        rows = [("from", "until", "team", "minutes", "expected an hour")]
        for stretch in stretches:
            start, end = (local_text(at * MINUTE, zone) for at in (stretch.start, stretch.end))
            rates = ", ".join(f"{name} {60 * rate:g}" for name, rate in stretch.rates.items())
            rows.append((start, end, stretch.team, str(stretch.end - stretch.start), rates))
        yield columns(rows)


def move_lines(moves: Moves) -> Iterator[bytes]:
    """One JSON object a line: both numbers, then each unit that only one of the rosters counts."""
    question, zone = moves.new.question, moves.new.frame.rep.days.zone
    yield _line(
        {
            "kind": "number",
            "rep": question.rep_id,
            "measure": question.measure.name,
            "window": question.window.name,
            "old": moves.old.number,
            "new": moves.new.number,
        }
    )
    for kind, moved in (("only_new", moves.gained), ("only_old", moves.lost)):
        for unit, why in moved:
            events = [entry_fields(entry, zone) for entry in unit.entries]
            reason = {} if why is None else {"reason": why.reason, "detail": why.detail}
            yield _line({"kind": kind, "team": unit.team, **reason, "events": events})
    for kind, stretches in (
        ("scheduled_only_new", moves.scheduled),
        ("scheduled_only_old", moves.unscheduled),
    ):
        for stretch in stretches:
            start, end = (local_iso(at * MINUTE, zone) for at in (stretch.start, stretch.end))
            what = {"kind": kind, "team": stretch.team, "start": start, "end": end}
            yield _line({**what, "expected_per_minute": stretch.rates})


def _line(what: dict[str, Any]) -> bytes:
    return msgspec.json.encode(what)
