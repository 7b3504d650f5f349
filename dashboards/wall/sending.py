"""Sends the documents of a stream: one of them, or each as an event while somebody may see it."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress

from aiohttp import web

from dashboards.door.looks import NotRecordedError
from dashboards.wall.live import Texts
from dashboards.wall.stream import Stream

TAKES_WITHIN = 20.0  # seconds that a client may leave a document unread before it is let go
CLOSED = "Closed: this asks for a link that opens it.\n"

# The page for who may not see the one that was asked for.
ClosedPage = Callable[[web.Request], Awaitable[web.Response]]
# The text of a document for whoever asks; None where it is closed to them, now or by now.
Show = Callable[[Texts], Awaitable[str | None]]
# Sends what a stream shows: once, or for as long as it may be seen.
Answer = Callable[[Stream[Texts], Show], Awaitable[web.StreamResponse]]


def closed() -> web.Response:
    """The answer to who may not see it, whether it is there or not."""
    return web.Response(status=403, text=CLOSED)


async def send_once(stream: Stream[Texts], show: Show) -> web.Response:
    """The document as it is now."""
    async for texts in stream.watch():
        text = await show(texts)
        if text is None:
            return closed()
        return web.Response(text=text, content_type="application/json")
    return web.Response(status=503, text="stopping\n")


async def send(request: web.Request, stream: Stream[Texts], show: Show) -> web.StreamResponse:
    """Send the documents until the client goes, stops reading, may not see them, or they end.

    A page that is closed, or whose look cannot be recorded by now, is sent the event `closed` and
    nothing after it.
    """
    response = web.StreamResponse(headers={"Content-Type": "text/event-stream; charset=utf-8"})
    response.headers["X-Accel-Buffering"] = "no"  # or a proxy holds the events back
    await response.prepare(request)
    with suppress(ConnectionError, TimeoutError):
        await response.write(b"retry: 2000\n\n")
        async for texts in stream.watch():
            try:
                text = await show(texts)
            except NotRecordedError:
                text = None
            event = "event: closed\ndata:\n\n" if text is None else f"data: {text}\n\n"
            async with asyncio.timeout(TAKES_WITHIN):
                await response.write(event.encode())
            if text is None:
                break
    return response
