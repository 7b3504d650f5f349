"""Talks to the issuer of OpenID Connect: where it signs people in, its keys, and its tokens."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, NamedTuple, TypeVar
from urllib.parse import quote, urlsplit

from aiohttp import ClientError, ClientSession, ClientTimeout, encode_basic_auth
from joserfc.jwk import KeySet
from yarl import URL

from dashboards.door.idtoken import Expected, UnknownKeyError, keys_in, login_in
from dashboards.door.public import is_loopback
from dashboards.door.seals import Attempt

T = TypeVar("T")
OK = 200
KEPT = 3600.0  # seconds that what the issuer publishes is used before it is asked again
PAUSE = 2.0  # seconds for which it is left alone after it did not answer
RESTS = 30.0  # seconds before it is asked again for a key that it did not list
MOST_BYTES = 1_000_000  # of an answer
# What OAuth 2.0 and OpenID Connect call an error; other words of an issuer are not repeated.
ERRORS = frozenset(
    {
        *("invalid_request", "invalid_client", "invalid_grant", "invalid_scope"),
        *("unauthorized_client", "unsupported_grant_type", "unsupported_response_type"),
        *("access_denied", "server_error", "temporarily_unavailable", "interaction_required"),
        *("login_required", "account_selection_required", "consent_required"),
    }
)


class IssuerAwayError(Exception):
    """The issuer does not answer, or not as OpenID Connect has it; the text says what is wrong."""


class RefusedError(Exception):
    """The issuer does not give a token for the code."""


@dataclass(frozen=True, slots=True)
class IssuerConfig:
    """The one issuer, and who we are to it; a client without a secret is a public one.

    `claim` is what stands in `login` of the roster, and `within` how long an answer may take.
    """

    url: str
    client_id: str
    client_secret: str = field(default="", repr=False)
    claim: str = "email"
    within: float = 10.0


class _Published(NamedTuple):
    """What the issuer's discovery document says."""

    authorization: URL
    token: URL
    keys: URL
    takes_basic: bool


class Issuer:
    """A client of the issuer; *now* is a clock in seconds that never goes back."""

    def __init__(self, config: IssuerConfig, now: Callable[[], float]) -> None:
        self._config = config
        self._now = now
        self._session: ClientSession | None = None
        self._published = Kept(self._fetch_published, now)
        self._keys = Kept(self._fetch_keys, now)

    async def close(self) -> None:
        """End all connections."""
        if self._session is not None:
            await self._session.close()

    async def sign_in_address(self, attempt: Attempt, challenge: str, back: str) -> str:
        """Where a browser signs in, to come *back* then; raises IssuerAwayError."""
        published = await self._published()
        query = {
            "response_type": "code",
            "client_id": self._config.client_id,
            "redirect_uri": back,
            "scope": "openid email" if self._config.claim == "email" else "openid profile",
            "state": attempt.state,
            "nonce": attempt.nonce,
            "code_challenge": challenge,
            "code_challenge_method": "S256",
        }
        return str(published.authorization.update_query(query))

    async def login(self, code: str, attempt: Attempt, back: str, now: float) -> str:
        """The login of who came *back* with a code, *now* by the machine's clock.

        Raises RefusedError for the code, TokenError for the token, and IssuerAwayError.
        """
        token = await self._id_token(code, attempt.verifier, back)
        config = self._config
        expected = Expected(config.url, config.client_id, config.claim, attempt.nonce)
        try:
            return login_in(token, await self._keys(), expected, now)
        except UnknownKeyError:
            return login_in(token, await self._keys(for_more=True), expected, now)

    async def _id_token(self, code: str, verifier: str, back: str) -> str:
        config = self._config
        published = await self._published()
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": back,
            "code_verifier": verifier,
        }
        headers = {}
        if config.client_secret and published.takes_basic:
            names = (quote(text, safe="") for text in (config.client_id, config.client_secret))
            headers["Authorization"] = encode_basic_auth(*names)
        else:
            form["client_id"] = config.client_id
            if config.client_secret:
                form["client_secret"] = config.client_secret
        status, said = await self._ask("POST", published.token, data=form, headers=headers)
        if status >= 500:
            raise IssuerAwayError(f"its token endpoint answers with {status}")
        if status != OK:
            raise RefusedError(f"its token endpoint answers with {status} {known_error(said)}")
        token = said.get("id_token")
        if not isinstance(token, str):
            raise RefusedError("its token endpoint gives no id token")
        return token

    async def _fetch_published(self) -> _Published:
        url = self._config.url
        said = await self._get(URL(f"{url.rstrip('/')}/.well-known/openid-configuration"))
        if said.get("issuer") != url:
            raise IssuerAwayError("its discovery document is of another issuer")
        methods = said.get("token_endpoint_auth_methods_supported") or ["client_secret_basic"]
        return _Published(
            authorization=_address(said, "authorization_endpoint", url),
            token=_address(said, "token_endpoint", url),
            keys=_address(said, "jwks_uri", url),
            takes_basic="client_secret_basic" in methods,
        )

    async def _fetch_keys(self) -> KeySet:
        published = await self._published()
        try:
            return keys_in(await self._get(published.keys))
        except ValueError as error:
            raise IssuerAwayError(f"its keys cannot be used: {error}") from None

    async def _get(self, url: URL) -> dict[str, Any]:
        status, said = await self._ask("GET", url)
        if status != OK:
            raise IssuerAwayError(f"{url.path} answers with {status}")
        return said

    async def _ask(self, method: str, url: URL, **how: Any) -> tuple[int, dict[str, Any]]:
        """Status and JSON of an answer; an empty object where it has no JSON."""
        if self._session is None:
            # Proxies are those of the environment, as other programs have them.
            within = ClientTimeout(total=self._config.within)
            self._session = ClientSession(timeout=within, trust_env=True)
        try:
            async with self._session.request(method, url, allow_redirects=False, **how) as answer:
                body = await _read(answer.content.read)
        except (ClientError, TimeoutError, OSError) as error:
            raise IssuerAwayError(f"no answer ({type(error).__name__})") from None
        try:
            said = json.loads(body)
        except (ValueError, RecursionError):
            said = {}
        return answer.status, said if isinstance(said, dict) else {}


