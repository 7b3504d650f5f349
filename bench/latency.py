"""From produce to /metrics and to the wall: how long after it was sent an event is seen there.

Events go out at a steady rate from a process of its own. /metrics is fetched again and again, with
a rest as long as each scrape took, and an event has arrived with the first finished response that
counts it: so the wait for the next scrape and all of its time are in every figure. Two sizes of
floor, since a scrape grows with the reps; with the larger one the minute turns at least twice, at
which every rep's numbers may change. Then the wall, which two workers feed with far more events.
"""

import asyncio
import re
import time
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from statistics import median, quantiles
from typing import NamedTuple

import aiohttp
import msgspec

from bench import load
from bench.live import Sending, Sent, sending
from bench.stage import Stage, installed
from bench.stalls import watching
from bench.wall import served

RATE = 1000  # events a second
FLOORS = {100: 0.0, 1000: 150.0}  # by the number of reps, for how many seconds at least
AIM_P99, AIM_SCRAPE, AIM_STALL = 300, 150, 50  # milliseconds, of 1,000 reps
WALL_REPS, WALL_RATE, WALL_WORKERS, AIM_WALL = 1000, 20_000, 2, 1000
ARRIVE_WITHIN = 60.0  # seconds after the last event was sent
_HEAD = b"# HELP floorpulse_touches "
_TOUCHES = re.compile(
    rb'^floorpulse_touches\{channel="call",floor="[^"]*",rep="([^"]*)",team="[^"]*",window="2d"\} '
    rb"(\d+)",
    re.MULTILINE,
)

Counts = Mapping[str, int]  # by rep or floor
Look = tuple[float, Counts]  # when it was finished, and what it showed


class Latency(NamedTuple):
    """Milliseconds from produce until an event is seen."""

    events: int
    p50: float
    p99: float


class OfMetrics(NamedTuple):
    """Of a floor of so many reps; milliseconds, of scrapes and of the longest stalls too."""

    reps: int
    latency: Latency
    scrape_p50: float
    stalls: Sequence[float]


def measure(where: Stage, seconds: float) -> Iterator[str]:
    """Each size of floor and then the wall for so many seconds; yields what to print."""
    for reps, least in FLOORS.items():
        yield from metrics_lines(_to_metrics(where, reps, max(seconds, least)))
    yield from wall_lines(_to_wall(where, seconds))


# -- /metrics


def _to_metrics(where: Stage, reps: int, seconds: float) -> OfMetrics:
    app_id = f"latency{reps}"
    with installed(where, app_id, reps, prefix=f"{app_id}.in.", clock="") as (made, _):
        worker = made.ready(made.start())
        with watching(worker.port) as stalls:
            sent, looks, scrapes = asyncio.run(_scrape(made.env, worker.port, reps, seconds))
        worker.stop()
    return OfMetrics(reps, latency(sent, looks), median(scrapes), stalls.longest)


async def _scrape(
    env: Mapping[str, str], port: int, reps: int, seconds: float
) -> tuple[Sent, list[Look], list[float]]:
    looks: list[Look] = []
    scrapes: list[float] = []

    async def scrape() -> None:
        began = time.monotonic()
        async with session.get(f"http://127.0.0.1:{port}/metrics") as response:
            body = await response.read()
        finished = time.monotonic()
        looks.append((finished, _touches(body)))
        scrapes.append(1000 * (finished - began))
        await asyncio.sleep(finished - began)

    async with aiohttp.ClientSession() as session:
        await scrape()  # the first one of a worker renders all numbers
        with sending(env, reps, RATE, seconds) as sender:
            sent = asyncio.create_task(sender.sent())
            while not await _has_arrived(sent, looks):
                await scrape()
            return await sent, looks, scrapes


def _touches(body: bytes) -> Counts:
    """Touches by rep; looked for only where they stand, as a scrape has 150,000 lines."""
    start = body.find(_HEAD)
    end = body.find(b"# HELP ", start + 1)
    return {rep.decode(): int(count) for rep, count in _TOUCHES.findall(body, start, end)}


