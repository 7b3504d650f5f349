"""A board that lived through the time holds what one that is built anew holds."""

from collections import deque

from hypothesis import given, settings
from hypothesis import strategies as st

from metrics.readings import TeamDay, TeamPast
from streams.clock import MINUTE, micros
from streams.measures.board import Board
from streams.serving.team_days import team_days
from streams.serving.team_pasts import OpenDays, team_pasts
from tests.build import MovingDesk, numbers_on
from tests.strategies import NOW, WORLD, many_events

# Bob leaves north, open six days a week, for south, open four, and comes back a week later.
BOB = 'team: [{from: 2026-01-01, team: hunters}, {from: "2026-11-02T14:20", team: farmers}]'
MOVES = ", ".join(
    (
        "{team: hunters}",
        '{from: "2026-11-02T16:20", team: sailors}',
        "{from: 2026-11-09, team: farmers}",
    )
)
MOVING = WORLD.replace(BOB, f"team: [{MOVES}]\n    zone: Europe/Amsterdam")
assert MOVING != WORLD

STEPS = st.lists(st.sampled_from((1, 1, 1, 2, 14, 15, 60, 61, 240, 600, 1440, 5000)), max_size=12)


class LiveDesk(MovingDesk):
    """A processor that lives on through the time."""

    def go_on(self, minutes: int) -> None:
        self.now += minutes * MINUTE
        self.advance()


@settings(max_examples=150)
@given(many_events, STEPS)
def test_a_slid_board_equals_a_fresh_one(events: list[dict], steps: list[int]) -> None:
    _slide(LiveDesk(micros(NOW), WORLD), events, steps)


@settings(max_examples=100)
@given(many_events, STEPS)
def test_it_does_when_reps_go_to_a_floor_of_other_open_days(
    events: list[dict], steps: list[int]
) -> None:
    _slide(LiveDesk(micros(NOW), MOVING), events, steps)


def _slide(processor: LiveDesk, events: list[dict], steps: list[int]) -> None:
    for number, event in enumerate(events):
        processor.deliver(event)
        numbers_on(processor.board)  # what was read may be kept, until it changes
        if number < len(steps):
            processor.go_on(steps[number])

    fresh = Board(processor.board.roster, processor.now // MINUTE)
    for rep_id in processor.board.rep_ids:
        touches, copies = processor.touches, processor.credits
        deque(fresh.rebuild(rep_id, touches.touches_of(rep_id), copies.copies_of(rep_id)), maxlen=0)

    assert numbers_on(processor.board) == numbers_on(fresh)
    assert _days(processor.board) == _days(fresh)
    assert _pasts(processor.board) == _pasts(fresh)


def _pasts(board: Board) -> list[TeamPast]:
    pasts = team_pasts(board.pasts(sorted(board.rep_ids), OpenDays(board.now)))
    return [past for past in pasts if any(map(any, past.sums.values()))]


def _days(board: Board) -> list[TeamDay]:
    return sorted(team_days(board.days(board.rep_ids)), key=repr)
