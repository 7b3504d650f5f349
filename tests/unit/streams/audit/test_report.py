"""Which days are reported, what is known of them no more, and which dates are refused."""

import datetime as dt

import pytest

from streams.audit.all_reps import AllReps
from streams.audit.question import QuestionError
from streams.audit.report import REPORTED, Kept, Level, Period, Report, ReportRow
from streams.clock import parse_instant
from tests.build import call, record, roster, status

NOW = parse_instant("2026-11-23T15:00:00+01:00")  # a Monday
ROSTER = roster()


def day(text: str) -> int:
    return dt.date.fromisoformat(text).toordinal()


def reported(
    first: str, last: str, *events: dict, level: Level = "rep", kept: Kept | None = None
) -> list[ReportRow]:
    """The rows of hunters and their floor, and of who is not on the roster."""
    reps = AllReps(ROSTER, NOW)
    reps.deliver(map(record, events))
    report = Report(Period(day(first), day(last)), level, NOW, kept or Kept.at(NOW))
    for rep_id in ("ana", "zoe"):
        rep = ROSTER.rep(rep_id)
        is_listed = rep_id in ROSTER.reps
        report.add(rep, reps.touches(rep_id), reps.copies(rep_id), is_listed=is_listed)
    return report.rows()


def days(rows: list[ReportRow], rep: str = "ana") -> list[int | None]:
    return [row.day for row in rows if row.rep == rep]


def number(row: ReportRow, measure: str) -> float | None:
    """A measure, channels summed."""
    values = [v for s, v in zip(REPORTED, row.values, strict=True) if s.measure == measure]
    return None if None in values else sum(v for v in values if v is not None)


def test_a_rep_of_the_roster_has_a_row_for_each_day_with_hours() -> None:
    rows = reported("2026-11-16", "2026-11-23")

    # The 19th is closed, and the 22nd a Sunday.
    worked = ("16", "17", "18", "20", "21", "23")
    assert days(rows) == [*(day(f"2026-11-{d}") for d in worked), None]
    assert days(rows, "zoe") == []


def test_what_is_done_on_a_closed_day_or_by_strangers_is_reported() -> None:
    sunday = "2026-11-22T10:00:00+01:00"

    rows = reported("2026-11-21", "2026-11-23", call(at=sunday), call("zoe", sunday))

    assert days(rows) == [*(day(f"2026-11-{d}") for d in ("21", "22", "23")), None]
    assert days(rows, "zoe") == [day("2026-11-22"), None]


def test_a_day_that_is_not_over_is_marked_and_so_is_the_total() -> None:
    yesterday, today, total = reported("2026-11-21", "2026-11-23")

    assert (yesterday.flaws, today.flaws, total.flaws) == ((), ("so_far",), ("so_far",))


def test_floors_and_teams_are_sums_over_their_reps() -> None:
    events = call(), call("zoe"), call("zoe", id="c2")

    rows = reported("2026-11-23", "2026-11-23", *events, level="floor")

    assert [(row.floor, row.team, row.day is None, number(row, "touches")) for row in rows] == [
        ("north", None, False, 1),
        ("north", None, True, 1),
        ("unassigned", None, False, 2),
        ("unassigned", None, True, 2),
    ]


def test_a_contact_counts_once_in_a_total() -> None:
    events = (
        call(id="c1", contact_id="k1", at="2026-11-20T10:00:00+01:00"),
        call(id="c2", contact_id="k1"),
    )

    friday, _, monday, total = reported("2026-11-20", "2026-11-23", *events)

    assert [number(row, "contacts") for row in (friday, monday, total)] == [1, 1, 1]
    assert [number(row, "touches") for row in (friday, monday, total)] == [1, 1, 2]


def test_what_was_decided_since_is_in_the_day_of_the_delivery() -> None:
    events = (
        status("delivered", "2026-11-20T10:00:00+01:00"),
        status("accepted", "2026-11-23T11:00:00+01:00"),
    )

    friday, _, monday, _ = reported("2026-11-20", "2026-11-23", *events)

    assert (number(friday, "cohort_accepted"), number(friday, "cohort_pending")) == (1, 0)
    assert number(monday, "appointments_accepted") == 1


def test_an_undecided_appointment_is_overdue_in_the_day_of_its_delivery() -> None:
    # Within 3 open days: the 23rd, 21st and 20th are those since the 18th.
    events = (
        status("delivered", "2026-11-17T10:00:00+01:00", lead="L1"),
        status("delivered", "2026-11-18T10:00:00+01:00", lead="L2"),
    )

    rows = reported("2026-11-17", "2026-11-20", *events)

    assert [number(row, "cohort_overdue") for row in rows] == [1, 0, 0, 1]


@pytest.mark.parametrize(
    ("kept", "flaw", "gone", "known"),
    [
        (Kept(NOW, 0), "touches_gone", "touches", "leads_created"),
        (Kept(0, NOW), "leads_gone", "leads_created", "touches"),
    ],
)
def test_what_is_not_kept_any_more_is_not_known(
    kept: Kept, flaw: str, gone: str, known: str
) -> None:
    at = "2026-11-20T10:00:00+01:00"
    events = call(at=at, contact_id="k1"), status("created", at, contact_id="k1")

    friday, *_, total = reported("2026-11-20", "2026-11-23", *events, kept=kept)

    for row in (friday, total):
        assert flaw in row.flaws
        assert (number(row, gone), number(row, known)) == (None, 1)
        assert number(row, "contacts_converted") is None


def test_days_whose_events_were_lost_are_marked_and_keep_what_is_there() -> None:
    lost_at = parse_instant("2026-11-20T12:00:00+01:00")

    rows = reported(
        "2026-11-20",
        "2026-11-23",
        call(at="2026-11-20T10:00:00+01:00"),
        kept=Kept(0, 0, lost_leads=lost_at),
    )

    assert ["lost" in row.flaws for row in rows] == [True, False, False, True]
    assert number(rows[0], "touches") == 1


@pytest.mark.parametrize(
    ("first", "last", "message"),
    [
        ("2026-11-23", "2026-11-20", "--from 2026-11-23 is after --to 2026-11-20"),
        ("2026-11-20", "2026-11-24", "--to 2026-11-24 is in the future"),
        ("2025-01-01", "2026-11-23", "692 days; ask for 400 at most"),
    ],
)
def test_dates_that_cannot_be_reported_are_refused(first: str, last: str, message: str) -> None:
    with pytest.raises(QuestionError, match=message):
        Period(day(first), day(last)).check(day("2026-11-23"))
