"""The rows of `report` as a table, as CSV for spreadsheets, and as JSON for programs."""

import csv
import io
from collections.abc import Iterable, Iterator
from datetime import date

import msgspec

from floorpulse.text.tables import columns, kpi_value, team_name
from metrics.kpis import KPIS
from streams.audit.report import LEVELS, NOTE, REPORTED, Level, ReportRow
from streams.roster.people import Roster

_MEASURES = [f"{s.measure}_{s.channel}" if s.channel else s.measure for s in REPORTED]
_FORMULA = ("=", "+", "-", "@", "\t", "\r")  # with which a spreadsheet takes a text for a formula


def report_table(rows: Iterable[ReportRow], level: Level, roster: Roster) -> str:
    """The KPIs of each day, then of the period beside their targets, group by group."""
    heads = [*_levels(level), "day", *(kpi.title for kpi in KPIS), "note"]
    cells = [heads]
    for row in rows:
        note = ", ".join(NOTE[flaw] for flaw in row.flaws)
        values = [kpi_value(kpi, row.kpi(kpi)) for kpi in KPIS]
        day = "total" if row.day is None else f"{date.fromordinal(row.day):%a %Y-%m-%d}"
        cells.append([*_names(row, level), day, *values, note])
        if row.day is None:
            cells.append([*_names(row, level), "target", *_targets(row.floor, roster), ""])
    return columns(cells)


def _targets(name: str, roster: Roster) -> Iterator[str]:
    floor = roster.floors.get(name)
    for kpi in KPIS:
        yield kpi_value(kpi, kpi.target if floor is None else floor.kpi_target(kpi.name))


def report_csv(rows: Iterable[ReportRow], level: Level) -> str:
    """Every measure and KPI; what is not known, and a ratio of nothing, is empty."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    kpis = [f"kpi_{kpi.name}" for kpi in KPIS]
    writer.writerow([*_levels(level), "day", *_MEASURES, *kpis, "note"])
    for row in rows:
        names = [_no_formula(name) for name in _names(row, level)]
        day = "total" if row.day is None else str(date.fromordinal(row.day))
        numbers = [*row.values, *(row.kpi(kpi) for kpi in KPIS)]
        note = ", ".join(NOTE[flaw] for flaw in row.flaws)
        writer.writerow([*names, day, *numbers, note])
    return out.getvalue()


def _no_formula(name: str) -> str:
    return f"'{name}" if name.startswith(_FORMULA) else name


def report_lines(rows: Iterable[ReportRow]) -> Iterator[bytes]:
    """One JSON object a line; what is not known, and a ratio of nothing, is null."""
    for row in rows:
        names = {"floor": row.floor, "team": row.team, "rep": row.rep}
        yield msgspec.json.encode(
            {
                **{name: value for name, value in names.items() if value is not None},
                "day": None if row.day is None else str(date.fromordinal(row.day)),
                "measures": dict(zip(_MEASURES, row.values, strict=True)),
                "kpis": {kpi.name: row.kpi(kpi) for kpi in KPIS},
                "flaws": row.flaws,
            }
        )


def _levels(level: Level) -> list[str]:
    return list(LEVELS[: LEVELS.index(level) + 1])


def _names(row: ReportRow, level: Level) -> list[str]:
    names = [row.floor, team_name(row.team or ""), row.rep or ""]
    return names[: LEVELS.index(level) + 1]
