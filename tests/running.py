"""An installation under test: real brokers, real worker processes, and what they export."""

import gzip
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from urllib.error import URLError

from streams.kafka.topics import Topics
from streams.settings import Settings
from tests.realkafka import free_port
from tests.scrape import Numbers, figures, rep_numbers, scrape

FLOORPULSE = Path(sys.executable).with_name("floorpulse")
SOURCES = len(Topics(Settings()).sources)  # topics that are read
PATIENCE = 300.0  # seconds for anything that is waited for: only a failure takes so long


def until(what: str, test: Callable[[], object], within: float = PATIENCE) -> object:
    """Wait until *test* gives something true, and return it."""
    end, pause = time.monotonic() + within, 0.05
    while time.monotonic() < end:
        with suppress(URLError, ConnectionError, TimeoutError):
            if result := test():
                return result
        time.sleep(pause)
        pause = min(0.5, pause * 1.2)
    raise AssertionError(f"not within {within:.0f} s: {what}")


@dataclass
class RunningWorker:
    """A worker process and where it serves."""

    process: "subprocess.Popen[bytes]"
    port: int
    log: Path

    def scrape(self, path: str = "/metrics", accept: str = "") -> str:
        """What the worker serves now."""
        return scrape(self.port, path, accept)

    def total(self, name: str, **labels: str) -> float:
        """The sum of a figure over all its labels, or over those that fit."""
        values = figures(self.scrape(), name)
        return sum(v for named, v in values.items() if labels.items() <= dict(named).items())

    def last_words(self) -> str:
        """Wait until it ends by itself, with code 1 and one line, which is returned."""
        until("the worker ends by itself", lambda: self.process.poll() is not None)
        said = self.log.read_text()
        assert self.process.returncode == 1, said[-3000:]
        assert "Traceback" not in said, said[-4000:]
        lines = said.splitlines()
        assert [line for line in lines if line.startswith("Error: ")] == [lines[-1]], said[-3000:]
        return lines[-1]

    def kill(self) -> None:
        """SIGKILL."""
        self.process.kill()
        self.process.wait()

    def stop(self) -> None:
        """SIGTERM, after which it has to end by itself and well."""
        self.process.send_signal(signal.SIGTERM)
        assert self.process.wait(PATIENCE) == 0, self.log.read_text()[-3000:]


