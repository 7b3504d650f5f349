"""The wire contract, by its example files and its corners."""

import json

import pytest

from streams.audit.recount import KIND_OF, LineRecord
from streams.clock import MINUTE, parse_instant
from streams.events.contract import (
    REJECTION_REASONS,
    Direction,
    LeadEvent,
    Origin,
    Outcome,
    Rejection,
    Status,
    TouchEvent,
)
from streams.events.decode import Decoder
from streams.events.flood import FloodLimit
from streams.intake import Intake
from streams.ledgers.leads import LeadLedger
from streams.ledgers.touches import TouchLedger
from tests.build import EXAMPLES, call, status

NOW = parse_instant("2026-11-23T11:00:00+01:00")
ACCEPTED = sorted((EXAMPLES / "accepted").iterdir())
REJECTED = sorted((EXAMPLES / "rejected").iterdir())
NEEDS_STATE = {"lead_full", "misrouted"}


def topic_of(path) -> str:
    return path.name.split(".")[-2]


def decode(topic: str, raw: bytes) -> TouchEvent | LeadEvent | Rejection:
    kind = KIND_OF[topic]
    decoder = Decoder()
    return decoder.lead(raw, NOW) if kind == "lead" else decoder.touch(kind, raw, NOW)


def a_call(**fields: object) -> bytes:
    event = {**call(at="2026-11-23T10:00:00+01:00"), **fields}
    del event["topic"]
    return json.dumps({k: v for k, v in event.items() if v != "absent"}).encode()


@pytest.mark.parametrize("path", ACCEPTED, ids=lambda path: path.name)
def test_example_is_accepted(path) -> None:
    assert not isinstance(decode(topic_of(path), path.read_bytes()), Rejection)


@pytest.mark.parametrize("path", REJECTED, ids=lambda path: path.name)
def test_example_is_rejected_for_the_reason_it_is_named_after(path) -> None:
    reason = path.name.split(".")[0]

    event = decode(topic_of(path), path.read_bytes())

    if reason in NEEDS_STATE:
        assert not isinstance(event, Rejection), "only the state of the worker can reject it"
    else:
        assert isinstance(event, Rejection)
        assert event.reason == reason


def test_there_is_an_example_for_every_topic_and_every_reason() -> None:
    assert {topic_of(path) for path in ACCEPTED} == set(KIND_OF)
    assert {path.name.split(".")[0] for path in REJECTED} == set(REJECTION_REASONS)


def test_a_lead_with_too_many_changes_takes_no_more() -> None:
    intake = _intake(here=0)
    raw = json.loads((EXAMPLES / "rejected" / "lead_full.lead-status.json").read_bytes())
    records = [
        LineRecord("lead-status", json.dumps({**raw, "id": f"L-88-{n}"}).encode(), n)
        for n in range(1, 514)
    ]

    intake.take("lead", records)

    assert intake.counts["lead-status", "applied"] == 512
    assert intake.rejections["lead-status", "lead_full"] == 1


def test_an_event_in_the_wrong_partition_is_forwarded_once() -> None:
    intake = _intake(here=7)
    raw = (EXAMPLES / "rejected" / "misrouted.calls.json").read_bytes()
    record = LineRecord("calls", raw, 41, partition=2)

    intake.take("call", [record])
    intake.take("call", [record], forwarded=True)

    first, second = intake.take_outgoing()
    assert not intake.take_outgoing()
    assert (first.destination, first.partition, first.key) == ("misrouted-touches", 7, b"ana")
    assert dict(first.headers)["kind"] == b"call"
    assert (second.destination, dict(second.headers)["reason"]) == ("dead-letters", b"misrouted")


