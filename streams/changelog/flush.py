"""Makes durable what was processed: copies and dead letters first, then rows, then acks."""

import asyncio
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from typing import Generic, Protocol, TypeVar

from streams.changelog.positions import ForeignRange, Positions
from streams.kafka.batches import KeyValue
from streams.kafka.topics import Place, Topics, partitioner
from streams.ledgers.credits import credit_key
from streams.ledgers.rows import RowWrite, Table
from streams.processor import Processor, Writes

INTERVAL = 0.25  # seconds after which what was taken is written, whatever else arrives
IDLE = 0.02  # seconds without a further batch after which it is written at once
MOST_RECORDS = 50_000  # taken and not yet acknowledged; beyond them, delivery waits

Batch = TypeVar("Batch")
Batch_contra = TypeVar("Batch_contra", contravariant=True)


class Sender(Protocol[Batch_contra]):
    """What a flush needs of Kafka."""

    async def send(
        self,
        topic: str,
        key: bytes | None,
        value: bytes | None,
        partition: int | None,
        headers: Sequence[tuple[str, bytes]],
    ) -> Awaitable[object]:
        """Hand a record to the producer; what it returns is done when the record is durable."""

    async def send_together(
        self, records: Mapping[Place, Sequence[KeyValue]]
    ) -> Mapping[Place, Sequence[range]]:
        """Send records, those of a partition in their order, and wait until all are durable.

        Returns the offsets of each batch they went in, by partition. Batches are durable whole or
        not at all; after a crash, any first few of each partition's are.
        """

    async def acknowledge(self, batch: Batch_contra) -> None:
        """Let the offsets of a batch be committed."""


class Flusher(Generic[Batch]):
    """Flushes a processor: once per interval, or at once when idle.

    Any failure is raised: memory is then ahead of the changelog, so the worker has to crash.
    *merge_foreign* reads and merges what others wrote to the changelogs.
    """

    def __init__(
        self,
        processor: Processor,
        topics: Topics,
        positions: Positions,
        sender: Sender[Batch],
        merge_foreign: Callable[[list[ForeignRange]], Awaitable[None]],
    ) -> None:
        self._processor = processor
        self._topics = topics
        self._partition_of_rep = partitioner(topics.partitions)
        self._sender = sender
        self._merge_foreign = merge_foreign
        self._pending: list[Batch] = []
        self._records = 0
        self._wake = asyncio.Event()
        self._room = asyncio.Event()
        self._room.set()
        self.lock = asyncio.Lock()  # taken while writing; who has it sees nothing half written
        self.positions = positions
        self.flushes = 0
        self.records_written = 0
        self.seconds = 0.0

    async def taken(self, batch: Batch, records: int) -> None:
        """Note a batch that the processor took; waits while too much is not durable yet."""
        self._pending.append(batch)
        self._records += records
        self._wake.set()
        if self._records >= MOST_RECORDS:
            self._room.clear()
            await self._room.wait()

    def forget(self) -> None:
        """Acknowledge nothing of what was taken before: it is delivered again."""
        self._pending.clear()
        self._records = 0
        self._room.set()

    def wake(self) -> None:
        """Have what the processor has to write written soon."""
        self._wake.set()

    async def run(self) -> None:
        """Flush until cancelled."""
        while True:
            await self._wake.wait()
            until = time.monotonic() + INTERVAL
            while (left := until - time.monotonic()) > 0 and self._room.is_set():
                self._wake.clear()
                try:
                    await asyncio.wait_for(self._wake.wait(), min(IDLE, left))
                except TimeoutError:
                    break
            self._wake.clear()
            await self.flush()

    async def flush(self) -> None:
        """Write everything taken so far, wait until it is durable, and acknowledge it."""
        async with self.lock:
            started = time.monotonic()
            batches, self._pending = self._pending, []
            self._records = 0
            await self._heal(await self._write(await self._take()))
            for batch in batches:
                await self._sender.acknowledge(batch)
            self.flushes += 1
            self.seconds += time.monotonic() - started
            self._room.set()

    async def write(self, take: Callable[[], Iterable[tuple[Table, RowWrite]]]) -> None:
        """Write the rows that *take* gives, between two flushes.

        First, what the credits topic has to get instead of copies that went.
        """
        async with self.lock:
            rows = list(take())
            copies = self._processor.credits.take_corrections()
            await self._heal(await self._write(Writes(copies, rows=rows)))

    async def look_for_others(self, find: Callable[[], Awaitable[list[ForeignRange]]]) -> None:
        """Merge what *find* says that others wrote after our last records."""
        async with self.lock:
            ranges = await find()
            for foreign in ranges:
                self.positions.reach(foreign.table, foreign.partition, foreign.end)
            await self._heal(ranges)

    async def _heal(self, ranges: list[ForeignRange]) -> None:
        """Read what others wrote, and write again what is better here."""
        while ranges:
            await self._merge_foreign(ranges)
            ranges = await self._write(await self._take())

    async def _take(self) -> Writes:
        """Take what is to be written, in slices between which other work goes on."""
        slices = self._processor.take_slices()
        writes = next(slices)
        for _ in slices:
            await asyncio.sleep(0)
        return writes

    async def _write(self, writes: Writes) -> list[ForeignRange]:
        sent = []
        for destination, partition, key, value, headers in writes.outgoing:
            topic = self._topics.destination(destination)
            sent.append(await self._sender.send(topic, key, value, partition, headers))
        copies: defaultdict[Place, list[KeyValue]] = defaultdict(list)
        for rep_id, lead_id, row in writes.copies:
            place = self._topics.credits, self._partition_of_rep(rep_id)
            copies[place].append((credit_key(rep_id, lead_id), row))
        await asyncio.gather(self._sender.send_together(copies), *sent)
        return await self._write_rows(writes.rows)

    async def _write_rows(self, rows: Iterable[tuple[Table, RowWrite]]) -> list[ForeignRange]:
        """Write rows to their changelogs; returns what others wrote in between."""
        records: defaultdict[tuple[Table, int], list[KeyValue]] = defaultdict(list)
        for table, (partition, key, value) in rows:
            records[table, partition].append((key, value))
            self.records_written += 1
        places = {where: (self._topics.changelog(where[0]), where[1]) for where in records}
        batches = await self._sender.send_together(
            {places[where]: records[where] for where in records}
        )
        return [
            foreign
            for where, place in places.items()
            for foreign in self.positions.wrote(*where, batches[place])
        ]
