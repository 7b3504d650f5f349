"""Which touches and contacts an explanation lists, and why it leaves the others out."""

import pytest

from metrics.names import SERIES_INDEX, Series
from streams.audit.evidence import Evidence
from streams.audit.explain import MismatchError, answer, explain, paces
from streams.audit.findings import LEFT_OUT_REASONS, SENTENCE
from streams.audit.question import Question, QuestionError
from streams.clock import parse_instant
from tests.build import NORTH, call, email, inmail, record, roster, status
from tests.explaining import AT, asked, counted, left_out, units


def test_the_events_behind_a_number_stand_in_order_of_time() -> None:
    answer = asked([call(id="c2", at="2026-11-23T14:00:00+01:00"), call(id="c1"), email(id="e1")])

    assert answer.number == 3
    assert counted(answer) == ["c1", "e1", "c2"]
    assert left_out(answer) == {}


def test_a_channel_keeps_the_other_channels_out_of_the_list() -> None:
    answer = asked([call(), email()], channel="email")

    assert (answer.number, counted(answer), left_out(answer)) == (1, ["e1"], {})


@pytest.mark.parametrize(
    ("event", "why"),
    [
        (call(outcome="voicemail"), ("not_effective", "voicemail")),
        (
            call(talk_seconds=41),
            (
                "not_effective",
                "talk 41 s of 60, disposition none not among: callback, meeting",
            ),
        ),
        (
            call(talk_seconds=None, disposition="busy"),
            (
                "not_effective",
                "talk time unknown of 60, disposition 'busy' not among: callback, meeting",
            ),
        ),
        (email(outcome="bounced"), ("not_effective", "bounced")),
        (inmail(outcome="declined"), ("not_effective", "declined")),
        (email(automated=True), ("automated", "sent by a sequence")),
        (call(retracted=True), ("retracted", "deleted in the source")),
        (call(direction="inbound", outcome="no_answer"), ("not_a_touch", "inbound, no_answer")),
        (call(direction="sideways"), ("not_a_touch", "of unknown direction")),
        (email(direction="inbound", outcome="replied"), ("not_a_touch", "inbound, replied")),
        (call(at="2026-11-22T23:59:59+01:00"), ("outside_window", "before it")),
        (call(at="2026-11-23T15:03:00+01:00"), ("waiting", "")),
    ],
)
def test_a_touch_left_out_names_its_reason(event: dict, why: tuple[str, str]) -> None:
    answer = asked([event])

    assert answer.number == 0
    assert left_out(answer) == {event["id"]: why}


def test_what_is_not_effective_is_a_touch_all_the_same() -> None:
    assert counted(asked([call(outcome="voicemail")], "touches")) == ["c1"]


def test_the_rule_is_that_of_the_team_then_held() -> None:
    event = call(rep="cem", talk_seconds=41, at="2026-11-23T10:00:00-05:00")

    answer = asked([event], rep="cem", at="2026-11-23T15:00:00-05:00")

    assert counted(answer) == ["c1"], "the south wants 31 seconds only"
    assert answer.teams[0].floor.rule.talk_seconds == 31


def test_a_touch_that_moved_is_left_out_where_it_was() -> None:
    answer = asked(
        [
            call(at="2026-11-23T10:04:17+01:00", version=1),
            call(at="2026-11-20T10:00:00+01:00", version=2),
        ]
    )

    moved = next(event for event in answer.findings.left_out if event.why.reason == "moved")
    assert moved.entry.at == parse_instant("2026-11-23T10:00:00+01:00"), "the quarter hour it left"
    assert moved.why.at == parse_instant("2026-11-20T10:00:00+01:00")
    assert answer.number == 0


def test_a_touch_that_moved_twice_is_reported_where_it_is_now() -> None:
    steps = ("2026-11-23T10:04:17+01:00", "2026-11-23T11:04:17+01:00", "2026-11-23T12:04:17+01:00")

    answer = asked([call(at=at, version=version) for version, at in enumerate(steps)])

    assert counted(answer) == ["c1"]
    assert {event.why.at for event in answer.findings.left_out} == {parse_instant(steps[-1])}


def test_a_touch_that_came_back_is_not_reported_as_moved() -> None:
    steps = ("2026-11-23T10:04:17+01:00", "2026-11-23T11:04:17+01:00", "2026-11-23T10:05:17+01:00")

    answer = asked([call(at=at, version=version) for version, at in enumerate(steps)])

    assert [event.entry.at for event in answer.findings.left_out] == [
        parse_instant("2026-11-23T11:00:00+01:00")
    ]


def test_an_earlier_team_keeps_what_was_earned_in_it() -> None:
    events = [
        call(rep="bob", id="c1", at="2026-11-23T12:30:00+01:00"),
        call(rep="bob", id="c2", at="2026-11-23T13:30:00+01:00"),
    ]

    both = asked(events, window="4h", rep="bob")
    one = asked(events, window="4h", rep="bob", team="hunters")

    assert (both.number, counted(both)) == (2, ["c1", "c2"])
    assert (one.number, counted(one)) == (1, ["c1"])
    assert left_out(one) == {"c2": ("other_team", "farmers")}