def test_of_an_unaligned_input_an_event_is_forwarded_that_seems_to_lie_right() -> None:
    intake = _intake(here=7)
    call = LineRecord("calls", (EXAMPLES / "accepted" / "calls.json").read_bytes(), 41, partition=7)
    lead = LineRecord(
        "lead-status",
        (EXAMPLES / "accepted" / "created.lead-status.json").read_bytes(),
        41,
        partition=7,
    )

    for unaligned in ({}, {"calls": 12}, {"lead-status": 12, "emails": 1}, {}):
        intake.unaligned = unaligned
        intake.take("call", [call])
        intake.take("lead", [lead])

    sent = [(record.destination, record.partition) for record in intake.take_outgoing()]
    assert sent == [("misrouted-touches", 7), ("misrouted-leads", 7)]
    assert intake.counts["calls", "forwarded"] == intake.counts["lead-status", "forwarded"] == 1
    assert intake.counts["calls", "duplicate"] == 2


def _intake(here: int) -> Intake:
    touches, leads = TouchLedger({}, lambda _: here), LeadLedger({}, lambda _: here)
    return Intake(
        lambda: NOW, touches, leads, lambda _: here, lambda _: here, flood_limit=FloodLimit()
    )


def test_call_is_decoded_to_typed_values() -> None:
    rep_id, touch = decode("calls", (EXAMPLES / "accepted" / "calls.json").read_bytes())

    assert rep_id == "ana"
    assert (touch.id, touch.channel, touch.version) == ("CA9f31", "call", 3)
    assert touch.at == parse_instant("2026-11-23T09:04:17.250Z")
    assert touch.recorded_at == parse_instant("2026-11-23T10:11:02+01:00")
    assert (touch.direction, touch.outcome) == (Direction.OUTBOUND, Outcome.HUMAN)
    assert (touch.talk_seconds, touch.disposition, touch.contact_id) == (397, "callback", "c-4711")


def test_lead_status_is_decoded_to_typed_values() -> None:
    raw = (EXAMPLES / "accepted" / "created.lead-status.json").read_bytes()

    lead_id, change = decode("lead-status", raw)

    assert (lead_id, change.rep_id, change.contact_id) == ("L-88", "ana", "c-4711")
    assert (change.status, change.origin) == (Status.CREATED, Origin.OUTBOUND)


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"id": ""}, "placeholder"),
        ({"id": "undefined"}, "placeholder"),
        ({"id": " NULL "}, "placeholder"),
        ({"rep_id": "n/a"}, "placeholder"),
        ({"rep_id": None}, "no_rep"),
        ({"retracted": True, "rep_id": None}, "no_rep"),
        ({"at": "1999-12-31T23:59:59.999Z"}, "placeholder"),
        ({"at": "0000-00-00 00:00:00"}, "placeholder"),
        ({"at": "0001-01-01T00:00:00"}, "placeholder"),
        ({"recorded_at": "1970-01-01T00:00:00Z"}, "placeholder"),
        ({"at": "9999-12-31T23:59:59-14:00"}, "future"),
        ({"at": "2026-02-30T10:00:00Z"}, "wrong_type"),
        ({"at": "2026-11-23T10:00:00+99:00"}, "wrong_type"),
        ({"id": None}, "wrong_type"),
        ({"id": "x" * 257}, "wrong_type"),
        ({"id": "é" * 129}, "wrong_type"),
        ({"rep_id": 112}, "wrong_type"),
        ({"contact_id": "x" * 257}, "wrong_type"),
        ({"version": -1}, "wrong_type"),
        ({"version": 2**63}, "wrong_type"),
        ({"version": 1.5}, "wrong_type"),
        ({"version": True}, "wrong_type"),
        ({"retracted": "yes"}, "wrong_type"),
        ({"talk_seconds": "a minute"}, "wrong_type"),
        ({"talk_seconds": 1e300}, "wrong_type"),
        ({"version": "9" * 25}, "wrong_type"),
        ({"talk_seconds": 2**70}, "wrong_type"),
        ({"direction": 1}, "wrong_type"),
        ({"at": 1763892257}, "wrong_type"),
        ({"at": "yesterday"}, "wrong_type"),
        ({"at": "absent"}, "missing_field"),
        ({"rep_id": "absent"}, "no_rep"),
        ({"outcome": "absent"}, "missing_field"),
        ({"recorded_at": "2026-11-23T10:00:00"}, "naive_timestamp"),
        ({"at": "2026-11-23T11:05:00.001+01:00"}, "future"),
        ({"recorded_at": "2026-11-23T11:05:01+01:00"}, "future"),
    ],
)
def test_corner_is_rejected(fields: dict, reason: str) -> None:
    event = decode("calls", a_call(**fields))

    assert isinstance(event, Rejection)
    assert event.reason == reason


