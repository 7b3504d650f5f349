"""The wall's server: pages, their data over Server-Sent Events, and its own health."""

import asyncio
import logging
import signal
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from time import time

from aiohttp import web

from dashboards.door.door import MOST_BYTES, OPEN_WALL, Door, DoorConfig
from dashboards.wall.explanation import Explain, explains_nothing
from dashboards.wall.live import Watching
from dashboards.wall.privacy import SMALLEST_TEAM
from dashboards.wall.refusing import refusing
from dashboards.wall.routes import Routes
from dashboards.wall.source import Source

log = logging.getLogger(__name__)

OK = 200
POLICY = "Content-Security-Policy"
HEADERS = {
    POLICY: "default-src 'none'; script-src 'self'; style-src 'self'; "
    "img-src 'self'; connect-src 'self'; manifest-src 'self'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}


@dataclass(frozen=True, slots=True)
class WallConfig:
    """What the wall needs to know; port 0 takes a free one. Without a door it is open to all."""

    redis_url: str
    redis_password: str
    app_id: str
    bind: str
    port: int
    door: DoorConfig = OPEN_WALL
    smallest_team: int = SMALLEST_TEAM
    frame_ancestors: str = ""
    language: str = "en"
    alertmanager_url: str = ""
    redis_cluster: bool = False
    explain: Explain = explains_nothing


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
    runner = web.AppRunner(_app(watching, config, now), access_log=None, shutdown_timeout=1.0)
    await runner.setup()
    try:
        async with config.door.looks:
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


def _app(watching: Watching, config: WallConfig, now: Callable[[], float]) -> web.Application:
    door = Door(config.door, config.app_id, now)
    app = web.Application(client_max_size=MOST_BYTES, middlewares=[refusing(config.language)])
    app.on_response_prepare.append(partial(_set_headers, config.frame_ancestors))
    app.add_routes(Routes(watching, door, config.language, config.explain).table())
    app.on_cleanup.append(lambda _app: door.close())
    return app


async def _set_headers(
    frame_ancestors: str, request: web.Request, response: web.StreamResponse
) -> None:
    """Keep every page to itself; the wall alone may be shown in the frames of others."""
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    if frame_ancestors and request.path == "/" and response.status == OK:
        framed = f"frame-ancestors {frame_ancestors}"
        response.headers[POLICY] = HEADERS[POLICY].replace("frame-ancestors 'none'", framed)
