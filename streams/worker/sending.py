"""Sends through the app's producer what a flush writes, and acknowledges batches to Faust."""

import asyncio
from collections.abc import Awaitable, Mapping, Sequence
from typing import Any, TypeVar

from aiokafka.errors import InvalidTimestampError
from faust.exceptions import ProducerSendError

from streams.changelog.flush import Sender
from streams.clock import iso, system_clock
from streams.kafka.batches import KeyValue, handed_over, send_in_batches, until_durable
from streams.kafka.connection import KafkaUnusableError
from streams.kafka.topics import Place
from streams.worker.agents import Batch
from streams.worker.clocks import BrokerTime
from streams.worker.faust_recovery import BatchApp

T = TypeVar("T")

LOG_APPEND_TIME = 1  # the type of a time stamp that the broker gave


class AppSender(Sender[Batch]):
    """Sends through the producer of an app; *broker_time* gets the times of what is written."""

    def __init__(self, app: BatchApp, broker_time: BrokerTime) -> None:
        self._app = app
        self._broker_time = broker_time

    async def send(
        self,
        topic: str,
        key: bytes | None,
        value: bytes | None,
        partition: int | None,
        headers: Sequence[tuple[str, bytes]],
    ) -> Awaitable[object]:
        """Hand a record to the producer; what it returns is done when the record is durable."""

        async def submit() -> Awaitable[object]:
            try:
                sent: Awaitable[object] = await self._app.producer.send(
                    topic, key, value, partition, None, list(headers)
                )
            except ProducerSendError as error:  # Faust's own, around the client's
                raise (error.__cause__ or error) from None
            return sent

        return _appended(topic, until_durable(await handed_over(submit), submit))

    async def send_together(
        self, records: Mapping[Place, Sequence[KeyValue]]
    ) -> Mapping[Place, Sequence[range]]:
        """Send records in batches until all are durable; the offsets of each batch."""
        producer: Any = self._app.producer
        client = producer._ensure_producer()  # Faust's own has no batches
        batches = await asyncio.gather(
            *(
                _appended(
                    place[0], send_in_batches(client, *place, pairs, on_written=self._note_time)
                )
                for place, pairs in records.items()
            )
        )
        return dict(zip(records, batches, strict=True))

    def _note_time(self, sent_at: float, written: Any) -> None:
        is_brokers = written.timestamp_type == LOG_APPEND_TIME
        self._broker_time.note(sent_at, written.timestamp * 1000 if is_brokers else None)

    async def acknowledge(self, batch: Batch) -> None:
        """Let the offsets of a batch be committed."""
        stream, event = batch
        await stream.ack(event)


async def _appended(topic: str, sent: Awaitable[T]) -> T:
    """What *sent* gives; raises KafkaUnusableError where brokers refuse this machine's clock."""
    try:
        return await sent
    except InvalidTimestampError:
        raise KafkaUnusableError(
            f"Kafka refuses what is sent to {topic}: this machine's clock is at "
            f"{iso(system_clock())}. Mend the clock, and set message.timestamp.type=LogAppendTime "
            "on the topic"
        ) from None
