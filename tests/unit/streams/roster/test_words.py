"""The floor's own words for what events say."""

from streams.roster.file import parse_roster
from tests.build import NORTH
from tests.rostermistakes import mistakes


def test_a_floors_own_words_are_read_in_the_form_in_which_they_are_compared() -> None:
    text = "words: {call.outcome: {Left - Message: Voicemail, connected: human}}\n" + NORTH

    words = parse_roster(text.encode()).words

    assert words == {"call.outcome": {"left_message": "voicemail", "connected": "human"}}


def test_a_word_in_two_spellings_with_two_meanings_is_a_mistake() -> None:
    text = "words: {lead.status: {Demo-Held: delivered, demo held: %s}}\n" + NORTH

    assert mistakes(text % "accepted") == [
        "roster.yaml:1: 'Demo-Held' and 'demo held' are one word with two meanings: keep one"
    ]
    assert parse_roster((text % "delivered").encode()).words == {
        "lead.status": {"demo_held": "delivered"}
    }


def test_words_that_the_contract_cannot_mean_are_mistakes() -> None:
    text = "words: {call.mood: {good: human}, call.outcome: {connected: won}}\n" + NORTH

    meaning, field = mistakes(text)

    assert "'call.mood' is not a field; known are call.direction, call.outcome" in field
    assert "'won' is no call.outcome: known are human" in meaning


def test_a_meaning_that_is_a_synonym_names_the_word_of_the_contract() -> None:
    text = "words: {call.direction: {dialed: Outgoing}}\n" + NORTH

    assert mistakes(text) == ["roster.yaml:1: 'outgoing' is no call.direction: write outbound"]


def test_a_word_that_is_given_twice_is_one_mistake() -> None:
    text = "words: {call.outcome: {connected: human, connected: busy}}\n" + NORTH

    assert mistakes(text) == [
        "roster.yaml:1: words of call.outcome: 'connected' is given twice: keep one"
    ]
