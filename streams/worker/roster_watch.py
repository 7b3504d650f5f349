"""Takes a roster file that was changed; a bad one is reported, and the old one kept."""

import asyncio
import logging
from pathlib import Path
from zoneinfo import ZoneInfo

from streams.processor import Processor
from streams.roster.file import RosterError, load_roster
from streams.roster.people import Roster

log = logging.getLogger(__name__)


class RosterWatch:
    """Looks whether the roster file was changed, and shows the processor what it says."""

    def __init__(self, path: Path, unassigned_zone: ZoneInfo, processor: Processor) -> None:
        self._path = path
        self._unassigned_zone = unassigned_zone
        self._processor = processor
        self._read_at = 0  # when the file that was taken last was written
        self._problem = ""

    async def look(self) -> None:
        """Take the file if it was changed since the last look."""
        try:
            changed_at = self._path.stat().st_mtime_ns
            if changed_at == self._read_at:
                return
            roster = await asyncio.to_thread(load_roster, self._path, self._unassigned_zone)
        except (OSError, RosterError) as error:
            self._report(f"the roster stays as it was: {error}")
            return
        self._read_at, self._problem = changed_at, ""
        if roster.sha256 != self._processor.board.roster.sha256:
            await self._take(roster)

    def _report(self, problem: str) -> None:
        if problem != self._problem:
            log.error("%s", problem)
        self._problem = problem

    async def _take(self, roster: Roster) -> None:
        gone = self._processor.missing_in(roster)
        if gone:
            log.warning(
                "the roster lost reps with numbers: %s; these count as unassigned now, in the past "
                "too. Keep the entry of who leaves, with `to:` and the last day",
                ", ".join(gone),
            )
        count = 0
        for _ in self._processor.reload(roster):
            count += 1
            await asyncio.sleep(0)
        log.info("roster %s taken: %d reps changed", roster.sha256[:12], count)
