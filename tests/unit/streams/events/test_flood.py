"""A flood of unreadable events stops the worker; a few of them do not."""

import pytest

from streams.events.contract import Rejection
from streams.events.flood import FloodError, FloodGuard, FloodLimit

BROKEN = Rejection("not_json", "trailing characters")


def test_that_many_in_a_row_are_a_flood_and_the_message_says_how_to_go_on() -> None:
    guard = FloodGuard(FloodLimit(in_a_row=5, share=1.0))
    for _ in range(4):
        guard.unreadable("sales.calls", BROKEN)

    with pytest.raises(
        FloodError, match=r"5 events in a row .*sales\.calls.*FLOORPULSE_FLOOD_LIMIT=off"
    ):
        guard.unreadable("sales.calls", BROKEN)


def test_a_readable_one_breaks_the_row() -> None:
    guard = FloodGuard(FloodLimit(in_a_row=5, share=1.0))

    for _ in range(50):
        for _ in range(4):
            guard.unreadable("sales.calls", BROKEN)
        guard.readable()

    assert guard.alert


def test_a_share_of_the_last_thousand_is_a_flood() -> None:
    guard = FloodGuard(FloodLimit(in_a_row=10_000, share=0.3))

    with pytest.raises(FloodError, match="301 of the last 1000"):
        for _ in range(2000):
            guard.readable()
            guard.unreadable("sales.calls", BROKEN)


def test_what_is_long_past_is_forgotten() -> None:
    guard = FloodGuard(FloodLimit(in_a_row=10_000, share=0.3))
    for _ in range(20):
        for _ in range(299):
            guard.unreadable("sales.calls", BROKEN)
        for _ in range(1000):
            guard.readable()

    assert not guard.alert


def test_no_limit_is_no_flood() -> None:
    guard = FloodGuard(None)
    for _ in range(5000):
        guard.unreadable("sales.calls", BROKEN)

    assert not guard.alert