@pytest.mark.parametrize(
    "fields",
    [
        {"id": "x" * 256},
        {"id": "é" * 128},
        {"version": 2**63 - 1},
        {"version": None},
        {"talk_seconds": None},
        {"retracted": None},
        {"contact_id": None},
        {"shoe_size": {"left": 43}},
        {"at": "2026-11-23T11:05:00+01:00"},
        {"retracted": True, "direction": "absent", "outcome": "absent"},
    ],
)
def test_corner_is_accepted(fields: dict) -> None:
    assert isinstance(decode("calls", a_call(**fields)), TouchEvent)


@pytest.mark.parametrize("raw", [b"", b"\xff", b'{"id": "\xff"}', b"[" * 60_000, b"nul"])
def test_garbage_is_not_json(raw: bytes) -> None:
    event = decode("calls", raw)

    assert isinstance(event, Rejection)
    assert event.reason == "not_json"


def test_unknown_enum_values_become_unknown_and_are_counted() -> None:
    decoder = Decoder()

    _, touch = decoder.touch("call", a_call(direction="sideways", outcome="hung_up"), NOW)
    _, quiet = decoder.touch("call", a_call(direction=None, outcome="unknown"), NOW)

    assert (touch.direction, touch.outcome) == (Direction.UNKNOWN, Outcome.UNKNOWN)
    assert (quiet.direction, quiet.outcome) == (Direction.UNKNOWN, Outcome.UNKNOWN)
    assert decoder.unmapped == {("call", "direction"): 1, ("call", "outcome"): 1}


def test_an_outcome_of_another_channel_is_unknown() -> None:
    _, touch = Decoder().touch("inmail", a_call(outcome="bounced"), NOW)

    assert touch.outcome is Outcome.UNKNOWN


def test_a_field_of_another_channel_is_an_extra_field() -> None:
    _, touch = Decoder().touch("email", a_call(outcome="sent", talk_seconds="lots"), NOW)

    assert touch.talk_seconds is None


def test_unknown_origin_is_other() -> None:
    raw = json.loads((EXAMPLES / "accepted" / "created.lead-status.json").read_bytes())

    _, change = decode("lead-status", json.dumps({**raw, "origin": "carrier pigeon"}).encode())

    assert change.origin is Origin.OTHER


def test_a_retracted_change_needs_no_rep() -> None:
    raw = b'{"id": "1", "lead_id": "L", "at": "2026-11-23T09:00:00Z", "retracted": true}'

    assert isinstance(decode("lead-status", raw), LeadEvent)


def test_long_free_text_is_cut_not_refused() -> None:
    _, touch = decode("calls", a_call(disposition="é" * 1000))

    assert touch.disposition == "é" * 128


@pytest.mark.parametrize(
    ("at", "minute"),
    [
        ("2026-11-23T10:04:59.9999999+01:00", 4),
        ("2026-11-23T10:04:59.9999994+01:00", 4),
        ("2026-11-23T10:05:00.0000000+01:00", 5),
        ("2026-11-23T10:05:00+01:00", 5),
    ],
)
def test_seven_digits_of_a_second_move_no_event_to_the_next_minute(at: str, minute: int) -> None:
    _, touch = decode("calls", json.dumps({**call(at=at), "topic": None}).encode())

    assert touch.at // MINUTE % 60 == minute


