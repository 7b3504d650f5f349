"""The processor's own life: what it knows after a restart, and what it lets go of."""

from metrics.names import SERIES_INDEX, Series
from streams.audit.recount import LineRecord
from streams.clock import DAY, HOUR, MINUTE, parse_instant
from streams.events.contract import KIND_OF
from streams.ledgers.credits import credit_key
from streams.ledgers.sweep import DROPPING
from streams.measures.board import COPIES_AT_ONCE
from streams.measures.partition_sums import PartitionSums
from tests.build import NORTH, MovingDesk, call, email, numbers_on, record, roster, status

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


def test_reps_who_are_not_on_the_roster_are_exported_as_one_sum_of_their_partition() -> None:
    processor = MovingDesk(NOON)
    strangers = [f"user-{number}" for number in range(300)]
    processor.deliver(call(rep="ana"), *(call(rep=stranger) for stranger in strangers))
    sums = PartitionSums()

    named = list(processor.exported_rows(processor.board.rep_ids, sums))
    (total,) = sums.rows()

    assert {row.rep for row in named} == {"ana", "bob", "cem"}
    assert (total.partition, total.floor, total.team) == ("0", "unassigned", "unassigned")
    assert total.rep == ""
    assert total.values[SERIES_INDEX[Series("contacts", "today", None)]] == 0
    assert total.values[SERIES_INDEX[Series("touches", "today", "call")]] == 300
    assert processor.unassigned_reps == {0: 300}


def test_where_no_rep_is_named_all_are_in_the_sums_of_their_team() -> None:
    processor = MovingDesk(NOON)
    processor.deliver(
        *(call(rep=rep, id=f"{rep}{n}") for n, rep in enumerate(("ana", "ana", "cem", "dot")))
    )
    named, none = PartitionSums(), PartitionSums()
    expected: dict[tuple[str, str], list[float]] = {}
    for row in (*processor.exported_rows(processor.board.rep_ids, named), *named.rows()):
        sums = expected.setdefault((row.floor, row.team), [0] * len(row.values))
        sums[:] = [sum(pair) for pair in zip(sums, row.values, strict=True)]

    assert list(processor.exported_rows(processor.board.rep_ids, none, are_named=False)) == []
    rows = list(none.rows())
    assert {(row.rep, row.partition) for row in rows} == {("", "0")}
    assert {(row.floor, row.team): row.values for row in rows} == expected
    touches = SERIES_INDEX[Series("touches", "today", "call")]
    assert sum(row.values[touches] for row in rows) == 4


SYSTEMS = NORTH + "systems: {crm: {floor: north}, forms: {floor: south}}\n"
NOBODY = SYSTEMS + "nobody: forms\n"


def with_leads_of_systems(text: str) -> MovingDesk:
    """A lead each of crm, of no person and of ana, and a call of crm."""
    processor = MovingDesk(NOON, text)
    at = "2026-11-23T10:00:00+01:00"
    processor.deliver(
        *(status("created", at, rep, lead) for lead, rep in (("L1", "crm"), ("L3", "ana"))),
        status("created", at, None, "L2", origin="inbound"),
        call(rep="crm"),
    )
    return processor


def leads_created(processor: MovingDesk) -> dict:
    found = numbers_on(processor.board)
    return {k[:2]: n for k, n in found.items() if k[2:] == ("leads_created", "today", None)}


def test_what_systems_and_no_person_did_counts_for_their_floor_and_their_touches_nowhere() -> None:
    processor = with_leads_of_systems(NOBODY)
    sums = PartitionSums()

    rows = list(processor.exported_rows(processor.board.rep_ids, sums))

    created = SERIES_INDEX[Series("leads_created", "today", None)]
    systems = {(row.rep, row.floor): row.values[created] for row in rows if row.team == ""}
    assert systems == {("crm", "north"): 1, ("forms", "south"): 0, ("", "south"): 1}
    assert list(sums.rows()) == []
    assert processor.unassigned_reps == {}
    assert {key[2] for key in numbers_on(processor.board) if key[0] == "crm"} == {"leads_created"}


def test_without_a_system_for_nobody_such_leads_are_unassigned_but_no_rep_is_missing() -> None:
    processor = with_leads_of_systems(SYSTEMS)
    sums = PartitionSums()

    list(processor.exported_rows(processor.board.rep_ids, sums))

    (total,) = sums.rows()
    assert total.values[SERIES_INDEX[Series("leads_inbound", "today", None)]] == 1
    assert leads_created(processor)["", "unassigned"] == 1
    assert processor.unassigned_reps == {}


