"""Signing in at the issuer: the way there, the way back, and the page where it lets nobody in."""

from collections.abc import Callable

from aiohttp import web

from dashboards.door.door import Door
from dashboards.door.signin import SignInError, Why
from dashboards.wall.language import Language, say, speaking
from dashboards.wall.pages import door_page

SAYS: dict[Why, str] = {
    "away": "Signing in does not work at the moment: the service for it does not answer. "
    "Links open as before.",
    "stale": "This sign-in was begun in another browser or too long ago, or is used up. "
    "Sign in again.",
    "refused": "This sign-in let nobody in. Try again, or ask whoever runs floorpulse.",
    "roster": "You signed in as {login}, a login that the roster lets in nowhere now. "
    "Ask whoever keeps the roster.",
    "many": "Too many sign-ins that let nobody in. Try again in a minute.",
    "other": "This browser is open for {other}. Sign in as {who} instead?",
}
STATUS: dict[Why, int] = {"away": 503, "many": 429, "other": 409}
NOT_SET_UP = "Nobody signs in here: it is not set up."


def sign_in_address(door: Door, path: str = "") -> str:
    """Where signing in begins for who wants to see a *path*; empty where nobody signs in."""
    return door.sign_in.address(path) if door.sign_in is not None else ""


class SignInPages:
    """The handlers of both ways."""

    def __init__(self, door: Door, language: Callable[[web.Request], Language]) -> None:
        self._door = door
        self._language = language

    def table(self) -> list[web.AbstractRouteDef]:
        """Their routes; a return is good once, so there is no HEAD of it."""
        return [
            web.get("/login", self.login, allow_head=False),
            web.get("/callback", self.callback, allow_head=False),
        ]

    async def login(self, request: web.Request) -> web.Response:
        """Send the browser to the issuer."""
        if self._door.sign_in is None:
            return await self._page(request, 404, NOT_SET_UP)
        try:
            return await self._door.sign_in.begin(request)
        except SignInError as error:
            return await self._answer(request, error)

    async def callback(self, request: web.Request) -> web.Response:
        """Take the browser back from the issuer."""
        if self._door.sign_in is None:
            return await self._page(request, 404, NOT_SET_UP)
        try:
            return await self._door.arrive(request)
        except SignInError as error:
            return await self._answer(request, error)

    async def _answer(self, request: web.Request, error: SignInError) -> web.Response:
        with speaking(self._language(request)):
            other = error.other or say("a wall of all floors")
            said = say(SAYS[error.why], login=error.who, who=error.who, other=other)
        return await self._page(request, STATUS.get(error.why, 403), said, error)

    async def _page(
        self, request: web.Request, status: int, said: str, error: SignInError | None = None
    ) -> web.Response:
        shown = door_page(
            self._language(request),
            await self._door.sight(request),
            state="other" if error is not None and error.why == "other" else "open",
            sign_in=sign_in_address(self._door, error.path if error is not None else ""),
            said=said,
        )
        answer = web.Response(status=status, text=shown, content_type="text/html")
        if status in (429, 503):
            answer.headers["Retry-After"] = "60"
        return answer
