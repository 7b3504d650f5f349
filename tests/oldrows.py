"""Rows of the changelogs as earlier versions wrote them, and still have to be read.

`python -m tests.oldrows` writes those of a new schema, from the entries of the one before.
"""

import json
from typing import NamedTuple

import msgspec

from streams.events.contract import LeadChange, Touch
from streams.kafka.topics import TABLES
from streams.ledgers.rows import (
    SCHEMA,
    Table,
    decode_changes,
    decode_touches,
    encode_changes,
    encode_touches,
)
from tests.build import TESTS


class OldRow(NamedTuple):
    """A row of a table: its key, its bytes, and what is in it."""

    table: Table
    key: bytes
    value: bytes
    entries: list[dict]


def old_rows(schema: int) -> list[OldRow]:
    """A row of each table, of a schema."""
    file = json.loads((TESTS / "data" / f"rows-schema-{schema}.json").read_text())
    return [
        OldRow(table, bytes.fromhex(row["key"]), bytes.fromhex(row["row"]), row["entries"])
        for table, row in ((table, file[table]) for table in TABLES)
    ]


def write(schema: int) -> None:
    """Write the rows of the *schema* of today; a file that exists is never written again."""
    rows = {
        row.table: {
            "key": row.key.hex(),
            "row": _encoded(row).hex(),
            "entries": [msgspec.structs.asdict(entry) for entry in _decoded(row)],
        }
        for row in old_rows(schema - 1)
    }
    with (TESTS / "data" / f"rows-schema-{schema}.json").open("x") as file:
        json.dump(rows, file, indent=1)
        file.write("\n")


def _decoded(row: OldRow) -> list[Touch] | list[LeadChange]:
    return (decode_touches if row.table == "touches" else decode_changes)(row.value)


def _encoded(row: OldRow) -> bytes:
    entries = _decoded(row)
    return (encode_touches if row.table == "touches" else encode_changes)(entries)  # type: ignore[operator]


if __name__ == "__main__":
    write(SCHEMA)
