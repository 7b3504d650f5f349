"""A business day in a report is what the `today` windows were at its end, and a total what a window
over the same days is."""

import datetime as dt
from collections import deque

from hypothesis import given, settings
from hypothesis import strategies as st

from metrics.names import SERIES_INDEX, Series
from streams.audit.all_reps import AllReps
from streams.audit.report import REPORTED, Kept, Period, Report, ReportRow
from streams.clock import MINUTE, Micros, micros
from streams.measures.board import Board
from streams.measures.windows import window_starts
from tests.build import record, roster
from tests.strategies import NOW, REPS, WORLD, many_events

ROSTER = roster(WORLD)


def reps_with(events: list[dict], now: Micros) -> AllReps:
    reps = AllReps(ROSTER, now)
    reps.deliver(record(event, offset) for offset, event in enumerate(events))
    return reps


def windows(reps: AllReps, rep_id: str, at: int, window: str) -> dict[str, dict[Series, float]]:
    """By team, what a window of the read model has at the minute *at*, less what is zero."""
    board = Board(ROSTER, at)
    deque(board.rebuild(rep_id, reps.touches(rep_id), reps.copies(rep_id)), maxlen=0)
    found = {}
    for row in board.rows([rep_id]):
        places = {s: SERIES_INDEX[s._replace(window=window)] for s in REPORTED}
        found[row.team] = {s: row.values[place] for s, place in places.items() if row.values[place]}
    return {team: numbers for team, numbers in found.items() if numbers}


def reported(rows: list[ReportRow]) -> dict[str, dict[Series, float | None]]:
    """By team, what a report has, less what is zero."""
    found = {row.team or "": _not_zero(row) for row in rows}
    return {team: numbers for team, numbers in found.items() if numbers}


def _not_zero(row: ReportRow) -> dict[Series, float | None]:
    return {series: n for series, n in zip(REPORTED, row.values, strict=True) if n}


def at_its_end(rows: list[ReportRow], day: int) -> dict[str, dict[Series, float | None]]:
    """The numbers of a day, less what is overdue: at its end nothing of it was."""
    found = reported([row for row in rows if row.day == day])
    return {
        team: {series: n for series, n in numbers.items() if series.measure != "cohort_overdue"}
        for team, numbers in found.items()
    }


def report_of(reps: AllReps, rep_id: str, period: Period, now: Micros) -> list[ReportRow]:
    report = Report(period, "rep", now, Kept.at(now))
    report.add(
        ROSTER.rep(rep_id), reps.touches(rep_id), reps.copies(rep_id), is_listed=rep_id != "dot"
    )
    return report.rows()


@settings(max_examples=60, deadline=None)
@given(many_events, st.sampled_from((*REPS, "crm", "")), st.integers(0, 60 * 24 * 4))
def test_a_day_is_what_today_was_at_its_end(events: list[dict], rep_id: str, later: int) -> None:
    now = micros(NOW + dt.timedelta(minutes=later))
    reps = reps_with(events, now)
    days = ROSTER.rep(rep_id).days
    today = days.day_of(now // MINUTE)

    rows = report_of(reps, rep_id, Period(today - 12, today), now)

    for day in range(today - 12, today + 1):
        end = min(days.start_of(day + 1) - 1, now // MINUTE)
        assert at_its_end(rows, day) == windows(reps, rep_id, end, "today")


@settings(max_examples=60, deadline=None)
@given(many_events, st.sampled_from((*REPS, "crm", "")), st.integers(0, 60 * 24 * 4))
def test_a_total_is_what_a_window_over_its_days_is(
    events: list[dict], rep_id: str, later: int
) -> None:
    now = micros(NOW + dt.timedelta(minutes=later))
    reps = reps_with(events, now)
    rep = ROSTER.rep(rep_id)
    today = rep.days.day_of(now // MINUTE)
    first = window_starts(rep, now // MINUTE, today)["20d"]

    rows = report_of(reps, rep_id, Period(first, today), now)

    totals = [row for row in rows if row.day is None]
    assert reported(totals) == windows(reps, rep_id, now // MINUTE, "20d")
