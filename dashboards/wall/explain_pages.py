"""Why a number is what it is, as a page, as JSON and as CSV."""

from collections.abc import Awaitable, Callable
from html import escape
from urllib.parse import urlencode

from aiohttp import web

from dashboards.door.door import Door
from dashboards.wall.explain_tables import answer_lines
from dashboards.wall.explanation import (
    Asked,
    AwayError,
    BusyError,
    Explain,
    NoAnswerError,
    as_csv,
    read,
)
from dashboards.wall.language import Language, say, speaking
from dashboards.wall.pages import plain_page, up_from, way_back, words_page
from dashboards.wall.sending import ClosedPage, closed

AWAY = "What is behind this number cannot be read now: Kafka is away, or does not give it."
BUSY = "Others are asking what is behind their numbers. Try again in a moment."
NO_NUMBER = "There is no such number."
WORDS: dict[type[Exception], tuple[str, str]] = {  # what is said, and seconds to ask again after
    NoAnswerError: (NO_NUMBER, ""),
    BusyError: (BUSY, "5"),
    AwayError: (AWAY, "60"),
}
FORMS = ("json", "csv")
WhyNoRep = Callable[[web.Request, str], Awaitable[web.Response | None]]


class ExplainPages:
    """The handlers. That somebody else asks about a rep is on record before they are answered."""

    def __init__(
        self,
        door: Door,
        explain: Explain,
        language: Callable[[web.Request], Language],
        closed_page: ClosedPage,
        why_no_rep: WhyNoRep,
    ) -> None:
        self._door = door
        self._explain = explain
        self._language = language
        self._closed_page = closed_page
        self._why_no_rep = why_no_rep

    def table(self) -> list[web.AbstractRouteDef]:
        """Their routes."""
        number = "explain/{measure}/{window}"
        return [
            web.get(f"/me/{number}", self.explain),
            web.get(f"/rep/{{rep:[^/]+}}/{number}", self.explain),
        ]

    async def explain(self, request: web.Request) -> web.StreamResponse:
        """A number of a rep, the one that is named or their own, and the list behind it."""
        sight = await self._door.sight(request)
        rep = request.match_info.get("rep", sight.rep)
        if not rep or not sight.sees_rep(rep):
            return await self._closed(request)
        if (missing := await self._why_no_rep(request, rep)) is not None:
            return missing
        names = request.match_info
        asked = Asked(rep, names["measure"], names["window"], request.query.get("channel") or None)
        try:
            document = await self._explain(asked)
        except (NoAnswerError, BusyError, AwayError) as error:
            return self._words(request, *WORDS[type(error)])
        if not await self._door.sees(request, rep, "explain"):
            return await self._closed(request)
        return self._answer(request, document)

    def _answer(self, request: web.Request, document: bytes) -> web.Response:
        form = request.query.get("format")
        if form == "json":
            return web.Response(body=document, content_type="application/json", charset="utf-8")
        shown = read(document)
        if form == "csv":
            name = f"{shown.measure}-{shown.window}.csv"
            save = {"Content-Disposition": f'attachment; filename="{name}"'}
            return web.Response(text=as_csv(shown), content_type="text/csv", headers=save)
        language = self._language(request)
        with speaking(language):
            lines = [_back(request), *answer_lines(shown), _forms(request)]
        text = plain_page(language, lines, up_from(request.rel_url.raw_path))
        return web.Response(text=text, content_type="text/html")

    async def _closed(self, request: web.Request) -> web.Response:
        if request.query.get("format") in FORMS:
            return closed()
        return await self._closed_page(request)

    def _words(self, request: web.Request, words: str, again: str) -> web.Response:
        status = 503 if again else 404
        headers = {"Retry-After": again} if again else {}
        language = self._language(request)
        with speaking(language):
            said, back = say(words), _back(request)
        if request.query.get("format") in FORMS:
            return web.Response(status=status, text=f"{said}\n", headers=headers)
        text = words_page(language, [said], up_from(request.rel_url.raw_path), back)
        return web.Response(status=status, text=text, content_type="text/html", headers=headers)


def _forms(request: web.Request) -> str:
    """Links to the same as JSON and CSV."""
    channel = request.query.get("channel")
    links = []
    for form in FORMS:
        query = urlencode({"channel": channel, "format": form} if channel else {"format": form})
        links.append(f'<a href="?{escape(query)}">{form.upper()}</a>')
    return f"<p>{' · '.join(links)}</p>"


def _back(request: web.Request) -> str:
    """To the page of the rep, which the address begins with."""
    return way_back(
        up_from(request.rel_url.raw_path) + "/".join(request.rel_url.raw_path.split("/")[1:-3])
    )
