"""What a record looks like on its way to another topic: late, misrouted, or a dead letter."""

from collections.abc import Sequence
from typing import NamedTuple, Protocol

from streams.clock import Micros, iso
from streams.events.contract import MAX_ID_BYTES, Destination, Kind, Rejection

# A dead letter has the original bytes, but for a giant that no broker would take with our headers:
# then the first of them, and the header `cut`.
MAX_DEAD_LETTER_BYTES = 512 * 1024


class Record(Protocol):
    """A record as the Kafka client delivers it."""

    @property
    def topic(self) -> str: ...
    @property
    def partition(self) -> int: ...
    @property
    def offset(self) -> int: ...
    @property
    def key(self) -> bytes | None: ...
    @property
    def value(self) -> bytes | None: ...
    @property
    def headers(self) -> Sequence[tuple[str, bytes]]: ...


class Outgoing(NamedTuple):
    """A record for another topic, to be awaited before its source is acknowledged."""

    destination: Destination
    partition: int | None
    key: bytes | None
    value: bytes | None
    headers: list[tuple[str, bytes]]


def late(record: Record, at: Micros, value: bytes | None, *, forwarded: bool) -> Outgoing:
    """A touch of *at*, which is before what is kept, with the *value* that is set aside of it.

    Where it was *forwarded*, the headers say from where.
    """
    headers = [*_origin(record, forwarded), ("at", iso(at).encode())]
    return Outgoing("late", None, record.key, value, headers)


def misrouted(record: Record, kind: Kind, to: Destination, partition: int, key: str) -> Outgoing:
    """An event as it came, for the *partition* of the topic *to* in which its *key* lies.

    The *key* is the id of the rep or of the lead.
    """
    headers = [*_origin(record), ("kind", kind.encode())]
    return Outgoing(to, partition, key.encode(), record.value, headers)


def dead_letter(record: Record, rejection: Rejection, *, forwarded: bool) -> Outgoing:
    """A record that was rejected, and why; a giant is cut.

    Where it was *forwarded*, the headers say from where.
    """
    value, key = record.value, record.key
    headers = [
        ("reason", rejection.reason.encode()),
        ("detail", rejection.detail.encode(errors="replace")),
        *_origin(record, forwarded),
    ]
    if len(value or b"") + len(key or b"") > MAX_DEAD_LETTER_BYTES:
        headers.append(("cut", f"{len(value or b'')} bytes".encode()))
        value, key = (value or b"")[:MAX_DEAD_LETTER_BYTES], (key or b"")[:MAX_ID_BYTES]
    return Outgoing("dead-letters", None, key, value, headers)


def _origin(record: Record, forwarded: bool = False) -> list[tuple[str, bytes]]:
    """Where a record came from, as headers: one that was *forwarded* has those of who did it."""
    place = {
        "topic": record.topic.encode(),
        "partition": str(record.partition).encode(),
        "offset": str(record.offset).encode(),
    }
    known = dict(record.headers) if forwarded else {}
    return [(name, known.get(name, value)) for name, value in place.items()]
