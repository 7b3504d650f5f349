"""Makes durable what the desk took: copies and letters first, then rows, then acknowledgements."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Generic, NamedTuple, Protocol, TypeVar

from streams.desk import Desk, Table, Writes
from streams.leadledger import credit_key
from streams.ledger import RowWrite
from streams.topics import Topics, partitioner

INTERVAL = 0.25  # seconds after which what was taken is written, whatever else arrives
IDLE = 0.02  # seconds without a further batch after which it is written at once
MOST_RECORDS = 50_000  # taken and not yet acknowledged; beyond them, delivery waits

Batch = TypeVar("Batch")


class Written(Protocol):
    """Where a record was written."""

    @property
    def offset(self) -> int: ...


class Send(Protocol):
    """Hands a record to the producer; what it returns is done when the record is durable."""

    async def __call__(
        self,
        topic: str,
        key: bytes | None,
        value: bytes | None,
        partition: int | None,
        headers: Sequence[tuple[str, bytes]] = (),
    ) -> Awaitable[Written]: ...


class Gap(NamedTuple):
    """Offsets [start, end) of a changelog partition that somebody else wrote."""

    table: Table
    partition: int
    start: int
    end: int


class Positions:
    """How far each changelog partition is known here: restored, or written by ourselves.

    The offsets that our own sends return are contiguous; where they are not, a woken old owner has
    written in between.
    """

    def __init__(self) -> None:
        self._next: dict[tuple[Table, int], int] = {}

    def __getitem__(self, where: tuple[Table, int]) -> int:
        """The first offset that is not known; 0 for a partition that was not read."""
        return self._next.get(where, 0)

    def reach(self, table: Table, partition: int, offset: int) -> None:
        """Everything before *offset* is known."""
        self._next[table, partition] = offset

    def wrote(self, table: Table, partition: int, offsets: Iterable[int]) -> list[Gap]:
        """Note the offsets of our own records; returns what others wrote before them."""
        due = self[table, partition]
        gaps = []
        for offset in sorted(offsets):
            if offset > due:
                gaps.append(Gap(table, partition, due, offset))
            due = max(due, offset + 1)
        self._next[table, partition] = due
        return gaps

    def forget(self, keep: Callable[[Table, int], bool]) -> None:
        """Forget the partitions that are another worker's now."""
        self._next = {where: at for where, at in self._next.items() if keep(*where)}


class Flusher(Generic[Batch]):
    """Flushes a desk: once per interval, or at once when idle.

    Any failure is raised: memory is then ahead of the changelog, so the worker has to crash.
    """

    def __init__(
        self,
        desk: Desk,
        topics: Topics,
        send: Send,
        acknowledge: Callable[[Batch], Awaitable[object]],
        read_gaps: Callable[[list[Gap]], Awaitable[None]],
    ) -> None:
        self._desk = desk
        self._topics = topics
        self._partition_of_rep = partitioner(topics.partitions)
        self._send = send
        self._acknowledge = acknowledge
        self._read_gaps = read_gaps
        self._pending: list[Batch] = []
        self._records = 0
        self._wake = asyncio.Event()
        self._room = asyncio.Event()
        self._room.set()
        self.lock = asyncio.Lock()  # held while writing; who holds it sees nothing half written
        self.positions = Positions()
        self.flushes = 0
        self.records_written = 0
        self.seconds = 0.0

    async def taken(self, batch: Batch, records: int) -> None:
        """Note a batch that the desk took; waits while too much is not durable yet."""
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
        """Have what the desk has to write written soon."""
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
            await self._heal(await self._write(self._desk.take_writes()))
            for batch in batches:
                await self._acknowledge(batch)
            self.flushes += 1
            self.seconds += time.monotonic() - started
            self._room.set()

    async def write(self, take: Callable[[], Iterable[tuple[Table, RowWrite]]]) -> None:
        """Write the rows that *take* gives, between two flushes."""
        async with self.lock:
            await self._heal(await self._write_rows(take()))

    async def look_for_others(self, find: Callable[[], Awaitable[list[Gap]]]) -> None:
        """Merge what *find* says that others wrote after our last records."""
        async with self.lock:
            gaps = await find()
            for gap in gaps:
                self.positions.reach(gap.table, gap.partition, gap.end)
            await self._heal(gaps)

    async def _heal(self, gaps: list[Gap]) -> None:
        """Read what others wrote, and write again what is better here."""
        while gaps:
            await self._read_gaps(gaps)
            gaps = await self._write(self._desk.take_writes())

    async def _write(self, writes: Writes) -> list[Gap]:
        sent = [
            await self._send(
                self._topics.credits,
                credit_key(rep_id, lead_id),
                row,
                self._partition_of_rep(rep_id),
            )
            for rep_id, lead_id, row in writes.copies
        ]
        for destination, partition, key, value, headers in writes.outgoing:
            topic = self._topics.destination(destination)
            sent.append(await self._send(topic, key, value, partition, headers))
        await asyncio.gather(*sent)
        return await self._write_rows(writes.rows)

    async def _write_rows(self, rows: Iterable[tuple[Table, RowWrite]]) -> list[Gap]:
        """Write rows to their changelogs; returns what others wrote in between."""
        places, sent = [], []
        for table, (partition, key, value) in rows:
            places.append((table, partition))
            sent.append(await self._send(self._topics.changelog(table), key, value, partition))
        offsets: dict[tuple[Table, int], list[int]] = {}
        for place, written in zip(places, await asyncio.gather(*sent), strict=True):
            offsets.setdefault(place, []).append(written.offset)
        self.records_written += len(places)
        return [
            gap for place, each in offsets.items() for gap in self.positions.wrote(*place, each)
        ]
