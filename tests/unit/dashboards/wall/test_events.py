"""Events of a rep in words: of every kind, and for every reason, there are some."""

from typing import get_args

from dashboards.wall.events import HOW, INBOUND, REASONS, WHAT, newest_events
from dashboards.wall.language import speaking
from metrics.channels import CHANNEL_NAMES
from metrics.readings import RepEvent, encode_event, encode_events
from streams.events.contract import Outcome, Status
from streams.measures.judged_lead import NoFactReason
from streams.measures.leads import NoEffect
from streams.measures.touches import NotEffective, NoTouch, word
from tests.wallbuild import NOW, reading

# Those of `streams.measures.latest` itself.
OWN = {"waiting", "short_and_unlisted", "other_rep", "no_number"}


def reasons(of: object) -> set[str]:
    """The words of a Literal, or of several."""
    return {
        word for one in get_args(of) for word in ([one] if isinstance(one, str) else reasons(one))
    }


def test_there_are_words_for_every_reason_kind_and_outcome() -> None:
    known = [reasons(one) for one in (NoTouch, NotEffective, NoEffect, NoFactReason)]
    assert all(known)
    assert set(REASONS) == set.union(OWN, *known)
    assert set(WHAT) == {*CHANNEL_NAMES, *map(word, Status)}
    assert set(INBOUND) == set(CHANNEL_NAMES)
    assert set(HOW) == set(map(word, Outcome))


def lines(*events: RepEvent, zone: str = "Europe/Amsterdam") -> list[tuple[str, str, bool, str]]:
    shown = newest_events(
        reading(latest=encode_events([encode_event(one) for one in events]), zone=zone)
    )
    return [(one.time, one.what, one.counts, one.verdict) for one in shown]


AT = int(NOW)  # 10:00 in Amsterdam


def test_an_event_says_when_what_and_whether_it_counts() -> None:
    events = [
        RepEvent(AT, "call", how="human", talk_seconds=397),
        RepEvent(AT - 60, "call", "short", "human", True, 12, 60),
        RepEvent(AT - 120, "call", "short_and_unlisted", "human", talk_seconds=None, needed=95),
        RepEvent(AT - 180, "email", "outcome", "bounced"),
        RepEvent(AT - 240, "inmail", "outcome", "declined"),
        RepEvent(AT - 86400, "delivered", "delivered_again"),
    ]
    assert lines(*events) == [
        ("10:00", "Call, answered, 6:37 of talk", True, "✓ counts"),
        (
            "09:59",
            "Inbound call, answered, 12\u00a0s of talk",
            False,
            "does not count, because it counts from 1:00 of talk",
        ),
        (
            "09:58",
            "Call, answered",
            False,
            "does not count, because it counts from 1:35 of talk, or by an outcome that the floor "
            "names",
        ),
        ("09:57", "E-mail, bounced", False, "does not count, because it reached nobody"),
        ("09:56", "InMail, declined", False, "does not count, because it was declined"),
        (
            "24 Nov 10:00",
            "Appointment delivered",
            False,
            "does not count, because the appointment was delivered before",
        ),
    ]
    with speaking("nl"):
        assert lines(*events[:2]) == [
            ("10:00", "Gesprek, opgenomen, 6:37 gepraat", True, "✓ telt"),
            (
                "09:59",
                "Inkomend gesprek, opgenomen, 12\u00a0s gepraat",
                False,
                "telt niet, want dit telt vanaf 1:00 gepraat",
            ),
        ]


def test_talk_is_said_of_who_talked() -> None:
    events = [RepEvent(AT, "call", how=how, talk_seconds=0) for how in ("human", "no_answer")]
    assert [what for _, what, _, _ in lines(*events)] == [
        "Call, answered, 0\u00a0s of talk",
        "Call, no answer",
    ]


def test_times_are_those_of_the_rep_s_zone() -> None:
    assert lines(RepEvent(AT, "email"), zone="Asia/Kathmandu")[0][0] == "14:45"
    assert lines(RepEvent(AT - 15 * 3600, "email"), zone="Asia/Kathmandu")[0][0] == "24 Nov 23:45"


def test_what_a_newer_worker_writes_is_shown_as_it_is_called() -> None:
    assert lines(RepEvent(AT, "text_message", "too_soon", "seen_twice")) == [
        ("10:00", "text message, seen twice", False, "does not count, because too soon")
    ]
