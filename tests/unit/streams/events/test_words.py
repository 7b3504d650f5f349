"""Words of the contract, of vendors and of a floor, and those that nobody knows."""

import json

import pytest

from streams.clock import parse_instant
from streams.events.contract import KIND_OF, Direction, Origin, Outcome, Rejection, Status
from streams.events.decode import Decoder
from tests.build import EXAMPLES, call, status
from tests.decoding import NOW, a_call, decode


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


def test_unknown_origin_is_other() -> None:
    raw = json.loads((EXAMPLES / "accepted" / "created.lead-status.json").read_bytes())

    _, change = decode("lead-status", json.dumps({**raw, "origin": "carrier pigeon"}).encode())

    assert change.origin is Origin.OTHER


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
