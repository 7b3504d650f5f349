"""Signs people in at the issuer: sends them there, and takes them when they come back."""

import base64
import hashlib
import logging
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal
from urllib.parse import quote

from aiohttp import web

from dashboards.door.idtoken import TokenError
from dashboards.door.issuer import Issuer, IssuerAwayError, IssuerConfig, RefusedError, known_error
from dashboards.door.passes import Identity, Pass
from dashboards.door.paths import own_path
from dashboards.door.public import PublicUrl
from dashboards.door.seals import Attempt, EndedError, NotOursError, Seals

log = logging.getLogger(__name__)

ATTEMPT = "-signin"  # the kind of the cookie
LASTS = 12 * 60 * 60  # seconds that a session takes
WITHIN = 10 * 60  # seconds that a sign-in at the issuer may take
MOST_REMEMBERED = 10_000  # sign-ins that came back

Why = Literal["away", "stale", "refused", "roster", "other", "many"]


class SignInError(Exception):
    """A sign-in that let nobody in.

    `cause` is for logs and names nobody. `who` is the login that the roster does not let in, or the
    name of who signed in while the browser is open for `other`. `path` is what they set out for.
    """

    def __init__(
        self, why: Why, cause: str = "", *, who: str = "", other: str = "", path: str = ""
    ) -> None:
        super().__init__(cause)
        self.why = why
        self.cause = cause
        self.who = who
        self.other = other
        self.path = path


@dataclass(frozen=True, slots=True)
class Arrival:
    """Who came back, and the path that they set out for; empty for their own page."""

    shown: Pass
    path: str


class SignIn:
    """The code flow of OpenID Connect, with PKCE, state and nonce; *now* is the machine's clock.

    An attempt is good for one return: its cookie is taken from the browser, its state remembered
    here, and its code is good once at the issuer, whichever wall of the secret is asked.
    """

    def __init__(
        self, config: IssuerConfig, public_url: str, seals: Seals, now: Callable[[], float]
    ) -> None:
        self._config = config
        self._issuer = Issuer(config, time.monotonic)
        self._public = PublicUrl(public_url)
        self._public_url = public_url
        self._back = f"{public_url}/callback"
        self._seals = seals
        self._now = now
        self._returned: dict[str, int] = {}  # until when, by state
        self._trouble = ""  # why the issuer is away

    async def close(self) -> None:
        """End the connections to the issuer."""
        await self._issuer.close()

    def address(self, path: str) -> str:
        """Where signing in begins for who wants to see a *path*."""
        known = own_path(path)
        return f"{self._public_url}/login" + (f"?next={quote(known, safe='')}" if known else "")

    async def begin(self, request: web.Request) -> web.Response:
        """Send a browser to the issuer; raises SignInError."""
        verifier = secrets.token_urlsafe(48)
        attempt = Attempt(
            state=secrets.token_urlsafe(24),
            nonce=secrets.token_urlsafe(24),
            verifier=verifier,
            path=own_path(request.query.get("next", "")),
            until=int(self._now()) + WITHIN,
        )
        digest = hashlib.sha256(verifier.encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        try:
            there = await self._issuer.sign_in_address(attempt, challenge, self._back)
        except IssuerAwayError as error:
            raise self._away(error, attempt) from None
        self._note("")
        answer = web.Response(status=303, headers={"Location": there})
        self._public.set_cookie(answer, self._seals.attempt(attempt), WITHIN, ATTEMPT)
        return answer

    async def arrive(self, request: web.Request) -> Arrival:
        """Take who comes back from the issuer; raises SignInError."""
        attempt = self._attempt_of(request)
        try:
            login = await self._login_of(request, attempt)
        except IssuerAwayError as error:
            raise self._away(error, attempt) from None
        except (RefusedError, TokenError) as error:
            raise SignInError("refused", str(error), path=attempt.path) from None
        now = int(self._now())
        return Arrival(Pass(Identity("login", login), now, now + LASTS), attempt.path)

    def forget(self, answer: web.Response) -> None:
        """Take the cookie of the attempt from the browser."""
        self._public.remove_cookie(answer, ATTEMPT)

    def _attempt_of(self, request: web.Request) -> Attempt:
        """The attempt that the browser comes back from, for the first time."""
        try:
            value = self._public.cookie_of(request, ATTEMPT)
            attempt = self._seals.read_attempt(value, self._now())
        except NotOursError:
            raise SignInError("stale", "the browser did not begin one here") from None
        except EndedError:
            raise SignInError("stale", "it took too long") from None
        if request.query.get("state") != attempt.state:
            raise SignInError("stale", "it is not the one that the browser began last")
        if attempt.state in self._returned:
            raise SignInError("stale", "it came back before")
        self._remember(attempt)
        return attempt

    def _remember(self, attempt: Attempt) -> None:
        if len(self._returned) >= MOST_REMEMBERED:
            now = self._now()
            self._returned = {s: until for s, until in self._returned.items() if until > now}
        if len(self._returned) >= MOST_REMEMBERED:
            self._returned.pop(next(iter(self._returned)))
        self._returned[attempt.state] = attempt.until

    async def _login_of(self, request: web.Request, attempt: Attempt) -> str:
        query = request.query
        if query.get("iss", self._config.url) != self._config.url:
            raise RefusedError("the answer is of another issuer")
        code = query.get("code", "")
        if "error" in query or not code:
            raise RefusedError(f"the issuer says {known_error(query) or 'so'}")
        return await self._issuer.login(code, attempt, self._back, self._now())

    def _away(self, error: IssuerAwayError, attempt: Attempt) -> SignInError:
        self._note(str(error))
        return SignInError("away", str(error), path=attempt.path)

    def _note(self, trouble: str) -> None:
        if trouble and trouble != self._trouble:
            log.warning("nobody can sign in, the issuer is away: %s", trouble)
        if self._trouble and not trouble:
            log.info("the issuer is back")
        self._trouble = trouble
