"""A board that lived through the time holds what one that is built anew holds."""

from hypothesis import given, settings
from hypothesis import strategies as st

from streams.board import Board
from streams.clock import MINUTE, micros
from streams.intake import Intake
from streams.leadledger import CreditLedger, LeadLedger, credit_key
from streams.recount import KIND_OF
from streams.touchledger import TouchLedger
from tests.build import numbers_on, record, roster
from tests.strategies import NOW, WORLD, many_events

STEPS = st.lists(st.sampled_from((1, 1, 1, 2, 14, 15, 60, 61, 240, 600, 1440, 5000)), max_size=12)


class LiveDesk:
    """A worker's pure parts, whose clock is moved by hand."""

    def __init__(self) -> None:
        self.now = micros(NOW)
        self.touches = TouchLedger({}, lambda _: 0)
        self.leads = LeadLedger({}, lambda _: 0)
        self.credits = CreditLedger({}, lambda _: 0)
        self.intake = Intake(lambda: self.now, self.touches, self.leads, lambda _: 0, lambda _: 0)
        self.board = Board(roster(WORLD), self.now // MINUTE)
        for rep_id in self.board.roster.reps:
            self.board.rep(rep_id)

    def deliver(self, event: dict) -> None:
        self.intake.take(KIND_OF[event["topic"]], [record(event)])
        copies, _ = self.leads.take_writes()
        for rep_id, lead_id, row in copies:
            self.credits.fold(credit_key(rep_id, lead_id), row)
        self.board.apply(self.touches.changes, self.credits.changes)
        self.touches.changes.clear()
        self.credits.changes.clear()

    def go_on(self, minutes: int) -> None:
        self.now += minutes * MINUTE
        self.board.advance(self.now // MINUTE)


@settings(max_examples=150, deadline=None)
@given(many_events, STEPS)
def test_a_slid_board_equals_a_fresh_one(events: list[dict], steps: list[int]) -> None:
    desk = LiveDesk()
    for number, event in enumerate(events):
        desk.deliver(event)
        if number < len(steps):
            desk.go_on(steps[number])

    fresh = Board(desk.board.roster, desk.now // MINUTE)
    for rep_id in desk.board.rep_ids:
        fresh.rebuild(rep_id, desk.touches.touches_of(rep_id), desk.credits.copies_of(rep_id))

    assert numbers_on(desk.board) == numbers_on(fresh)