@dataclass
class Installation:
    """Topics of its own on a broker, a roster, and the clock at which its workers stand."""

    brokers: str
    home: Path
    roster: str
    clock: str
    creates_topics: bool
    app_id: str = "floorpulse"
    redis_url: str = "redis://127.0.0.1:1/0"  # nobody there
    extra: dict[str, str] = field(default_factory=dict)
    workers: list[RunningWorker] = field(default_factory=list)
    _numbers: "count[int]" = field(default_factory=count)

    def __post_init__(self) -> None:
        self.roster_file = self.home / "roster.yaml"
        self.roster_file.write_text(self.roster)
        if self.creates_topics:
            self.command("topics", "create")

    @property
    def env(self) -> dict[str, str]:
        """The environment of every process of the installation."""
        clean = {n: v for n, v in os.environ.items() if not n.startswith("FLOORPULSE_")}
        settings = {
            "APP_ID": self.app_id,
            "BROKERS": self.brokers,
            "TOPIC_PREFIX": f"{self.app_id}.in.",
            "PARTITIONS": "4",
            "LEAD_PARTITIONS": "4",
            "ROSTER": str(self.roster_file),
            "CLOCK": self.clock,
            "SESSION_TIMEOUT": "6",
            "REDIS_URL": self.redis_url,
            **self.extra,
        }
        return {**clean, **{f"FLOORPULSE_{name}": value for name, value in settings.items()}}

    def command(self, *args: str, input: str | None = None) -> str:
        """What a command prints; fails with what it said when it does not end well."""
        done = subprocess.run(
            [FLOORPULSE, *args],
            check=False,
            env=self.env,
            input=input,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
        )
        assert done.returncode == 0, done.stderr + done.stdout
        return done.stdout

    def start(self, *options: str, **settings: str) -> RunningWorker:
        """Start a worker; it need not be ready yet."""
        port = free_port()
        log = self.home / f"worker-{next(self._numbers):03}.log"
        given = {f"FLOORPULSE_{name}": value for name, value in settings.items()}
        with log.open("wb") as out:
            process = subprocess.Popen(
                [FLOORPULSE, "worker", *options],
                env={**self.env, "FLOORPULSE_WORKER_PORT": str(port), **given},
                stdout=out,
                stderr=out,
            )
        worker = RunningWorker(process, port, log)
        self.workers.append(worker)
        return worker

    def ready(self, worker: RunningWorker) -> RunningWorker:
        """Wait until a worker is ready."""

        def is_ready() -> bool:
            assert worker.process.poll() is None, worker.log.read_text()[-3000:]
            return worker.scrape("/readyz") == "ready\n"

        until("the worker is ready", is_ready)
        return worker

    def replay(self, events: list[dict], *args: str) -> None:
        """Send events as `floorpulse replay` does."""
        file = self.home / "replay.jsonl.gz"
        file.write_bytes(gzip.compress("\n".join(map(json.dumps, events)).encode()))
        self.command("replay", str(file), *args)

    @property
    def alive(self) -> list[RunningWorker]:
        """The workers that run."""
        return [worker for worker in self.workers if worker.process.poll() is None]

    def settle(self) -> list[str]:
        """Wait until everything sent is counted, by all workers; returns their expositions."""
        before: object = None
        since = time.monotonic()

        def is_settled() -> list[str]:
            nonlocal before, since
            texts = [worker.scrape() for worker in self.alive]
            now = [_flow(text) for text in texts]
            if now != before or any(lag for _, lag, _ in now):
                before, since = now, time.monotonic()
            known = sum(partitions for *_, partitions in now)
            is_known = known and known == _source_partitions(texts)
            return texts if is_known and time.monotonic() - since > 1.5 else []

        return until("all is counted", is_settled)  # type: ignore[return-value]

    def numbers(self) -> Numbers:
        """The numbers of all reps, once everything sent is counted."""
        return rep_numbers(self.settle())


def _flow(text: str) -> tuple[float, float, float]:
    """Records taken so far, records not committed yet, and partitions of which that is known."""
    received = sum(figures(text, "floorpulse_events_received_total").values())
    internal = sum(figures(text, "floorpulse_internal_records_total").values())
    lags = figures(text, "floorpulse_consumer_lag_records")
    return received + internal, sum(lags.values()), len(lags)


def _source_partitions(texts: list[str]) -> float:
    """How many partitions all topics have that are read."""
    most: dict[str, float] = {}
    for text in texts:
        for labels, partitions in figures(text, "floorpulse_topic_partitions").items():
            topic = dict(labels)["topic"]
            most[topic] = max(most.get(topic, 0), partitions)
    return sum(most.values())


@contextmanager
def installation(**fields: object) -> Iterator[Installation]:
    """An installation whose workers are ended with the block."""
    made = Installation(**fields)  # type: ignore[arg-type]
    try:
        yield made
    finally:
        for worker in made.workers:
            if worker.process.poll() is None:
                worker.process.send_signal(signal.SIGCONT)
                worker.kill()


def recounted(events: list[dict], roster: str, clock: str) -> Mapping[tuple, float]:
    """What the independent recount gives, without the expectations."""
    from tests import oracle

    return oracle.recount(events, roster, oracle.instant(clock), with_expected=False)


def without_expected(numbers: Numbers) -> Numbers:
    """The numbers that are counts."""
    return {key: value for key, value in numbers.items() if key[2] != "expected_touches"}
