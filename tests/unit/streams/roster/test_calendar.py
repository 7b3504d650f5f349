"""Business days by zone rules, and scheduled minutes on them."""

from datetime import date
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from streams.clock import MINUTE, parse_instant
from streams.roster.calendar import (
    BusinessDays,
    DayFinder,
    FloorCalendar,
    Schedule,
    Span,
    instant,
    overlap,
    without_breaks,
)
from tests.build import NORTH, roster

AMSTERDAM = ZoneInfo("Europe/Amsterdam")
HAVANA = ZoneInfo("America/Havana")  # its clocks change at midnight


def ordinal(text: str) -> int:
    return date.fromisoformat(text).toordinal()


def minute(text: str) -> int:
    return parse_instant(text) // MINUTE


@pytest.mark.parametrize(
    ("zone", "day", "hours"),
    [
        (AMSTERDAM, "2026-10-24", 24),
        (AMSTERDAM, "2026-10-25", 25),
        (AMSTERDAM, "2026-03-29", 23),
        (HAVANA, "2026-03-08", 23),
        (HAVANA, "2026-11-01", 25),
    ],
)
@pytest.mark.parametrize("day_starts", [0, 12 * 60])
def test_a_day_has_as_many_hours_as_the_zone_gives_it(
    zone: ZoneInfo, day: str, hours: int, day_starts: int
) -> None:
    days = BusinessDays(zone, day_starts)
    named = ordinal(day) - (1 if day_starts else 0)  # the change falls in the night before noon

    assert days.start_of(named + 1) - days.start_of(named) == hours * 60


def test_a_business_day_is_named_after_the_date_on_which_it_starts() -> None:
    noon = BusinessDays(AMSTERDAM, 12 * 60)

    assert noon.day_of(minute("2026-11-23T11:59:00+01:00")) == ordinal("2026-11-22")
    assert noon.day_of(minute("2026-11-23T12:00:00+01:00")) == ordinal("2026-11-23")
    assert noon.day_of(minute("2026-11-24T03:00:00+01:00")) == ordinal("2026-11-23")


def test_a_skipped_midnight_starts_the_day_when_the_clocks_go_on() -> None:
    assert instant(HAVANA, ordinal("2026-03-08"), 0) == minute("2026-03-08T01:00:00-04:00")


def test_the_day_finder_agrees_with_the_days() -> None:
    days = BusinessDays(HAVANA, 90)
    find = DayFinder(days)
    start = minute("2026-02-01T00:00:00Z")

    for at in range(start, start + 60 * 24 * 300, 977):
        assert find(at) == days.day_of(at)
        assert days.start_of(find(at)) <= at < days.start_of(find(at) + 1)


def test_breaks_come_every_day_also_after_midnight() -> None:
    night = [Span(22 * 60, 30 * 60)]
    breaks = [Span(60, 105), Span(12 * 60, 13 * 60), Span(23 * 60 + 45, 24 * 60 + 15)]

    assert without_breaks(night, breaks) == [
        Span(1320, 1425),
        Span(1455, 1500),
        Span(1545, 1800),
    ]


def test_overlap_is_half_open() -> None:
    assert overlap([(10, 20), (30, 40)], 15, 31) == 6


def test_a_night_shift_over_the_25_hour_day_has_an_hour_more() -> None:
    text = """
floors: {f: {zone: Europe/Amsterdam, hours: {mon-sun: "22:00-06:00"}}}
teams: {t: {floor: f}}
reps: {ana: {team: t, day_starts: "12:00"}}
"""
    read = roster(text)
    schedule = read.reps["ana"].schedule_on(read.floors["f"])

    ((start, end),) = schedule.spans(ordinal("2026-10-24"))

    assert start == minute("2026-10-24T22:00:00+02:00")
    assert end - start == 9 * 60
    assert read.reps["ana"].full_day_on(read.floors["f"]) == 8 * 60


def test_open_days_skip_weekends_holidays_and_closed_days() -> None:
    calendar = roster().floors["north"].calendar
    monday = ordinal("2026-11-23")

    opens = [calendar.nth_last_open(n, monday) for n in (1, 2, 3, 4)]

    assert [str(date.fromordinal(day)) for day in opens] == [
        "2026-11-23",
        "2026-11-21",
        "2026-11-20",
        "2026-11-18",
    ]
    assert not calendar.is_open(ordinal("2026-12-25"))
    assert calendar.nth_last_open(1, ordinal("2026-11-22")) == ordinal("2026-11-21")


def test_open_days_of_a_long_window_are_counted_further_back_than_a_year() -> None:
    workday = (Span(9 * 60, 17 * 60),)
    calendar = FloorCalendar((workday,) * 5 + ((),) * 2)

    first = calendar.nth_last_open(300, ordinal("2026-11-23"))

    assert date.fromordinal(first) == date(2025, 9, 30)  # a Tuesday, 60 weeks of five days


def test_the_search_for_open_days_of_a_closed_floor_ends() -> None:
    closed = FloorCalendar(((),) * 7)

    assert closed.nth_last_open(1, 740_000) == 740_000 - 365
    assert closed.nth_last_open(300, 740_000) == 740_000 - 899


