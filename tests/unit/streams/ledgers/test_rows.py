"""Rows of this and every older schema are read; a newer one is called what it is."""

from itertools import combinations, pairwise

import msgspec
import pytest

from streams.events.contract import Direction, LeadChange, Outcome, Touch
from streams.kafka.topics import TABLES
from streams.ledgers import rows
from streams.ledgers.credits import credit_key
from streams.ledgers.rows import (
    SCHEMA,
    NewerRowError,
    beats,
    decode_changes,
    decode_touches,
    encode_changes,
    encode_touches,
    is_tie,
    newest_change,
)
from streams.ledgers.touchrows import QUARTER, row_key
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
    entries = [msgspec.structs.asdict(entry) for entry in decode(row)]
    assert len(entries) == len(row.entries)
    for entry, before in zip(entries, row.entries, strict=True):
        assert {name: entry[name] for name in before} == before  # fields came since, with defaults
    assert KEYS[row.table](row) == row.key


@pytest.mark.parametrize("row", old_rows(SCHEMA))
def test_other_bytes_than_those_of_the_file_are_a_new_schema(row: OldRow) -> None:
    encode = encode_touches if row.table == "touches" else encode_changes
    assert encode(decode(row)) == row.value, (
        "raise SCHEMA in streams/ledgers/rows.py, then run: python -m tests.oldrows"
    )


@pytest.mark.parametrize("row", [r for n in range(1, SCHEMA + 1) for r in old_rows(n)[1:]])
def test_the_newest_change_of_a_lead_of_any_schema_is_known(row: OldRow) -> None:
    assert newest_change(row.value) == max(entry["at"] for entry in row.entries)


@pytest.mark.parametrize("row", old_rows(SCHEMA)[1:])
def test_the_newest_change_is_known_without_decoding_the_changes(row: OldRow) -> None:
    head = row.value[:12]  # what follows is cut off

    assert newest_change(head) == newest_change(row.value)


# From the oldest to the newest version of one id.
NEWER_AND_NEWER = [
    Touch("c1", 5),
    Touch("c1", 5, direction=Direction.INBOUND),
    Touch("c1", 5, direction=Direction.INBOUND, outcome=Outcome.FAILED),
    Touch("c1", 5, direction=Direction.INBOUND, outcome=Outcome.HUMAN),
    Touch("c1", 5, direction=Direction.OUTBOUND, outcome=Outcome.HUMAN),
    Touch("c1", 1000, direction=Direction.OUTBOUND, outcome=Outcome.HUMAN),
    Touch("c1", 1001, direction=Direction.OUTBOUND, outcome=Outcome.HUMAN),
    Touch("c1", 5, recorded_at=1),
    Touch("c1", 5, recorded_at=1, retracted=True),
    Touch("c1", 5, recorded_at=2),
    Touch("c1", 5, version=0),
    Touch("c1", 5, version=0, recorded_at=1, outcome=Outcome.HUMAN),
    Touch("c1", 5, version=0, recorded_at=2),
    Touch("c1", 5, version=0, recorded_at=2, retracted=True),
    Touch("c1", 5, version=1),
    Touch("c1", 5, retracted=True),
]


def test_the_newest_version_of_an_id_is_known_whatever_comes_first() -> None:
    for older, newer in combinations(NEWER_AND_NEWER, 2):
        assert beats(newer, older), (newer, older)
        assert not beats(older, newer)


def test_a_tie_is_what_only_the_content_decides() -> None:
    ties = [pair for pair in pairwise(NEWER_AND_NEWER) if is_tie(*pair)]

    assert ties == list(pairwise(NEWER_AND_NEWER))[2:6]


@pytest.mark.parametrize("decoder", [decode_touches, decode_changes])
@pytest.mark.parametrize("entries", [[], [["k", 17, "of another form"]], {"in": "another shape"}])
def test_a_row_of_a_newer_schema_is_called_newer_whatever_it_holds(
    decoder, entries: object
) -> None:
    newer = f"a row of schema {SCHEMA + 1}; this version reads up to {SCHEMA}"
    with pytest.raises(NewerRowError, match=newer):
        decoder(msgspec.msgpack.encode((SCHEMA + 1, entries)))


SCHEMA_1 = {  # how version 1 of the product read rows, kept as it was
    "touches": msgspec.msgpack.Decoder(tuple[int, list[Touch]]),
    "leads": msgspec.msgpack.Decoder(tuple[int, list[LeadChange]]),
}
SCHEMA_1["credits"] = SCHEMA_1["leads"]


def schema_in_version_1(row: OldRow) -> int:
    """The schema that the decoder of version 1 found; beyond 1 it stopped with NewerRowError."""
    try:
        return SCHEMA_1[row.table].decode(row.value)[0]
    except msgspec.ValidationError:
        return msgspec.msgpack.decode(row.value, type=tuple[int, msgspec.Raw])[0]


@pytest.mark.parametrize("row", old_rows(2))
def test_version_1_of_the_product_calls_a_row_of_schema_2_newer(row: OldRow) -> None:
    assert schema_in_version_1(row) == 2
    assert schema_in_version_1(old_rows(1)[TABLES.index(row.table)]) == 1


@pytest.mark.parametrize("row", old_rows(2))
def test_a_decoder_that_knows_schema_1_only_refuses_rows_of_schema_2(
    row: OldRow, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rows, "SCHEMA", 1)

    with pytest.raises(NewerRowError, match="a row of schema 2; this version reads up to 1"):
        decode(row)


@pytest.mark.parametrize("row", [b"", b"{", msgspec.msgpack.encode((SCHEMA, [["k", "no time"]]))])
def test_what_is_no_row_is_not_taken_for_a_newer_one(row: bytes) -> None:
    with pytest.raises(msgspec.MsgspecError):
        decode_touches(row)
