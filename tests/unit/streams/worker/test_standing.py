"""How long the steps of a rebalance took is known once all of them are done."""

from streams.worker.standing import REBALANCE_STEPS, RebalanceSteps


class Clock:
    """Seconds, as they are set."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def gone_through(steps: RebalanceSteps, clock: Clock, *seconds: float) -> None:
    """A rebalance with so many seconds for each of its steps."""
    steps.start()
    for step, taken in zip(REBALANCE_STEPS, seconds, strict=False):
        clock.now += taken
        steps.end(step)


def test_each_step_begins_where_the_one_before_ends() -> None:
    clock = Clock()
    steps = RebalanceSteps(clock)
    clock.now += 60
    gone_through(steps, clock, 0.25, 4.0, 0.5, 1.0)

    assert steps.seconds == {"give up": 0.25, "join": 4.0, "restore": 0.5, "begin": 1.0}


def test_a_rebalance_that_another_overtakes_counts_for_nothing() -> None:
    clock = Clock()
    steps = RebalanceSteps(clock)
    gone_through(steps, clock, 8.0, 8.0, 8.0)
    before = dict(steps.seconds)
    gone_through(steps, clock, 1.0, 2.0, 3.0, 4.0)

    assert before == dict.fromkeys(REBALANCE_STEPS, 0.0)
    assert steps.seconds == {"give up": 1.0, "join": 2.0, "restore": 3.0, "begin": 4.0}
