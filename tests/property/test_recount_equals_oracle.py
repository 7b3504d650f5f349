"""Whatever is delivered, in whatever order, the numbers are those of the definitions."""

import datetime as dt
import enum
import random
from collections.abc import Iterable

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.audit.recount import Recount
from streams.clock import micros
from streams.events.contract import KIND_OF, LeadEvent, Rejection, TouchEvent
from streams.events.decode import Decoder
from streams.ledgers.forgotten import Forgotten, ForgottenRecord, hash_of
from tests import oracle
from tests.build import call, line_records, numbers, recount, recount_records, roster
from tests.drawn_rosters import rosters
from tests.spellings import Records, many_records
from tests.strategies import NOW, WORLD, many_rivals, many_ties, raw


def _without_expected(counted: dict) -> dict:
    return {key: value for key, value in counted.items() if key[2] != "expected_touches"}


WORDS = """
words:
  call.outcome: {Unheard of: human, busy: voicemail}
  call.direction: {sideways: outbound}
  email.outcome: {lost_in_space: bounced}
  lead.status: {dreaming: working}
  lead.origin: {Partner: inbound}
"""


@settings(max_examples=200, deadline=None)
@given(many_records, st.integers(0, 60 * 24 * 9), st.sampled_from((WORLD, WORLD + WORDS)))
def test_counts_equal_the_oracle(records: Records, later: int, text: str) -> None:
    now = NOW + dt.timedelta(minutes=later)

    counted = numbers(recount_records(records, now.isoformat(), text))

    assert _without_expected(counted) == oracle.recount(records, text, now, with_expected=False)


PEOPLE = (("rep", "ana"), ("rep", "dot"), ("rep", "am-1"), ("contact", "k1"), ("contact", "k2"))
forgotten_people = st.lists(
    st.tuples(st.sampled_from(PEOPLE), st.integers(-4000, 10)), min_size=1, max_size=4
)


@settings(max_examples=300, deadline=None)
@given(
    many_records | many_rivals.map(lambda rivals: [(e["topic"], raw(e)) for e in rivals]),
    forgotten_people,
)
def test_without_who_was_forgotten_counts_equal_the_oracle(records: Records, drawn: list) -> None:
    people = [(*who, NOW + dt.timedelta(minutes=minutes)) for who, minutes in drawn]
    known = Forgotten("desk")
    for subject, person, until in people:
        known.merge(ForgottenRecord(subject, hash_of("desk", subject, person), micros(until)))
    counted = Recount(roster(WORLD), micros(NOW), known)

    counted.take(line_records(records))

    expected = oracle.recount(records, WORLD, NOW, with_expected=False, forgotten=people)
    assert _without_expected(numbers(counted)) == expected


@settings(max_examples=500, deadline=None)
@given(many_rivals)
def test_the_newest_version_and_the_order_of_changes_are_those_of_the_oracle(rivals: list) -> None:
    assert_counted_as_by_the_oracle(rivals)


@settings(max_examples=100, deadline=None)
@given(many_ties)
def test_the_order_of_changes_that_differ_in_their_id_alone_is_that_of_the_oracle(
    ties: list,
) -> None:
    assert_counted_as_by_the_oracle(ties)


def assert_counted_as_by_the_oracle(events: list[dict]) -> None:
    records = [(event["topic"], raw(event)) for event in events]

    counted = numbers(recount_records(records, NOW.isoformat(), WORLD))

    assert _without_expected(counted) == oracle.recount(records, WORLD, NOW, with_expected=False)


@settings(max_examples=200, deadline=None)
@given(many_records, st.sampled_from((WORLD, WORLD + WORDS)))
def test_an_event_is_read_or_rejected_as_the_contract_says(records: Records, text: str) -> None:
    read = roster(text)
    decoder, now = Decoder(read.words), micros(NOW)
    for topic, value in records:
        kind, record = KIND_OF[topic], value or b""
        event = decoder.lead(record, now) if kind == "lead" else decoder.touch(kind, record, now)
        fields, reasons = oracle.read_or_reasons((topic, record), NOW, text)

        if isinstance(event, Rejection):
            assert event.reason in reasons, record
        else:
            assert not reasons, record
            assert _as_read(event, topic, fields) == _in_millis(fields), record


def _as_read(event: TouchEvent | LeadEvent, topic: str, names: Iterable[str]) -> dict:
    """A decoded event in the oracle's form."""
    owner, version = event
    known = {"rep_id": owner, "lead_id": owner, **msgspec.structs.asdict(version)}
    known |= {"topic": topic, "id": version.id}
    for name, value in known.items():
        if isinstance(value, enum.Enum):
            known[name] = value.name.lower() if value else None
        elif name in ("at", "recorded_at") and value is not None:
            known[name] = value // 1000
    return {name: known[name] for name in names}


def _in_millis(fields: dict) -> dict:
    """Beyond microseconds a fraction may be cut or rounded."""
    instants = {name: fields[name] for name in ("at", "recorded_at") if fields[name]}
    return {**fields, **{name: micros(at) // 1000 for name, at in instants.items()}}


@settings(max_examples=20)
@given(st.integers(-60 * 24 * 30, 60 * 24 * 30))
def test_expectations_equal_the_oracle(later: int) -> None:
    now = NOW + dt.timedelta(minutes=later)

    counted = numbers(recount([], now.isoformat(), WORLD))

    assert counted == pytest.approx(oracle.recount([], WORLD, now))


@settings(max_examples=60, deadline=None)
@given(rosters(), st.integers(-60 * 24 * 6, 60 * 24 * 6))
def test_what_is_expected_by_any_roster_equals_the_oracle(text: str, later: int) -> None:
    now = NOW + dt.timedelta(minutes=later)

    counted = numbers(recount([], now.isoformat(), text))

    assert counted == pytest.approx(oracle.recount([], text, now))


@settings(max_examples=60, deadline=None)
@given(rosters(), many_records)
def test_counts_by_any_roster_equal_the_oracle(text: str, records: Records) -> None:
    counted = numbers(recount_records(records, NOW.isoformat(), text))

    assert _without_expected(counted) == oracle.recount(records, text, NOW, with_expected=False)


@settings(max_examples=150, deadline=None)
@given(many_records, st.integers(1, 30))
def test_batches_of_a_topic_count_as_the_oracle_does(records: Records, size: int) -> None:
    batched = Recount(roster(WORLD), micros(NOW))
    for topic, kind in KIND_OF.items():
        of_topic = [record for record in line_records(records) if record.topic == topic]
        for first in range(0, len(of_topic), size):
            batched.processor.take(kind, of_topic[first : first + size])
    batched.take([])  # the copies of the leads

    counted = _without_expected(numbers(batched))
    assert counted == oracle.recount(records, WORLD, NOW, with_expected=False)


@settings(max_examples=100)
@given(many_records, st.integers(0, 2**32))
def test_order_and_duplicates_change_nothing(records: Records, seed: int) -> None:
    shuffled = [*records, *records[::2]]
    random.Random(seed).shuffle(shuffled)

    assert numbers(recount_records(shuffled, NOW.isoformat(), WORLD)) == numbers(
        recount_records(records, NOW.isoformat(), WORLD)
    )


def test_the_oracle_tells_touches_from_effective_ones() -> None:
    short = call(at=NOW.isoformat(), talk_seconds=59)

    expected = oracle.recount([short], WORLD, NOW, with_expected=False)

    assert expected["ana", "hunters", "touches", "15m", "call"] == 1
    assert ("ana", "hunters", "effective_touches", "15m", "call") not in expected
