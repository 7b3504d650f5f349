"""What the client alone can do: plain `getmany`, msgspec, and one dict increment per event.

Run as `python -m bench.ceiling BROKERS EVENTS TOPIC...`; prints one line of JSON.
"""

import asyncio
import json
import sys
import time
from collections import defaultdict

import msgspec
from aiokafka import AIOKafkaConsumer, TopicPartition


class _Event(msgspec.Struct, gc=False):
    id: str
    rep_id: str
    at: str


async def read(brokers: str, events: int, topics: list[str]) -> dict[str, float]:
    """Read so many events from the beginning of *topics*; what it took."""
    decode = msgspec.json.Decoder(_Event).decode
    counts: defaultdict[str, int] = defaultdict(int)
    consumer = AIOKafkaConsumer(
        bootstrap_servers=brokers, auto_offset_reset="earliest", enable_auto_commit=False
    )
    await consumer.start()
    try:
        places = [TopicPartition(t, p) for t in topics for p in await _partitions(consumer, t)]
        consumer.assign(places)
        await consumer.seek_to_beginning(*places)
        started, cpu, taken = time.monotonic(), time.process_time(), 0
        while taken < events:
            for records in (await consumer.getmany(timeout_ms=200)).values():
                for record in records:
                    counts[decode(record.value).rep_id] += 1
                taken += len(records)
        seconds, cpu = time.monotonic() - started, time.process_time() - cpu
    finally:
        await consumer.stop()
    return {"events": sum(counts.values()), "seconds": seconds, "cpu": cpu}


async def _partitions(consumer: AIOKafkaConsumer, topic: str) -> set[int]:
    """The partitions of a topic, once the client knows them."""
    while not (partitions := consumer.partitions_for_topic(topic)):
        await consumer._client.force_metadata_update()
        consumer._client.add_topic(topic)
        await asyncio.sleep(0.05)
    return partitions


if __name__ == "__main__":
    print(json.dumps(asyncio.run(read(sys.argv[1], int(sys.argv[2]), sys.argv[3:]))))
