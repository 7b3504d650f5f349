"""The addresses of a team's page."""

from collections.abc import Callable
from functools import partial

from aiohttp import web

from dashboards.door.door import Door
from dashboards.wall.language import Language
from dashboards.wall.live import Texts, Watching
from dashboards.wall.pages import page
from dashboards.wall.sending import Answer, ClosedPage, closed, send, send_once


class TeamRoutes:
    """Answers to who sees a team; *closed_page* is the page for whoever does not."""

    def __init__(
        self,
        watching: Watching,
        door: Door,
        language: Callable[[web.Request], Language],
        closed_page: ClosedPage,
    ) -> None:
        self._watching = watching
        self._door = door
        self._language = language
        self._closed_page = closed_page

    def table(self) -> list[web.AbstractRouteDef]:
        """Its routes."""
        return [
            web.get("/team/{team:[^/]+}", self.team),
            web.get("/team/{team:[^/]+}/data", self.data),
            web.get("/team/{team:[^/]+}/events", self.events, allow_head=False),
        ]

    async def team(self, request: web.Request) -> web.Response:
        """The page of a team."""
        if await self._door.sees_team(request, request.match_info["team"]) is None:
            return await self._closed_page(request)
        shown = page("team.html", self._language(request), "../")
        return web.Response(text=shown, content_type="text/html")

    async def data(self, request: web.Request) -> web.StreamResponse:
        """What is on it, as JSON."""
        return await self._answer(request, send_once)

    async def events(self, request: web.Request) -> web.StreamResponse:
        """What is on it, at every change."""
        return await self._answer(request, partial(send, request))

    async def _answer(self, request: web.Request, answer: Answer) -> web.StreamResponse:
        """A team of other people is another page: it closes, and is then loaded anew."""
        team, language = request.match_info["team"], self._language(request)
        people = await self._door.sees_team(request, team)
        if people is None:
            return closed()

        async def show(texts: Texts) -> str | None:
            now = await self._door.sees_team(request, team)
            return texts[language] if now == people else None

        async with self._watching.team(team, people) as stream:
            return await answer(stream, show)
