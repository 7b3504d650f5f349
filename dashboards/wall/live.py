"""What is read from Redis, and for whom: the wall always, pages of persons while one watches."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Hashable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, fields
from functools import partial
from typing import Protocol

import msgspec

from dashboards.door.passes import Listed
from dashboards.wall.alerts import AlertWatch
from dashboards.wall.changes import Changes
from dashboards.wall.language import Language, speaking
from dashboards.wall.pages import VERSION
from dashboards.wall.privacy import SMALLEST_TEAM
from dashboards.wall.reppage import RepPage, rep_page
from dashboards.wall.snapshot import Snapshot, with_last_known
from dashboards.wall.source import RedisAwayError, Source
from dashboards.wall.stream import Stream
from dashboards.wall.teampage import TeamPage, team_page
from dashboards.wall.view import Wall, wall
from metrics.readings import RepReading

log = logging.getLogger(__name__)

Readings = Mapping[str, RepReading]  # by rep


class MakePage(Protocol):
    """Makes the page of reps of what was read of them, at *now*, the machine's clock."""

    def __call__(
        self, readings: Readings, snapshot: Snapshot, now: float, *, away: str
    ) -> RepPage | TeamPage: ...


class Texts(dict[Language, str]):
    """A document as JSON by language, made in those that somebody asks for."""

    def __init__(self, make: Callable[[], Wall | RepPage | TeamPage]) -> None:
        super().__init__()
        self._make = make

    def __missing__(self, language: Language) -> str:
        with speaking(language):
            made = self._make()
        shown = {field.name: getattr(made, field.name) for field in fields(made)}
        text = self[language] = msgspec.json.encode({**shown, "version": VERSION}).decode()
        return text


@dataclass(slots=True)
class _Watched:
    """A rep or a team somebody watches: the stream, its task, and how many watch.

    `keys` are those in Redis whose change it shows.
    """

    keys: Sequence[str]
    stream: Stream[Texts]
    task: "asyncio.Task[None]"
    watchers: int = 0


class Watching:
    """Keeps the documents of the wall and of the watched reps up to date with Redis."""

    def __init__(
        self,
        source: Source,
        now: Callable[[], float],
        smallest_team: int = SMALLEST_TEAM,
        alertmanager_url: str = "",
    ) -> None:
        self._source = source
        self._now = now
        self._smallest_team = smallest_team
        self._snapshot = Snapshot(trouble="Redis was not read yet.")
        self._changes = Changes()
        self._away = ""  # why Redis cannot be read, in a sentence
        self._watched: dict[Hashable, _Watched] = {}
        self.wall = Stream(self._make_wall)
        self._is_alerted = bool(alertmanager_url)
        self._alerts = AlertWatch(alertmanager_url, self.wall.ask)

    @property
    def why_not_ready(self) -> str | None:
        """Why there is nothing to show, in a sentence; None when there is."""
        return self._away or self._snapshot.trouble or None

    async def run(self) -> None:
        """Read and listen until cancelled; all watching ends with it."""
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self.wall.run())
                group.create_task(self._listen())
                if self._is_alerted:
                    group.create_task(self._alerts.run())
        except ExceptionGroup as errors:
            raise errors.exceptions[0] from None
        finally:
            for watched in self._watched.values():
                watched.stream.close()

    async def has_rep(self, rep_id: str) -> bool:
        """Whether there is a reading of a rep; raises RedisAwayError."""
        return await self._source.rep(rep_id) is not None

    def rep(self, rep_id: str) -> AbstractAsyncContextManager[Stream[Texts]]:
        """The stream of a rep's page, shared by all who watch it."""

        def page(readings: Readings, snapshot: Snapshot, now: float, *, away: str) -> RepPage:
            return rep_page(rep_id, readings.get(rep_id), snapshot, now, away=away)

        return self._watch(rep_id, [rep_id], page)

    def team(
        self, team: str, people: Sequence[Listed]
    ) -> AbstractAsyncContextManager[Stream[Texts]]:
        """The stream of the page of a team of these people, shared by all who watch it."""
        reps = [one.rep for one in people]
        return self._watch((team, *people), reps, partial(team_page, team, people))

    @asynccontextmanager
    async def _watch(
        self, what: Hashable, reps: Sequence[str], page: MakePage
    ) -> AsyncIterator[Stream[Texts]]:
        watched = self._watched.get(what)
        if watched is None:
            stream = Stream(_Maker(self, reps, page))
            task = asyncio.create_task(stream.run())
            watched = _Watched([self._source.keys.rep(rep) for rep in reps], stream, task)
            self._watched[what] = watched
        watched.watchers += 1
        try:
            yield watched.stream
        finally:
            watched.watchers -= 1
            if not watched.watchers:
                del self._watched[what]
                watched.task.cancel()
                (ended,) = await asyncio.gather(watched.task, return_exceptions=True)
                if not isinstance(ended, asyncio.CancelledError):
                    # Its type alone: what it says may be the id of a rep.
                    log.error("the page of a person was given up: %s", type(ended).__name__)

    async def _listen(self) -> None:
        async for keys in self._source.changes():
            self.wall.ask()
            for watched in self._watched.values():
                # Looked for, not split out: the id of a rep may hold spaces.
                if keys is None or any(key in keys for key in watched.keys):
                    watched.stream.ask()

    async def _make_wall(self) -> Texts:
        try:
            self._snapshot = with_last_known(await self._source.snapshot(), self._snapshot)
            self._note_away(None)
        except RedisAwayError as error:
            self._note_away(error)
        now = self._now()
        make = partial(
            wall,
            self._changes.dated_all(self._snapshot, now),
            now,
            away=self._away,
            alerts=self._alerts.alerts,
            smallest_team=self._smallest_team,
        )
        return Texts(make)

    async def make_page(
        self, reps: Sequence[str], last: Readings, changes: Changes, page: MakePage
    ) -> tuple[Readings, Texts]:
        """The readings of these reps, or the *last* ones while Redis is away, and their page."""
        readings = last
        try:
            readings, away = await self._source.reps(reps), ""
        except RedisAwayError as error:
            away = error.sentence
        now = self._now()
        dated = {rep: changes.dated(rep, reading, now) for rep, reading in readings.items()}
        behind = self._changes.dated_all(self._snapshot, now)
        return readings, Texts(partial(page, dated, behind, now, away=away))

    def _note_away(self, error: RedisAwayError | None) -> None:
        away = error.sentence if error is not None else ""
        if away and away != self._away:
            log.warning("%s (%s)", away, error)
        if self._away and not away:
            log.info("Redis is back")
        self._away = away


class _Maker:
    """Makes a page of these reps, and remembers their last readings for when Redis is away."""

    def __init__(self, watching: Watching, reps: Sequence[str], page: MakePage) -> None:
        self._watching = watching
        self._reps = reps
        self._page = page
        self._last: Readings = {}
        self._changes = Changes()

    async def __call__(self) -> Texts:
        self._last, texts = await self._watching.make_page(
            self._reps, self._last, self._changes, self._page
        )
        return texts
