"""The roster file as it is at that moment, read once for all who ask in a process."""

import asyncio
import logging
from pathlib import Path
from zoneinfo import ZoneInfo

from streams.roster.file import RosterError, load_roster
from streams.roster.floor_entry import UTC
from streams.roster.people import Roster

log = logging.getLogger(__name__)


class RosterFile:
    """The roster of a file, read anew when the file was changed."""

    def __init__(self, path: Path, unassigned_zone: ZoneInfo = UTC) -> None:
        self._path = path
        self._zone = unassigned_zone
        self._written: tuple[int, ...] = ()  # which writing of the file was read
        self._now: Roster | None = None
        self._reading = asyncio.Lock()
        self._problem = ""
        self.last: Roster | None = None  # the last one that could be read

    async def now(self) -> Roster | None:
        """The roster as it stands in the file; None while it cannot be read."""
        async with self._reading:
            try:
                await self._look()
            except OSError as error:
                self._close((), f"the roster cannot be read ({error.strerror})")
            except RosterError as error:
                # What a mistake says may be a name, which is not for logs.
                count = len(error.mistakes)
                words = f"{count} mistakes on the roster; `floorpulse roster check` names them"
                self._close(self._written, words)
            return self._now

    async def _look(self) -> None:
        stat = self._path.stat()
        written = (stat.st_mtime_ns, stat.st_ctime_ns, stat.st_size, stat.st_ino)
        if written == self._written:
            return
        self._written, self._now = written, None
        self._now = self.last = await asyncio.to_thread(load_roster, self._path, self._zone)
        self._problem = ""
        log.info("roster %s taken", self._now.sha256[:12])

    def _close(self, written: tuple[int, ...], problem: str) -> None:
        self._written, self._now = written, None
        if problem != self._problem:
            log.error("pages of persons are closed: %s", problem)
        self._problem = problem