def test_a_reload_rebuilds_the_systems_that_changed_and_no_others() -> None:
    processor = with_leads_of_systems(NORTH)
    assert leads_created(processor) == {
        ("crm", "unassigned"): 1,
        ("", "unassigned"): 1,
        ("ana", "hunters"): 1,
    }

    assert set(processor.reload(roster(SYSTEMS))) == {"crm", "forms"}
    assert set(processor.reload(roster(NOBODY))) == {""}
    now = {("crm", ""): 1, ("", ""): 1, ("ana", "hunters"): 1}
    assert leads_created(processor) == now
    assert set(processor.reload(roster(NOBODY.replace("y: forms", "y: crm")))) == {""}
    assert {row.floor for row in processor.board.rows([""])} == {"north"}
    assert set(processor.reload(roster(NORTH))) == {"crm", ""}
    assert leads_created(processor)["crm", "unassigned"] == 1
    assert "forms" not in processor.board.rep_ids


def test_a_rebuild_that_was_given_up_is_done_again() -> None:
    processor = MovingDesk(NOON)
    processor.drop([0], [])
    half = processor.rebuild([0])
    next(half)
    half.close()

    assert 0 not in processor.shown
    assert sorted(processor.rebuild([0])) == ["ana", "bob", "cem"]
    assert 0 in processor.shown


LEADS = COPIES_AT_ONCE * 4 + 7


def with_many_leads() -> MovingDesk:
    processor = MovingDesk(NOON)
    created = [status("created", "2026-11-23T10:00:00+01:00", lead=f"L{n}") for n in range(LEADS)]
    processor.deliver(*created)
    processor.take_writes()
    return processor


def test_a_rep_of_many_leads_is_rebuilt_in_slices_while_events_go_on() -> None:
    processor = with_many_leads()
    before = numbers_on(processor.board)
    steps = processor.rebuild([0])

    assert [next(steps) for _ in range(2)] == ["ana", "ana"]
    assert numbers_on(processor.board) == before, "until the last slice all is shown as before"
    gone = [
        status("created", "2026-11-23T10:00:00+01:00", lead=f"L{n}", retracted=True)
        for n in range(0, LEADS, 3)  # read by the rebuild, and not read yet
    ]
    processor.deliver(*gone, status("created", "2026-11-23T11:00:00+01:00", lead="new"), call())
    processor.now += MINUTE
    processor.advance()
    during = numbers_on(processor.board)
    list(steps)

    assert numbers_on(processor.board) == during
    assert during["ana", "hunters", "leads_created", "today", None] == LEADS - len(gone) + 1


def test_a_rep_who_goes_while_being_rebuilt_does_not_come_back() -> None:
    processor = with_many_leads()
    steps = processor.rebuild([0])
    next(steps)

    processor.drop([0], [0])
    assert next(steps) == "ana", "the slices of her leads go on"
    while next(steps) == "ana":
        pass
    steps.close()  # at the next rep, as another rebalance would

    assert "ana" not in processor.board.rep_ids


def test_a_sweep_in_slices_drops_what_a_whole_one_drops() -> None:
    sliced, whole = with_many_leads(), with_many_leads()
    for processor in (sliced, whole):
        processor.now += 400 * DAY - 2 * HOUR
        assert processor.expire([0]) == []
        processor.now += MINUTE
    tombstones = sliced.expire([0], at_most=500)
    while sliced.is_sweeping:
        some = sliced.expire([0], at_most=500)
        assert len(some) <= 500
        tombstones += some

    assert sorted(tombstones) == sorted(whole.expire([0]))
    assert len(tombstones) == 2 * LEADS
    assert not whole.is_sweeping


def test_a_sweep_of_touches_drops_a_few_reps_at_once() -> None:
    processor = MovingDesk(NOON)
    strangers = [f"user-{number}" for number in range(40)]
    processor.deliver(*(call(rep=stranger) for stranger in strangers))
    processor.take_writes()

    processor.now += 61 * DAY
    slices = [processor.expire([0], at_most=10 * DROPPING)]
    while processor.is_sweeping:
        slices.append(processor.expire([0], at_most=10 * DROPPING))

    assert sum(map(len, slices)) == 40
    assert max(map(len, slices)) == 10
    assert processor.touches.rep_ids == []


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
        (lead_row,) = processor.rows["leads"].values()
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
    steps = [(name, f"2026-11-23T1{n}:00:00+01:00") for n, name in enumerate(STEPS)]
    processor.deliver(*(status(name, at) for name, at in steps))
    decisions = processor.board.rep("ana")._decisions
    assert decisions._days

    processor.now += 92 * DAY
    processor.advance()

    assert not decisions._days


def _other(row: bytes) -> bytes:
    """The same bytes in another object."""
    return bytes(bytearray(row))


def test_the_words_of_a_roster_hold_from_the_start_and_from_a_reload_on() -> None:
    def words(meant: str) -> str:
        return f"words: {{call.outcome: {{connected: {meant}}}}}\n{NORTH}"

    processor = MovingDesk(parse_instant("2026-11-23T16:00:00+01:00"), words("human"))

    processor.deliver(call(id="c1", outcome="Connected"))
    list(processor.reload(roster(words("busy"))))
    processor.deliver(call(id="c2", outcome="Connected"))

    outcomes = {touch.id: touch.outcome.name for touch in processor.touches.touches_of("ana")}
    assert outcomes == {"c1": "HUMAN", "c2": "BUSY"}
