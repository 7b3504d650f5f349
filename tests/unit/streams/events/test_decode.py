"""The corners of the contract: what is read as meant, and what is rejected for which reason."""

import json

import pytest

from streams.clock import MINUTE, parse_instant
from streams.events.contract import (
    Direction,
    LeadEvent,
    Origin,
    Outcome,
    Rejection,
    Status,
    TouchEvent,
)
from streams.events.decode import Decoder
from tests.build import EXAMPLES, call
from tests.decoding import NOW, a_call, decode


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


def test_a_field_of_another_channel_is_an_extra_field() -> None:
    _, touch = Decoder().touch("email", a_call(outcome="sent", talk_seconds="lots"), NOW)

    assert touch.talk_seconds is None


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
