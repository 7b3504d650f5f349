"""The wire contract, by its example files."""

import pytest

from streams.events.contract import KIND_OF, REJECTION_REASONS, Rejection
from tests.build import EXAMPLES
from tests.decoding import decode

ACCEPTED = sorted((EXAMPLES / "accepted").iterdir())
REJECTED = sorted((EXAMPLES / "rejected").iterdir())
NEEDS_STATE = {"lead_full", "misrouted", "forgotten"}


def topic_of(path) -> str:
    return path.name.split(".")[-2]


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
