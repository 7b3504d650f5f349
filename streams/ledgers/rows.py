"""The one law of the ledgers: a row maps an id to its newest version, and rows merge.

`beats` is a strict total order on distinct versions of one id, so taking the greatest is
commutative, associative and idempotent: a retry, a duplicate, a reordering, a replay after a crash,
a correction and a retraction are all the same operation.
"""

from collections.abc import Iterable, MutableMapping
from enum import Enum
from typing import Any, Literal, NamedTuple, Protocol, TypeVar

import msgspec

from streams.clock import Micros
from streams.events.contract import LeadChange, Touch

SCHEMA = 2  # of the encoded rows; readers accept this and every older one
# 1: (schema, entries), merged by the law of 2 since. 2: the law of today; a lead's row is
# (schema, (newest `at`, entries)). The outer form stays: an older version knows a newer row.
_EARLIEST = -(2**63)  # where no `recorded_at` is known


Table = Literal["touches", "leads", "credits"]
Rows = MutableMapping[bytes, bytes]  # encoded, by key


class Version(Protocol):
    """What the law needs to know of an entry of a row."""

    @property
    def key(self) -> str: ...
    @property
    def version(self) -> int | None: ...
    @property
    def recorded_at(self) -> int | None: ...
    @property
    def retracted(self) -> bool: ...


class Fold(Enum):
    """What became of a version that was delivered."""

    APPLIED = "applied"
    DUPLICATE = "duplicate"
    SUPERSEDED = "superseded"
    FULL = "full"  # the row takes no further ids


class RowWrite(NamedTuple):
    """A record for a changelog; a value of None is a tombstone."""

    partition: int
    key: bytes
    value: bytes | None


V = TypeVar("V", Touch, LeadChange)


def version_of(entry: Version) -> tuple[bool, bool, int, int]:
    """What orders the versions of one id before anything that they say.

    A retraction with neither `version` nor `recorded_at` is the newest of all; one with a `version`
    is newer than one without; then the larger `version`, and the later `recorded_at`.
    """
    version, recorded_at = entry.version, entry.recorded_at
    is_bare = entry.retracted and version is None and recorded_at is None
    return (
        is_bare,
        version is not None,
        -1 if version is None else version,
        _EARLIEST if recorded_at is None else recorded_at,
    )


def is_tie(one: Touch | LeadChange, other: Touch | LeadChange) -> bool:
    """Whether nothing but their content says which of two different versions of an id is newer.

    Their order is then right for nobody in particular, and the same for all.
    """
    return _rank(one) == _rank(other)


def beats(new: V, old: V) -> bool:
    """Whether *new* replaces *old*: a strict total order on distinct versions of one id.

    The newer version; then retracted; then fewer words read as unknown, so that a replay heals
    what was stored before a word was known; then the larger content.
    """
    ours, theirs = _rank(new), _rank(old)
    if ours != theirs:
        return ours > theirs
    return new != old and _content(new) > _content(old)


def _rank(entry: Touch | LeadChange) -> tuple[tuple[bool, bool, int, int], bool, int]:
    return version_of(entry), entry.retracted, -_unknown_words(entry)


def _unknown_words(entry: Touch | LeadChange) -> int:
    """How many words of the contract are unknown; an unknown origin is stored as `other`."""
    if isinstance(entry, Touch):
        return (not entry.direction) + (not entry.outcome)
    return (not entry.status) + (not entry.origin)


def merge(one: dict[str, V], other: dict[str, V]) -> dict[str, V]:
    """The row that holds the newest version of every id of both."""
    merged = dict(one)
    for key, entry in other.items():
        here = merged.get(key)
        if here is None or beats(entry, here):
            merged[key] = entry
    return merged


def _content(entry: Touch | LeadChange) -> tuple[bytes, int]:
    """Compact JSON of the contract fields, keys sorted, instants in UTC milliseconds.

    `at` in microseconds follows, so that the order stays total for instants within a millisecond.
    """
    fields = {
        name: value.name.lower() if hasattr(value, "name") else value
        for name, value in msgspec.structs.asdict(entry).items()
    }
    at: int = fields["at"]
    for name in ("at", "recorded_at"):
        if fields[name] is not None:
            fields[name] //= 1000
    return msgspec.json.encode(fields, order="sorted"), at


def _decoder(content: object) -> msgspec.msgpack.Decoder[tuple[int, Any]]:
    return msgspec.msgpack.Decoder(tuple[int, content])  # type: ignore[valid-type]


_touches = _decoder(list[Touch])
_changes = _decoder(tuple[Micros, list[LeadChange]])
_changes_1 = _decoder(list[LeadChange])
_newest = _decoder(tuple[Micros, msgspec.Raw])
_any = _decoder(msgspec.Raw)
_encoder = msgspec.msgpack.Encoder()
ROW_BYTES = 5  # of a row beside its entries, at most: two arrays and the schema
_LEAD_ROW, _UINT64 = bytes((0x92, SCHEMA, 0x92)), 0xCF  # how nearly every lead's row begins


def encode_touches(entries: Iterable[Touch]) -> bytes:
    """The bytes of a row: the same entries give the same bytes, in whatever order they come."""
    return _encoder.encode((SCHEMA, sorted(entries, key=_key)))


def entries_size(entries: list[Touch]) -> int:
    """The bytes that these entries take in a row, at most 2**16 - 1 of them, without ROW_BYTES."""
    return len(_encoder.encode(entries)) - (1 if len(entries) < 16 else 3)


def encode_changes(entries: Iterable[LeadChange]) -> bytes:
    """The bytes of a lead's row, of at least one entry; see `encode_touches`."""
    changes = sorted(entries, key=_key)
    return _encoder.encode((SCHEMA, (max(change.at for change in changes), changes)))


def _key(entry: Version) -> str:
    return entry.key


class NewerRowError(ValueError):
    """The row was written by a newer version of the product than this one."""

    def __init__(self, schema: int) -> None:
        super().__init__(
            f"a row of schema {schema}; this version reads up to {SCHEMA}: run the newer version"
        )


def decode_touches(row: bytes) -> list[Touch]:
    """The entries of a touches row; raises NewerRowError or msgspec.MsgspecError."""
    try:
        schema, entries = _touches.decode(row)
    except msgspec.ValidationError:
        _check_schema(row)  # of a newer version the entries may be anything
        raise
    if schema > SCHEMA:
        raise NewerRowError(schema)
    touches: list[Touch] = entries
    return touches


def decode_changes(row: bytes) -> list[LeadChange]:
    """The entries of a lead's row, or of a copy of it; raises as `decode_touches`."""
    if _check_schema(row) == 1:
        changes: list[LeadChange] = _changes_1.decode(row)[1]
    else:
        changes = _changes.decode(row)[1][1]
    return changes


def newest_change(row: bytes) -> Micros:
    """The newest `at` of a lead's row, without decoding its changes; raises as `decode_touches`."""
    if row[:3] == _LEAD_ROW and row[3] == _UINT64:
        return int.from_bytes(row[4:12])
    if _check_schema(row) == 1:
        return max((change.at for change in decode_changes(row)), default=_EARLIEST)
    newest: Micros = _newest.decode(row)[1][0]
    return newest


def _check_schema(row: bytes) -> int:
    schema = _any.decode(row)[0]
    if schema > SCHEMA:
        raise NewerRowError(schema)
    return schema