def test_a_break_in_the_hour_that_the_clocks_skip_makes_no_minute_count_twice() -> None:
    """Amsterdam goes from 2:00 to 3:00: a night from 22:00 to 6:00 has 7 hours, break or not."""
    night = (Span(22 * 60, 30 * 60),)
    pause = (Span(2 * 60 + 45, 3 * 60 + 15),)
    days = BusinessDays(AMSTERDAM, 12 * 60)
    schedule = Schedule(days, lambda _: night, pause)

    spans = schedule.spans(ordinal("2026-03-28"))

    assert sum(end - start for start, end in spans) == 7 * 60
    assert all(one[1] <= two[0] for one, two in pairwise(spans))


# Each day has all that comes after what decides it, so that the first that applies shows.
ORDER = """
floors:
  f:
    zone: Europe/Amsterdam
    holidays: NL
    closed: [2026-12-25, 2026-12-28, 2026-12-29, 2026-12-26]
    dates: {2027-01-01: "01:00-02:00", 2026-12-30: "01:00-03:00", 2026-12-31: []}
    open: [2027-03-28, 2027-03-29]
    hours: {mon-fri: "01:00-05:00"}
teams: {t: {floor: f}}
reps:
  ana:
    team: t
    from: 2026-12-02
    to: 2027-04-02
    absences: [{from: 2026-12-25, to: 2026-12-26}, {from: 2026-12-02T01:20, to: 2026-12-02T01:40}]
    dates: {2026-12-01: "01:00-07:00", 2026-12-25: "01:00-07:00", 2026-12-28: "01:00-07:00",
            2026-12-30: []}
    hours: {from: 2026-11-30, weeks: [{mon-fri: "01:00-02:30"}, {mon-tue: "01:00-04:00"}]}
  bob: {team: t}
"""


@pytest.mark.parametrize(
    ("day", "ana", "bob", "why"),
    [
        ("2026-12-01", 0, 240, "before the first day, in spite of a single date"),
        ("2027-04-05", 0, 240, "after the last day"),
        ("2026-12-02", 70, 240, "the rota's first week, less a part of the day"),
        ("2026-12-25", 0, 0, "absent, in spite of a single date"),
        ("2026-12-28", 360, 0, "the rep's single date, in spite of a closed day"),
        ("2026-12-29", 0, 0, "closed"),
        ("2026-12-30", 0, 120, "the rep's single date, in spite of the floor's"),
        ("2026-12-31", 0, 0, "the floor's single date: off"),
        ("2027-01-01", 60, 60, "the floor's single date, in spite of a holiday"),
        ("2027-03-29", 180, 240, "a holiday on which the floor works"),
        ("2027-05-17", 0, 0, "a holiday"),
        ("2026-12-08", 180, 240, "the rota's second week"),
        ("2026-12-09", 0, 240, "no hours in the rota's second week"),
        ("2026-12-14", 90, 240, "the rota's first week again"),
    ],
)
def test_the_first_that_applies_decides_a_day(day: str, ana: int, bob: int, why: str) -> None:
    read = roster(ORDER)
    floor = read.floors["f"]

    for rep, minutes in (("ana", ana), ("bob", bob)):
        spans = read.reps[rep].schedule_on(floor).spans(ordinal(day))
        assert sum(end - start for start, end in spans) == minutes, why
    assert floor.calendar.is_open(ordinal(day)) == bool(bob)


def test_the_first_week_of_a_rota_holds_also_before_its_date() -> None:
    hours = roster(ORDER).reps["ana"].own_hours

    assert [hours.on(ordinal(day)) for day in ("2026-11-26", "2026-11-19", "2026-12-10")] == [
        (Span(60, 150),),
        (Span(60, 150),),
        (),
    ]


def test_the_longest_day_is_of_all_weeks_and_of_no_single_date() -> None:
    read = roster(ORDER)

    assert read.reps["ana"].full_day_on(read.floors["f"]) == 180
    assert read.reps["bob"].full_day_on(read.floors["f"]) == 240


def test_open_days_count_single_dates_and_worked_holidays() -> None:
    calendar = roster(ORDER).floors["f"].calendar

    opens = [calendar.nth_last_open(n, ordinal("2027-01-03")) for n in (1, 2, 3)]

    assert [str(date.fromordinal(day)) for day in opens] == [
        "2027-01-01",
        "2026-12-30",
        "2026-12-24",
    ]


def test_a_part_of_a_day_off_is_cut_out_whatever_gives_the_hours() -> None:
    away = "absences: [{from: 2026-11-23T10:00, to: 2026-11-23T11:30}]"
    read = roster(NORTH.replace("{name: Ana, team: hunters}", f"{{team: hunters, {away}}}"))

    spans = read.reps["ana"].schedule_on(read.floors["north"]).spans(ordinal("2026-11-23"))

    assert spans == [
        (minute(f"2026-11-23T{start}:00+01:00"), minute(f"2026-11-23T{end}:00+01:00"))
        for start, end in (("08:30", "10:00"), ("11:30", "12:30"), ("13:00", "17:30"))
    ]


def test_a_floor_is_open_in_the_hours_of_a_single_date() -> None:
    half = ORDER.replace(
        "2026-12-31: []", '2026-12-31: [], 2026-11-23: "08:30-12:30", 2026-11-24: []'
    )
    floor = roster(half).floors["f"]

    times = ("2026-11-23T12:29", "2026-11-23T12:30", "2026-11-24T10:00", "2026-11-25T04:59")

    assert [floor.is_open_at(minute(f"{time}:00+01:00")) for time in times] == [
        True,
        False,
        False,
        True,
    ]
    assert floor.shift_at(minute("2026-11-23T13:00:00+01:00")) == []
