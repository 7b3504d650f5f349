"""The answer where a look cannot be recorded: nothing is shown, and why."""

from collections.abc import Awaitable, Callable

from aiohttp import web
from aiohttp.typedefs import Middleware

from dashboards.door.looks import NotReadError, NotRecordedError
from dashboards.wall.language import LANGUAGES, Language, say, speaking
from dashboards.wall.pages import up_from, way_back, words_page

WHY = "Who looks at whom cannot be recorded now: Kafka is away, or does not take it."
THEREFORE = "Nobody's numbers are shown without that record. Try again in a minute."
NOT_READ = "Who looked at whom cannot be read now. Try again in a minute."
ON = "To what this browser opens"
AWAY = 503
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def language_of(request: web.Request, default: str) -> Language:
    """The language that is asked for, or that of the wall."""
    names = (request.query.get("lang"), default)
    return next((known for name in names for known in LANGUAGES if known == name), "en")


def refusing(default: str) -> Middleware:
    """Answers with 503 where any handler's look cannot be recorded, or the record not be read."""

    @web.middleware
    async def refuse(request: web.Request, handler: Handler) -> web.StreamResponse:
        try:
            return await handler(request)
        except NotRecordedError:  # logged where it happens
            return in_words(request, language_of(request, default), AWAY, WHY, THEREFORE)
        except NotReadError:
            return in_words(request, language_of(request, default), AWAY, NOT_READ)

    return refuse


def in_words(request: web.Request, language: Language, status: int, *words: str) -> web.Response:
    """A page for browsers that ask for one, with a way on; text for all others."""
    up = up_from(request.rel_url.raw_path)
    with speaking(language):
        lines = [say(line) for line in words]
        back = way_back(f"{up}enter", ON)
    headers = {"Retry-After": "60"} if status == AWAY else {}
    if "text/html" not in request.headers.get("Accept", ""):
        return web.Response(status=status, text=" ".join(lines) + "\n", headers=headers)
    page = words_page(language, lines, up, back)
    return web.Response(status=status, text=page, content_type="text/html", headers=headers)
