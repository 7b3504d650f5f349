"""The wall says in words which numbers it cannot vouch for, and how old they are."""

import pytest
from msgspec.structs import replace

from metrics.channels import FEEDS
from metrics.readings import FloorInfo, Layout, Part
from tests.wallbuild import NOW, floor, kpi, layout, leads, part, row, shown, snapshot, team


def test_a_missing_part_makes_every_team_incomplete_and_nothing_is_thought_of_its_number() -> None:
    counted = row(contacts__20d=10, contacts_converted__20d=5)
    view = shown(snapshot(part(0, counted), of=layout(partitions=2)))

    for owner in (floor(view), team(view, "hunters"), team(view, "farmers")):
        assert owner.incomplete == "partition 1 is not reporting"
        assert owner.is_grey
        found = kpi(owner, "contacts_to_leads")
        assert (found.state, found.verdict) == ("incomplete", "incomplete")
    assert kpi(floor(view), "contacts_to_leads").value == 0.5


def incomplete_by(**fields: object) -> tuple[str, str, str]:
    """What is shown of (hunters, farmers, the floor) when hunters have a row in such a part."""
    view = shown(snapshot(part(0, row("farmers")), part(1, row("hunters"), **fields)))
    return (
        team(view, "hunters").incomplete,
        team(view, "farmers").incomplete,
        floor(view).incomplete,
    )


def test_a_part_that_is_not_whole_makes_its_teams_incomplete_and_no_others() -> None:
    assert incomplete_by(written_at=NOW - 180) == ("", "", "")
    for fields, words in (
        ({"written_at": NOW - 180.5}, "partition 1 is not reporting"),
        ({"is_complete": False}, "partition 1 lost records"),
        ({"complete_until": None}, "partition 1 is still being read"),
    ):
        assert incomplete_by(**fields) == (words, "", words)


def test_leads_that_are_not_whole_make_every_team_incomplete() -> None:
    view = shown(snapshot(part(0), part(1), leads(is_complete=False)))

    assert team(view, "farmers").incomplete == "leads partition 0 lost records"


def test_many_partitions_are_counted_and_not_all_named() -> None:
    def words(missing: int) -> str:
        parts = [part(number) for number in range(missing, 9)]
        return floor(shown(snapshot(*parts, of=layout(partitions=9)))).incomplete

    assert words(2) == "partitions 0 and 1 are not reporting"
    assert words(4) == "partitions 0, 1, 2 and 3 are not reporting"
    assert words(6) == "partitions 0, 1, 2 and 3 more are not reporting"


def test_data_age_is_that_of_the_part_furthest_behind_plus_the_time_since_it_was_written() -> None:
    behind = leads(clock=NOW + 3600, written_at=NOW - 11, complete_until=NOW + 3600 - 23)
    view = floor(shown(snapshot(part(0), part(1), behind)))

    assert (view.age, view.age_text, view.is_stale) == (34, "data 34\u00a0s old", False)


def late(part_of: Part, **until: float) -> Part:
    """A part of the reps with feeds complete until so many seconds ago, or until now."""
    return replace(part_of, until={**dict.fromkeys(FEEDS, NOW - 3), **until})


def test_a_late_feed_makes_stale_what_rests_on_it_and_is_named_and_lowers_nothing() -> None:
    counted = row(effective_touches__today__call=7, expected_touches__today__call=40)
    behind = late(part(0, counted), email=NOW - 400)
    view = shown(snapshot(behind, late(part(1)), of=layout()))

    verdicts = {each.name: each.verdict for each in team(view, "hunters").kpis}
    assert verdicts["touchpoints"] == verdicts["pace"] == "stale: e-mails 6\u00a0min late"
    assert verdicts["contacts_to_leads"] == "stale: e-mails 6\u00a0min late"
    assert verdicts["disqualification"] == "too few to tell"
    assert kpi(floor(view), "touchpoints").text == "7"
    assert not floor(view).is_grey


def test_of_a_part_of_an_earlier_version_all_that_it_carries_is_late() -> None:
    view = shown(snapshot(part(0), part(1), leads(complete_until=NOW - 400)))

    verdicts = {each.name: each.verdict for each in floor(view).kpis}
    assert verdicts["pace"] == "too few to tell"
    assert verdicts["disqualification"] == "stale: lead changes 6\u00a0min late"


def test_a_channel_that_every_worker_takes_for_silent_is_named_on_its_floor() -> None:
    def verdict(*silent: list[tuple[str, str]]) -> str:
        parts = [part(number, row(), silent=each) for number, each in enumerate(silent)]
        return kpi(floor(shown(snapshot(*parts))), "touchpoints").verdict

    calls, mails = ("north", "call"), ("north", "email")
    assert verdict([calls, mails], [calls]) == "stale: no calls"
    assert verdict([calls, mails], [mails, calls]) == "stale: no calls, no e-mails"
    assert verdict([calls], []) == "too few to tell"
    assert verdict([("south", "call")], [("south", "call")]) == "too few to tell"


def test_data_older_than_a_minute_is_stale_and_grey_with_its_age() -> None:
    found = snapshot(
        part(0), part(1, row(), complete_until=NOW - 60), leads(complete_until=NOW - 60)
    )

    assert not floor(shown(found)).is_grey
    later = shown(found, now=NOW + 0.5)
    assert (floor(later).is_stale, floor(later).is_grey) == (True, True)
    assert team(later, "hunters").is_grey
    assert {each.verdict for each in floor(later).kpis} == {"stale"}
    assert floor(later).age_text == "data 1\u00a0min old"


def test_a_machine_whose_clock_is_ahead_does_not_make_data_younger() -> None:
    ahead = part(1, clock=NOW - 1, complete_until=NOW - 9, written_at=NOW + 500)

    assert floor(shown(snapshot(part(0), ahead))).age == 8


@pytest.mark.parametrize(
    ("offset", "words"),
    [
        (13 * 3600, "The clock of a worker is 13\u00a0h ahead of the brokers'."),
        (-365 * 86_400, "The clock of a worker is 365\u00a0d behind the brokers'."),
        (61, "The clock of a worker is 1\u00a0min ahead of the brokers'."),
        (60, ""),
        (-60, ""),
        (None, ""),
    ],
)
def test_a_worker_s_clock_that_is_over_a_minute_off_stands_on_the_wall(
    offset: float | None, words: str
) -> None:
    wrong = part(1, clock_offset=offset)

    assert shown(snapshot(part(0, clock_offset=0.3), wrong)).message == words


def test_the_clock_of_a_worker_that_is_gone_is_nobody_s() -> None:
    gone = part(1, written_at=NOW - 181, clock_offset=3600)

    assert shown(snapshot(part(0), gone)).message == ""


def test_a_silent_feed_shows_by_the_age_of_its_last_event_in_any_partition() -> None:
    view = shown(
        snapshot(
            part(0, newest={"call": NOW - 721, "email": NOW + 200}),
            part(1, newest={"call": NOW - 5000}),
            leads(newest={"lead": NOW - 7300}),
        )
    )

    *channels, lead_changes = (feed.text for feed in view.feeds)
    assert channels[:3] == [
        "calls: last 12\u00a0min ago",
        "e-mails: last 0\u00a0s ago",
        "InMails: none yet",
    ]
    assert lead_changes == "lead changes: last 2\u00a0h ago"


def test_a_floor_without_teams_is_incomplete_too_when_a_part_is_missing() -> None:
    empty = FloorInfo("attic", "UTC", True, (), {})
    known: Layout = layout(empty, partitions=1)

    assert floor(shown(snapshot(of=known)), "attic").incomplete == "partition 0 is not reporting"
