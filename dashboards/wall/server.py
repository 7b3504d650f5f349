"""The wall's server: pages, their data over Server-Sent Events, and its own health."""

import asyncio
import logging
import signal
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from time import time

from aiohttp import web

from dashboards.wall.language import LANGUAGES, Language
from dashboards.wall.live import Texts, Watching
from dashboards.wall.pages import STATIC, page, states_css
from dashboards.wall.privacy import SMALLEST_TEAM
from dashboards.wall.runbook_pages import find_runbook, list_runbooks
from dashboards.wall.source import RedisAwayError, Source
from dashboards.wall.stream import Stream

log = logging.getLogger(__name__)

TAKES_WITHIN = 20.0  # seconds that a client may leave a document unread before it is let go
POLICY = "Content-Security-Policy"
HEADERS = {
    POLICY: "default-src 'none'; script-src 'self'; style-src 'self'; "
    "img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}
NO_REP_PAGES = "Pages of a person are off here. FLOORPULSE_REP_PAGES=1 turns them on.\n"


@dataclass(frozen=True, slots=True)
class WallConfig:
    """What the wall needs to know; port 0 takes a free one."""

    redis_url: str
    redis_password: str
    app_id: str
    bind: str
    port: int
    rep_pages: bool
    smallest_team: int = SMALLEST_TEAM
    frame_ancestors: str = ""
    language: str = "en"
    alertmanager_url: str = ""
    redis_cluster: bool = False


def run_wall(config: WallConfig) -> None:
    """Serve until SIGTERM or SIGINT; raises OSError for a taken port, ValueError for a bad URL."""
    asyncio.run(_main(config))


async def _main(config: WallConfig) -> None:
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopped.set)
    await serve(config, stopped)


async def serve(
    config: WallConfig,
    stopped: asyncio.Event,
    *,
    now: Callable[[], float] = time,
    on_port: Callable[[int], None] = lambda _port: None,
) -> None:
    """Serve the wall until *stopped* is set; *on_port* is called with the port once it listens.

    Raises OSError when the port is taken, ValueError for a URL that is none of Redis.
    """
    source = Source(
        config.redis_url, config.redis_password, config.app_id, is_cluster=config.redis_cluster
    )
    watching = Watching(source, now, config.smallest_team, config.alertmanager_url)
    runner = web.AppRunner(_app(watching, config), access_log=None, shutdown_timeout=1.0)
    await runner.setup()
    try:
        await web.TCPSite(runner, config.bind, config.port).start()
        port = runner.addresses[0][1]
        log.info("wall at http://%s:%d/", config.bind, port)
        on_port(port)
        await _watch(watching, stopped)
    finally:
        await runner.cleanup()
        await source.close()


async def _watch(watching: Watching, stopped: asyncio.Event) -> None:
    """Keep watching until *stopped*; raises what made it end by itself."""
    tasks = [asyncio.create_task(watching.run()), asyncio.create_task(stopped.wait())]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        if tasks[0].done():
            await tasks[0]
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def _app(watching: Watching, config: WallConfig) -> web.Application:
    pages = _Pages(watching, config)
    app = web.Application()
    app.on_response_prepare.append(_set_headers)
    app.add_routes(
        [
            web.get("/", pages.wall),
            web.get("/data", pages.data),
            web.get("/events", pages.events),
            web.get("/rep/{rep}", pages.rep),
            web.get("/rep/{rep}/events", pages.rep_events),
            web.get("/rep/{rep}/data", pages.rep_data),
            web.get("/runbooks", runbooks),
            web.get("/runbooks/{alert}", runbook),
            web.get("/states.css", states),
            web.get("/livez", pages.livez),
            web.get("/readyz", pages.readyz),
            web.static("/static", STATIC),
        ]
    )
    return app


async def _set_headers(_request: web.Request, response: web.StreamResponse) -> None:
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)


