"""Sends many records of a partition as ready-made batches: one future a batch, not one a record."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Any, Protocol, TypeVar

from streams.clock import system_clock, uptime
from streams.kafka.connection import tried

KeyValue = tuple[bytes, bytes | None]
T = TypeVar("T")
Submit = Callable[[], Awaitable[Awaitable[T]]]  # hands over; done when it is durable

SEND_FOR = 60.0  # seconds beyond the client's own tries, for a broker or leader to come back
PAUSE = 0.5  # seconds between two tries


class Producer(Protocol):
    """What is asked of the client's producer."""

    def create_batch(self) -> Any: ...

    async def send_batch(self, batch: Any, topic: str, *, partition: int) -> Awaitable[Any]: ...


async def handed_over(submit: Callable[[], Awaitable[T]], pause: float = PAUSE) -> T:
    """What *submit* gives; submits again after errors that pass by themselves."""
    return await tried(submit, SEND_FOR, pause)


async def until_durable(sent: Awaitable[T], send_again: Submit[T], pause: float = PAUSE) -> T:
    """What *sent* gives once it is durable; sends again after errors that pass by themselves.

    The client gives up 30 s after a send was handed to it, whatever happened meanwhile: a restart
    of a broker takes longer. What was durable in spite of an error is then there twice.
    """
    first: Awaitable[T] | None = sent

    async def durable() -> T:
        nonlocal first
        waiting, first = first, None
        return await (waiting if waiting is not None else await send_again())

    return await handed_over(durable, pause)


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

    def submitting(batch: Any, chunk: Sequence[KeyValue]) -> Submit[Any]:
        unused = [batch]

        async def submit() -> Awaitable[Any]:
            batch = unused.pop() if unused else _filled(producer.create_batch(), chunk)
            batch.close()  # nothing else goes in, and it does not linger
            return await producer.send_batch(batch, topic, partition=partition)

        return submit

    async def offsets(
        chunk: Sequence[KeyValue], sent: Awaitable[Any], submit: Submit[Any]
    ) -> range:
        sent_at = uptime()
        written = await until_durable(sent, submit, pause)
        on_written(sent_at, written)
        return range(written.offset, written.offset + len(chunk))

    durable = []

    async def send(batch: Any, chunk: Sequence[KeyValue]) -> None:
        submit = submitting(batch, chunk)
        sent = await handed_over(submit, pause)
        durable.append(asyncio.ensure_future(offsets(chunk, sent, submit)))

    batch, chunk = producer.create_batch(), list[KeyValue]()
    for record in records:
        if not _append(batch, record):
            await send(batch, chunk)
            batch, chunk = _filled(producer.create_batch(), [record]), []
        chunk.append(record)
    await send(batch, chunk)
    return list(await asyncio.gather(*durable))


def _append(batch: Any, record: KeyValue, at: int | None = None) -> bool:
    return batch.append(timestamp=at, key=record[0], value=record[1]) is not None


def _filled(batch: Any, records: Iterable[KeyValue]) -> Any:
    at = system_clock() // 1000  # one time for all: with later ones they might not fit again
    for record in records:
        _append(batch, record, at)
    return batch
