"""The desk's own life: what it knows after a restart, and what it lets go of."""

from streams.clock import DAY, parse_instant
from streams.intake import KIND_OF
from tests.build import MovingDesk, call, email, record

NOON = parse_instant("2026-11-23T12:00:00+01:00")


def test_the_last_event_of_each_channel_is_known_again_after_a_restart() -> None:
    before, after = MovingDesk(NOON), MovingDesk(NOON)
    for event in (
        call(id="c1", at="2026-11-23T10:07:00+01:00"),
        call(id="c2", at="2026-11-23T09:00:00+01:00"),
        email(at="2026-11-20T11:13:00+01:00"),
    ):
        before.take(KIND_OF[event["topic"]], [record(event)])

    after.restore("touches", [(w.key, w.value) for _, w in before.take_writes().rows], [0])
    list(after.rebuild([0]))

    assert after.intake.newest == before.intake.newest
    assert after.intake.newest["call", 0] == parse_instant("2026-11-23T10:07:00+01:00")


def test_who_is_not_on_the_roster_is_let_go_with_the_last_row() -> None:
    desk = MovingDesk(NOON)
    desk.deliver(call(rep="dot"), call(rep="ana", id="c9"))
    desk.take_writes()
    assert "dot" in desk.board.rep_ids

    desk.now += 61 * DAY
    tombstones = desk.expire([0])

    assert len(tombstones) == 2
    assert "dot" not in desk.board.rep_ids
    assert "ana" in desk.board.rep_ids, "who is on the roster stays, with zeros"


def test_a_rebuild_that_was_given_up_is_done_again() -> None:
    desk = MovingDesk(NOON)
    desk.drop([0], [])
    half = desk.rebuild([0])
    next(half)
    half.close()

    assert 0 not in desk.held
    assert sorted(desk.rebuild([0])) == ["ana", "bob", "cem"]
    assert 0 in desk.held
