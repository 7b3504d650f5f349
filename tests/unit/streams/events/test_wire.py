"""A channel is a record, a class and an example: what is missing of one says where it belongs."""

import pytest

from metrics.channels import CHANNELS, Channel
from streams.events.wire import WIRES
from tests import oracle
from tests.build import EXAMPLES
from tests.oracle_events import SAID

EACH = pytest.mark.parametrize("channel", CHANNELS, ids=lambda channel: channel.name)


@EACH
def test_the_effective_outcomes_of_a_channel_are_among_its_words(channel: Channel) -> None:
    words = set(WIRES[channel.name].outcomes)

    assert channel.effective, f"effective of {channel.name} in metrics/channels.py is empty"
    assert channel.effective <= words, f"not in the outcomes of {channel.name} in wire.py"


@EACH
def test_a_channel_has_an_example(channel: Channel) -> None:
    example = EXAMPLES / "accepted" / f"{channel.topic}.json"

    assert example.is_file(), f"write a message: streams/events/examples/accepted/{example.name}"


def test_no_two_channels_share_a_letter_and_stored_letters_stay() -> None:
    letters = {channel.name: channel.letter for channel in CHANNELS}

    assert len(set(letters.values())) == len(CHANNELS)
    assert {"call": "c", "email": "e", "inmail": "i"}.items() <= letters.items()


def test_the_oracle_knows_the_topics_the_words_and_what_reached_somebody() -> None:
    topics = {channel.topic: channel.name for channel in CHANNELS}
    without_talk = {
        channel.topic: set(channel.effective) for channel in CHANNELS if not channel.has_talk
    }

    assert topics == oracle.TOUCH_TOPICS, "KIND in tests/oracle_events.py"
    for topic, name in topics.items():
        words = set(SAID.get((topic, "outcome"), ()))
        assert set(WIRES[name].outcomes) == words, "SAID in tests/oracle_events.py"
    found = {topic: set(words) for topic, words in oracle.REACHED.items()}
    assert found == without_talk, "REACHED in tests/oracle.py"
