"""Dead letters: what they say, which are meant, and where each may be sent again."""

from dataclasses import dataclass, field

import pytest

from streams.kafka.dead_letters import RecordPlace, Selection, Survey, dead_letter_of, route
from streams.kafka.topics import Topics
from streams.settings import Settings

TOPICS = Topics(Settings())


@dataclass
class Kept:
    """A record of the dead-letter topic."""

    headers: list[tuple[str, bytes]]
    timestamp: int = 1_763_900_000_123
    topic: str = "floorpulse.dead-letters"
    partition: int = 3
    offset: int = 17
    key: bytes | None = b"ana"
    value: bytes | None = field(default=b"{}")


def kept(topic: str = "sales.calls", reason: str = "not_json", **fields: object) -> Kept:
    headers = {"reason": reason, "detail": "why", "topic": topic, "partition": "1", "offset": "9"}
    return Kept([(name, text.encode()) for name, text in headers.items()], **fields)


def test_a_letter_tells_where_it_came_from_and_why() -> None:
    letter = dead_letter_of(kept())

    assert letter.source == RecordPlace("sales.calls", 1, 9)
    assert letter.place == RecordPlace("floorpulse.dead-letters", 3, 17)
    assert (letter.when, letter.reason, letter.detail) == (
        1_763_900_000_123_000,
        "not_json",
        "why",
    )


def test_a_late_record_has_the_time_of_its_event() -> None:
    late = Kept([("topic", b"sales.calls"), ("at", b"2026-01-02T03:04:05Z")])

    letter = dead_letter_of(late)

    assert (letter.reason, letter.detail) == ("late", "2026-01-02T03:04:05Z")


def test_a_record_of_somebody_else_is_a_letter_that_goes_nowhere() -> None:
    letter = dead_letter_of(Kept([("partition", b"one")]))

    assert letter.source == RecordPlace("?", -1, -1)
    assert route(TOPICS, letter).topic is None


@pytest.mark.parametrize(
    ("source", "to"),
    [
        ("sales.calls", "sales.calls"),
        ("sales.lead-status", "sales.lead-status"),
        ("floorpulse.misrouted-leads", "sales.lead-status"),
        ("floorpulse.misrouted-touches", None),
        ("floorpulse.credits", None),
        ("sales.chats", None),
    ],
)
def test_letters_go_back_to_input_topics_alone(source: str, to: str | None) -> None:
    sent_to = route(TOPICS, dead_letter_of(kept(source)))

    assert sent_to.topic == to
    assert bool(sent_to.why_not) == (to is None)


def test_a_letter_without_a_value_is_not_sent() -> None:
    assert route(TOPICS, dead_letter_of(kept(value=None))).why_not.startswith("had no value")


@pytest.mark.parametrize(
    ("selection", "takes"),
    [
        (Selection(), True),
        (Selection(reason="not_json", topic="sales.calls", since=1_763_900_000_123_000), True),
        (Selection(reason="future"), False),
        (Selection(topic="sales.emails"), False),
        (Selection(since=1_763_900_000_123_001), False),
    ],
)
def test_a_selection_takes_what_fits_all_of_it(selection: Selection, takes: bool) -> None:
    assert selection.takes(dead_letter_of(kept())) == takes


def test_a_survey_counts_all_and_shows_the_newest_first() -> None:
    survey = Survey(2)
    for number in range(500):
        reason = "future" if number % 5 else "not_json"
        survey.note(dead_letter_of(kept(reason=reason, timestamp=number * 7 % 500)))

    assert survey.counts == {("sales.calls", "future"): 400, ("sales.calls", "not_json"): 100}
    assert [letter.when for letter in survey.newest()] == [499_000, 498_000]
