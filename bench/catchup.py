"""Backlog catch-up: the whole job of a worker, beside the ceiling and beside other processors.

A worker is the product as it is started, `floorpulse worker`, in a group of its own: it decodes,
folds, slides windows, writes its changelogs, commits, publishes to Redis, and is scraped every five
seconds. Its clock starts once it is ready, and only what it applies from then on counts, as it eats
into the backlog before; it ends when every input offset is committed, which includes the wait for
the last commit. Peers are timed by themselves, from their first record on.
"""

import asyncio
import json
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import NamedTuple

from aiokafka.admin import AIOKafkaAdminClient
from redis import Redis

from bench import load, stockfaust
from bench.stage import (
    PREFIX,
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
from streams.kafka.producer import OutEvent
from streams.settings import Settings
from tests.running import Installation, RunningWorker, until

SCRAPE_EVERY = 5.0  # seconds
WITHIN = 300.0  # seconds for a catch-up
STOCK_SECONDS = 6.0
PEERS = Path(__file__).parent / "peers"
PEERS_PYTHON = Path(".tools/peers/bin/python")
CEILING, ONE, TWO, STOCK = "ceiling", "one worker", "two workers", "stock Faust"
BYTEWAX, QUIX = "Bytewax", "Quix Streams"
# What one and two workers are to reach of the ceiling: to pass, and what is aimed at.
OF_CEILING = {ONE: (0.42, 0.5), TWO: (0.65, 0.85)}


class Took(NamedTuple):
    """So many events took so long, and so much processor time; *totals* as peers count them."""

    events: float
    seconds: float
    cpu: float
    totals: Sequence[int] = ()

    @property
    def rate(self) -> float:
        """Events a second."""
        return self.events / self.seconds

    @property
    def micros(self) -> float:
        """Microseconds of processor time an event."""
        return self.cpu / self.events * 1e6


class Backlog(NamedTuple):
    """What lies in the input topics of *prefix* before anybody reads."""

    name: str
    prefix: str
    reps: int
    events: int
    touches: int


Round = Mapping[str, Took]  # by contestant, on the same backlog


def catch_up(where: Stage, reps: int, days: int, rounds: int) -> Iterator[str]:
    """Measure both loads, and yield the lines to print."""
    if not PEERS_PYTHON.exists():
        raise SystemExit("Bytewax and Quix Streams are not here: run `make peers` once")
    of_a = load.calls(REPS_A, EVENTS_A)
    yield from _rounds(where, Backlog("A", "bench.a.", REPS_A, EVENTS_A, EVENTS_A), of_a, rounds)
    events = reps * days * load.EVENTS_A_DAY
    touches = reps * days * load.TOUCHES_A_DAY
    of_b = load.days(reps, days)
    yield from _rounds(where, Backlog("B", PREFIX, reps, events, touches), of_b, rounds)


REPS_A, EVENTS_A = 200, 1_200_000


def _rounds(
    where: Stage, backlog: Backlog, events: Iterator[OutEvent], rounds: int
) -> Iterator[str]:
    with installed(where, f"backlog-{backlog.name}", backlog.reps, backlog.prefix) as (_, settings):
        sent = load.send(settings, events)
        assert sent == backlog.events, (sent, backlog)
        yield from lines(backlog, [_round(where, settings, backlog, n) for n in range(rounds)])


def _round(where: Stage, settings: Settings, backlog: Backlog, number: int) -> Round:
    """One of each, in this order; every total that is printed has to be the same."""
    asked = [settings.brokers[0], str(backlog.events), *inputs(settings)]
    name = f"{backlog.name}-{number}"

    def peer(script: str) -> Took:
        return _run(str(PEERS_PYTHON), str(PEERS / script), *asked)

    contestants: Mapping[str, Callable[[], Took]] = {
        CEILING: lambda: _run(sys.executable, "-m", "bench.ceiling", *asked),
        ONE: lambda: work(where, f"one-{name}", backlog, workers=1),
        BYTEWAX: lambda: peer("bytewaxcounts.py"),
        TWO: lambda: work(where, f"two-{name}", backlog, workers=2),
        QUIX: lambda: peer("quixcounts.py"),
        STOCK: lambda: _stock(settings, f"stock-{name}"),
    }
    took = {who: run() for who, run in contestants.items()}
    totals = {who: list(one.totals) for who, one in took.items() if one.totals}
    assert all(one == totals[CEILING] for one in totals.values()), totals
    return took


def _run(*command: str) -> Took:
    done = subprocess.run(
        command,
        check=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        timeout=WITHIN,
    )
    return Took(**json.loads(done.stdout.splitlines()[-1]))


def _stock(settings: Settings, app_id: str) -> Took:
    asyncio.run(create(settings, stockfaust.changelog(app_id)))
    asked = [settings.brokers[0], app_id, str(STOCK_SECONDS), *inputs(settings)]
    return _run(sys.executable, "-m", "bench.stockfaust", *asked)


def work(where: Stage, app_id: str, backlog: Backlog, workers: int) -> Took:
    """Workers of a new group take the whole backlog; checked against what was sent."""
    with installed(where, app_id, backlog.reps, backlog.prefix) as (made, settings):
        running = [made.start() for _ in range(workers)]
        _until_all_take_part(running)
        before = _applied(running)
        started, cpu = time.monotonic(), _cpu(running)
        with scraped(running):
            asyncio.run(until_committed(settings, backlog.events))
            seconds = time.monotonic() - started
            cpu = _cpu(running) - cpu
        _assert_all_is_counted(made, running, backlog)
        for worker in running:
            worker.stop()
    return Took(backlog.events - before, seconds, cpu)


def _cpu(running: list[RunningWorker]) -> float:
    return sum(cpu_seconds(worker.process.pid) for worker in running)


def _applied(running: list[RunningWorker]) -> float:
    return sum(worker.total("floorpulse_events_applied_total") for worker in running)


def _until_all_take_part(running: list[RunningWorker]) -> None:
    """Wait until all are ready, and each has partitions of its own."""
    end = time.monotonic() + 60
    while time.monotonic() < end:
        assert all(w.process.poll() is None for w in running), running[0].log.read_text()[-3000:]
        try:
            if all(w.scrape("/readyz") == "ready\n" for w in running):
                return
        except OSError:
            pass
        time.sleep(0.02)
    raise TimeoutError("the workers did not become ready")


@contextmanager
def scraped(running: list[RunningWorker]) -> Iterator[None]:
    """Scrape as Prometheus does while the block lasts: at once, then every five seconds."""
    done = threading.Event()

    def scrape() -> None:
        while not done.is_set():
            for worker in running:
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
    made: Installation, running: list[RunningWorker], backlog: Backlog
) -> None:
    """Every event was applied, and Redis shows every touch that was sent."""
    applied = _applied(running)
    assert applied == backlog.events, f"{applied} of {backlog.events} events applied"
    settings = settings_of(made)
    with Redis.from_url(made.redis_url) as redis:
        until("Redis shows all touches", lambda: _in_redis(redis, settings) == backlog.touches)


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


