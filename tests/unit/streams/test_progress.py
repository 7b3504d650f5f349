"""Up to when a partition is complete: the last poll when caught up, else the last event taken."""

from streams.clock import SECOND, system_clock
from streams.progress import Progress, Seen

CALLS = ("sales.calls", 0)


def test_caught_up_it_is_the_clock_at_the_last_poll_else_the_last_event() -> None:
    shift = -86_400 * SECOND
    progress = Progress(lambda: system_clock() + shift)
    polled = system_clock() / SECOND - 3

    progress.update({CALLS: Seen(end=10, polled_at=polled, taken=4, newest=71)})
    assert progress.complete_until == {CALLS: 71}

    progress.update({CALLS: Seen(end=10, polled_at=polled, taken=10, newest=90)})
    assert abs(progress.complete_until[CALLS] - (polled * SECOND + shift)) < SECOND


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
