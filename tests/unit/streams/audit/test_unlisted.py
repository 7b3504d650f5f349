"""Who is not on the roster, from events and from rows alike."""

from collections.abc import Iterator

from streams.audit.recount import LineRecord, read_event
from streams.audit.unlisted import Seen, Unlisted
from streams.clock import parse_instant
from streams.events.contract import KIND_OF, LeadEvent, Rejection, TouchEvent
from streams.events.decode import Decoder
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


def read(event: dict) -> TouchEvent | LeadEvent:
    """An event that is accepted."""
    accepted = read_event(Decoder(), record(event), NOW)
    assert not isinstance(accepted, Rejection)
    return accepted


def test_rows_of_both_tables_are_counted_by_rep() -> None:
    unlisted = Unlisted(roster())

    for table, (_, key, value) in rows_of(EVENTS):
        if table != "leads":
            unlisted.restore(table, [(key, value), (key, None)], NOW)

    assert unlisted.seen() == [
        ("zoe", Seen(2, 2, parse_instant("2026-11-23T13:00:00+01:00"))),
        ("am", Seen(0, 1, parse_instant("2026-11-23T14:00:00+01:00"))),
    ]


def test_what_is_not_kept_any_more_is_not_counted() -> None:
    unlisted = Unlisted(roster())
    ((_, (_, key, value)),) = rows_of([call(rep="zoe")])

    unlisted.restore("touches", [(key, value)], NOW + 61 * 86_400_000_000)

    assert unlisted.seen() == []


def test_a_lead_that_a_correction_gives_to_a_listed_rep_is_of_nobody_else() -> None:
    at = "2026-11-23T11:00:00+01:00"
    given = [
        status("created", at, rep="ghost", id="s1", version=1),
        status("created", at, rep="ana", id="s1", version=2),
    ]

    for events in (given, given[::-1]):
        from_events, from_rows = Unlisted(roster()), Unlisted(roster())
        for event in events:
            from_events.take(read(event), NOW)
        for table, (_, key, value) in rows_of(events):
            if table == "credits":
                from_rows.restore(table, [(key, value)], NOW)

        assert from_events.seen() == from_rows.seen() == []


def test_a_late_touch_is_not_counted() -> None:
    unlisted = Unlisted(roster())

    for event in (call(rep="zoe"), call(rep="zoe", id="c2", at="2026-01-01T10:00:00+01:00")):
        unlisted.take(read(event), NOW)

    ((rep_id, seen),) = unlisted.seen()
    assert (rep_id, seen.touches) == ("zoe", 1)