def lines(backlog: Backlog, rounds: list[Round]) -> Iterator[str]:
    """The medians, what is met of what is asked, and what is not."""
    yield (
        f"Catch-up of load {backlog.name}, {backlog.events:,} events of {backlog.reps:,} reps, "
        f"medians of {len(rounds)} interleaved rounds:"
    )
    for who in rounds[0]:
        took = [one[who] for one in rounds]
        rate, cpu = median(t.rate for t in took), median(t.micros for t in took)
        spread = f"{min(t.rate for t in took):,.0f}-{max(t.rate for t in took):,.0f}"
        yield (
            f"  {who:12} {rate:>9,.0f} events/s ({spread}), {_of(rounds, who, CEILING):.2f} of the "
            f"ceiling, {cpu:.1f} us of processor time an event: {_by_cpu(rounds, who):.2f}"
        )
    for who, (least, aim) in OF_CEILING.items():
        share = _of(rounds, who, CEILING)
        verdicts = f"{_met(share, least, 'asked')}; {_met(share, aim, 'aim')}"
        yield f"  {who}: {share:.2f} of the ceiling; {verdicts}"
    for peer in (BYTEWAX, QUIX, STOCK):
        times = _of(rounds, ONE, peer)
        yield f"  one worker is {times:.2f} times {peer}; {_met(times, 1, 'asked')}"


def _of(rounds: list[Round], who: str, other: str) -> float:
    return median(one[who].rate / one[other].rate for one in rounds)


def _by_cpu(rounds: list[Round], who: str) -> float:
    """The share of the ceiling by processor time, which other work on the machine moves less."""
    return median(one[CEILING].micros / one[who].micros for one in rounds)


def _met(ratio: float, least: float, what: str) -> str:
    return f"{what} {least:g}, {'met' if ratio >= least else 'not met'}"
