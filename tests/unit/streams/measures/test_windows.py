"""What lies in which window, for whom, and what corrections do to it."""

import pytest

from streams.clock import MINUTE, parse_instant
from tests.build import NORTH, call, email, inmail, numbers, recount, status, value

MONDAY_NOON = "2026-11-23T12:00:30+01:00"


def touches(at: str, now: str = MONDAY_NOON, window: str = "15m", **fields: object) -> float:
    return value(recount([call(at=at, **fields)], now), "touches", window, "call")


@pytest.mark.parametrize(
    ("window", "first_in", "last_out"),
    [
        #  the minute bucket of now counts, and the one W minutes before it does not
        ("15m", "2026-11-23T11:46:00+01:00", "2026-11-23T11:45:59+01:00"),
        ("1h", "2026-11-23T11:01:00+01:00", "2026-11-23T11:00:59+01:00"),
        ("4h", "2026-11-23T08:01:00+01:00", "2026-11-23T08:00:59+01:00"),
        ("today", "2026-11-23T00:00:00+01:00", "2026-11-22T23:59:59+01:00"),
        #  Saturday has hours, Sunday does not, and Thursday the 19th is closed
        ("2d", "2026-11-21T00:00:00+01:00", "2026-11-20T23:59:59+01:00"),
        ("5d", "2026-11-17T00:00:00+01:00", "2026-11-16T23:59:59+01:00"),
    ],
)
def test_a_window_starts_exactly(window: str, first_in: str, last_out: str) -> None:
    assert touches(first_in, window=window) == 1
    assert touches(last_out, window=window) == 0


def test_the_current_minute_counts_whole_and_the_next_one_waits() -> None:
    assert touches("2026-11-23T12:00:59+01:00") == 1
    assert touches("2026-11-23T12:01:00+01:00") == 0
    assert touches("2026-11-23T12:01:00+01:00", now="2026-11-23T12:01:00+01:00") == 1


def test_ninety_days_are_calendar_days() -> None:
    created = [
        status("created", "2026-08-26T00:00:00+02:00", lead="L1"),
        status("created", "2026-08-25T23:59:59+02:00", lead="L2"),
    ]

    assert value(recount(created, MONDAY_NOON), "leads_created", "90d") == 1


def test_a_night_shift_is_one_business_day() -> None:
    events = [
        call("bob", "2026-11-23T23:10:00+01:00", id="1"),
        call("bob", "2026-11-24T04:20:00+01:00", id="2"),
        call("bob", "2026-11-23T11:59:00+01:00", id="3"),
    ]

    counted = recount(events, "2026-11-24T05:00:00+01:00")

    assert value(counted, "touches", "today", "call", rep="bob") == 2


def test_a_touch_counts_in_the_team_of_that_moment() -> None:
    events = [
        call("bob", "2026-11-23T12:59:59+01:00", id="1"),
        call("bob", "2026-11-23T13:00:00+01:00", id="2"),
        call("bob", "2026-11-23T13:00:01+01:00", id="3"),
    ]

    counted = numbers(recount(events, "2026-11-23T14:00:00+01:00"))

    assert counted["bob", "hunters", "touches", "today", "call"] == 1
    assert counted["bob", "farmers", "touches", "today", "call"] == 2


@pytest.mark.parametrize(
    ("event", "is_touch", "is_effective"),
    [
        (call(), 1, 1),
        (call(talk_seconds=60), 1, 1),
        (call(talk_seconds=59), 1, 0),
        (call(talk_seconds=None), 1, 0),
        (call(talk_seconds=3, disposition="callback"), 1, 1),
        (call(outcome="voicemail"), 1, 0),
        (call(direction="inbound"), 1, 1),
        (call(direction="inbound", outcome="no_answer"), 0, 0),
        (call(direction="sideways"), 0, 0),
        (call(retracted=True), 0, 0),
        (email(), 1, 1),
        (email(outcome="bounced"), 1, 0),
        (email(outcome="auto_replied"), 1, 1),
        (email(automated=True), 0, 0),
        (email(direction="inbound"), 0, 0),
        (inmail(), 1, 1),
        (inmail(outcome="declined"), 1, 0),
        (inmail(direction="inbound", outcome="accepted"), 0, 0),
    ],
)
def test_what_is_a_touch_and_what_is_effective(
    event: dict, is_touch: int, is_effective: int
) -> None:
    counted = recount([event], MONDAY_NOON)
    channel = {"calls": "call", "emails": "email", "inmails": "inmail"}[event["topic"]]

    assert value(counted, "touches", "today", channel) == is_touch
    assert value(counted, "effective_touches", "today", channel) == is_effective


def test_a_correction_days_later_changes_the_past_and_counters_go_down() -> None:
    first = call(version=1, contact_id="k1")
    corrected = call(version=2, contact_id="k1", outcome="wrong_number")

    before, after = (recount(e, MONDAY_NOON) for e in ([first], [first, corrected]))

    assert value(before, "effective_touches", "today", "call") == 1
    assert value(after, "effective_touches", "today", "call") == 0
    assert (value(before, "contacts", "5d"), value(after, "contacts", "5d")) == (1, 0)
    assert value(after, "touches", "today", "call") == 1


