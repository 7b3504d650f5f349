"""Sends many records of a partition as ready-made batches: one future a batch, not one a record."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Any, Protocol, TypeVar

from aiokafka.errors import KafkaError

from streams.clock import uptime

KeyValue = tuple[bytes, bytes | None]
T = TypeVar("T")

TRY_FOR = 60.0  # seconds beyond the client's own tries, for a broker or leader to come back
PAUSE = 0.5  # seconds between two tries


class Producer(Protocol):
    """What is asked of the client's producer."""

    def create_batch(self) -> Any: ...

    async def send_batch(self, batch: Any, topic: str, *, partition: int) -> Awaitable[Any]: ...


async def until_durable(
    sent: Awaitable[T], send_again: Callable[[], Awaitable[Awaitable[T]]], pause: float = PAUSE
) -> T:
    """What *sent* gives once it is durable; sends again after errors that pass by themselves.

    The client gives up 30 s after a send was handed to it, whatever happened meanwhile: a restart
    of a broker takes longer. What was durable in spite of an error is then there twice.
    """
    until = time.monotonic() + TRY_FOR
    while True:
        try:
            return await sent
        except KafkaError as error:
            if not error.retriable or time.monotonic() > until:
                raise
        await asyncio.sleep(pause)
        sent = await send_again()


async def send_in_batches(
    producer: Producer,
    topic: str,
    partition: int,
    records: Iterable[KeyValue],
    pause: float = PAUSE,
    on_written: Callable[[float, Any], object] = lambda *_: None,
) -> list[range]:
    """Send *records* in order, in as few batches as hold them; their offsets once all are durable.

    The first record always fits into an empty batch, however large it is. After an error that
    passes by itself a batch is sent again, then perhaps after those that followed it. *on_written*
    gets the uptime at which the sending began, and what the client says of each batch.
    """

    async def submit(batch: Any) -> Awaitable[Any]:
        batch.close()  # nothing else goes in, and it does not linger
        return await producer.send_batch(batch, topic, partition=partition)

    async def offsets(chunk: Sequence[KeyValue], sent: Awaitable[Any]) -> range:
        sent_at = uptime()
        written = await until_durable(
            sent, lambda: submit(_filled(producer.create_batch(), chunk)), pause
        )
        on_written(sent_at, written)
        return range(written.offset, written.offset + len(chunk))

    durable = []
    batch, chunk = producer.create_batch(), list[KeyValue]()
    for record in records:
        if not _append(batch, record):
            durable.append(asyncio.ensure_future(offsets(chunk, await submit(batch))))
            batch, chunk = _filled(producer.create_batch(), [record]), []
        chunk.append(record)
    durable.append(asyncio.ensure_future(offsets(chunk, await submit(batch))))
    return list(await asyncio.gather(*durable))


def _append(batch: Any, record: KeyValue) -> bool:
    return batch.append(timestamp=None, key=record[0], value=record[1]) is not None


def _filled(batch: Any, records: Iterable[KeyValue]) -> Any:
    for record in records:
        _append(batch, record)
    return batch
