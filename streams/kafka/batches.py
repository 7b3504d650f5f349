"""Sends many records of a partition as ready-made batches: one future a batch, not one a record."""

import asyncio
from collections.abc import Awaitable, Iterable
from typing import Any, Protocol

TopicPlace = tuple[str, int]  # a topic and one of its partitions
KeyValue = tuple[bytes, bytes | None]


class Producer(Protocol):
    """What is asked of the client's producer."""

    def create_batch(self) -> Any: ...

    async def send_batch(self, batch: Any, topic: str, *, partition: int) -> Awaitable[Any]: ...


async def send_in_batches(
    producer: Producer, topic: str, partition: int, records: Iterable[KeyValue]
) -> list[range]:
    """Send *records* in order, in as few batches as hold them; their offsets once all are durable.

    The first record always fits into an empty batch, however large it is.
    """
    full = []
    batch = producer.create_batch()
    for key, value in records:
        if batch.append(timestamp=None, key=key, value=value) is None:
            full.append((await _submitted(producer, batch, topic, partition), batch.record_count()))
            batch = producer.create_batch()
            batch.append(timestamp=None, key=key, value=value)
    full.append((await _submitted(producer, batch, topic, partition), batch.record_count()))
    written = await asyncio.gather(*(durable for durable, _ in full))
    return [
        range(first.offset, first.offset + count)
        for first, (_, count) in zip(written, full, strict=True)
    ]


async def _submitted(producer: Producer, batch: Any, topic: str, partition: int) -> Awaitable[Any]:
    batch.close()  # nothing else goes in, and it does not linger
    return await producer.send_batch(batch, topic, partition=partition)
