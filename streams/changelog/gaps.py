"""LostHistory: what was lost before it was counted, and that somebody chose to go on all the same.

A gap is a record of a changelog, so whoever restores the partition knows of it, for as long as an
event that was lost could still be kept.
"""

from collections.abc import Mapping
from typing import NamedTuple

import msgspec

from streams.clock import Micros
from streams.ledgers.retention import LEADS_KEPT, TOUCHES_KEPT
from streams.ledgers.rows import SCHEMA, NewerRowError, Table

# No row has this key: it is no text, as the keys of leads are, and no array, as all others.
LOST_HISTORY_KEY = b"\xff gaps"


class LostHistory(NamedTuple):
    """What is lost to a partition of a table: by source, all before an offset; known since `at`."""

    at: Micros
    before: Mapping[str, int]

    def merged(self, other: "LostHistory") -> "LostHistory":
        """The gaps of both, as merging as rows are."""
        topics = {*self.before, *other.before}
        before = {t: max(self.before.get(t, 0), other.before.get(t, 0)) for t in topics}
        return LostHistory(max(self.at, other.at), before)

    def matter(self, table: Table, now: Micros) -> bool:
        """Whether an event that was lost could still be in a number at *now*."""
        return now <= self.at + (TOUCHES_KEPT if table == "touches" else LEADS_KEPT)


NOTHING_LOST = LostHistory(0, {})


def encode_gaps(gaps: LostHistory) -> bytes:
    """The record for the changelog."""
    return msgspec.msgpack.encode((SCHEMA, gaps.at, gaps.before), order="sorted")


def decode_gaps(value: bytes) -> LostHistory:
    """The gaps of a record; raises as the decoders of rows do."""
    schema, at, before = _decoder.decode(value)
    if schema > SCHEMA:
        raise NewerRowError(schema)
    return LostHistory(at, before)


_decoder = msgspec.msgpack.Decoder(tuple[int, Micros, dict[str, int]])
