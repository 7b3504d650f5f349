"""The wall shows the sums of the parts, and says in words what it cannot vouch for."""

import json
from dataclasses import asdict

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from dashboards.wall.alerts import NO_ALERTS, Alerts, ShownAlert
from dashboards.wall.figures import NOTHING, Figure
from dashboards.wall.snapshot import (
    PartKey,
    Snapshot,
    part_keys,
    read_layout,
    read_parts,
    with_last_known,
)
from dashboards.wall.view import Floor, Team, Wall, wall
from metrics.channels import FEEDS
from metrics.kpis import KPIS
from metrics.names import SERIES
from metrics.readings import FloorInfo, Layout, Part, TeamRow, encode
from tests.wallbuild import NORTH, NOW, layout, leads, part, row, snapshot


def shown(found: Snapshot, *, now: float = NOW, away: str = "") -> Wall:
    return wall(found, now, away=away)


def floor(view: Wall, name: str = "north") -> Floor:
    return next(each for each in view.floors if each.name == name)


def team(view: Wall, name: str, of: str = "north") -> Team:
    return next(each for each in floor(view, of).teams if each.name == name)


def kpi(owner: Floor | Team, name: str) -> Figure:
    return next(each for each in owner.kpis if each.name == name)


def test_a_team_is_the_sum_over_parts_and_a_floor_the_sum_of_its_teams_ratios_last() -> None:
    view = shown(
        snapshot(
            part(0, row("hunters", contacts__20d=10, contacts_converted__20d=5)),
            part(
                1,
                row("hunters", contacts__20d=90, contacts_converted__20d=4),
                row("farmers", contacts__20d=300, contacts_converted__20d=11),
            ),
        )
    )

    assert kpi(team(view, "hunters"), "contacts_to_leads").value == 9 / 100
    assert kpi(team(view, "farmers"), "contacts_to_leads").value == 11 / 300
    assert kpi(floor(view), "contacts_to_leads").value == 20 / 400
    assert kpi(floor(view), "contacts_to_leads").sums == {
        "contacts": 400,
        "contacts_converted": 20,
    }
    assert (team(view, "hunters").reps, floor(view).reps) == (6, 9)


NUMBERS = st.lists(st.integers(0, 999), min_size=len(SERIES), max_size=len(SERIES))
DEALT = st.lists(
    st.tuples(st.integers(0, 3), st.sampled_from(NORTH.teams), NUMBERS), min_size=1, max_size=6
)


@given(DEALT)
def test_it_does_not_matter_which_partition_holds_a_rep(dealt: list) -> None:
    def deal(by: dict[int, int]) -> Wall:
        rows: dict[int, list[TeamRow]] = {number: [] for number in range(4)}
        for partition, name, numbers in dealt:
            rows[by[partition]].append(TeamRow("north", name, 1, numbers))
        parts = [part(number, *found) for number, found in rows.items()]
        return shown(snapshot(*parts, of=layout(partitions=4)))

    assert deal({0: 0, 1: 1, 2: 2, 3: 3}) == deal({0: 3, 1: 3, 2: 1, 3: 0})


def test_a_ratio_of_nothing_is_absent_with_its_reason_and_a_count_is_zero() -> None:
    view = shown(snapshot(part(0), part(1)))

    found = kpi(team(view, "farmers"), "disqualification")
    assert (found.value, found.text, found.reason) == (None, "–", "no decisions yet")
    assert (found.state, found.shape, found.verdict) == ("too_few", "?", "too few to tell")
    assert found.sample == ""
    touched = kpi(team(view, "farmers"), "touchpoints")
    assert (touched.value, touched.text, touched.goal) == (0, "0", "nothing expected yet")


def test_every_ratio_of_the_catalogue_has_its_own_reason() -> None:
    assert {each.per[0].name for each in KPIS if each.is_ratio} == set(NOTHING)


def test_every_kpi_is_there_with_its_title_and_window_and_four_to_six_have_a_tile() -> None:
    found = floor(shown(snapshot(part(0), part(1)))).kpis

    assert [(each.name, each.title) for each in found] == [(k.name, k.title) for k in KPIS]
    assert found[0].window == "last 20 open days"
    assert 4 <= sum(each.is_tile for each in found) <= 6


