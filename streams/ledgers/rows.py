"""The one law of the ledgers: a row maps an id to its newest version, and rows merge.

`beats` is a strict total order on distinct versions of one id, so taking the greatest is
commutative, associative and idempotent: a retry, a duplicate, a reordering, a replay after a crash,
a correction and a retraction are all the same operation.
"""

from collections.abc import Iterable, MutableMapping
from enum import Enum
from typing import Literal, NamedTuple, Protocol, TypeVar

import msgspec

from streams.events.contract import LeadChange, Touch

SCHEMA = 1  # of the encoded rows; readers accept this and every older one


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


def version_of(entry: Version) -> int:
    """The number that orders versions: `version`, else `recorded_at` in milliseconds, else 0."""
    if entry.version is not None:
        return entry.version
    if entry.recorded_at is not None:
        return max(0, entry.recorded_at // 1000)
    return 0


def is_tie(one: Version, other: Version) -> bool:
    """Whether two different contents of one id carry the same version and are both (not) retracted.

    Their order is then decided by content alone: right for nobody in particular, the same for all.
    """
    return version_of(one) == version_of(other) and one.retracted == other.retracted


def beats(new: V, old: V) -> bool:
    """Whether *new* replaces *old*: the larger version, then retracted, then the larger content."""
    ours, theirs = version_of(new), version_of(old)
    if ours != theirs:
        return ours > theirs
    if new.retracted != old.retracted:
        return new.retracted
    return _content(new) > _content(old)


def merge(one: dict[str, V], other: dict[str, V]) -> dict[str, V]:
    """The row that holds the newest version of every id of both."""
    merged = dict(one)
    for key, entry in other.items():
        held = merged.get(key)
        if held is None or beats(entry, held):
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


def _decoder(entry: type[V]) -> msgspec.msgpack.Decoder[tuple[int, list[V]]]:
    return msgspec.msgpack.Decoder(tuple[int, list[entry]])  # type: ignore[valid-type]


_touches = _decoder(Touch)
_changes = _decoder(LeadChange)
_any = msgspec.msgpack.Decoder(tuple[int, msgspec.Raw])
_encoder = msgspec.msgpack.Encoder()


def encode(entries: Iterable[V]) -> bytes:
    """The bytes of a row: the same entries give the same bytes, in whatever order they come."""
    return _encoder.encode((SCHEMA, sorted(entries, key=_key)))


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
    return _entries(_touches, row)


def decode_changes(row: bytes) -> list[LeadChange]:
    """The entries of a lead's row, or of a copy of it; raises as `decode_touches`."""
    return _entries(_changes, row)


def _entries(decoder: msgspec.msgpack.Decoder[tuple[int, list[V]]], row: bytes) -> list[V]:
    try:
        schema, entries = decoder.decode(row)
    except msgspec.ValidationError:
        schema, entries = _any.decode(row)[0], []  # of a newer version the entries may be anything
        if schema <= SCHEMA:
            raise
    if schema > SCHEMA:
        raise NewerRowError(schema)
    return entries
