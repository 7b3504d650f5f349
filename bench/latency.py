"""From produce to /metrics: how long after it was sent an event is in a finished response.

A thousand events a second go out; /metrics is fetched again and again, with a rest as long as each
scrape took, and an event has arrived with the first finished response that counts it. So the wait
for the next scrape and all of its time are in every figure. Two sizes of floor, since a scrape
grows with the reps.
"""

import asyncio
import re
import time
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterator
from statistics import quantiles
from typing import NamedTuple

import aiohttp
import msgspec

from bench import load
from bench.stage import Stage, installed
from streams.clock import iso, system_clock
from streams.kafka.producer import OutEvent, feeding
from streams.settings import Settings

EVENTS_A_SECOND = 1000
STEP = 0.01  # seconds between sends
REPS = (100, 1000)
_TOUCHES = re.compile(
    rb'^floorpulse_touches\{channel="call",floor="[^"]*",rep="([^"]*)",team="[^"]*",window="2d"\} '
    rb"(\d+)",
    re.MULTILINE,
)

Sent = defaultdict[bytes, list[float]]  # by rep, when each of its events was sent
Scrape = tuple[float, float, dict[bytes, int]]  # begun, finished, events counted by rep


class Latency(NamedTuple):
    """Of a floor of so many reps: milliseconds from produce to /metrics, and of a scrape."""

    reps: int
    events: int
    p50: float
    p99: float
    scrape_p50: float


def measure(where: Stage, seconds: float) -> Iterator[Latency]:
    """Each size of floor for so many seconds."""
    for reps in REPS:
        app_id = f"latency{reps}"
        with installed(where, app_id, reps, prefix=f"{app_id}.in.", clock="") as (made, settings):
            worker = made.ready(made.start())
            sent, scrapes = asyncio.run(_both(settings, worker.port, reps, seconds))
            worker.stop()
        yield _latency(reps, sent, scrapes)


async def _both(
    settings: Settings, port: int, reps: int, seconds: float
) -> tuple[Sent, list[Scrape]]:
    sent: Sent = defaultdict(list)
    sending = asyncio.create_task(_send(settings, reps, seconds, sent))
    scrapes: list[Scrape] = []
    async with aiohttp.ClientSession() as session:
        while not (sending.done() and _has_all(sent, scrapes)):
            began = time.monotonic()
            async with session.get(f"http://127.0.0.1:{port}/metrics") as response:
                body = await response.read()
            finished = time.monotonic()
            counted = {rep: int(count) for rep, count in _TOUCHES.findall(body)}
            scrapes.append((began, finished, counted))
            assert finished < scrapes[0][0] + 2 * seconds + 30, "not all events arrived"
            await asyncio.sleep(finished - began)
    await sending
    return sent, scrapes


async def _send(settings: Settings, reps: int, seconds: float, sent: Sent) -> None:
    ids = load.rep_ids(reps)
    async with feeding(settings) as feeder:
        started = time.monotonic()
        for number in range(int(seconds * EVENTS_A_SECOND)):
            rep = ids[number * 7919 % reps]
            if number % int(STEP * EVENTS_A_SECOND) == 0:
                due = started + number / EVENTS_A_SECOND
                await asyncio.sleep(max(0.0, due - time.monotonic()))
            event = {
                "id": f"live-{number}",
                "rep_id": rep,
                "at": iso(system_clock()),
                "direction": "outbound",
                "outcome": "human",
                "talk_seconds": 90,
            }
            sent[rep.encode()].append(time.monotonic())
            await feeder.send(OutEvent("calls", rep.encode(), msgspec.json.encode(event)))


def _has_all(sent: Sent, scrapes: list[Scrape]) -> bool:
    counted = scrapes[-1][2] if scrapes else {}
    return all(counted.get(rep, 0) >= len(times) for rep, times in sent.items())


def _latency(reps: int, sent: Sent, scrapes: list[Scrape]) -> Latency:
    took = []
    for rep, times in sent.items():
        counts = [counted.get(rep, 0) for _, _, counted in scrapes]
        for number, at in enumerate(times):
            took.append(scrapes[bisect_right(counts, number)][1] - at)
    percent = quantiles(took, n=100)
    scrape = quantiles([finished - began for began, finished, _ in scrapes], n=100)
    return Latency(
        reps=reps,
        events=len(took),
        p50=1000 * percent[49],
        p99=1000 * percent[98],
        scrape_p50=1000 * scrape[49],
    )


def lines(measured: Latency) -> str:
    """The figures of one size of floor."""
    return (
        f"From produce to /metrics at {EVENTS_A_SECOND:,} events/s, {measured.reps:,} reps: "
        f"p50 {measured.p50:.0f} ms, p99 {measured.p99:.0f} ms ({measured.events:,} events; "
        f"a scrape alone takes {measured.scrape_p50:.0f} ms)"
    )
