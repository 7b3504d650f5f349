"""Live events at a steady rate, from a process of its own: no measurer holds them up.

Run as `python -m bench.live REPS RATE SECONDS` with a worker's settings; prints one line of JSON:
by rep, when each of the rep's events was sent, by the monotonic clock that all processes share.
"""

import asyncio
import os
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import msgspec
from aiokafka import AIOKafkaProducer

from bench import load
from streams.clock import iso, system_clock
from streams.kafka.batches import KeyValue, send_in_batches
from streams.kafka.connection import connected
from streams.kafka.topics import Place, partitioner
from streams.settings import Settings

STEP = 0.01  # seconds between sends

Sent = Mapping[str, list[float]]  # by rep, when each of the rep's events was sent


async def send(settings: Settings, reps: int, rate: int, seconds: float) -> Sent:
    """Send effective calls, each rep's in turn; returns when all are durable."""
    ids, partition_of = load.rep_ids(reps), partitioner(settings.partitions)
    sent: defaultdict[str, list[float]] = defaultdict(list)
    waiting: defaultdict[int, list[KeyValue]] = defaultdict(list)
    each = round(rate * STEP)
    client = connected(settings, AIOKafkaProducer, acks="all")
    async with client as producer, asyncio.TaskGroup() as group:
        is_over = asyncio.Event()
        for partition in range(settings.partitions):
            place = f"{settings.topic_prefix}calls", partition
            group.create_task(_send_on(producer, place, waiting, is_over))
        started = time.monotonic()
        for step in range(round(seconds / STEP)):
            await asyncio.sleep(max(0.0, started + step * STEP - time.monotonic()))
            at, now = iso(system_clock()), time.monotonic()
            for number in range(step * each, (step + 1) * each):
                rep = ids[number * 7919 % reps]
                sent[rep].append(now)
                waiting[partition_of(rep)].append((rep.encode(), _call(number, rep, at)))
        is_over.set()
    return sent


async def _send_on(
    producer: AIOKafkaProducer,
    place: Place,
    waiting: dict[int, list[KeyValue]],
    is_over: asyncio.Event,
) -> None:
    """Send what waits for a partition together, as soon as what went before is durable."""
    while waiting[place[1]] or not is_over.is_set():
        some = waiting.pop(place[1], [])
        if some:
            await send_in_batches(producer, *place, some)
        else:
            await asyncio.sleep(STEP / 5)


def _call(number: int, rep: str, at: str) -> bytes:
    return msgspec.json.encode(
        {
            "id": f"live-{number}",
            "rep_id": rep,
            "at": at,
            "direction": "outbound",
            "outcome": "human",
            "talk_seconds": 90,
        }
    )


class Sending:
    """Events that another process sends."""

    def __init__(self, process: "subprocess.Popen[bytes]") -> None:
        self._process = process

    async def sent(self) -> Sent:
        """Wait until all are durable, and return when they were sent."""
        out, _ = await asyncio.to_thread(self._process.communicate)
        assert self._process.returncode == 0, "not all events could be sent"
        return msgspec.json.decode(out, type=dict[str, list[float]])


@contextmanager
def sending(env: Mapping[str, str], reps: int, rate: int, seconds: float) -> Iterator[Sending]:
    """Events at a steady rate for as long as the block lasts, or for so many *seconds*."""
    command = [sys.executable, "-m", "bench.live", str(reps), str(rate), str(seconds)]
    process = subprocess.Popen(command, env=env, stdout=subprocess.PIPE)
    try:
        yield Sending(process)
    finally:
        process.kill()
        process.wait()


def main(reps: str, rate: str, seconds: str) -> None:
    """Send, and print when."""
    settings = Settings.from_env(os.environ)
    sent = asyncio.run(send(settings, int(reps), int(rate), float(seconds)))
    print(msgspec.json.encode(sent).decode())


if __name__ == "__main__":
    main(*sys.argv[1:])
