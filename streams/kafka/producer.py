"""Sends events into the input topics as a well-behaved source does: keyed, and acknowledged."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from typing import NamedTuple

import msgspec
from aiokafka import AIOKafkaProducer

from streams.kafka.connection import connected
from streams.settings import Settings

IN_FLIGHT = 5000  # records sent and not yet acknowledged


class OutEvent(NamedTuple):
    """An event on its way out: the topic without prefix, its key and its bytes."""

    topic: str
    key: bytes | None
    value: bytes


class _Owner(msgspec.Struct):
    rep_id: str | None = None
    lead_id: str | None = None


_owner = msgspec.json.Decoder(_Owner)


def key_of(topic: str, value: bytes) -> bytes | None:
    """The key that an event has to carry; None for bytes that name no rep or lead."""
    try:
        owner = _owner.decode(value)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return None
    name = owner.lead_id if topic == "lead-status" else owner.rep_id
    return None if name is None else name.encode()


class Feeder:
    """Sends events through a producer; `flush` returns when all that was sent is durable."""

    def __init__(self, producer: AIOKafkaProducer, topic_prefix: str) -> None:
        self._producer = producer
        self._topic_prefix = topic_prefix
        self._sent: set[asyncio.Future[object]] = set()

    async def send(self, event: OutEvent) -> "asyncio.Future[object]":
        """Hand an event to the producer; what it returns is done when the event is durable.

        Raises what an earlier send failed with.
        """
        topic = self._topic_prefix + event.topic
        sent: asyncio.Future[object] = await self._producer.send(topic, event.value, key=event.key)
        self._sent.add(sent)
        if len(self._sent) >= IN_FLIGHT:
            await self.flush()
        return sent

    async def send_all(self, events: Iterable[OutEvent]) -> int:
        """Send events in order and wait until all are durable; how many they were."""
        count = 0
        for event in events:
            await self.send(event)
            count += 1
        await self.flush()
        return count

    async def flush(self) -> None:
        """Wait until everything that was sent is durable; raises what failed."""
        sent, self._sent = self._sent, set()
        await asyncio.gather(*sent)


@asynccontextmanager
async def feeding(settings: Settings) -> AsyncIterator[Feeder]:
    """A feeder of the input topics for as long as the block lasts."""
    async with connected(
        settings, AIOKafkaProducer, acks="all", linger_ms=5, max_batch_size=256 * 1024
    ) as producer:
        yield Feeder(producer, settings.topic_prefix)
