"""Today by the quarter hour adds up to the measures of today."""

from collections import defaultdict
from collections.abc import Mapping

from hypothesis import given
from hypothesis import strategies as st

from metrics.kpis import EFFECTIVE_TOUCHES, EXPECTED_TOUCHES
from streams.clock import MINUTE, micros
from streams.measures.board import Board
from streams.measures.rep_in_team import QUARTER
from tests.build import MovingDesk, numbers_on
from tests.strategies import NOW, WORLD, many_events

CLOSE = 1e-9  # how near floats have to be
Sums = Mapping[tuple[str, str], float]  # by rep and team


@given(many_events, st.integers(0, 2 * 1440))
def test_quarters_add_up_to_what_was_done_and_what_is_expected_until_now(
    events: list[dict], minutes: int
) -> None:
    processor = MovingDesk(micros(NOW), WORLD)
    processor.deliver(*events)
    processor.now += minutes * MINUTE
    processor.advance()
    board, now = processor.board, processor.now // MINUTE
    done, over, begun = _sums_of_quarters(board, now)

    assert done == _measured(board, EFFECTIVE_TOUCHES.name)
    expected = _measured(board, EXPECTED_TOUCHES.name)
    assert begun.keys() >= expected.keys()
    for of, number in begun.items():
        assert over.get(of, 0) - CLOSE <= expected.get(of, 0) <= number + CLOSE


def _sums_of_quarters(board: Board, now: int) -> tuple[Sums, Sums, Sums]:
    """What was done, what is expected in quarters that are over, and in those that are begun."""
    done, over, begun = (defaultdict[tuple[str, str], float](float) for _ in range(3))
    for rep_id in board.rep_ids:
        for day in board.days([rep_id]):
            of = rep_id, day.team
            done[of] += sum(day.done.values())
            for quarter, due in day.due.items():
                over[of] += due if (quarter + 1) * QUARTER <= now + 1 else 0
                begun[of] += due if quarter * QUARTER <= now else 0
    return {of: number for of, number in done.items() if number}, over, begun


def _measured(board: Board, measure: str) -> Sums:
    sums = defaultdict[tuple[str, str], float](float)
    for (rep, team, what, window, _), value in numbers_on(board).items():
        if (what, window) == (measure, "today"):
            sums[rep, team] += value
    return sums
