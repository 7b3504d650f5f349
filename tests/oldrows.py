"""Rows of the changelogs as earlier versions wrote them, and still have to be read."""

import json
from typing import NamedTuple

from streams.kafka.topics import TABLES
from streams.ledgers.rows import Table
from tests.build import TESTS


class OldRow(NamedTuple):
    """A row of a table: its key, its bytes, and what is in it."""

    table: Table
    key: bytes
    value: bytes
    entries: list[dict]


def old_rows(schema: int) -> list[OldRow]:
    """A row of each table, of a schema."""
    told = json.loads((TESTS / "data" / f"rows-schema-{schema}.json").read_text())
    return [
        OldRow(table, bytes.fromhex(each["key"]), bytes.fromhex(each["row"]), each["entries"])
        for table, each in ((table, told[table]) for table in TABLES)
    ]
