"""Lets people in by a link or a sign-in, and says at every request what they see."""

import json
import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from aiohttp import web

from dashboards.door.failures import Failures
from dashboards.door.issuer import IssuerConfig
from dashboards.door.looks import LookLog, Looks, NoLookLog, Page
from dashboards.door.passes import NOTHING, Identity, Judge, Listed, Pass, Sight
from dashboards.door.public import PublicUrl, is_asked_locally
from dashboards.door.seals import EndedError, NotOursError, Seals
from dashboards.door.signin import SignIn, SignInError

log = logging.getLogger(__name__)

MOST_BYTES = 4096  # of what is posted


@dataclass(frozen=True, slots=True)
class DoorConfig:
    """Who is let in; without a *secret* nobody is, and only an open wall is seen.

    A wall that is open only locally is so for who asks for it by an address of loopback. Without a
    record of looks nobody sees anybody else.
    """

    secret: str
    public_url: str
    is_wall_open: bool
    judge: Judge
    is_only_local: bool = False
    looks: LookLog = field(default_factory=NoLookLog)
    issuer: IssuerConfig | None = None


async def _opens_nothing(_shown: Pass) -> None:
    return None


OPEN_WALL = DoorConfig("", "", is_wall_open=True, judge=_opens_nothing)


class Door:
    """The way in of one installation; *now* is the machine's clock, in seconds."""

    def __init__(self, config: DoorConfig, app_id: str, now: Callable[[], float]) -> None:
        self._seals = Seals(config.secret, app_id) if config.secret else None
        self._judge = config.judge
        self._is_wall_open = config.is_wall_open
        self._is_only_local = config.is_only_local
        self._public = PublicUrl(config.public_url)
        self._public_url = config.public_url
        self._failures = Failures(time.monotonic)
        self._now = now
        self.looks = Looks(config.looks, now)
        self.sign_in: SignIn | None = None
        if config.issuer is not None and self._seals is not None:
            self.sign_in = SignIn(config.issuer, config.public_url, self._seals, now)

    async def close(self) -> None:
        """End what is open."""
        if self.sign_in is not None:
            await self.sign_in.close()

    async def sight(self, request: web.Request) -> Sight:
        """What whoever asks sees now, by the roster as it is."""
        shown = self._pass_of(request)
        sight = (await self._judge(shown) if shown is not None else None) or NOTHING
        return replace(sight, floors=None) if self._is_open_to(request) else sight

    async def sees(self, request: web.Request, rep: str, page: Page) -> bool:
        """Whether whoever asks sees a rep now; where they do, it is on record by then.

        To be awaited before every document; raises NotRecordedError.
        """
        sight = await self.sight(request)
        if not sight.sees_rep(rep):
            return False
        await self.looks.record(sight, [rep], page)
        return True

    async def sees_team(self, request: web.Request, team: str) -> Sequence[Listed] | None:
        """The people of a team now, None where it is closed; the look at each is on record by then.

        To be awaited before every document; raises NotRecordedError.
        """
        sight = await self.sight(request)
        people = sight.team(team)
        if people is not None:
            await self.looks.record(sight, [one.rep for one in people], "team")
        return people

    async def enter(self, request: web.Request) -> web.Response:
        """Take the token of a link that a page of ours posts, and give the browser a cookie.

        Answers with the address to go to; with 409 and both names where somebody else is in and the
        page did not say `replace`; with 403 and why where it does not open.
        """
        origin = self._public.origin_of(request)
        if origin is None:
            return _refusal("origin")
        token, is_replacing = await _posted(request)
        try:
            shown = self._read(token)
        except EndedError:
            return self._failure(request, "ended")
        except NotOursError:
            return self._failure(request, "unknown")
        sight = await self._judge(shown)
        if sight is None:
            return self._failure(request, "withdrawn")
        if not is_replacing:
            other = await self._other(request, shown.who, sight)
            if other is not None:
                both = {"why": "other", "now": other.title, "then": sight.title}
                return web.json_response(both, status=409)
        answer = web.json_response({"go": f"{self._public_url or origin}/{sight.home}"})
        self._let_in(answer, shown)
        return answer

    async def arrive(self, request: web.Request) -> web.Response:
        """Let in who comes back from the issuer, to the page that they set out for.

        Raises SignInError, also where somebody else is in.
        """
        assert self.sign_in is not None
        try:
            arrival = await self.sign_in.arrive(request)
            sight = await self._judge(arrival.shown)
            if sight is None:
                cause = "the roster does not let the login in"
                raise SignInError("roster", cause, who=arrival.shown.who.name)
        except SignInError as error:
            raise self._limited(request, error) from None
        other = await self._other(request, arrival.shown.who, sight)
        if other is not None:
            raise SignInError("other", who=sight.title, other=other.title, path=arrival.path)
        there = f"{self._public_url}{arrival.path or f'/{sight.home}'}"
        answer = web.Response(status=303, headers={"Location": there})
        self._let_in(answer, arrival.shown)
        self.sign_in.forget(answer)
        return answer

    async def leave(self, request: web.Request) -> web.Response:
        """Take the cookie back."""
        origin = self._public.origin_of(request)
        if origin is None:
            return _refusal("origin")
        answer = web.json_response({"go": f"{self._public_url or origin}/enter"})
        self._public.remove_cookie(answer)
        return answer

    def _is_open_to(self, request: web.Request) -> bool:
        return self._is_wall_open and (not self._is_only_local or is_asked_locally(request))

    def _pass_of(self, request: web.Request) -> Pass | None:
        value = self._public.cookie_of(request)
        if self._seals is None or not value:
            return None
        try:
            return self._seals.read_cookie(value, self._now())
        except (NotOursError, EndedError):
            return None

    def _read(self, token: str) -> Pass:
        if self._seals is None:
            raise NotOursError
        return self._seals.read_link(token, self._now())

    def _let_in(self, answer: web.Response, shown: Pass) -> None:
        assert self._seals is not None
        seconds = int(shown.until - self._now())
        self._public.set_cookie(answer, self._seals.cookie(shown), seconds)

    async def _other(self, request: web.Request, who: Identity, sight: Sight) -> Sight | None:
        """Who is in and is somebody else than *who*, who sees *sight*; None for nobody."""
        present = self._pass_of(request)
        if present is None or present.who == who:
            return None
        other = await self._judge(present)
        if other is None or (sight.who and (other.role, other.who) == (sight.role, sight.who)):
            return None  # the same one, who came by a link before, and by a sign-in now
        return other

    def _limited(self, request: web.Request, error: SignInError) -> SignInError:
        if error.why == "away":
            return error
        if self._failures.is_too_many(request.remote or ""):
            return SignInError("many", path=error.path)
        log.warning("a sign-in was refused: %s", error.cause)
        return error

    def _failure(self, request: web.Request, why: str) -> web.Response:
        if self._failures.is_too_many(request.remote or ""):
            return web.json_response({"why": "many"}, status=429, headers={"Retry-After": "60"})
        return _refusal(why)


def _refusal(why: str) -> web.Response:
    return web.json_response({"why": why}, status=403)


async def _posted(request: web.Request) -> tuple[str, bool]:
    """The token and `replace` of a JSON object; an empty token for anything else."""
    if request.content_type != "application/json":
        return "", False
    try:
        posted = json.loads(await request.read())
    except (ValueError, RecursionError, web.RequestPayloadError):
        return "", False
    if not isinstance(posted, dict) or not isinstance(posted.get("token"), str):
        return "", False
    return posted["token"], posted.get("replace") is True
