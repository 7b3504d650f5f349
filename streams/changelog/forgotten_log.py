"""Reads who was forgotten, from the topic in which it is kept for good."""

from collections.abc import AsyncIterator

import msgspec
from aiokafka import AIOKafkaProducer, TopicPartition

from streams.kafka.admin import existing
from streams.kafka.connection import KafkaUnusableError, connected
from streams.kafka.reader import LogReader
from streams.kafka.topics import Topics
from streams.ledgers.forgotten import ForgottenRecord, decode_forgotten, encode_forgotten
from streams.settings import Settings


class ForgottenLog:
    """The topic of who was forgotten, in any number of partitions; each record is given once."""

    def __init__(self, topics: Topics, reader: LogReader) -> None:
        self._topic = topics.forgotten
        self._reader = reader
        self._next: dict[TopicPartition, int] = {}
        self._id: bytes | None = None  # of the topic that was read; None where brokers have none

    async def read(self) -> AsyncIterator[ForgottenRecord]:
        """The records that came since the last call: at first, and of a topic made anew, all.

        Raises KafkaUnusableError where the topic is missing, or has what this version cannot read.
        """
        counts = existing(await self._reader.partition_counts(), [self._topic])
        topic_id = (await self._reader.topic_ids([self._topic])).get(self._topic)
        places = [TopicPartition(self._topic, number) for number in range(counts[self._topic])]
        ends = await self._reader.ends(places)
        if topic_id != self._id or any(end < self._next.get(p, 0) for p, end in ends.items()):
            self._next.clear()  # made anew: what was read before stays known
        stretches = {place: (self._next.get(place, 0), end) for place, end in ends.items()}
        async for place, records in self._reader.read(stretches):
            for record in records:
                if record.value is not None:
                    yield _decoded(place, record.offset, record.value)
        self._next.update(ends)
        self._id = topic_id


async def remember(settings: Settings, record: ForgottenRecord) -> None:
    """Write a record to the topic; returns when it is durable."""
    key, value = encode_forgotten(record)
    async with connected(settings, AIOKafkaProducer, acks="all") as producer:
        await producer.send_and_wait(Topics(settings).forgotten, value, key=key)


def _decoded(place: TopicPartition, offset: int, value: bytes) -> ForgottenRecord:
    try:
        return decode_forgotten(value)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        where = f"{place.topic}/{place.partition}@{offset}"
        raise KafkaUnusableError(
            f"unreadable record at {where} ({error}): nobody knows who it forgets. Run the version "
            "that wrote it, or restore the topic"
        ) from None
