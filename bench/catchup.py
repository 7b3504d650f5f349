"""Backlog catch-up: the whole job of a worker, beside the ceiling and beside stock Faust.

A worker is the product as it is started, `floorpulse worker`, in a group of its own: it decodes,
folds, slides windows, writes its changelogs, commits, publishes to Redis, and is scraped every five
seconds. Timed from ready until every input offset is committed, which includes the wait for the
last commit; and until every event is in the changelogs.
"""

import asyncio
import json
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from statistics import median
from typing import NamedTuple

from aiokafka.admin import AIOKafkaAdminClient
from redis import Redis

from bench import load, stockfaust
from bench.stage import (
    Stage,
    cpu_seconds,
    create,
    inputs,
    installed,
    scrape_like_prometheus,
    settings_of,
)
from metrics.names import SERIES, RedisKeys
from metrics.readings import decode_part
from streams.settings import Settings
from tests.running import Installation, RunningWorker, until
from tests.scrape import figures

SCRAPE_EVERY = 5.0  # seconds
WITHIN = 300.0  # seconds for a catch-up
STOCK_SECONDS = 6.0
OF_CEILING, TIMES_STOCK = 0.5, 35.0  # what is aimed at


class Took(NamedTuple):
    """So many events took so long, and so much processor time."""

    events: float
    seconds: float
    cpu: float

    @property
    def rate(self) -> float:
        """Events a second."""
        return self.events / self.seconds

    @property
    def micros(self) -> float:
        """Microseconds of processor time an event."""
        return self.cpu / self.events * 1e6


class Round(NamedTuple):
    """One of each, in this order, on the same backlog."""

    ceiling: Took
    worker: Took
    stock: Took


def catch_up(where: Stage, reps: int, days: int, rounds: int) -> tuple[int, list[Round]]:
    """So many rounds on a backlog of so many working days; and how many events that is."""
    with installed(where, "backlog", reps) as (made, settings):
        events = load.send_days(settings, reps, days)
        topics = inputs(settings)
        return events, [
            Round(
                _run("bench.ceiling", made.brokers, str(events), *topics),
                work(where, f"round{number}", reps, events),
                _stock(settings, f"stock{number}", topics),
            )
            for number in range(rounds)
        ]


def _run(module: str, *args: str) -> Took:
    done = subprocess.run(
        [sys.executable, "-m", module, *args],
        check=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        timeout=WITHIN,
    )
    return Took(**json.loads(done.stdout))


def _stock(settings: Settings, app_id: str, topics: list[str]) -> Took:
    asyncio.run(create(settings, stockfaust.changelog(app_id)))
    return _run("bench.stockfaust", settings.brokers[0], app_id, str(STOCK_SECONDS), *topics)


def work(where: Stage, app_id: str, reps: int, events: int) -> Took:
    """A worker of a new group takes the whole backlog; checked against what was sent."""
    with installed(where, app_id, reps) as (made, settings):
        worker = made.start()
        _until_ready(worker)
        started, cpu = time.monotonic(), cpu_seconds(worker.process.pid)
        with scraped(worker):
            asyncio.run(until_committed(settings, events))
            took = time.monotonic() - started
            cpu = cpu_seconds(worker.process.pid) - cpu
        _assert_all_is_counted(made, worker, reps, events)
        worker.stop()
    return Took(events, took, cpu)


def _until_ready(worker: RunningWorker) -> None:
    end = time.monotonic() + 60
    while time.monotonic() < end:
        assert worker.process.poll() is None, worker.log.read_text()[-3000:]
        try:
            if worker.scrape("/readyz") == "ready\n":
                return
        except OSError:
            pass
        time.sleep(0.02)
    raise TimeoutError("the worker did not become ready")


@contextmanager
def scraped(worker: RunningWorker) -> Iterator[None]:
    """Scrape as Prometheus does while the block lasts: at once, then every five seconds."""
    done = threading.Event()

    def scrape() -> None:
        while not done.is_set():
            scrape_like_prometheus(worker.port)
            done.wait(SCRAPE_EVERY)

    thread = threading.Thread(target=scrape)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


async def until_committed(settings: Settings, events: int) -> None:
    """Wait until the group has committed every event of the inputs."""
    topics = inputs(settings)
    admin = AIOKafkaAdminClient(bootstrap_servers=settings.brokers[0])
    await admin.start()
    end = time.monotonic() + WITHIN
    try:
        while await _committed(admin, settings.app_id, topics) < events:
            assert time.monotonic() < end, f"not caught up within {WITHIN:.0f} s"
            await asyncio.sleep(0.05)
    finally:
        await admin.close()


async def _committed(admin: AIOKafkaAdminClient, group: str, topics: list[str]) -> int:
    committed = await admin.list_consumer_group_offsets(group)
    return sum(max(0, c.offset) for partition, c in committed.items() if partition.topic in topics)


def _assert_all_is_counted(
    made: Installation, worker: RunningWorker, reps: int, events: int
) -> None:
    """Every event was applied, and Redis shows every touch of the days that were sent."""
    text = worker.scrape()
    applied = sum(figures(text, "floorpulse_events_applied_total").values())
    assert applied == events, f"{applied} of {events} events applied"
    touches = events * load.TOUCHES_A_DAY // load.EVENTS_A_DAY
    with Redis.from_url(made.redis_url) as redis:
        until("Redis shows all touches", lambda: _in_redis(redis, settings_of(made)) == touches)


def _in_redis(redis: "Redis[bytes]", settings: Settings) -> float:
    keys = RedisKeys(settings.app_id)
    touches = 0.0
    for partition in range(settings.partitions):
        part = redis.get(keys.part("reps", partition))
        for team in decode_part(part).teams if part else ():
            touches += sum(
                value
                for series, value in zip(SERIES, team.values, strict=True)
                if (series.measure, series.window) == ("touches", "20d")
            )
    return touches


def lines(events: int, rounds: list[Round]) -> Iterator[str]:
    """The medians, and whether the aim is met."""
    yield f"Catch-up of {events} events, medians of {len(rounds)} interleaved rounds:"
    by_name: Mapping[str, list[Took]] = {
        "ceiling (getmany, msgspec, one dict increment)": [one.ceiling for one in rounds],
        "one floorpulse worker, the whole job": [one.worker for one in rounds],
        "stock Faust (one agent, one tumbling table)": [one.stock for one in rounds],
    }
    for name, took in by_name.items():
        rate, cpu = median(t.rate for t in took), median(t.micros for t in took)
        spread = f"{min(t.rate for t in took):,.0f}-{max(t.rate for t in took):,.0f}"
        yield f"  {name:48} {rate:>9,.0f} events/s ({spread}), {cpu:.1f} µs of CPU an event"
    of_ceiling = median(one.worker.rate / one.ceiling.rate for one in rounds)
    times_stock = median(one.worker.rate / one.stock.rate for one in rounds)
    yield _aim("of the ceiling", of_ceiling, OF_CEILING)
    yield _aim("times stock Faust", times_stock, TIMES_STOCK)
    of_ceiling = median(one.ceiling.micros / one.worker.micros for one in rounds)
    times_stock = median(one.stock.micros / one.worker.micros for one in rounds)
    yield f"  by processor time: {of_ceiling:.2f} of the ceiling, {times_stock:.0f} times stock"


def _aim(name: str, ratio: float, aim: float) -> str:
    return f"  {ratio:.2f} {name}: {'met' if ratio >= aim else 'not met'}, the aim is {aim:g}"
