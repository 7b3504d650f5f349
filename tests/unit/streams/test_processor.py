"""The desk's own life: what it knows after a restart, and what it lets go of."""

from streams.audit.recount import LineRecord
from streams.clock import DAY, parse_instant
from streams.events.contract import KIND_OF
from streams.ledgers.credits import credit_key
from tests.build import MovingDesk, call, email, record, status

STEPS = ("created", "delivered", "accepted")
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
    processor = MovingDesk(NOON)
    processor.deliver(call(rep="dot"), call(rep="ana", id="c9"))
    processor.take_writes()
    assert "dot" in processor.board.rep_ids

    processor.now += 61 * DAY
    tombstones = processor.expire([0])

    assert len(tombstones) == 2
    assert "dot" not in processor.board.rep_ids
    assert "ana" in processor.board.rep_ids, "who is on the roster stays, with zeros"


def test_a_rebuild_that_was_given_up_is_done_again() -> None:
    processor = MovingDesk(NOON)
    processor.drop([0], [])
    half = processor.rebuild([0])
    next(half)
    half.close()

    assert 0 not in processor.held
    assert sorted(processor.rebuild([0])) == ["ana", "bob", "cem"]
    assert 0 in processor.held


def test_a_copy_that_is_the_lead_s_row_is_kept_once_also_after_a_restart() -> None:
    before, after = MovingDesk(NOON), MovingDesk(NOON)
    before.take("lead", [record(status("created", "2026-11-23T10:00:00+01:00"))])
    writes = before.take_writes()
    row = writes.copies[0].row
    before.take_copies([LineRecord("credits", _other(row), 0, key=credit_key("ana", "L1"))])

    for table, (_, key, _) in (*before.take_writes().rows, *writes.rows):  # the copy first
        after.restore(table, [(key, _other(row))], [0])
    list(after.rebuild([0]))

    for processor in (before, after):
        (lead_row,) = processor.leads._rows.values()
        assert [(lead, copy is lead_row) for lead, copy in processor.credits.copies_of("ana")] == [
            ("L1", True)
        ]


def test_a_copy_that_is_behind_its_lead_stays_as_it_came() -> None:
    processor = MovingDesk(NOON)
    processor.take("lead", [record(status("created", "2026-11-23T10:00:00+01:00"))])
    behind = processor.take_writes().copies[0].row
    processor.take("lead", [record(status("delivered", "2026-11-23T11:00:00+01:00"))])
    processor.take_writes()

    processor.take_copies([LineRecord("credits", behind, 0, key=credit_key("ana", "L1"))])
    list(processor.rebuild([0]))

    assert list(processor.credits.copies_of("ana")) == [("L1", behind)]


def test_decisions_that_no_window_reaches_are_forgotten() -> None:
    processor = MovingDesk(NOON)
    told = [(name, f"2026-11-23T1{n}:00:00+01:00") for n, name in enumerate(STEPS)]
    processor.deliver(*(status(name, at) for name, at in told))
    decisions = processor.board.rep("ana")._decisions
    assert decisions._days

    processor.now += 92 * DAY
    processor.advance()

    assert not decisions._days


def _other(row: bytes) -> bytes:
    """The same bytes in another object."""
    return bytes(bytearray(row))
