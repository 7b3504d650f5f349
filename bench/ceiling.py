"""What the client alone can do: plain `getmany`, msgspec, five counts in a dict, offsets committed.

Nothing is durable but the offsets, and no window slides: what is above it is not to be had.

Run as `python -m bench.ceiling BROKERS EVENTS TOPIC...`; prints one line of JSON.
"""

import asyncio
import json
import sys
import time
from collections import defaultdict
from datetime import datetime
from typing import Any

import msgspec
from aiokafka import AIOKafkaConsumer, TopicPartition

from bench.peers.counts import NAMES

COMMIT_EVERY = 1.0  # seconds, as a worker does


class _Event(msgspec.Struct, gc=False):
    """Every field of every topic."""

    id: str
    rep_id: str
    at: datetime
    version: int = 1
    direction: str = ""
    outcome: str = ""
    talk_seconds: int = 0
    contact_id: str | None = None
    source: str = ""
    automated: bool = False
    lead_id: str = ""
    status: str = ""
    origin: str = ""


async def read(brokers: str, events: int, topics: list[str]) -> dict[str, Any]:
    """Read so many events from the beginning of *topics*; what it took, and the five totals."""
    decode = msgspec.json.Decoder(_Event).decode
    counts: defaultdict[tuple[str, str], int] = defaultdict(int)
    consumer = AIOKafkaConsumer(
        bootstrap_servers=brokers,
        group_id=f"ceiling-{time.time_ns()}",
        auto_offset_reset="earliest",
        enable_auto_commit=False,
        max_poll_records=None,
    )
    await consumer.start()
    try:
        places = [TopicPartition(t, p) for t in topics for p in await _partitions(consumer, t)]
        consumer.assign(places)
        await consumer.seek_to_beginning(*places)
        started, cpu, taken = time.monotonic(), time.process_time(), 0
        committed = started
        while taken < events:
            for records in (await consumer.getmany(timeout_ms=200)).values():
                for record in records:
                    event = decode(record.value)
                    rep = event.rep_id
                    counts[rep, "events"] += 1
                    counts[rep, "outbound"] += event.direction == "outbound"
                    counts[rep, "human"] += event.outcome == "human"
                    counts[rep, "with_contact"] += event.contact_id is not None
                    counts[rep, "talk_seconds"] += event.talk_seconds
                taken += len(records)
            if time.monotonic() - committed > COMMIT_EVERY:
                await consumer.commit()
                committed = time.monotonic()
        await consumer.commit()
        seconds, cpu = time.monotonic() - started, time.process_time() - cpu
    finally:
        await consumer.stop()
    totals = [sum(n for (_, of), n in counts.items() if of == name) for name in NAMES]
    return {"events": taken, "seconds": seconds, "cpu": cpu, "totals": totals}


async def _partitions(consumer: AIOKafkaConsumer, topic: str) -> set[int]:
    """The partitions of a topic, once the client knows them."""
    while not (partitions := consumer.partitions_for_topic(topic)):
        await consumer._client.force_metadata_update()
        consumer._client.add_topic(topic)
        await asyncio.sleep(0.05)
    return partitions


if __name__ == "__main__":
    print(json.dumps(asyncio.run(read(sys.argv[1], int(sys.argv[2]), sys.argv[3:]))))
