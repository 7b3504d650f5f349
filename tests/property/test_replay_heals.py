"""A replay of the inputs heals what was stored before a word was known, in rows of any schema."""

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.audit.recount import Recount, deliver
from streams.clock import micros
from streams.kafka.topics import TABLES
from streams.ledgers.rows import Rows, Table, decode_changes, decode_touches
from streams.processor import Processor
from tests.build import line_records, numbers, numbers_on, recount_records, roster
from tests.spellings import Records, many_records
from tests.strategies import NOW, WORLD

KNOWN = (
    WORLD
    + """
words:
  call.outcome: {Unheard of: human, talked: human}
  call.direction: {sideways: outbound}
  email.outcome: {lost_in_space: replied}
  lead.status: {dreaming: delivered}
  lead.origin: {Partner: inbound}
"""
)


def of_schema_1(table: Table, row: bytes) -> bytes:
    """The row as the product wrote it before the law of schema 2."""
    entries = decode_touches(row) if table == "touches" else decode_changes(row)
    return msgspec.msgpack.encode((1, entries))


def stored_before(records: Records) -> dict[Table, Rows]:
    """The rows of a worker that knew none of the words."""
    rows: dict[Table, Rows] = {table: {} for table in TABLES}
    worker = Processor(
        lambda: micros(NOW),
        roster(WORLD),
        rows.__getitem__,
        partition_of_rep=lambda _: 0,
        partition_of_lead=lambda _: 0,
    )
    deliver(worker, line_records(records))
    worker.take_writes()
    return rows


@settings(max_examples=150, deadline=None)
@given(many_records, st.booleans())
def test_a_replay_heals_what_was_stored_before_a_word_was_known(
    records: Records, is_old: bool
) -> None:
    after = Recount(roster(KNOWN), micros(NOW))
    for table, rows in stored_before(records).items():
        written = [(k, of_schema_1(table, row) if is_old else row) for k, row in rows.items()]
        after.processor.restore(table, written, gained=())

    after.take(line_records(records))

    assert numbers_on(after.board) == numbers(recount_records(records, NOW.isoformat(), KNOWN))
