"""Judges by the roster file as it is at that moment."""

from collections.abc import Callable

from dashboards.door.passes import Pass, Sight
from floorpulse.access.decision import sight
from floorpulse.access.roster_file import RosterFile
from streams.clock import Micros, system_clock


class Judging:
    """Decides by a roster file; with one that cannot be read, pages of persons close.

    Links of walls are then judged by the last one that could be read.
    """

    def __init__(self, roster: RosterFile, now: Callable[[], Micros] = system_clock) -> None:
        self._roster = roster
        self._now = now

    async def __call__(self, shown: Pass) -> Sight | None:
        roster = await self._roster.now()
        if roster is None and shown.who.kind == "wall":
            roster = self._roster.last
        return None if roster is None else sight(shown, roster, self._now())
