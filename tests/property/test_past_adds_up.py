"""The last open days of a rep add up to what the day windows hold, whatever came in."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from metrics.kpis import IN_LINES, OPEN_DAYS
from metrics.windows import WINDOWS
from streams.clock import MINUTE, micros
from streams.serving.team_pasts import OpenDays
from tests.build import MovingDesk, numbers_on
from tests.strategies import NOW, WORLD, many_events

BY_THE_FLOOR_S_CLOCK = ("ana", "cem")  # of one team each, and no hours of their own


@given(many_events, st.integers(0, 9 * 1440))
def test_days_add_up_to_the_windows_of_open_days(events: list[dict], minutes: int) -> None:
    processor = MovingDesk(micros(NOW), WORLD)
    processor.deliver(*events)
    processor.now += minutes * MINUTE
    processor.advance()
    board = processor.board
    shown: Counter[tuple[str, str, str]] = Counter()
    for (rep, _, measure, window, _), value in numbers_on(board).items():
        shown[rep, measure, window] += value

    for rep in BY_THE_FLOOR_S_CLOCK:
        [past] = board.pasts([rep], OpenDays(board.now))
        assert len(past.days) == OPEN_DAYS
        for measure in IN_LINES:
            for window in WINDOWS:
                if window.open_days and window.name in measure.windows:
                    total = sum(past.sums[measure.name][-window.open_days :])
                    assert abs(total - shown[rep, measure.name, window.name]) < 1e-6