async def _read(read: Callable[[int], Awaitable[bytes]]) -> bytes:
    body = b""
    while chunk := await read(MOST_BYTES):
        body += chunk
        if len(body) > MOST_BYTES:
            raise ClientError("too long")
    return body


class Kept(Generic[T]):
    """What is fetched once and kept; after a failure the issuer is left alone for a moment."""

    def __init__(self, fetch: Callable[[], Awaitable[T]], now: Callable[[], float]) -> None:
        self._fetch = fetch
        self._now = now
        self._value: T | None = None
        self._fetched = 0.0
        self._wanted_more: float | None = None
        self._failure: tuple[float, IssuerAwayError] | None = None
        self._fetching = asyncio.Lock()

    async def __call__(self, *, for_more: bool = False) -> T:
        """What is known, or with *for_more* what is published now; raises IssuerAwayError."""
        async with self._fetching:
            if self._value is None or self._now() - self._fetched >= KEPT or self._asks(for_more):
                self._value = await self._anew()
                self._fetched = self._now()
            return self._value

    def _asks(self, for_more: bool) -> bool:
        now = self._now()
        is_rested = self._wanted_more is None or now - self._wanted_more >= RESTS
        if for_more and is_rested:
            self._wanted_more = now
        return for_more and is_rested

    async def _anew(self) -> T:
        if self._failure is not None and self._now() - self._failure[0] < PAUSE:
            raise self._failure[1]
        try:
            return await self._fetch()
        except IssuerAwayError as error:
            self._failure = (self._now(), error)
            raise


def _address(said: dict[str, Any], name: str, issuer: str) -> URL:
    """An endpoint; over http only on loopback, where the issuer is itself."""
    text = said.get(name)
    parts = urlsplit(text) if isinstance(text, str) else urlsplit("")
    is_local = urlsplit(issuer).scheme == "http" and is_loopback(parts.hostname or "")
    if not parts.hostname or not (parts.scheme == "https" or (parts.scheme == "http" and is_local)):
        raise IssuerAwayError(f"its {name} is no address over https")
    return URL(str(text))


def known_error(said: Mapping[str, Any]) -> str:
    """The error that an issuer names, if it is one of the standards; empty otherwise."""
    error = said.get("error")
    return error if isinstance(error, str) and error in ERRORS else ""