class _Pages:
    """The handlers of all routes."""

    def __init__(self, watching: Watching, config: WallConfig) -> None:
        self._watching = watching
        self._rep_pages = config.rep_pages
        self._frame_ancestors = config.frame_ancestors
        self._default = config.language

    def _language(self, request: web.Request) -> Language:
        names = (request.query.get("lang"), self._default)
        return next((known for name in names for known in LANGUAGES if known == name), "en")

    def _page(self, name: str, request: web.Request) -> web.Response:
        return web.Response(text=page(name, self._language(request)), content_type="text/html")

    async def wall(self, request: web.Request) -> web.Response:
        shown = self._page("index.html", request)
        if self._frame_ancestors:
            policy = HEADERS[POLICY].replace(
                "frame-ancestors 'none'", f"frame-ancestors {self._frame_ancestors}"
            )
            shown.headers[POLICY] = policy
        return shown

    async def data(self, request: web.Request) -> web.Response:
        return await _once(self._watching.wall, self._language(request))

    async def events(self, request: web.Request) -> web.StreamResponse:
        return await _send(request, self._watching.wall, self._language(request))

    async def rep(self, request: web.Request) -> web.StreamResponse:
        return await self._why_no_rep(request) or self._page("rep.html", request)

    async def rep_data(self, request: web.Request) -> web.StreamResponse:
        refused = await self._why_no_rep(request)
        if refused is not None:
            return refused
        async with self._watching.rep(request.match_info["rep"]) as stream:
            return await _once(stream, self._language(request))

    async def rep_events(self, request: web.Request) -> web.StreamResponse:
        refused = await self._why_no_rep(request)
        if refused is not None:
            return refused
        async with self._watching.rep(request.match_info["rep"]) as stream:
            return await _send(request, stream, self._language(request))

    async def _why_no_rep(self, request: web.Request) -> web.Response | None:
        if not self._rep_pages:
            return web.Response(status=404, text=NO_REP_PAGES)
        try:
            if await self._watching.has_rep(request.match_info["rep"]):
                return None
        except RedisAwayError as error:
            return web.Response(status=503, text=f"{error.sentence} Try again in a moment.\n")
        return web.Response(status=404, text="There are no numbers of a rep with this id.\n")

    async def livez(self, _request: web.Request) -> web.Response:
        return web.Response(text="alive\n")

    async def readyz(self, _request: web.Request) -> web.Response:
        why_not = self._watching.why_not_ready
        if why_not is None:
            return web.Response(text="ready\n")
        return web.Response(status=503, text=f"{why_not}\n")


async def states(_request: web.Request) -> web.Response:
    """The colours of the states."""
    return web.Response(text=states_css(), content_type="text/css")


async def runbooks(_request: web.Request) -> web.Response:
    """The list of all runbooks."""
    return web.Response(text=list_runbooks(), content_type="text/html")


async def runbook(request: web.Request) -> web.Response:
    """One of them, or the list where there is none of that name."""
    found = find_runbook(request.match_info["alert"])
    if found is not None:
        return web.Response(text=found, content_type="text/html")
    return web.Response(status=404, text=list_runbooks("../"), content_type="text/html")


async def _once(stream: Stream[Texts], language: Language) -> web.Response:
    async for texts in stream.watch():
        return web.Response(text=texts[language], content_type="application/json")
    return web.Response(status=503, text="stopping\n")


async def _send(
    request: web.Request, stream: Stream[Texts], language: Language
) -> web.StreamResponse:
    """Send the documents of a stream until the client goes, stops reading, or the stream ends."""
    response = web.StreamResponse(headers={"Content-Type": "text/event-stream; charset=utf-8"})
    response.headers["X-Accel-Buffering"] = "no"  # or a proxy holds the events back
    await response.prepare(request)
    with suppress(ConnectionError, TimeoutError):
        await response.write(b"retry: 2000\n\n")
        async for texts in stream.watch():
            async with asyncio.timeout(TAKES_WITHIN):
                await response.write(f"data: {texts[language]}\n\n".encode())
    return response
