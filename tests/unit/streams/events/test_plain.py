"""The fast way to read a touch says what the careful way says, or nothing."""

import json
import sys

from hypothesis import example, given, settings
from hypothesis import strategies as st

from metrics.channels import CHANNELS
from streams.clock import micros
from streams.events.contract import KIND_OF, TouchEvent
from streams.events.decode import Decoder
from streams.events.plain import SUSPECT
from streams.events.words import PLACEHOLDERS
from tests.build import EXAMPLES, call, email, inmail
from tests.strategies import NOW, raw, touches

AT = micros(NOW)
_edits = st.lists(st.tuples(st.integers(0, 400), st.integers(0, 2), st.binary(max_size=4)))


def assert_plain_says_what_careful_says(channel: str, value: bytes) -> None:
    """What is read the fast way is what the careful way reads, and counts nothing there."""
    decoder = Decoder()
    plain = decoder.plain_touch(channel, AT)(value)
    careful = decoder.touch(channel, value, AT)
    if plain is not None:
        assert plain == careful
        assert isinstance(plain, TouchEvent)
        assert not decoder.words_unmapped
        assert not decoder.placeholder_contacts


@settings(max_examples=300)
@given(st.one_of(touches), _edits)
@example(call(at="2026-11-02T10:00:00.9999999Z"), [])
@example(call(at="2026-11-02T10:00:00.123999Z", recorded_at="2026-11-02T10:00:00.1239999Z"), [])
@example(call(at="2026-11-02T10:00:00"), [])
@example(call(at="1999-12-31T23:59:59Z"), [])
@example(call(at="2026-11-02T10:00:00Z", recorded_at="1970-01-01T00:00:00Z"), [])
@example(call(at="2026-11-02T10:00:00Z", contact_id=" N/A "), [])
@example(call(at="2026-11-02T10:00:00Z", id="NULL"), [])
@example(call(rep="\u2003nan\u2003", at="2026-11-02T10:00:00Z"), [])
@example(call(at="2026-11-02T10:00:00Z", source="\U0001f4de" * 64, extra="x" * 70_000), [])
def test_what_is_plain_is_read_as_with_care(
    event: dict, edits: list[tuple[int, int, bytes]]
) -> None:
    value = raw(event)
    for at, removed, added in edits[:3]:
        value = value[:at] + added + value[at + removed :]

    assert_plain_says_what_careful_says(KIND_OF[event["topic"]], value)


def test_what_keeps_to_the_contract_is_plain() -> None:
    decoder = Decoder()
    for event in (
        call(at="2026-11-02T10:00:07.25Z", contact_id="nadine", version=3, source="crm"),
        email(at="2026-11-02T10:00:07+01:00", recorded_at="2026-11-02T10:00:09Z"),
        inmail(at="2026-11-02T10:00:07-04:00", retracted=False),
    ):
        channel = KIND_OF[event["topic"]]
        assert decoder.plain_touch(channel, AT)(raw(event)) is not None


def test_the_examples_of_the_contract_are_read_alike() -> None:
    channels = {channel.topic: channel.name for channel in CHANNELS}
    paths = [path for path in EXAMPLES.rglob("*.json") if path.is_file()]
    assert paths
    for path in paths:
        text = path.read_bytes()
        for channel in channels.values():
            assert_plain_says_what_careful_says(channel, text)


def test_whatever_may_begin_a_placeholder_is_suspect() -> None:
    begins = {placeholder[0] for placeholder in PLACEHOLDERS if placeholder}
    for code in range(sys.maxunicode + 1):
        letter = chr(code)
        if letter.isspace() or letter.lower()[0] in begins:
            assert letter in SUSPECT, hex(code)


def test_the_fast_way_follows_the_words_of_the_floor() -> None:
    decoder = Decoder({"call.outcome": {"connected": "human"}})
    value = json.dumps(call(at="2026-11-02T10:00:07Z", outcome="connected")).encode()

    event = decoder.plain_touch("call", AT)(value)

    assert event is not None
    assert event == decoder.touch("call", value, AT)


@given(st.text("0123456789", min_size=1, max_size=12), st.booleans())
@example("123456789", True)
@example("9999999", False)
@example("1234565", True)
def test_digits_after_microseconds_are_cut_in_whatever_form_the_rest_is(
    digits: str, is_recorded: bool
) -> None:
    """One instant is one instant: with a version of 1.0 the event is read in another way."""
    name = "recorded_at" if is_recorded else "at"
    fields = {"at": "2026-11-02T10:00:00Z", name: f"2026-11-02T10:00:00.{digits}Z"}
    decoder = Decoder()

    one = decoder.touch("call", raw(call(version=1, **fields)), AT)
    other = decoder.touch("call", raw(call(version=1.0, **fields)), AT)

    assert isinstance(one, TouchEvent)
    assert one == other
    cut = int(digits[:6].ljust(6, "0"))
    assert getattr(one.touch, name) % 1_000_000 == cut
    assert_plain_says_what_careful_says("call", raw(call(**fields)))
