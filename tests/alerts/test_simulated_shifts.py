"""What the simulation works out in a few steps is what asking minute by minute gives."""

from bisect import bisect_right
from collections.abc import Callable, Iterable
from random import Random

import pytest

from bench.alertsim import predicates, touches
from bench.alertsim.counts import Past, running
from bench.alertsim.decisions import TARGET, _spike, _too_much
from bench.alertsim.firing import SHIFT, Run, runs
from metrics.thresholds import DRIFT_TEAM, SPIKE_FLOOR, TREND_REP

SEEDS = range(20)


def minutes_of(found: Iterable[Run]) -> set[int]:
    return {minute for start, end in found for minute in range(start, end)}


def asked(is_so: Callable[[int], bool]) -> set[int]:
    return {minute for minute in range(SHIFT) if is_so(minute)}


def test_windows_of_open_days_hold_today_and_those_before() -> None:
    past = Past()
    for day in range(1, 31):
        past.close((0, number < 2) for number in range(day))

    assert past.before(1) == (0, 0)
    assert past.before(2) == (2, 30)
    assert past.before(5) == (8, 30 + 29 + 28 + 27)
    assert past.before(20) == (38, sum(range(12, 31)))


def test_a_day_begins_with_nothing_counted() -> None:
    assert list(running([(3, True), (3, False), (7, True)])) == [(0, 0, 0), (3, 1, 2), (7, 2, 3)]
    assert list(running([(0, True)])) == [(0, 1, 1)]
    assert list(running([])) == [(0, 0, 0)]


def test_a_condition_that_never_ends_ends_with_the_shift() -> None:
    assert list(runs([(0, False), (3, True), (4, True), (9, False), (11, True)])) == [
        (3, 9),
        (11, SHIFT),
    ]


@pytest.mark.parametrize("seed", SEEDS)
def test_a_spike_is_in_the_last_four_hours(seed: int) -> None:
    random = Random(seed)
    past = Past()
    past.close([(0, False)] * 50 + [(0, True)] * 3)
    # A bad morning, after which it is rarely bad: the window has to let go of it.
    today = sorted(
        (minute, random.random() < (0.4 if minute < 90 else 0.05))
        for minute in random.choices(range(SHIFT), k=150)
    )

    def is_so(now: int) -> bool:
        window = [is_hit for minute, is_hit in today if now - 240 < minute <= now]
        fresh = [is_hit for minute, is_hit in today if now - 60 < minute <= now]
        usual = predicates.usual(3, 53, TARGET)
        return predicates.is_above(SPIKE_FLOOR, sum(window), len(window), sum(fresh), usual, TARGET)

    assert minutes_of(_spike(past, today)) == asked(is_so) != set()


@pytest.mark.parametrize("seed", SEEDS)
def test_a_drift_is_in_five_open_days(seed: int) -> None:
    random = Random(seed)
    past = Past()
    for hits in (9, 0, 1, 2, 1):  # the first is five days ago
        past.close((0, number < hits) for number in range(16))
    today = sorted((minute, random.random() < 0.8) for minute in random.choices(range(SHIFT), k=16))

    def is_so(now: int) -> bool:
        hits = [is_hit for minute, is_hit in today if minute <= now]
        return predicates.is_above(
            DRIFT_TEAM, 4 + sum(hits), 64 + len(hits), sum(hits), TARGET, TARGET
        )

    assert minutes_of(_too_much(DRIFT_TEAM, past, today, TARGET)) == asked(is_so) != set()


@pytest.mark.parametrize(("since", "is_so"), [(4, True), (5, False)])
def test_a_trend_needs_a_rejection_in_five_open_days(since: int, is_so: bool) -> None:
    past = Past()
    past.close([(0, True)] * 6)
    for _ in range(since - 1):
        past.close([(0, False)])

    assert (list(_too_much(TREND_REP, past, [], TARGET)) == [(0, SHIFT)]) is is_so


@pytest.mark.parametrize("seed", SEEDS)
def test_a_rep_is_behind_pace_minute_by_minute(seed: int) -> None:
    done = touches.touched(Random(seed), 6)

    def is_so(now: int) -> bool:
        return predicates.is_behind(sum(minute <= now for minute in done), (now + 1) * 12 / 60)

    assert minutes_of(touches.behind(done, 12)) == asked(is_so) != set()


@pytest.mark.parametrize("seed", SEEDS)
def test_silence_ends_with_each_touch(seed: int) -> None:
    done = touches.touched(Random(seed), 1)

    def silent(now: int) -> int:
        return now - max((minute for minute in done if minute <= now), default=0)

    rep = asked(lambda now: predicates.is_silent(60 * silent(now), 12))
    assert minutes_of(touches.rep_silent(done, 12)) == rep != set()
    channel = asked(lambda now: predicates.is_channel_silent(60 * silent(now), 100))
    assert minutes_of(touches.channel_silent(done, 100)) == channel != set()


def stopped(random: Random) -> list[list[int]]:
    """Nine reps, of whom most stop."""
    return [touches.touched(random, 12, until=random.choice((200, 200, SHIFT))) for _ in range(9)]


def slow(random: Random) -> list[list[int]]:
    """Thirty reps who do less than half of what is expected, and are never silent together."""
    return [touches.touched(random, 5.6) for _ in range(30)]


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("floor", [stopped, slow])
def test_a_floor_is_quiet_by_its_touches_and_its_silent_reps(
    floor: Callable[[Random], list[list[int]]], seed: int
) -> None:
    reps = floor(Random(seed))
    together = sorted(minute for rep in reps for minute in rep)

    def is_so(now: int) -> bool:
        done = bisect_right(together, now) - bisect_right(together, now - 15)
        due = len(reps) * min(now + 1, 15) * 12 / 60
        newest = [rep[at - 1] if (at := bisect_right(rep, now)) else 0 for rep in reps]
        silent = sum(now - minute >= touches.silent_after(12) for minute in newest)
        return predicates.is_collapsed(done, due, silent, len(reps))

    assert minutes_of(touches.collapsed(reps, 12)) == asked(is_so)