def test_touches_are_shown_beside_those_expected_by_now_and_judged_by_their_pace() -> None:
    touched = row(
        effective_touches__today__call=31,
        effective_touches__today__email=12,
        expected_touches__today__call=40.25,
        expected_touches__today__email=9.5,
    )
    found = kpi(floor(shown(snapshot(part(0, touched), part(1)))), "touchpoints")

    assert (found.text, found.goal, found.beside) == (
        "43",
        "of 50 expected by now",
        "pace 86\u00a0%",
    )
    assert (found.state, found.shape, found.verdict) == ("close", "≈", "close")
    assert found.sums == {"effective_touches": 43, "expected_touches": 49.75}


def test_disqualification_by_delivery_has_its_pending_share_beside_it() -> None:
    cohort = row(cohort_delivered__20d=40, cohort_rejected__20d=3, cohort_pending__20d=13)
    found = kpi(floor(shown(snapshot(part(0, cohort), part(1)))), "disqualification_cohort")

    assert (found.text, found.sample, found.beside) == (
        *("7.5\u00a0%", "of 40 delivered", "32\u00a0% pending"),
    )


def test_a_floor_s_own_target_stands_before_the_catalogue_s_even_zero() -> None:
    decided = row(appointments_accepted__5d=940, appointments_rejected__5d=60)

    def with_targets(**targets: float) -> Figure:
        info = FloorInfo("north", "Europe/Amsterdam", True, ("hunters",), targets)
        found = snapshot(part(0, decided), part(1), of=layout(info))
        return kpi(floor(shown(found)), "disqualification")

    assert (with_targets().goal, with_targets().state) == ("at most 5\u00a0%", "close")
    looser = with_targets(disqualification=0.07)
    assert (looser.target, looser.goal, looser.state) == (0.07, "at most 7\u00a0%", "on_target")
    assert with_targets(disqualification=0.0).state == "off_target"


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


def test_with_redis_away_everything_is_grey_and_the_last_known_numbers_stay() -> None:
    found = snapshot(part(0, row(effective_touches__today__call=7)), part(1))
    view = shown(found, away="Redis is away.")

    assert (view.state, view.message) == (
        "redis_away",
        "Redis is away. Showing the last known numbers.",
    )
    assert floor(view).is_grey
    assert team(view, "hunters").is_grey
    assert kpi(floor(view), "touchpoints").text == "7"
    assert {each.state for each in floor(view).kpis} == {"stale"}
    assert shown(Snapshot(), away="Redis is away.").message == "Redis is away."


def test_without_a_layout_the_wall_waits_for_the_first_worker() -> None:
    view = shown(read_layout(None))

    assert (view.state, view.message, view.floors) == (
        "waiting",
        "Waiting for the first worker.",
        [],
    )


def of_another_catalogue(raw: bytes) -> bytes:
    return json.dumps({**json.loads(raw), "catalogue": "0123"}).encode()


def test_another_catalogue_is_named_in_words_for_the_layout_and_for_a_part() -> None:
    view = shown(read_layout(of_another_catalogue(encode(layout()))))
    assert "written with catalogue 0123" in view.message
    assert "run the same version of the worker and the wall" in view.message

    raws: dict[PartKey, bytes | None] = {key: encode(part(0)) for key in part_keys(layout())}
    raws[PartKey("reps", 1)] = of_another_catalogue(encode(part(1)))
    found = shown(read_parts(layout(), raws))
    assert floor(found).incomplete == "partition 1 was written by another version"


def test_a_part_of_another_version_leaves_the_last_numbers_and_greys_them() -> None:
    before = snapshot(part(0), part(1, row(effective_touches__today__call=7)))
    readable = {PartKey("reps", 0): part(0), PartKey("leads", 0): leads()}
    after = Snapshot(layout(), readable, frozenset({PartKey("reps", 1)}))
    view = shown(with_last_known(after, before))

    assert kpi(floor(view), "touchpoints").text == "7"
    assert kpi(floor(view), "touchpoints").verdict == "incomplete"
    assert "partition 1 was written by another version" in floor(view).incomplete


def test_what_is_written_is_what_is_read_and_what_is_not_ours_is_reported() -> None:
    known = layout()
    parts = {PartKey("reps", 0): part(0, row()), PartKey("leads", 0): leads()}
    raws = {key: encode(parts[key]) if key in parts else None for key in part_keys(known)}
    found = read_parts(known, raws)
    assert {key: encode(each) for key, each in found.parts.items()} == {
        key: encode(each) for key, each in parts.items()
    }

    for raw in (b"", b"[]", b"7", b'"text"', b"{}", b"\xff"):
        assert read_layout(raw).trouble
        assert read_parts(known, {PartKey("reps", 0): raw}).unreadable


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


