"""The page of a rep shows the counters of the day, and how far they can be trusted."""

from dashboards.wall.reppage import RepPage, rep_page
from dashboards.wall.snapshot import Snapshot
from metrics.readings import BestDay, FloorInfo, RepReading, TeamDay, TeamRow
from streams.audit.question import Question
from tests.wallbuild import NOW, layout, leads, part, reading, row, snapshot

WHOLE = snapshot(part(0), part(1))
DAY = row(
    effective_touches__today__call=31,
    effective_touches__today__email=12,
    effective_touches__15m__call=5,
    expected_touches__today__call=28.5,
    expected_touches__today__email=15.25,
    leads_created__today=2,
    contacts__today=19,
)


def page(reading: RepReading | None, snapshot: Snapshot = WHOLE, *, away: str = "") -> RepPage:
    return rep_page("ana", reading, snapshot, NOW, away=away)


def test_each_channel_is_shown_beside_what_is_expected_by_now() -> None:
    shown = page(reading("ana", DAY))

    assert [
        (
            channel.title,
            channel.text,
            channel.goal,
            channel.pace_text,
            channel.shape,
            channel.verdict,
        )
        for channel in shown.channels[:3]
    ] == [
        ("Calls", "31", "of 28 expected by now", "pace 109\u00a0%", "✓", "on target"),
        ("E-mails", "12", "of 15 expected by now", "pace 79\u00a0%", "≈", "close"),
        ("InMails", "0", "nothing expected yet", "–", "", ""),
    ]
    assert shown.total is not None
    assert (shown.total.effective, shown.total.expected) == (43, 43.75)
    assert [(counter.title, counter.text) for counter in shown.counters] == [
        ("Leads created", "2"),
        ("Contacts reached", "19"),
        ("Last hour", "0"),
        ("Best day", "–"),
        ("Appointments undecided", "0"),
    ]


def test_a_rep_who_changed_teams_today_has_the_sum_of_both() -> None:
    shown = page(reading("ana", DAY, row("farmers", effective_touches__today__call=4)))

    assert shown.channels[0].text == "35"


def test_the_pace_is_compared_with_the_target_of_the_floor() -> None:
    strict = FloorInfo("north", "Europe/Amsterdam", True, ("hunters",), {"pace": 1.2})
    known = snapshot(part(0), part(1), of=layout(strict))

    assert page(reading("ana", DAY), known).channels[0].shape == "≈"


def test_data_age_is_that_of_the_rep_s_partition_and_of_the_leads() -> None:
    known = snapshot(part(0, complete_until=NOW - 900), part(1, complete_until=NOW - 31), leads())
    assert page(reading(partition=1), known).age == 31
    assert not page(reading(partition=1), known).is_grey
    assert page(reading(partition=0), known).is_grey


def test_only_the_rep_s_own_partition_and_the_leads_make_the_page_incomplete() -> None:
    others = snapshot(part(1))
    own = snapshot(part(0))
    assert page(reading("ana", DAY), others).incomplete == ""

    shown = page(reading("ana", DAY), own)
    assert (shown.incomplete, shown.is_grey) == ("partition 1 is not reporting", True)
    assert (shown.channels[0].text, shown.channels[0].state) == ("31", "incomplete")


def test_a_reading_that_was_not_renewed_is_incomplete() -> None:
    assert page(reading(written_at=NOW - 180)).incomplete == ""
    assert page(reading(written_at=NOW - 181)).incomplete == "partition 1 is not reporting"


def test_a_reading_that_is_gone_is_shown_as_gone() -> None:
    shown = page(None)

    assert (shown.state, shown.is_grey, shown.total) == ("gone", True, None)
    assert "not reporting" in shown.message


def test_with_redis_away_the_last_numbers_stay_in_grey() -> None:
    shown = page(reading("ana", DAY), away="Redis is away.")

    assert (shown.state, shown.message, shown.is_grey) == ("redis_away", "Redis is away.", True)
    assert shown.channels[0].text == "31"
    assert page(None, away="Redis is away.").state == "redis_away"


def counters(*rows: TeamRow, **fields: object) -> dict[str, tuple[str, str]]:
    shown = page(reading("ana", *rows, **fields))
    return {one.title: (one.text, one.note) for one in shown.counters if one.note}


def test_the_last_hour_the_best_day_and_what_is_undecided_stand_beside_the_day() -> None:
    own = row(
        effective_touches__w1h__call=4,
        effective_touches__w1h__email=3,
        expected_touches__w1h__call=6.25,
        cohort_pending__90d=17,
        cohort_overdue__90d=2,
        cohort_pending__20d=5,
    )
    assert counters(own, best=BestDay("2026-11-20", 41)) == {
        "Last hour": ("7", "of 6.2 expected"),
        "Best day": ("41", "of the last 20 open days: 20 Nov"),
        "Appointments undecided": ("17", "2 overdue"),
    }
    assert counters(best=BestDay("2026-11-25", 43)) == {
        "Last hour": ("0", "nothing expected"),
        "Best day": ("43", "of the last 20 open days: today"),
        "Appointments undecided": ("0", "none overdue"),
    }
    assert counters()["Best day"] == ("–", "none yet")


def test_the_day_is_drawn_by_the_hours_that_are_over() -> None:
    quarters = int(NOW // 900) - 12
    day = TeamDay("north", "hunters", quarters, [2] * 12 + [0] * 4, [1.5] * 16)
    shown = page(reading("ana", DAY, days=[day]))

    assert shown.line.path.count("L") == 1, "of two hours; a third has begun"
    assert shown.line.aim.count("L") == 3
    assert shown.line_title == "today by hour"
    assert shown.line_ends == ("07:00", "11:00")
    assert page(reading("ana", DAY)).line.path == ""
    assert page(reading("ana", DAY)).line_ends == ("", "")


def test_the_numbers_lead_to_what_is_behind_them() -> None:
    shown = page(reading("ana", DAY))
    assert shown.total is not None
    numbers = [shown.total, *shown.channels, *shown.counters]
    assert [one.title for one in numbers if not one.why] == ["Best day"]
    for address in (one.why for one in numbers if one.why):
        number, _, channel = address.partition("?channel=")
        Question.ask("ana", *number.split("/"), channel or None, None)
