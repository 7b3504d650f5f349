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
from tests.build import roster

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
    assert schedule.full_day == 8 * 60


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


def test_a_break_in_the_hour_that_the_clocks_skip_makes_no_minute_count_twice() -> None:
    """Amsterdam goes from 2:00 to 3:00: a night from 22:00 to 6:00 has 7 hours, break or not."""
    night = (Span(22 * 60, 30 * 60),)
    pause = (Span(2 * 60 + 45, 3 * 60 + 15),)
    days = BusinessDays(AMSTERDAM, 12 * 60)
    week = (night,) * 7
    open_always = FloorCalendar(week, frozenset(), lambda _: False)

    schedule = Schedule(days, week, pause, open_always, lambda _: False)
    spans = schedule.spans(ordinal("2026-03-28"))

    assert sum(end - start for start, end in spans) == 7 * 60
    assert all(one[1] <= two[0] for one, two in pairwise(spans))