def test_a_closed_floor_says_so_and_its_numbers_stay() -> None:
    closed = FloorInfo("north", "America/New_York", False, ("hunters",), {})
    found = snapshot(part(0, row(effective_touches__today__call=7)), part(1), of=layout(closed))
    view = floor(shown(found))

    assert (view.is_open, view.is_grey, view.time) == (False, False, "04:00")
    assert (kpi(view, "touchpoints").text, kpi(view, "touchpoints").verdict) == ("7", "closed")
    assert kpi(view, "disqualification").verdict == "too few to tell"


def test_teams_are_in_the_roster_s_order_and_one_without_a_row_is_shown() -> None:
    view = shown(snapshot(part(0, row("former"), row("farmers")), part(1)))

    assert [each.name for each in floor(view).teams] == ["hunters", "farmers", "former"]
    assert team(view, "hunters").reps == 0


def test_a_floor_beside_the_roster_shows_only_where_somebody_touched_a_contact() -> None:
    def floors(**numbers: float) -> list[tuple[str, bool | None]]:
        nobody = row("unassigned", "unassigned", **numbers)
        view = shown(snapshot(part(0, nobody), part(1)))
        return [(each.name, each.is_open) for each in view.floors]

    assert floors(leads_created__today=3) == [("north", True)]
    assert floors(touches__5d__email=1) == [("north", True), ("unassigned", None)]


def test_a_floor_without_teams_is_incomplete_too_when_a_part_is_missing() -> None:
    empty = FloorInfo("attic", "UTC", True, (), {})
    known: Layout = layout(empty, partitions=1)

    assert floor(shown(snapshot(of=known)), "attic").incomplete == "partition 0 is not reporting"


def of_people(
    *found: TeamRow, smallest: int = 5, alerts: Alerts = NO_ALERTS, **people: int
) -> Wall:
    info = FloorInfo("north", "Europe/Amsterdam", True, tuple(people), {}, people)
    known = snapshot(part(0, *found), part(1), of=layout(info))
    return wall(known, NOW, smallest_team=smallest, alerts=alerts)


def names(view: Wall) -> list[str]:
    return [each.name for each in floor(view).teams]


def test_a_small_team_is_in_no_word_of_the_data_nor_is_the_one_that_would_reveal_it() -> None:
    view = of_people(
        row("four", leads_created__90d=313),
        row("six", leads_created__90d=419),
        row("nine", leads_created__90d=523),
        *(row("", reps=0, leads_created__90d=7),),
        nine=9,
        six=6,
        four=4,
    )

    assert names(view) == ["nine", "systems"]
    said = "Not shown, so that no team of fewer than 5 can be read: six, four."
    assert floor(view).hidden == said
    assert kpi(floor(view), "lead_to_won").sums["leads_created"] == 313 + 419 + 523 + 7
    assert "313" not in json.dumps(asdict(view))
    assert "419" not in json.dumps(asdict(view))


def test_a_floor_of_few_people_is_not_broken_down() -> None:
    view = of_people(row("two"), row("one"), two=2, one=1)

    assert names(view) == []
    assert floor(view).hidden == (
        "Not broken down by team, so that no team of fewer than 5 can be read."
    )
    assert names(of_people(row("two"), smallest=1, two=2, one=1)) == ["two", "one"]


def test_a_team_with_rows_of_many_and_people_of_few_is_small() -> None:
    assert names(of_people(row("left", reps=40), left=4, others=50)) == []


def test_a_worker_of_an_earlier_version_counts_no_people_and_no_team_is_shown() -> None:
    earlier = FloorInfo("north", "Europe/Amsterdam", True, ("hunters", "farmers"), {})
    view = shown(snapshot(part(0, row("hunters")), part(1), of=layout(earlier)))

    assert names(view) == []


def test_an_alert_about_a_team_is_shown_where_the_team_is() -> None:
    def fire(team: str) -> ShownAlert:
        return ShownAlert("KPIX", "today", f"{team}: few", "north", team)

    firing = Alerts((fire("six"), fire("four"), fire("nine"), ShownAlert("X", "now", "broken")))
    view = of_people(alerts=firing, nine=9, six=6, four=4)

    assert [each.summary for each in view.alerts] == ["nine: few", "broken"]
    assert wall(Snapshot(), NOW, alerts=firing).alerts == [ShownAlert("X", "now", "broken")]
