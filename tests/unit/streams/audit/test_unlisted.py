"""Who is not on the roster, from events and from rows alike."""

from collections.abc import Iterator

from streams.audit.all_reps import AllReps
from streams.audit.recount import LineRecord
from streams.audit.unlisted import Unlisted, unlisted
from streams.clock import DAY, Micros, parse_instant
from streams.events.contract import KIND_OF
from streams.ledgers.credits import credit_key
from streams.ledgers.rows import RowWrite, Table
from tests.build import MovingDesk, call, record, roster, status

NOW = parse_instant("2026-11-23T15:00:00+01:00")
EVENTS = [
    call(rep="zoe", id="c1", version=1),
    call(rep="zoe", id="c1", version=2, at="2026-11-23T12:00:00+01:00"),
    call(rep="zoe", id="c2", version=2, retracted=True),
    call(rep="zoe", id="c3", at="2026-11-22T12:00:00+01:00"),
    call(id="c4"),
    status("created", "2026-11-23T11:00:00+01:00", id="s1"),
    status("delivered", "2026-11-23T13:00:00+01:00", rep="zoe", id="s2"),
    status("accepted", "2026-11-23T14:00:00+01:00", rep="am", id="s3"),
    status("created", "2026-11-23T12:00:00+01:00", rep="zoe", lead="L2", id="s4"),
]


def rows_of(events: list[dict]) -> Iterator[tuple[Table, RowWrite]]:
    """What a worker writes to its changelogs, a flush after each event."""
    processor = MovingDesk(NOW)
    for event in events:
        processor.take(KIND_OF[event["topic"]], [record(event)])
        writes = processor.take_writes()
        for rep_id, lead_id, row in writes.copies:
            processor.take_copies([LineRecord("credits", row, 0, key=credit_key(rep_id, lead_id))])
        yield from [*writes.rows, *processor.take_writes().rows]


def of_events(*events: dict, now: Micros = NOW) -> list[Unlisted]:
    reps = AllReps(roster(), now)
    reps.deliver(map(record, events))
    return unlisted(reps, roster(), now)


def of_rows(*events: dict, now: Micros = NOW) -> list[Unlisted]:
    reps = AllReps(roster(), now)
    for table, (_, key, value) in rows_of([*events]):
        if table != "leads":
            reps.restore(table, [(key, value), (key, None)])
    return unlisted(reps, roster(), now)


def test_events_and_rows_of_both_tables_are_counted_by_rep() -> None:
    expected = [
        Unlisted("zoe", 2, 2, parse_instant("2026-11-23T13:00:00+01:00")),
        Unlisted("am", 0, 1, parse_instant("2026-11-23T14:00:00+01:00")),
    ]

    assert of_events(*EVENTS) == expected
    assert of_rows(*EVENTS) == expected


def test_what_is_not_kept_any_more_is_not_counted() -> None:
    assert of_rows(call(rep="zoe"))
    assert of_rows(call(rep="zoe"), now=NOW + 61 * DAY) == []


def test_a_lead_that_a_correction_gives_to_a_listed_rep_is_of_nobody_else() -> None:
    at = "2026-11-23T11:00:00+01:00"
    ghost = status("created", at, rep="ghost", id="s1", version=1)
    ana = status("created", at, rep="ana", id="s1", version=2)

    for events in ((ghost, ana), (ana, ghost)):
        assert of_events(*events) == of_rows(*events) == []


def test_a_late_touch_is_not_counted() -> None:
    late = call(rep="zoe", id="c2", at="2026-01-01T10:00:00+01:00")

    ((rep_id, touches, _, _),) = of_events(call(rep="zoe"), late)

    assert (rep_id, touches) == ("zoe", 1)