@pytest.mark.parametrize("rep_id", ["absent", None, "", "  ", "undefined", "N/A", "-"])
def test_a_lead_change_without_a_rep_was_done_by_no_person(rep_id: object) -> None:
    fields = {"id": "s1", "lead_id": "L1", "at": "2026-11-23T10:05:00+01:00", "status": "won"}
    if rep_id != "absent":
        fields["rep_id"] = rep_id

    _, change = decode("lead-status", json.dumps(fields).encode())

    assert (change.rep_id, change.status) == ("", Status.WON)


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"talk_seconds": 95.0}, {"talk_seconds": 95}),
        ({"talk_seconds": 59.9}, {"talk_seconds": 59}),
        ({"talk_seconds": "60"}, {"talk_seconds": 60}),
        ({"version": 3.0}, {"version": 3}),
        ({"version": "9223372036854775807"}, {"version": 2**63 - 1}),
        ({"contact_id": "NULL"}, {"contact_id": None}),
        ({"contact_id": ""}, {"contact_id": None}),
        ({"contact_id": "nan "}, {"contact_id": None}),
        ({"contact_id": "nanette"}, {"contact_id": "nanette"}),
        ({"direction": " Outbound-API "}, {"direction": Direction.OUTBOUND}),
        ({"direction": "INCOMING"}, {"direction": Direction.INBOUND}),
        ({"outcome": "No - Answer"}, {"outcome": Outcome.NO_ANSWER}),
        ({"outcome": "voice mail"}, {"outcome": Outcome.VOICEMAIL}),
        ({"outcome": "Missed"}, {"outcome": Outcome.NO_ANSWER}),
        ({"outcome": "Failed"}, {"outcome": Outcome.FAILED}),
    ],
)
def test_what_vendors_send_is_read_as_meant(fields: dict, expected: dict) -> None:
    _, touch = decode("calls", a_call(**fields))

    assert {name: getattr(touch, name) for name in expected} == expected


@pytest.mark.parametrize(
    ("topic", "word", "outcome", "unmapped"),
    [
        ("emails", "Bounce", Outcome.BOUNCED, 0),
        ("emails", "failed", Outcome.BOUNCED, 0),
        ("emails", "dropped", Outcome.BOUNCED, 0),
        ("emails", "undelivered", Outcome.BOUNCED, 0),
        ("emails", "delivered", Outcome.SENT, 0),
        ("inmails", "delivered", Outcome.SENT, 0),
        ("inmails", "dropped", Outcome.UNKNOWN, 0),
        ("emails", "opened", Outcome.UNKNOWN, 1),
        ("calls", "delivered", Outcome.UNKNOWN, 1),
    ],
)
def test_a_synonym_is_one_of_its_channel(
    topic: str, word: str, outcome: Outcome, unmapped: int
) -> None:
    decoder = Decoder()

    _, touch = decoder.touch(KIND_OF[topic], a_call(outcome=word), NOW)

    assert (touch.outcome, decoder.words_unmapped) == (outcome, unmapped)


@pytest.mark.parametrize("status", ["Closed Won", "closed-won", "WON"])
def test_a_lead_is_won_in_every_vendors_words(status: str) -> None:
    fields = {"id": "s1", "lead_id": "L1", "at": "2026-11-23T10:05:00Z", "status": status}
    fields["at"] = "2026-11-23 09:05:00+0000"

    _, change = decode("lead-status", json.dumps(fields).encode())

    assert change.status is Status.WON
    assert change.at == parse_instant("2026-11-23T09:05:00Z")


def test_a_floors_own_words_go_before_the_contracts() -> None:
    decoder = Decoder({"call.outcome": {"Left  Message": "voicemail", "failed": "busy"}})

    _, left = decoder.touch("call", a_call(outcome="left-message"), NOW)
    _, failed = decoder.touch("call", a_call(outcome="failed"), NOW)
    decoder.use_words({})
    _, later = decoder.touch("call", a_call(outcome="left message"), NOW)

    assert (left.outcome, failed.outcome) == (Outcome.VOICEMAIL, Outcome.BUSY)
    assert later.outcome is Outcome.UNKNOWN