def metrics_lines(found: OfMetrics) -> Iterator[str]:
    """The figures of one size of floor, and whether they are what is aimed at."""
    took = found.latency
    yield (
        f"From produce to /metrics at {RATE:,} events/s, {found.reps:,} reps: "
        f"p50 {took.p50:.0f} ms, p99 {took.p99:.0f} ms ({took.events:,} events); a scrape alone "
        f"takes {found.scrape_p50:.0f} ms; the loop stood still for "
        f"{', '.join(f'{ms:.0f}' for ms in found.stalls)} ms at most"
    )
    if found.reps == max(FLOORS):
        yield _met("p99 to /metrics", took.p99, AIM_P99)
        yield _met("a scrape", found.scrape_p50, AIM_SCRAPE)
        yield _met("the longest stall", found.stalls[0], AIM_STALL)


# -- the wall


class _Figure(msgspec.Struct):
    sums: dict[str, float]


class _Floor(msgspec.Struct):
    name: str
    kpis: list[_Figure]


class _Wall(msgspec.Struct):
    floors: list[_Floor]


_wall = msgspec.json.Decoder(_Wall)


def _to_wall(where: Stage, seconds: float) -> Latency:
    app_id = "latency-wall"
    with installed(where, app_id, WALL_REPS, prefix=f"{app_id}.in.", clock="") as (made, _):
        workers = [made.start() for _ in range(WALL_WORKERS)]
        for worker in workers:
            made.ready(worker)
        with served(where, app_id) as port:
            sent, looks = asyncio.run(_watch(made.env, port, seconds))
        for worker in workers:
            worker.stop()
    return latency(sent, looks)


async def _watch(env: Mapping[str, str], port: int, seconds: float) -> tuple[Sent, list[Look]]:
    """What one open page shows of each floor, and when."""
    looks: list[Look] = []
    reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=2**24)
    writer.write(b"GET /events HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
    with sending(env, WALL_REPS, WALL_RATE, seconds) as sender:
        sent = asyncio.create_task(_by_floor(sender))
        while not await _has_arrived(sent, looks):
            line = await reader.readline()
            if line.startswith(b"data: "):
                looks.append((time.monotonic(), _effective(line.removeprefix(b"data: "))))
    writer.close()
    return await sent, looks


async def _by_floor(sender: Sending) -> Sent:
    sent: defaultdict[str, list[float]] = defaultdict(list)
    for rep, times in (await sender.sent()).items():
        sent[load.floor_of(rep)] += times
    return {floor: sorted(times) for floor, times in sent.items()}


def _effective(document: bytes) -> Counts:
    """Effective touches of today by floor."""
    return {
        floor.name: int(
            next(kpi.sums["effective_touches"] for kpi in floor.kpis if _counts_touches(kpi))
        )
        for floor in _wall.decode(document).floors
    }


def _counts_touches(kpi: _Figure) -> bool:
    return "effective_touches" in kpi.sums


def wall_lines(took: Latency) -> Iterator[str]:
    """The figures, and whether they are what is aimed at."""
    yield (
        f"From produce to the wall at {WALL_RATE:,} events/s, {WALL_REPS:,} reps, "
        f"{WALL_WORKERS} workers: p50 {took.p50:.0f} ms, p99 {took.p99:.0f} ms "
        f"({took.events:,} events)"
    )
    yield _met("p99 to the wall", took.p99, AIM_WALL)


# -- both


async def _has_arrived(sent: "asyncio.Task[Sent]", looks: Sequence[Look]) -> bool:
    if not (sent.done() and looks):
        return False
    finished, counts = looks[-1]
    last = max(times[-1] for times in (await sent).values())
    assert finished < last + ARRIVE_WITHIN, "not all events arrived"
    return all(counts.get(name, 0) >= len(times) for name, times in (await sent).items())


def latency(sent: Sent, looks: Sequence[Look]) -> Latency:
    """How long after it was sent each event was shown: the n-th with the first look that has n."""
    took = []
    for name, times in sent.items():
        counts = [shown.get(name, 0) for _, shown in looks]
        for number, at in enumerate(times):
            took.append(1000 * (looks[bisect_right(counts, number)][0] - at))
    percent = quantiles(took, n=100)
    return Latency(len(took), p50=percent[49], p99=percent[98])


def _met(what: str, milliseconds: float, aim: float) -> str:
    verdict = "met" if milliseconds < aim else "not met"
    return f"  {what}: {milliseconds:.0f} ms; aim under {aim:,} ms: {verdict}"