@pytest.mark.parametrize("moved_to", ["2026-11-23T10:05:00+01:00", "2026-11-21T10:00:00+01:00"])
def test_a_moved_time_counts_once_where_it_moved_to(moved_to: str) -> None:
    events = [call(version=1), call(version=2, at=moved_to), call(version=1)]

    for order in (events, events[::-1]):
        counted = recount(order, MONDAY_NOON)
        assert value(counted, "touches", "5d", "call") == 1
        assert value(counted, "touches", "today", "call") == ("-23T" in moved_to)


def test_a_transferred_call_is_one_for_each_rep_also_with_the_same_id() -> None:
    counted = recount([call("ana"), call("cem"), email("ana", id="c1")], MONDAY_NOON)

    assert value(counted, "touches", "today", "call", rep="ana") == 1
    assert value(counted, "touches", "today", "call", rep="cem") == 1
    assert value(counted, "touches", "today", "email", rep="ana") == 1


def test_contacts_are_distinct_and_converted_by_the_same_rep_in_the_same_window() -> None:
    events = [
        call(id="1", contact_id="k1"),
        call(id="2", contact_id="k1", at="2026-11-20T10:00:00+01:00"),
        email(id="3", contact_id="k2", at="2026-11-20T10:00:00+01:00"),
        call(id="4", contact_id=None),
        status("created", "2026-11-20T11:00:00+01:00", contact_id="k1", lead="L1"),
        status("created", "2026-11-23T11:00:00+01:00", contact_id="k2", lead="L2", rep="cem"),
    ]

    counted = recount(events, MONDAY_NOON)

    assert value(counted, "contacts", "today") == 1
    assert value(counted, "contacts", "5d") == 2
    assert value(counted, "contacts_converted", "today") == 0
    assert value(counted, "contacts_converted", "5d") == 1


def test_a_clean_up_in_the_crm_is_capped_per_decider_and_ten_minutes() -> None:
    events = []
    for number in range(5):
        lead = f"L{number}"
        events.append(status("delivered", "2026-11-18T10:00:00+01:00", lead=lead))
        decided = f"2026-11-23T11:{30 + number}:00+01:00"
        by = "am-7" if number < 4 else "am-8"
        events.append(status("rejected", decided, lead=lead, rep="am", decided_by=by))

    counted = recount(events, MONDAY_NOON)

    assert value(counted, "appointments_rejected", "1h") == 5
    assert value(counted, "appointments_rejected_capped", "1h") == 3


@pytest.mark.parametrize(
    ("now", "overdue"),
    [("2026-11-21T10:00:00+01:00", 0), ("2026-11-23T00:00:00+01:00", 1)],
)
def test_an_appointment_is_overdue_after_the_agreed_open_days(now: str, overdue: int) -> None:
    #  delivered Tuesday the 17th; open after it: 18, 20, 21 (three days agreed), 23
    events = [status("delivered", "2026-11-17T16:00:00+01:00")]

    assert value(recount(events, now), "cohort_overdue", "5d") == overdue


def test_reps_who_are_not_on_the_roster_are_counted_under_unassigned() -> None:
    (row,) = (r for r in recount([call("dot")], MONDAY_NOON).board.rows() if r.rep == "dot")

    assert (row.floor, row.team, max(row.values)) == ("unassigned", "unassigned", 1)


def test_a_future_event_waits_and_then_counts() -> None:
    counted = recount([call(at="2026-11-23T12:03:10+01:00")], MONDAY_NOON)
    assert value(counted, "touches", "today", "call") == 0

    counted.board.advance(parse_instant("2026-11-23T12:03:00+01:00") // MINUTE)

    assert value(counted, "touches", "today", "call") == 1


def test_expected_touches_are_the_scheduled_minutes_times_the_rate() -> None:
    counted = recount([], "2026-11-23T13:05:00+01:00")

    #  08:30 up to and including the minute 13:05, less the break from 12:30 to 13:00
    assert value(counted, "expected_touches", "today", "call") == (276 - 30) * 40 / 510
    assert value(counted, "expected_touches", "15m", "call") == 6 * 40 / 510
    assert value(counted, "expected_touches", "1h", "email") == pytest.approx(30 * 15 / 510)


def test_the_first_team_holds_before_its_date_too() -> None:
    text = NORTH.replace("{from: 2026-01-01, team: hunters}", "{from: 2027-01-01, team: hunters}")
    text = text.replace(', {from: "2026-11-23T13:00", team: farmers}', "")
    counted = recount([], "2026-11-24T02:00:00+01:00", text)

    assert [row.team for row in counted.board.rows(["bob"])] == ["hunters"]
    assert value(counted, "expected_touches", "today", "call", rep="bob") > 0
