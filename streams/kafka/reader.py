"""Reads stretches of partitions from first to last, outside of any consumer group."""

import asyncio
import time
from collections.abc import AsyncGenerator, Collection, Mapping
from contextlib import AsyncExitStack

from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition
from aiokafka.errors import UnknownTopicOrPartitionError, UnsupportedCodecError, for_code
from aiokafka.protocol.offset import OffsetRequest

from streams.kafka.admin import fetch_partition_counts
from streams.kafka.connection import KafkaUnusableError, connected, tried
from streams.kafka.topic_ids import fetch_topic_ids
from streams.settings import Settings

METADATA_AGE = 5000  # milliseconds after which it is asked anew who leads what
LATEST = -1  # as a timestamp in a request for offsets: the end
Stretches = Mapping[TopicPartition, tuple[int, int]]  # offsets [start, end) of each partition
READ_UNCOMMITTED = 0  # as an isolation level there


class LogReader:
    """Reads stretches of partitions from first to last, outside of any consumer group."""

    LOOK = 0.2  # seconds that a look for records waits for some
    EMPTY = 25  # looks in a row without a record, after which a stretch is taken to hold no more
    POLLED_WITHIN = 5.0  # seconds within which the brokers must have answered by then

    def __init__(self, settings: Settings, *, is_patient: bool = True) -> None:
        self._settings = settings
        self._is_patient = is_patient
        self._consumer: AIOKafkaConsumer | None = None
        self._lock = asyncio.Lock()
        self._connection = AsyncExitStack()

    async def start(self) -> None:
        """Connect; waits for brokers that are away."""
        consumer = connected(
            self._settings,
            AIOKafkaConsumer,
            is_patient=self._is_patient,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            isolation_level="read_committed",
            metadata_max_age_ms=METADATA_AGE,
            fetch_max_wait_ms=100,
            max_partition_fetch_bytes=4 * 1024 * 1024,
        )
        self._consumer = await self._connection.enter_async_context(consumer)

    async def stop(self) -> None:
        """Disconnect."""
        await self._connection.aclose()

    async def __aenter__(self) -> "LogReader":
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    async def ends(self, partitions: Collection[TopicPartition]) -> dict[TopicPartition, int]:
        """The last stable offset of each partition: no record of an open transaction is before."""
        self._learn_of(partitions)
        return dict(await self._started().end_offsets(list(partitions)))

    async def high_watermarks(
        self, partitions: Collection[TopicPartition]
    ) -> dict[TopicPartition, int]:
        """The offset after the last record of each partition, transactions open or not.

        Of a partition that is not there, or has no leader, nothing is known.
        """
        return await tried(lambda: self._high_watermarks(partitions))

    async def _high_watermarks(
        self, partitions: Collection[TopicPartition]
    ) -> dict[TopicPartition, int]:
        by_leader: dict[int, dict[str, list[tuple[int, int]]]] = {}
        client = self._started()._client
        for topic, partition in partitions:
            leader = client.cluster.leader_for_partition(TopicPartition(topic, partition))
            if leader is not None and leader >= 0:
                by_topic = by_leader.setdefault(leader, {})
                by_topic.setdefault(topic, []).append((partition, LATEST))
        ends = {}
        for leader, asked in by_leader.items():
            response = await client.send(
                leader, OffsetRequest(-1, READ_UNCOMMITTED, list(asked.items()))
            )
            for topic, answers in response.topics:
                for partition, code, *_, offset in answers:
                    if code == 0:
                        ends[TopicPartition(topic, partition)] = offset
                    elif code != UnknownTopicOrPartitionError.errno:
                        where = f"{topic}/{partition}"
                        raise for_code(code)(f"the end of {where} is not given (error {code})")
        return ends

    async def partition_counts(self) -> dict[str, int]:
        """See `fetch_partition_counts`."""
        client = self._started()._client
        return await tried(lambda: fetch_partition_counts(client))

    async def topic_ids(self, topics: Collection[str]) -> dict[str, bytes | None]:
        """See `fetch_topic_ids`."""
        client = self._started()._client
        return await tried(lambda: fetch_topic_ids(client, sorted(topics)))

    async def beginnings(self, partitions: Collection[TopicPartition]) -> dict[TopicPartition, int]:
        """The first offset of each partition that is still there."""
        self._learn_of(partitions)
        return dict(await self._started().beginning_offsets(list(partitions)))

    def _learn_of(self, partitions: Collection[TopicPartition]) -> None:
        """Have the client ask for all topics at once; by itself it does one after the other."""
        for topic in {place.topic for place in partitions}:
            self._started()._client.add_topic(topic)

    async def read(
        self, stretches: Stretches
    ) -> AsyncGenerator[tuple[TopicPartition, list[ConsumerRecord]], None]:
        """The records of [start, end) of each partition, in batches; compaction leaves gaps."""
        consumer = self._started()
        async with self._lock:
            left = {tp: end for tp, (start, end) in stretches.items() if start < end}
            consumer.assign(list(left))
            for tp in left:
                consumer.seek(tp, stretches[tp][0])
            empty = 0  # looks in a row, not seconds: however long the caller took, a look is due
            while left:
                try:
                    batches = await consumer.getmany(
                        *left, timeout_ms=round(1000 * self.LOOK), max_records=20_000
                    )
                except UnsupportedCodecError as error:
                    raise codec_error(consumer, error) from None
                empty = 0 if batches else empty + 1
                for tp, records in batches.items():
                    yield tp, [record for record in records if record.offset < left[tp]]
                for tp in list(left):
                    if await consumer.position(tp) >= left[tp]:
                        del left[tp]
                if left and empty >= self.EMPTY and self._reached_ends(left):
                    break
            consumer.pause(*consumer.assignment())

    def _reached_ends(self, left: Mapping[TopicPartition, int]) -> bool:
        """Whether the brokers answer and have no more: the last records were compacted away."""
        consumer = self._started()
        polled = [consumer.last_poll_timestamp(tp) for tp in left]
        now = time.time() * 1000
        return all(at is not None and abs(now - at) < 1000 * self.POLLED_WITHIN for at in polled)

    def _started(self) -> AIOKafkaConsumer:
        if self._consumer is None:
            raise RuntimeError("the reader was not started")
        return self._consumer


def codec_error(consumer: AIOKafkaConsumer, error: UnsupportedCodecError) -> KafkaUnusableError:
    """Names the records whose codec this client does not know."""
    where = "a batch"
    for place, result in consumer._fetcher._records.items():
        records = getattr(result, "_partition_records", None)
        if records is not None and records._records_iterator.gi_frame is None:  # by the error
            where = f"{place.topic}/{place.partition}@{records.next_fetch_offset}"
    return KafkaUnusableError(
        f"unreadable batch at {where}: {error.args[0]}. Have the producer send it again with gzip, "
        "snappy, lz4 or zstd, and delete the records up to it"
    )


async def read_apart(
    settings: Settings, stretches: Stretches
) -> AsyncGenerator[tuple[TopicPartition, list[ConsumerRecord]], None]:
    """As `LogReader.read`, through a connection of its own that nobody else holds up."""
    async with LogReader(settings) as reader:
        async for read in reader.read(stretches):
            yield read
