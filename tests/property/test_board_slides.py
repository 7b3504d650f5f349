"""A board that lived through the time holds what one that is built anew holds."""

from hypothesis import given, settings
from hypothesis import strategies as st

from streams.board import Board
from streams.clock import MINUTE, micros
from streams.desk import Desk
from streams.leadledger import credit_key
from streams.recount import KIND_OF, LineRecord
from tests.build import numbers_on, record, roster
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


class LiveDesk(Desk):
    """A desk whose clock is moved by hand."""

    def __init__(self, world: str) -> None:
        self.now = micros(NOW)
        super().__init__(
            lambda: self.now,
            roster(world),
            lambda _: {},
            partition_of_rep=lambda _: 0,
            partition_of_lead=lambda _: 0,
        )
        list(self.rebuild([0]))

    def deliver(self, event: dict) -> None:
        self.take(KIND_OF[event["topic"]], [record(event)])
        for rep_id, lead_id, row in self.take_writes().copies:
            self.take_copies([LineRecord("credits", row, 0, key=credit_key(rep_id, lead_id))])

    def go_on(self, minutes: int) -> None:
        self.now += minutes * MINUTE
        self.advance()


@settings(max_examples=150, deadline=None)
@given(many_events, STEPS)
def test_a_slid_board_equals_a_fresh_one(events: list[dict], steps: list[int]) -> None:
    _slide(LiveDesk(WORLD), events, steps)


@settings(max_examples=100, deadline=None)
@given(many_events, STEPS)
def test_it_does_when_reps_go_to_a_floor_of_other_open_days(
    events: list[dict], steps: list[int]
) -> None:
    _slide(LiveDesk(MOVING), events, steps)


def _slide(desk: LiveDesk, events: list[dict], steps: list[int]) -> None:
    for number, event in enumerate(events):
        desk.deliver(event)
        if number < len(steps):
            desk.go_on(steps[number])

    fresh = Board(desk.board.roster, desk.now // MINUTE)
    for rep_id in desk.board.rep_ids:
        fresh.rebuild(rep_id, desk.touches.touches_of(rep_id), desk.credits.copies_of(rep_id))

    assert numbers_on(desk.board) == numbers_on(fresh)
