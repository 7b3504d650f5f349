"""Whatever is delivered, in whatever order, the numbers are those of the definitions."""

import datetime as dt
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests import oracle
from tests.build import call, numbers, recount
from tests.drawn_rosters import rosters
from tests.strategies import NOW, WORLD, many_events


def _given(events: list[dict]) -> list[dict]:
    """Events as an independent reader takes them: what is null is not there."""
    return [{k: v for k, v in event.items() if v is not None} for event in events]


def _without_expected(found: dict) -> dict:
    return {key: value for key, value in found.items() if key[2] != "expected_touches"}


@settings(max_examples=150)
@given(many_events, st.integers(0, 60 * 24 * 9))
def test_counts_equal_the_oracle(events: list[dict], later: int) -> None:
    now = NOW + dt.timedelta(minutes=later)
    events = _given(events)

    counted = numbers(recount(events, now.isoformat(), WORLD))

    assert _without_expected(counted) == oracle.recount(events, WORLD, now, with_expected=False)


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
@given(rosters(), many_events)
def test_counts_by_any_roster_equal_the_oracle(text: str, events: list[dict]) -> None:
    events = _given(events)

    counted = numbers(recount(events, NOW.isoformat(), text))

    assert _without_expected(counted) == oracle.recount(events, text, NOW, with_expected=False)


@settings(max_examples=100)
@given(many_events, st.integers(0, 2**32))
def test_order_and_duplicates_change_nothing(events: list[dict], seed: int) -> None:
    shuffled = [*events, *events[::2]]
    random.Random(seed).shuffle(shuffled)

    assert numbers(recount(shuffled, NOW.isoformat(), WORLD)) == numbers(
        recount(events, NOW.isoformat(), WORLD)
    )


def test_the_oracle_tells_touches_from_effective_ones() -> None:
    short = call(at=NOW.isoformat(), talk_seconds=59)

    expected = oracle.recount([short], WORLD, NOW, with_expected=False)

    assert expected["ana", "hunters", "touches", "15m", "call"] == 1
    assert ("ana", "hunters", "effective_touches", "15m", "call") not in expected
