"""Who is not on the roster, from events and from rows alike."""

from collections.abc import Iterator

from streams.audit.recount import LineRecord
from streams.audit.unlisted import Seen, Unlisted
from streams.clock import parse_instant
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
