"""Up to when a partition is complete, and for how long its records wait."""

from streams.clock import DAY, SECOND, system_clock
from streams.events.contract import MAX_AHEAD
from streams.kafka.progress import Lag, Progress, Seen

CALLS = ("sales.calls", 0)


def test_caught_up_it_is_the_clock_at_the_last_poll_else_the_last_event() -> None:
    shift = -86_400 * SECOND
    progress = Progress(lambda: system_clock() + shift)
    polled = system_clock() / SECOND - 3

    progress.update({CALLS: Seen(end=10, polled_at=polled, taken=4, newest=71)})
    assert progress.complete_until == {CALLS: 71}

    progress.update({CALLS: Seen(end=10, polled_at=polled, taken=10, newest=90)})
    assert abs(progress.complete_until[CALLS] - (polled * SECOND + shift)) < SECOND


def test_what_was_taken_while_the_clock_was_far_ahead_says_nothing_once_it_is_back() -> None:
    now = system_clock() + DAY
    progress = Progress(lambda: now)
    behind = Seen(end=10, polled_at=now / SECOND, taken=4, newest=now)
    progress.update({CALLS: behind})
    assert progress.complete_until == {CALLS: now}

    now -= DAY
    progress.update({CALLS: behind})
    assert progress.complete_until == {}
    progress.update({CALLS: behind._replace(newest=now + MAX_AHEAD)})
    assert progress.complete_until == {CALLS: now + MAX_AHEAD}, "as far as events may be ahead"


def test_it_never_goes_back_and_forgets_what_is_not_assigned() -> None:
    progress = Progress(system_clock)
    progress.update({CALLS: Seen(None, None, 4, newest=71)})
    progress.update({CALLS: Seen(None, None, 5, newest=17)})
    assert progress.complete_until == {CALLS: 71}

    progress.update({})
    assert progress.complete_until == {}


def test_a_partition_that_was_never_polled_is_complete_until_nothing() -> None:
    progress = Progress(system_clock)

    progress.update({CALLS: Seen(None, None, None, None)})

    assert progress.complete_until == {}


def test_a_lead_partition_is_caught_up_when_all_its_topics_are() -> None:
    progress = Progress(system_clock)
    leads, misrouted = ("leads", 1), ("misrouted", 1)
    seen = {leads: Seen(8, 0.0, 8, None), misrouted: Seen(3, 0.0, 2, None)}

    assert progress.caught_up(seen, ("leads", "misrouted")) == set()
    assert progress.caught_up(
        {**seen, misrouted: Seen(3, 0.0, 3, None)}, ("leads", "misrouted")
    ) == {1}


def test_the_lag_is_the_age_of_the_first_end_that_is_not_committed() -> None:
    lag = Lag()
    for at, end, committed in ((100, 5, 5), (110, 8, 5), (120, 9, 5), (130, 9, 8)):
        lag.update({CALLS: Seen(end, at, end, None)}, {CALLS: committed}, at)
        if at == 120:
            assert lag.seconds(121) == {CALLS: 11}
    assert lag.seconds(131) == {CALLS: 11}

    lag.update({CALLS: Seen(9, 140, 9, None)}, {CALLS: 9}, 140)
    assert lag.seconds(150) == {CALLS: 0}


def test_the_lag_of_what_was_never_committed_is_that_of_what_was_not_taken() -> None:
    lag = Lag()

    lag.update({CALLS: Seen(7, 100, None, None)}, {}, 100)
    assert lag.seconds(103) == {CALLS: 3}

    lag.update({CALLS: Seen(7, 104, 7, None)}, {}, 104)
    assert lag.seconds(105) == {CALLS: 0}


def test_marks_of_transactions_are_nothing_to_wait_for() -> None:
    progress, lag = Progress(system_clock), Lag()
    polled = system_clock() / SECOND
    seen = {CALLS: Seen(10, polled, taken=9, newest=71, passed_over=1)}

    progress.update(seen)
    assert progress.complete_until[CALLS] > 71
    assert progress.caught_up(seen, ("sales.calls",)) == {0}
    lag.update(seen, {CALLS: 9}, 100)
    assert lag.seconds(105) == {CALLS: 0}

    lag.update(seen, {CALLS: 8}, 110)
    assert lag.seconds(113) == {CALLS: 3}, "a record is taken and not committed"


def test_the_lag_of_a_partition_that_went_is_forgotten() -> None:
    lag = Lag()
    lag.update({CALLS: Seen(7, 100, None, None)}, {}, 100)

    lag.update({}, {}, 101)

    assert lag.seconds(102) == {}
