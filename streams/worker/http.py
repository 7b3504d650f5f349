"""What a worker serves: /metrics, /livez and /readyz, from before it is restored."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from hmac import compare_digest

from aiohttp import web
from prometheus_client.exposition import gzip_accepted

from metrics.exporter import Exposition, Renderer

NO_TOKEN = "A scrape brings the token of FLOORPULSE_METRICS_TOKEN_FILE: Authorization: Bearer ...\n"


class Health:
    """Whether a process is alive and ready; `why_not` says in a sentence why it is not ready."""

    def __init__(self) -> None:
        self.why_not: str | None = "starting"
        self.is_alive = True


class PortTakenError(RuntimeError):
    """The address cannot be served on; the message says which setting to change."""


class MetricsServer:
    """Serves an exposition, rendered and compressed in a thread: counting goes on meanwhile.

    With a *token* it is for those who bring it: the series of an exposition name reps.
    """

    def __init__(
        self, health: Health, exposition: Callable[[], Awaitable[Exposition]], token: str = ""
    ) -> None:
        self._health = health
        self._wanted = f"Bearer {token}".encode() if token else b""
        self._exposition = exposition
        self._renderer = Renderer()
        self._runner: web.AppRunner | None = None
        self.port = 0

    async def start(self, bind: str, port: int, setting: str) -> None:
        """Serve on an address; raises PortTakenError naming *setting* when it is taken."""
        app = web.Application()
        app.add_routes(
            [
                web.get("/metrics", self._metrics),
                web.get("/livez", self._livez),
                web.get("/readyz", self._readyz),
            ]
        )
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
        await self._runner.setup()
        try:
            await web.TCPSite(self._runner, bind, port).start()
        except OSError as error:
            await self.stop()
            why = f"cannot serve on {bind}:{port} ({error.strerror})"
            raise PortTakenError(f"{why}; set {setting} to a free port") from None
        self.port = self._runner.addresses[0][1]

    async def stop(self) -> None:
        """Stop serving."""
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    async def _metrics(self, request: web.Request) -> web.Response:
        brought = request.headers.get("Authorization", "").encode(errors="surrogateescape")
        if self._wanted and not compare_digest(brought, self._wanted):
            asked = {"WWW-Authenticate": "Bearer"}
            return web.Response(status=401, headers=asked, text=NO_TOKEN)
        exposition = await self._exposition()
        body, headers = await asyncio.to_thread(self._render, exposition, request.headers)
        return web.Response(body=body, headers=headers)

    def _render(
        self, exposition: Exposition, asked: Mapping[str, str]
    ) -> tuple[bytes, dict[str, str]]:
        is_gzipped = gzip_accepted(asked.get("Accept-Encoding", ""))
        body, content_type = self._renderer.render(
            exposition, asked.get("Accept", ""), is_gzipped=is_gzipped
        )
        headers = {"Content-Type": content_type}
        if is_gzipped:
            headers["Content-Encoding"] = "gzip"
        return body, headers

    async def _livez(self, _request: web.Request) -> web.Response:
        if self._health.is_alive:
            return web.Response(text="alive\n")
        return web.Response(status=503, text="stopping\n")

    async def _readyz(self, _request: web.Request) -> web.Response:
        if self._health.why_not is None:
            return web.Response(text="ready\n")
        return web.Response(status=503, text=f"{self._health.why_not}\n")
