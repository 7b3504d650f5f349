"""Rows of this and every older schema are read; a newer one is told as what it is."""

import msgspec
import pytest

from streams.ledgers.leads import credit_key
from streams.ledgers.rows import SCHEMA, NewerRowError, decode_changes, decode_touches, encode
from streams.ledgers.touches import QUARTER, row_key
from tests.oldrows import OldRow, old_rows

KEYS = {
    "touches": lambda row: row_key("ana", row.entries[0]["at"] // QUARTER, 0),
    "leads": lambda _: b"L1",
    "credits": lambda _: credit_key("ana", "L1"),
}


def decode(row: OldRow) -> list:
    return (decode_touches if row.table == "touches" else decode_changes)(row.value)


@pytest.mark.parametrize("row", [row for n in range(1, SCHEMA + 1) for row in old_rows(n)])
def test_a_row_of_any_schema_so_far_is_read(row: OldRow) -> None:
    assert [msgspec.structs.asdict(entry) for entry in decode(row)] == row.entries
    assert KEYS[row.table](row) == row.key


@pytest.mark.parametrize("row", old_rows(SCHEMA))
def test_other_bytes_than_those_of_the_file_are_a_new_schema(row: OldRow) -> None:
    assert encode(decode(row)) == row.value


@pytest.mark.parametrize("decoder", [decode_touches, decode_changes])
@pytest.mark.parametrize("entries", [[], [["k", 17, "of another form"]], {"in": "another shape"}])
def test_a_row_of_a_newer_schema_is_told_whatever_it_holds(decoder, entries: object) -> None:
    with pytest.raises(NewerRowError, match="a row of schema 2; this version reads up to 1"):
        decoder(msgspec.msgpack.encode((SCHEMA + 1, entries)))


@pytest.mark.parametrize("row", [b"", b"{", msgspec.msgpack.encode((SCHEMA, [["k", "no time"]]))])
def test_what_is_no_row_is_not_taken_for_a_newer_one(row: bytes) -> None:
    with pytest.raises(msgspec.MsgspecError):
        decode_touches(row)