def test_a_contact_is_one_unit_with_all_its_touches() -> None:
    answer = asked(
        [
            call(id="c1", contact_id="k1"),
            call(id="c2", contact_id="k1"),
            email(id="e1", contact_id="k2"),
            email(id="e2"),
        ],
        "contacts",
    )

    by_contact = {
        unit.contact_id: [entry.event.id for entry in unit.entries] for unit in units(answer)
    }
    assert by_contact == {"k1": ["c1", "c2"], "k2": ["e1"]}
    assert left_out(answer) == {"e2": ("no_contact", "")}


def test_a_converted_contact_shows_its_lead_and_the_others_why_not() -> None:
    answer = asked(
        [
            call(id="c1", contact_id="k1"),
            call(id="c2", contact_id="k2"),
            status("created", "2026-11-23T11:00:00+01:00", lead="L1", contact_id="k1", id="s1"),
            status("created", "2026-11-23T11:00:00+01:00", lead="L3", contact_id="k3", id="s3"),
        ],
        "contacts_converted",
    )

    assert [entry.event.id for entry in units(answer)[0].entries] == ["c1", "s1"]
    assert left_out(answer) == {"c2": ("not_converted", ""), "s3": ("not_reached", "")}


def test_a_lead_created_in_another_team_converts_nobody() -> None:
    answer = asked(
        [
            call(rep="bob", at="2026-11-23T12:30:00+01:00", contact_id="k1"),
            status("created", "2026-11-23T13:30:00+01:00", rep="bob", contact_id="k1", id="s1"),
        ],
        "contacts_converted",
        rep="bob",
    )

    assert answer.number == 0
    assert left_out(answer) == {"c1": ("not_converted", ""), "s1": ("not_reached", "")}


def test_an_expectation_is_its_scheduled_stretches_times_the_rate() -> None:
    answer = asked([], "expected_touches", channel="call", at="2026-11-23T12:44:00+01:00")

    minutes = [stretch.end - stretch.start for stretch in answer.findings.scheduled]
    assert minutes == [240], "from 08:30 to the break at 12:30"
    assert answer.number == 240 * answer.teams[0].rates["call"]


def test_an_expectation_over_a_ramp_has_the_minutes_of_each_target() -> None:
    ramp = "{team: hunters, targets: [{call: 17}, {from: 2026-11-23, call: 23}]}"
    at = parse_instant("2026-11-23T12:44:00+01:00")
    known = Evidence("ana", roster(NORTH.replace("{name: Ana, team: hunters}", ramp)), at)

    answer = explain(Question.ask("ana", "expected_touches", "2d", "call", None), known, at)

    assert paces(answer.findings.scheduled, "hunters", "call") == [
        (195, 17 / 510),  # Saturday
        (240, 23 / 510),
    ]
    assert answer.number == 195 * 17 / 510 + 240 * 23 / 510


def test_a_list_that_does_not_come_to_the_number_is_an_error() -> None:
    at = parse_instant(AT)
    known = Evidence("ana", roster(), at)
    known.deliver([record(call())])
    rows = known.board_rows(at)
    rows[0].values[SERIES_INDEX[Series("touches", "today", "call")]] += 1

    with pytest.raises(MismatchError, match=r"says 2, the events listed come to 1"):
        answer(Question.ask("ana", "touches", "today", None, None), known, rows, at)


@pytest.mark.parametrize(
    ("what", "message"),
    [
        (("ana", "touchs", "today", None, None), r"one of touches, .*did you mean .*touches"),
        (("ana", "touches", "3d", None, None), r"one of 15m, 1h, .*did you mean"),
        (("ana", "touches", "90d", None, None), "it has 15m, 1h, 4h, today, 2d, 5d, 20d"),
        (("ana", "contacts", "today", "call", None), "contacts has no channel call; it has none"),
    ],
)
def test_what_is_not_in_the_catalogue_is_answered_with_what_is(what: tuple, message: str) -> None:
    with pytest.raises(QuestionError, match=message):
        Question.ask(*what)


def test_a_rep_who_is_not_known_is_answered_with_near_names() -> None:
    with pytest.raises(QuestionError, match=r"'anna' is not on the roster.* did you mean ana"):
        asked([call()], rep="anna")


def test_a_rep_who_is_not_on_the_roster_is_explained_by_their_events() -> None:
    assert asked([call(rep="dot")], rep="dot").teams[0].team == "unassigned"


def test_a_team_that_the_rep_was_never_in_is_answered_with_those_of_theirs() -> None:
    with pytest.raises(QuestionError, match="never in team 'farmers', but in hunters"):
        asked([], team="farmers")


def test_every_reason_has_its_sentence() -> None:
    assert set(SENTENCE) == set(LEFT_OUT_REASONS)