def test_a_byte_order_mark_is_passed_over() -> None:
    _, touch = decode("calls", b"\xef\xbb\xbf" + a_call(id="c-17"))

    assert touch.id == "c-17"


@pytest.mark.parametrize(
    ("text", "micros"),
    [
        ("2026-11-23t09:00:00.123456789z", 123456),
        ("2026-11-23 09:00:00.9999999+0000", 999999),
        ("2026-11-23T10:00:00.9999+01:00", 999900),
        ("2026-11-23T09:00:00.0009996Z", 999),
    ],
)
def test_digits_beyond_microseconds_are_cut_where_they_could_move_a_millisecond(
    text: str, micros: int
) -> None:
    _, touch = decode("calls", a_call(at=text))

    assert touch.at // 1000 == (parse_instant("2026-11-23T09:00:00Z") + micros) // 1000


def test_words_that_nobody_knows_are_counted_and_the_rarest_forgotten() -> None:
    decoder = Decoder()
    for number in range(1200):
        decoder.touch("call", a_call(outcome=f"w{number}"), NOW)
        decoder.touch("call", a_call(outcome="Hung Up", direction="sideways"), NOW)

    assert sorted(decoder.most_frequent("call", 2)) == [
        ("direction", "sideways", 1200),
        ("outcome", "hung_up", 1200),
    ]
    assert len(decoder.unmapped_words) <= 500
    assert decoder.words_unmapped == 3600


def test_contacts_that_stand_for_none_are_counted_apart_from_words() -> None:
    decoder = Decoder()

    decoder.touch("call", a_call(contact_id="undefined"), NOW)

    assert (decoder.placeholder_contacts["call"], decoder.words_unmapped) == (1, 0)


def test_a_tombstone_is_passed_over_without_a_dead_letter() -> None:
    intake = _intake(here=0)

    intake.take("call", [LineRecord("calls", None, 0)])

    assert dict(intake.counts) == {("calls", "tombstone"): 1}
    assert not intake.has_outgoing


def test_events_with_an_unknown_word_are_counted_once_where_they_are_forwarded() -> None:
    intake = _intake(here=7)
    record = LineRecord("calls", a_call(direction="sideways", outcome="odd"), 0, partition=2)

    intake.take("call", [record])
    intake.take("call", [record], forwarded=True)

    assert dict(intake.unmapped_events) == {"call": 1}


def test_a_deletion_without_the_version_that_it_deletes_is_counted() -> None:
    intake = _intake(here=0)
    older = a_call(retracted=True, version=3)
    records = [LineRecord("calls", raw, 0) for raw in (a_call(version=7), older)]

    intake.take("call", records)

    assert dict(intake.superseded_retractions) == {"call": 1}


@pytest.mark.parametrize("fields", [{"rep_id": None}, {"id": "undefined"}])
def test_touches_of_nobody_are_no_flood(fields: dict) -> None:
    intake = _intake(here=0)

    intake.take("call", [LineRecord("calls", a_call(**fields), n) for n in range(3000)])

    assert intake.counts["calls", "rejected"] == 3000


def test_words_that_the_contract_does_not_list_are_counted_as_unmapped() -> None:
    decoder = Decoder()
    for event in (
        call(direction="other"),
        call(outcome="unknown"),
        status("other", "2026-11-23T10:05:00+01:00", origin="unknown"),
        status("created", "2026-11-23T10:05:00+01:00", origin="other"),
    ):
        raw = json.dumps({**event, "topic": None}).encode()
        is_call = event["topic"] == "calls"
        taken = decoder.touch("call", raw, NOW) if is_call else decoder.lead(raw, NOW)
        assert not isinstance(taken, Rejection)

    assert dict(decoder.unmapped) == {
        ("call", "direction"): 1,
        ("lead", "status"): 1,
        ("lead", "origin"): 1,
    }
