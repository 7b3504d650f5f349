"""From Redis to open pages: how long after a reading is written all of many pages have it.

The wall is a process of its own on one core. As many event streams as there are pages are open;
once a second the readings of four teams are written and announced, and a page has them with the
first document that carries the new number.
"""

import asyncio
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from statistics import quantiles
from typing import NamedTuple

from msgspec.structs import replace
from redis.asyncio import Redis

from bench.stage import Stage
from metrics.names import SERIES_INDEX, RedisKeys, Series
from metrics.readings import FloorInfo, Layout, Part, TeamRow, add, encode
from tests.realkafka import free_port
from tests.running import until

APP_ID = "bench-wall"
KEYS = RedisKeys(APP_ID)
PAGES = 1000
TEAMS = {"hunters": 9, "farmers": 8, "sailors": 7, "miners": 6}
FLOOR = FloorInfo(
    name="north",
    zone="Europe/Amsterdam",
    is_open=True,
    teams=tuple(TEAMS),
    kpi_targets={},
    people=TEAMS,
)
CALLS = SERIES_INDEX[Series("effective_touches", "today", "call")]
_SHOWN = re.compile(rb'"effective_touches":(\d+)')


class Pages(NamedTuple):
    """Milliseconds from the write to each page, over all pages and writes."""

    pages: int
    writes: int
    size: int  # bytes of a document
    p50: float
    p99: float


def measure(where: Stage, seconds: float) -> Pages:
    """As many writes as seconds."""
    with served(where, APP_ID, max(os.sched_getaffinity(0))) as port:
        return asyncio.run(_measure(where.redis_url, port, round(seconds)))


def lines(found: Pages) -> str:
    """The figures as a line of text."""
    return (
        f"wall on one core, {found.pages:,} open pages, documents of {found.size / 1024:.0f} KiB, "
        f"{found.writes} writes: p50 {found.p50:.0f} ms, p99 {found.p99:.0f} ms"
    )


@contextmanager
def served(where: Stage, app_id: str, core: int | None = None) -> Iterator[int]:
    """A wall, on one core alone if need be; gives its port."""
    port = free_port()
    settings = {"REDIS_URL": where.redis_url, "APP_ID": app_id, "WALL_PORT": str(port)}
    env = {**os.environ, **{f"FLOORPULSE_{name}": value for name, value in settings.items()}}
    command = [sys.executable, "-m", "floorpulse.cli", "wall"]
    with (where.home / "wall.log").open("wb") as log:
        wall = subprocess.Popen(command, env=env, stdout=log, stderr=log)
    try:
        if core is not None:
            os.sched_setaffinity(wall.pid, {core})
        until("the wall listens", lambda: _listens(port))
        yield port
    finally:
        wall.terminate()
        wall.wait(10)


def _listens(port: int) -> bool:
    async def connect() -> bool:
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            return False
        writer.close()
        return True

    return asyncio.run(connect())


async def _measure(url: str, port: int, writes: int) -> Pages:
    redis = Redis.from_url(url)
    written: list[float] = []  # when each number was written
    await _write(redis, 0)
    pages = [asyncio.create_task(_page(port, writes)) for _ in range(PAGES)]
    await asyncio.sleep(5)  # until all are open
    for number in range(1, writes + 1):
        written.append(time.monotonic())
        await _write(redis, number)
        await asyncio.sleep(1)
    seen = await asyncio.gather(*pages)
    await redis.aclose()
    return _pages(written, [at for at, _ in seen], max(size for _, size in seen))


def _pages(written: Sequence[float], seen: Sequence[Sequence[float]], size: int) -> Pages:
    waits = [1000 * (page[n] - at) for page in seen for n, at in enumerate(written)]
    cuts = quantiles(waits, n=100)
    return Pages(pages=len(seen), writes=len(written), size=size, p50=cuts[49], p99=cuts[98])


async def _page(port: int, writes: int) -> tuple[list[float], int]:
    """When a page had each number, and the size of the last document."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=2**20)
    writer.write(b"GET /events HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
    seen: list[float] = []
    size = 0
    while len(seen) < writes:
        line = await reader.readline()
        if line.startswith(b"HTTP/") and b" 200 " not in line:
            raise ConnectionError(f"the wall answered {line!r}")
        shown = _SHOWN.search(line)
        if shown is None:
            continue
        now, size = time.monotonic(), len(line)
        while len(seen) < int(shown[1]):
            seen.append(now)
    writer.close()
    return seen, size


async def _write(redis: Redis, number: int) -> None:
    """The readings of one partition, of which the first team has that number."""
    now = time.time()
    values = add([])
    rows = [TeamRow("north", team, reps, values) for team, reps in TEAMS.items()]
    values = [*values]
    values[CALLS] = number
    rows[0] = TeamRow("north", "hunters", TEAMS["hunters"], values)
    until_now = {"call": now, "email": now, "inmail": now, "lead": now}
    part = Part(
        kind="reps",
        partition=0,
        clock=now,
        written_at=now,
        is_complete=True,
        complete_until=now,
        newest={},
        teams=rows,
        until=until_now,
    )
    leads = replace(part, kind="leads", teams=(), until={"lead": now})
    written = {KEYS.part("reps", 0): part, KEYS.part("leads", 0): leads}
    layout = Layout(
        partitions=1,
        lead_partitions=1,
        clock=now,
        written_at=now,
        roster_sha256="bench",
        floors=(FLOOR,),
    )
    async with redis.pipeline() as pipe:
        for key, reading in written.items():
            pipe.set(key, encode(reading))
        pipe.set(KEYS.layout, encode(layout))
        pipe.publish(KEYS.changes, " ".join(written))
        await pipe.execute()
