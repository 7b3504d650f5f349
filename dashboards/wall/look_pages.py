"""Who looked at whom, as pages: one's own for everybody, and all of it for auditors."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from html import escape
from urllib.parse import quote

from aiohttp import web

from dashboards.door.door import Door
from dashboards.door.looks import HOUR, Look, Recorded
from dashboards.door.passes import Sight
from dashboards.wall.language import Language, number, say, speaking
from dashboards.wall.pages import BACK, plain_page, table, way_back
from dashboards.wall.sending import ClosedPage

ROLES = {"lead": "team lead", "manager": "manager", "auditor": "auditor", "operator": "operator"}
PAGES = {
    "rep": "the page of the rep",
    "team": "the page of the team",
    "explain": "what is behind a number",
    "link": "a link was made",
}
OWN = "Who saw your numbers"
LINKS = "Who made links for you"
ALL = "Who saw whose numbers"
INTRO = "Whoever saw them on these pages, hour by hour, in the last 400 days."
NOT_HERE = "Who reads them in Prometheus, Grafana, Redis or Kafka is not recorded here."
NOBODY = "Nobody did."
PEOPLE = "Back to the list of people"
ENTRIES = "Back to all entries"


def own_and_all(sight: Sight) -> list[tuple[str, str]]:
    """The paths of those that somebody may read, with their titles."""
    own = ("me/looks", OWN if sight.rep else LINKS)
    return [own, ("looks", ALL)] if sight.reads_looks else [own]


class LookPages:
    """The handlers. They show no number of anybody, so that reading them is no look."""

    def __init__(
        self, door: Door, language: Callable[[web.Request], Language], closed: ClosedPage
    ) -> None:
        self._door = door
        self._language = language
        self._closed = closed

    def table(self) -> list[web.AbstractRouteDef]:
        """Their routes."""
        return [web.get("/me/looks", self.own), web.get("/looks", self.all)]

    async def own(self, request: web.Request) -> web.Response:
        """The entries of whoever asks."""
        sight = await self._door.sight(request)
        if not sight.who:
            return await self._closed(request)
        recorded = await self._door.looks.read(sight.who, "rep" if sight.rep else "person")
        (_, title), *_ = own_and_all(sight)
        back = ("../me", BACK) if sight.rep else ("../people", PEOPLE)
        return _answer(self._language(request), title, recorded, back, is_own=True)

    async def all(self, request: web.Request) -> web.Response:
        """All entries, or those of `person`, an id or a login; for auditors."""
        if not (await self._door.sight(request)).reads_looks:
            return await self._closed(request)
        person = request.query.get("person")
        recorded = await self._door.looks.read(person)
        back = ("people", PEOPLE) if person is None else ("looks", ENTRIES)
        return _answer(self._language(request), ALL, recorded, back, is_own=False)


def _answer(
    language: Language, title: str, recorded: Recorded, back: tuple[str, str], *, is_own: bool
) -> web.Response:
    with speaking(language):
        about = () if title == LINKS else (INTRO, NOT_HERE)
        notes = [*map(say, about), *_notes(recorded)]
        lines = [
            way_back(*back),
            f"<h1>{escape(say(title))}</h1>",
            *(f"<p>{escape(note)}</p>" for note in notes),
        ]
        if recorded.looks:
            lines.append(_table(recorded.looks, is_own=is_own))
    text = plain_page(language, lines, "../" if is_own else "")
    return web.Response(text=text, content_type="text/html")


def _notes(recorded: Recorded) -> list[str]:
    notes = []
    if not recorded.looks:
        notes.append(say(NOBODY))
    if recorded.is_cut:
        count = number(len(recorded.looks))
        notes.append(say("These are the newest {count}; there are older ones.", count=count))
    if recorded.unreadable:
        count = number(recorded.unreadable)
        notes.append(say("Entries that cannot be read: {count}.", count=count))
    return notes


def _table(looks: Sequence[Look], *, is_own: bool) -> str:
    heads = [say("Hour (UTC)"), say("Who"), say("As"), say("Page")]
    if not is_own:
        heads.insert(1, say("Whom"))
    rows = (_row(look, is_own=is_own) for look in looks)
    return table(say("Entries"), heads, rows)


def _row(look: Look, *, is_own: bool) -> str:
    hour = datetime.fromtimestamp(look.hour * HOUR, UTC)
    when = f'<time datetime="{hour:%Y-%m-%dT%H:%MZ}">{hour:%Y-%m-%d %H:%M}</time>'
    role, shown = ROLES.get(look.role, look.role), PAGES.get(look.page, look.page)
    cells = [when, escape(look.who), escape(say(role)), escape(say(shown))]
    if not is_own:
        person = quote(look.whom, safe="")
        cells.insert(1, f'<a href="looks?person={person}">{escape(look.whom)}</a>')
    return "".join(f"<td>{cell}</td>" for cell in cells)
