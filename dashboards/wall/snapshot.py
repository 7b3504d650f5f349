"""What was found in Redis at one moment: the layout and the parts it asks for."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from metrics.readings import (
    Layout,
    OtherCatalogueError,
    Part,
    PartKind,
    decode_layout,
    decode_part,
)

# What decoding raises on bytes that no version of ours wrote.
NOT_OURS = (ValueError, TypeError, KeyError, AttributeError)


class PartKey(NamedTuple):
    """Which part it is: of a partition of the topics keyed by rep, or by lead."""

    kind: PartKind
    partition: int


WAITING = "Waiting for the first worker."
LAST_KNOWN = "Showing the last known numbers."
LOST = "Redis lost readings."


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The layout, None with the reason in *trouble*, and the parts that are there.

    With a layout *trouble* says why some of it is the last that was known.
    `unreadable` are the keys of parts that are there, but of another version of the
    product: `parts` then has the last that could be read.
    """

    layout: Layout | None = None
    parts: Mapping[PartKey, Part] = field(default_factory=dict)
    unreadable: frozenset[PartKey] = frozenset()
    trouble: str = ""


def read_layout(raw: bytes | None) -> Snapshot:
    """The layout of a snapshot, still without its parts."""
    if raw is None:
        return Snapshot(trouble=WAITING)
    try:
        return Snapshot(decode_layout(raw))
    except OtherCatalogueError as error:
        return Snapshot(trouble=f"The layout in Redis was {error}.")
    except NOT_OURS:
        return Snapshot(trouble="The layout in Redis cannot be read.")


def with_last_known(found: Snapshot, last: Snapshot) -> Snapshot:
    """What was found, filled up with what is gone from Redis since the *last* snapshot."""
    if last.layout is None:
        return found
    trouble = found.trouble if found.trouble != WAITING else LOST
    if found.layout is None:
        return replace(last, trouble=f"{trouble} {LAST_KNOWN}")
    gone = set(part_keys(found.layout)) & last.parts.keys() - found.parts.keys()
    if not gone:
        return found
    parts = {**found.parts, **{key: last.parts[key] for key in gone}}
    is_lost = not gone <= found.unreadable
    return replace(found, parts=parts, trouble=f"{LOST} {LAST_KNOWN}" if is_lost else "")


def part_keys(layout: Layout) -> list[PartKey]:
    """The keys of all parts that make up the whole."""
    reps = [PartKey("reps", number) for number in range(layout.partitions)]
    return reps + [PartKey("leads", number) for number in range(layout.lead_partitions)]


def read_parts(layout: Layout, raws: Mapping[PartKey, bytes | None]) -> Snapshot:
    """The snapshot of a layout and the bytes found under each of its keys."""
    parts: dict[PartKey, Part] = {}
    unreadable: set[PartKey] = set()
    for key, raw in raws.items():
        if raw is None:
            continue
        try:
            parts[key] = decode_part(raw)
        except NOT_OURS:
            unreadable.add(key)
    return Snapshot(layout, parts, frozenset(unreadable))
