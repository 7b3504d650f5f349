"""When an event happened, read from its bytes, whatever else is wrong with it."""

import json

import pytest

from streams.clock import parse_instant
from streams.events.decode import times
from tests.build import call

AT = "2026-11-23T10:04:17+01:00"
LATER = "2026-11-23T11:00:00+01:00"


@pytest.mark.parametrize(
    ("fields", "at", "known"),
    [
        ({"at": AT}, AT, AT),
        ({"at": AT, "recorded_at": LATER}, AT, LATER),
        ({"at": LATER, "recorded_at": AT}, LATER, LATER),
        ({"at": "2026-11-23 10:04:17+0100"}, AT, AT),
        ({"at": AT, "rep_id": None, "outcome": 41, "id": "null"}, AT, AT),
        ({"at": "9000-01-01T00:00:00Z"}, "9000-01-01T00:00:00Z", "9000-01-01T00:00:00Z"),
    ],
)
def test_the_instant_and_the_later_of_it_and_the_recording(
    fields: dict, at: str, known: str
) -> None:
    raw = json.dumps({**call(), **fields}).encode()

    assert times(raw) == (parse_instant(at), parse_instant(known))


@pytest.mark.parametrize(
    "raw", [b"", b"no JSON", b"[1]", b'{"id": "c1"}', b'{"id": "c1", "at": "2026-11-23T10:00:00"}']
)
def test_what_says_no_instant_has_none(raw: bytes) -> None:
    assert times(raw) is None
