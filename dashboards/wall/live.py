"""What is read from Redis, and for whom: the wall always, pages of persons while one watches."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Hashable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, fields
from functools import partial

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
        return self._watch(rep_id, [rep_id], _RepMaker(self, rep_id))

    def team(
        self, team: str, people: Sequence[Listed]
    ) -> AbstractAsyncContextManager[Stream[Texts]]:
        """The stream of the page of a team of these people, shared by all who watch it."""
        reps = [one.rep for one in people]
        return self._watch((team, *people), reps, _TeamMaker(self, team, people))

    @asynccontextmanager
    async def _watch(
        self, what: Hashable, reps: Sequence[str], make: Callable[[], Awaitable[Texts]]
    ) -> AsyncIterator[Stream[Texts]]:
        watched = self._watched.get(what)
        if watched is None:
            stream = Stream(make)
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
                    log.error("the page of a person was given up", exc_info=ended)

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

    async def make_rep(
        self, rep_id: str, last: RepReading | None, changes: Changes
    ) -> tuple[RepReading | None, Texts]:
        """The reading of a rep, or the *last* one while Redis is away, and the rep's page."""
        try:
            reading, away = await self._source.rep(rep_id), ""
        except RedisAwayError as error:
            reading, away = last, error.sentence
        now = self._now()
        dated = None if reading is None else changes.dated(rep_id, reading, now)
        behind = self._changes.dated_all(self._snapshot, now)
        return reading, Texts(partial(rep_page, rep_id, dated, behind, now, away=away))

    async def make_team(
        self, team: str, people: Sequence[Listed], last: Readings, changes: Changes
    ) -> tuple[Readings, Texts]:
        """The readings of these people, or the *last* ones while Redis is away, and their page."""
        readings = last
        try:
            readings, away = await self._source.reps([one.rep for one in people]), ""
        except RedisAwayError as error:
            away = error.sentence
        now = self._now()
        dated = {rep: changes.dated(rep, reading, now) for rep, reading in readings.items()}
        behind = self._changes.dated_all(self._snapshot, now)
        return readings, Texts(partial(team_page, team, people, dated, behind, now, away=away))

    def _note_away(self, error: RedisAwayError | None) -> None:
        away = error.sentence if error is not None else ""
        if away and away != self._away:
            log.warning("%s (%s)", away, error)
        if self._away and not away:
            log.info("Redis is back")
        self._away = away


class _RepMaker:
    """Makes the page of a rep, and remembers the last reading for when Redis is away."""

    def __init__(self, watching: Watching, rep_id: str) -> None:
        self._watching = watching
        self._rep_id = rep_id
        self._last: RepReading | None = None
        self._changes = Changes()

    async def __call__(self) -> Texts:
        self._last, page = await self._watching.make_rep(self._rep_id, self._last, self._changes)
        return page


class _TeamMaker:
    """The same of a team of these people."""

    def __init__(self, watching: Watching, team: str, people: Sequence[Listed]) -> None:
        self._watching = watching
        self._team = team
        self._people = people
        self._last: Readings = {}
        self._changes = Changes()

    async def __call__(self) -> Texts:
        self._last, page = await self._watching.make_team(
            self._team, self._people, self._last, self._changes
        )
        return page
