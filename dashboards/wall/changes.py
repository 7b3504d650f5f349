"""How old readings are by a clock that nobody sets, since the last change that was seen."""

from collections.abc import Callable, Hashable
from dataclasses import replace as with_fields
from time import monotonic
from typing import TypeVar

from msgspec.structs import replace

from dashboards.wall.snapshot import Snapshot
from metrics.readings import Layout, Part, RepReading

R = TypeVar("R", Layout, Part, RepReading)


class Changes:
    """Dates readings anew on this machine's clock, which may differ from the worker's.

    A reading is as old as the time since it was seen to change. Only one that is seen for the first
    time is as old as the two machines' clocks say, until it changes: a worker that died before the
    wall started has to show.
    """

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self._clock = clock
        # By reading: its own time of writing, and the instant on our clock at which it was new.
        self._seen: dict[Hashable, tuple[float, float]] = {}

    def dated(self, key: Hashable, reading: R, now: float) -> R:
        """The reading with the time of writing that it has on the clock that shows *now*."""
        at, known = self._clock(), self._seen.get(key)
        if known is None:
            known = reading.written_at, at - max(0.0, now - reading.written_at)
        elif known[0] != reading.written_at:
            known = reading.written_at, at
        self._seen[key] = known
        return replace(reading, written_at=now - (at - known[1]))

    def dated_all(self, snapshot: Snapshot, now: float) -> Snapshot:
        """The same of all readings of a snapshot."""
        if snapshot.layout is None:
            return snapshot
        parts = {key: self.dated(key, part, now) for key, part in snapshot.parts.items()}
        layout = self.dated("layout", snapshot.layout, now)
        return with_fields(snapshot, layout=layout, parts=parts)
