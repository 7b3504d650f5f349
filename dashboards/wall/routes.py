"""All addresses of the wall: what each answers, and who it is for."""

from functools import partial

from aiohttp import web

from dashboards.door.door import Door
from dashboards.wall.explain_pages import ExplainPages
from dashboards.wall.explanation import Explain, explains_nothing
from dashboards.wall.language import Language
from dashboards.wall.live import Texts, Watching
from dashboards.wall.look_pages import LookPages, own_and_all
from dashboards.wall.narrowing import narrowed
from dashboards.wall.pages import (
    STATIC,
    door_page,
    page,
    people_page,
    rep_html,
    states_css,
    up_from,
)
from dashboards.wall.refusing import AWAY, in_words, language_of
from dashboards.wall.runbook_pages import find_runbook, list_runbooks
from dashboards.wall.sending import Answer, Show, closed, send, send_once
from dashboards.wall.signin_pages import SignInPages, sign_in_address
from dashboards.wall.source import RedisAwayError
from dashboards.wall.team_routes import TeamRoutes

HTML = "text/html"
NO_REP = "There are no numbers of a rep with this id."
AGAIN = "Try again in a moment."


class Routes:
    """The handlers. Those that show numbers ask the door first, and before every document."""

    def __init__(
        self, watching: Watching, door: Door, language: str, explain: Explain = explains_nothing
    ) -> None:
        self._watching = watching
        self._door = door
        self._default = language
        self._explain = explain

    def table(self) -> list[web.AbstractRouteDef]:
        """Every route there is."""
        return [
            web.get("/", self.wall),
            web.get("/data", self.data),
            web.get("/events", self.events, allow_head=False),
            web.get("/me", self.rep),
            web.get("/me/events", self.rep_events, allow_head=False),
            web.get("/me/data", self.rep_data),
            web.get("/rep/{rep:[^/]+}", self.rep),
            web.get("/rep/{rep:[^/]+}/events", self.rep_events, allow_head=False),
            web.get("/rep/{rep:[^/]+}/data", self.rep_data),
            *TeamRoutes(self._watching, self._door, self._language, self._closed).table(),
            web.get("/people", self.people),
            *ExplainPages(
                self._door, self._explain, self._language, self._closed, self._why_no_rep
            ).table(),
            *LookPages(self._door, self._language, self._closed).table(),
            *SignInPages(self._door, self._language).table(),
            web.get("/enter", self.enter),
            web.post("/enter", self._door.enter),
            web.post("/leave", self._door.leave),
            web.get("/runbooks", runbooks),
            web.get("/runbooks/{alert}", runbook),
            web.get("/states.css", states),
            web.get("/livez", livez),
            web.get("/readyz", self.readyz),
            web.static("/static", STATIC),
        ]

    async def wall(self, request: web.Request) -> web.Response:
        """The page of the wall."""
        if not (await self._door.sight(request)).sees_wall:
            return await self._closed(request)
        return web.Response(text=page("index.html", self._language(request)), content_type=HTML)

    async def data(self, request: web.Request) -> web.Response:
        """What is on the wall, as JSON."""
        return await send_once(self._watching.wall, self._show_wall(request))

    async def events(self, request: web.Request) -> web.StreamResponse:
        """What is on the wall, at every change."""
        if not (await self._door.sight(request)).sees_wall:
            return closed()
        return await send(request, self._watching.wall, self._show_wall(request))

    async def rep(self, request: web.Request) -> web.StreamResponse:
        """The page of a rep: the one that is named, or their own."""
        rep = await self._rep_of(request)
        if rep is None:
            return await self._closed(request)
        if (missing := await self._why_no_rep(request, rep)) is not None:
            return missing
        if not await self._door.sees(request, rep, "rep"):
            return await self._closed(request)
        is_own = "rep" not in request.match_info
        shown = rep_html(self._language(request), up_from(request.rel_url.raw_path), is_own=is_own)
        return web.Response(text=shown, content_type=HTML)

    async def rep_data(self, request: web.Request) -> web.StreamResponse:
        """What is on the page of a rep, as JSON."""
        return await self._answer_rep(request, send_once)

    async def rep_events(self, request: web.Request) -> web.StreamResponse:
        """What is on the page of a rep, at every change."""
        return await self._answer_rep(request, partial(send, request))

    async def people(self, request: web.Request) -> web.Response:
        """Whose pages open to a lead, a manager or an auditor: names, no numbers."""
        sight = await self._door.sight(request)
        if sight.people is None:
            return await self._closed(request)
        looks = own_and_all(sight)
        shown = people_page(self._language(request), sight.people(), looks)
        return web.Response(text=shown, content_type=HTML)

    async def enter(self, request: web.Request) -> web.Response:
        """The page that a link opens, which posts what stands in its fragment."""
        sight = await self._door.sight(request)
        shown = door_page(self._language(request), sight, sign_in=sign_in_address(self._door))
        return web.Response(text=shown, content_type=HTML)

    async def readyz(self, _request: web.Request) -> web.Response:
        """Whether there is something to show."""
        why_not = self._watching.why_not_ready
        if why_not is None:
            return web.Response(text="ready\n")
        return web.Response(status=503, text=f"{why_not}\n")

    def _language(self, request: web.Request) -> Language:
        return language_of(request, self._default)

    def _show_wall(self, request: web.Request) -> Show:
        language = self._language(request)

        async def show(texts: Texts) -> str | None:
            sight = await self._door.sight(request)
            if not sight.sees_wall:
                return None
            text = texts[language]
            return text if sight.floors is None else narrowed(text, sight.floors, language)

        return show

    def _show_rep(self, request: web.Request, rep: str) -> Show:
        language = self._language(request)

        async def show(texts: Texts) -> str | None:
            return texts[language] if await self._door.sees(request, rep, "rep") else None

        return show

    async def _rep_of(self, request: web.Request) -> str | None:
        """The rep whose page is asked for, if whoever asks sees it; without an id, themselves.

        No number may follow from that: `Door.sees` puts on record that they look.
        """
        sight = await self._door.sight(request)
        rep = request.match_info.get("rep", sight.rep)
        return rep if rep and sight.sees_rep(rep) else None

    async def _answer_rep(self, request: web.Request, answer: Answer) -> web.StreamResponse:
        rep = await self._rep_of(request)
        if rep is None:
            return closed()
        if (missing := await self._why_no_rep(request, rep)) is not None:
            return missing
        if not await self._door.sees(request, rep, "rep"):
            return closed()
        async with self._watching.rep(rep) as stream:
            return await answer(stream, self._show_rep(request, rep))

    async def _closed(self, request: web.Request) -> web.Response:
        """The page for who may not see the one that was asked for, whether it is there or not."""
        sight = await self._door.sight(request)
        shown = door_page(
            self._language(request),
            sight,
            up_from(request.rel_url.raw_path),
            state="closed",
            sign_in=sign_in_address(self._door, str(request.rel_url)),
        )
        return web.Response(status=403, text=shown, content_type=HTML)

    async def _why_no_rep(self, request: web.Request, rep: str) -> web.Response | None:
        language = self._language(request)
        try:
            if await self._watching.has_rep(rep):
                return None
        except RedisAwayError as error:
            return in_words(request, language, AWAY, error.sentence, AGAIN)
        return in_words(request, language, 404, NO_REP)


async def livez(_request: web.Request) -> web.Response:
    """Whether the process is alive."""
    return web.Response(text="alive\n")


async def states(_request: web.Request) -> web.Response:
    """The colours of the states."""
    return web.Response(text=states_css(), content_type="text/css")


async def runbooks(_request: web.Request) -> web.Response:
    """The list of all runbooks."""
    return web.Response(text=list_runbooks(), content_type=HTML)


async def runbook(request: web.Request) -> web.Response:
    """One of them, or the list where there is none of that name."""
    found = find_runbook(request.match_info["alert"])
    if found is not None:
        return web.Response(text=found, content_type=HTML)
    return web.Response(status=404, text=list_runbooks("../"), content_type=HTML)
