"""A broker and its group in memory; the real processor, flusher and restorer; any fault.

A worker's every batch sent and every acknowledgement is a step. At a step a worker may crash, may
be paused until it is woken, or may be delivered more records meanwhile. Batches are durable in the
order in which they are sent, so a crash leaves any first few of a flush. One holds two records at
most, so that a flush has several of a partition.
"""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from streams.changelog.flush import Flusher
from streams.changelog.positions import Positions
from streams.changelog.restore import Restorer
from streams.clock import Clock
from streams.kafka.topics import TABLES, Place, Topics, partitioner
from streams.ledgers.forgotten import Forgotten
from streams.ledgers.rows import Rows, Table
from streams.processor import Processor
from streams.roster.people import Roster
from streams.settings import Settings
from streams.worker.agents import Deliveries, _hand_over
from streams.worker.forgetting import Forgetting

SETTINGS = Settings(partitions=2, lead_partitions=2)
TOPICS = Topics(SETTINGS)
PARTITION_OF = partitioner(2)
CHANGELOGS = tuple(TOPICS.changelog(table) for table in TABLES)

BATCH = 2  # records


class Record(NamedTuple):
    """A record of a partition."""

    topic: str
    partition: int
    offset: int
    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes], ...]


class Crash(Exception):  # noqa: N818
    """The process ends here."""


@dataclass
class Fault:
    """What happens at which step of a worker from now on; None is never."""

    commits_at_once: bool = False
    crash_at: int | None = None
    pause_at: int | None = None
    deliver_at: int | None = None


class Broker:
    """Partitions as lists of records, and the offsets that the group committed."""

    def __init__(self) -> None:
        self.logs: dict[Place, list[Record]] = defaultdict(list)
        self.ends: dict[Place, int] = defaultdict(int)
        self.committed: dict[Place, int] = {}

    def append(
        self,
        topic: str,
        partition: int,
        key: bytes | None,
        value: bytes | None,
        headers: Sequence[tuple[str, bytes]] = (),
    ) -> Record:
        """Append a record."""
        place = (topic, partition)
        record = Record(topic, partition, self.ends[place], key, value, tuple(headers))
        self.logs[place].append(record)
        self.ends[place] += 1
        return record

    def between(self, place: Place, start: int, end: int) -> list[Record]:
        """The records of [start, end) that are still there."""
        return [record for record in self.logs[place] if start <= record.offset < end]

    def compact(self, topic: str, limits: Mapping[Place, int], *, tombstones_too: bool) -> None:
        """Keep the newest offset of each key, below the *limits* of partitions.

        A broker leaves alone what is newer than its lag; the limits are what that gives time for.
        """
        for place in [place for place in self.logs if place[0] == topic]:
            limit = limits.get(place, 0)
            old = [record for record in self.logs[place] if record.offset < limit]
            newest = {record.key: record.offset for record in old}
            self.logs[place] = [
                record
                for record in self.logs[place]
                if record.offset >= limit
                or (
                    newest[record.key] == record.offset
                    and not (tombstones_too and record.value is None)
                )
            ]

    # -- what `Restorer` asks of a LogReader

    async def beginnings(self, places: Sequence[Place]) -> dict[Place, int]:
        """Compaction never moves the first offset here."""
        return dict.fromkeys(places, 0)

    async def ends_of(self, places: Sequence[Place]) -> dict[Place, int]:
        """The offset after the last record of each partition."""
        return {place: self.ends[place] for place in places}

    async def partition_counts(self) -> dict[str, int]:
        """Only who was forgotten is asked for."""
        return {TOPICS.forgotten: 1}

    async def topic_ids(self, _topics: Sequence[str]) -> dict[str, bytes | None]:
        """None: no topic is exchanged here."""
        return {}

    async def read(
        self, stretches: Mapping[Place, tuple[int, int]]
    ) -> AsyncIterator[tuple[Place, list[Record]]]:
        """The records of each stretch, in batches of three."""
        for place, (start, end) in stretches.items():
            records = self.between(place, start, end)
            for first in range(0, len(records), 3):
                yield place, records[first : first + 3]


class Reader:
    """The broker as the restorer reads it."""

    def __init__(self, broker: Broker) -> None:
        self.beginnings = broker.beginnings
        self.ends = self.high_watermarks = broker.ends_of
        self.topic_ids = broker.topic_ids
        self.partition_counts = broker.partition_counts
        self.read = broker.read


class Worker:
    """A process of the group: what `streams.worker.process` wires, without Faust."""

    def __init__(
        self,
        broker: Broker,
        clock: Clock,
        roster: Roster,
        note: Callable[[Record], None],
    ) -> None:
        self._broker = broker
        self._note = note
        self.rows: dict[Table, Rows] = {table: {} for table in TABLES}
        self.processor = Processor(
            clock,
            roster,
            self.rows.__getitem__,
            partition_of_rep=PARTITION_OF,
            partition_of_lead=PARTITION_OF,
            forgotten=Forgotten(SETTINGS.app_id),
        )
        positions, reader = Positions(), Reader(broker)
        self.restorer = Restorer(
            SETTINGS,
            self.processor,
            positions,
            reader,  # type: ignore[arg-type]
            accept_incomplete=False,
        )
        self.flusher: Flusher[tuple[Place, int]] = Flusher(
            self.processor, TOPICS, positions, self, self.restorer.merge_foreign
        )
        self.forgetting = Forgetting(
            TOPICS,
            reader,  # type: ignore[arg-type]
            self.processor,
            self.flusher,  # type: ignore[arg-type]
            self,  # type: ignore[arg-type]
        )
        self.deliveries = Deliveries()
        self.sources: list[Place] = []
        self.is_member = False
        self._has_begun = False
        self.task: asyncio.Task[None] | None = None  # what it was doing when it was paused
        self._acknowledged: dict[Place, int] = {}
        self._fault = Fault()
        self._woken = asyncio.Event()
        self.paused = asyncio.Event()

    # -- life

    async def run(self, work: Awaitable[None], fault: Fault | None = None) -> None:
        """Do *work* until it is done or the worker is paused in it; raises Crash."""
        self._fault = fault or Fault()
        self._woken.clear()
        self.paused.clear()
        self.task = asyncio.ensure_future(work)
        paused = asyncio.create_task(self.paused.wait())
        await asyncio.wait({self.task, paused}, return_when=asyncio.FIRST_COMPLETED)
        paused.cancel()
        if self.task.done():
            await self._end()

    async def wake(self, fault: Fault) -> None:
        """Go on with what was being done; raises Crash."""
        self._fault = fault
        self.paused.clear()
        self._woken.set()
        await self._end()

    async def kill(self) -> None:
        """End the process wherever it is."""
        if self.task is not None:
            self.task.cancel()
            await asyncio.gather(self.task, return_exceptions=True)

    async def _end(self) -> None:
        task, self.task, self._fault = self.task, None, Fault()
        assert task is not None
        await task

    async def _step(self) -> None:
        fault = self._fault
        if fault.crash_at == 0:
            raise Crash
        if fault.pause_at == 0:
            fault.pause_at = None
            self.paused.set()
            await self._woken.wait()
        if fault.deliver_at == 0:
            for place in self.sources:
                await self.take(place, 2)
        for name in ("crash_at", "pause_at", "deliver_at"):
            left = getattr(fault, name)
            if left is not None:
                setattr(fault, name, left - 1)

    # -- delivery

    async def take(self, place: Place, most: int) -> None:
        """Be delivered up to *most* records of a source."""
        start = self.deliveries.next_offset[place]
        records = self._broker.between(place, start, self._broker.ends[place])[:most]
        if not records:
            return
        for record in records:
            self._note(record)
        _hand_over(TOPICS, self.processor, records)  # type: ignore[arg-type]
        self.deliveries.note(records)  # type: ignore[arg-type]
        await self.flusher.taken((place, self.deliveries.next_offset[place]), len(records))

    @property
    def is_ready(self) -> bool:
        """Whether its rows are its own, as far as it knows."""
        return self.is_member

    @property
    def is_drained(self) -> bool:
        """Whether all that was sent to its sources is taken, written and committed."""
        ends = self._broker.ends
        return not self.processor.has_writes and all(
            self._broker.committed.get(place, 0) >= ends[place] for place in self.sources
        )

    @property
    def known(self) -> dict[Place, int]:
        """Of each changelog it owns, the offset up to which it knows every record."""
        return {
            (TOPICS.changelog(table), partition): self.flusher.positions[table, partition]
            for table, partitions in self.restorer.owned.items()
            for partition in partitions
        }

    async def acknowledge(self, batch: tuple[Place, int]) -> None:
        """Have an offset committed; with the next commit, or at once if the fault says so."""
        await self._step()
        place, offset = batch
        self._acknowledged[place] = offset
        if self._fault.commits_at_once:
            self.commit()

    def commit(self) -> None:
        """Commit what was acknowledged; the group takes it of its members only."""
        if self.is_member:
            self._broker.committed.update(self._acknowledged)

    # -- writing

    async def send(
        self,
        topic: str,
        key: bytes | None,
        value: bytes | None,
        partition: int | None,
        headers: Sequence[tuple[str, bytes]],
    ) -> Awaitable[None]:
        """Append a record; it is durable at once."""
        await self._step()
        self._broker.append(topic, partition or 0, key, value, headers)
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        done.set_result(None)
        return done

    async def send_together(
        self, records: Mapping[Place, Sequence[tuple[bytes, bytes | None]]]
    ) -> Mapping[Place, Sequence[range]]:
        """Append records in batches; the offsets of each."""
        return {place: await self._batches(place, its) for place, its in records.items()}

    async def _batches(
        self, place: Place, records: Sequence[tuple[bytes, bytes | None]]
    ) -> list[range]:
        batches = []
        for first in range(0, len(records), BATCH):
            await self._step()
            start = self._broker.ends[place]
            for key, value in records[first : first + BATCH]:
                self._broker.append(*place, key, value)
            batches.append(range(start, self._broker.ends[place]))
        return batches

    async def look_for_others(self) -> None:
        """Merge what others wrote after our last records."""
        await self.flusher.look_for_others(self.restorer.foreign_ends)

    async def sweep(self) -> None:
        """Drop what is not kept any more, where all leads are caught up."""
        behind = {
            place[1]
            for place in self.sources
            if place[0] in TOPICS.keyed_by_lead
            and self.deliveries.next_offset[place] < self._broker.ends[place]
        }
        if not behind:
            leads = self.restorer.owned["leads"]
            await self.flusher.write(lambda: self.processor.expire(leads))

    # -- rebalance

    async def assign(self, reps: set[int], leads: set[int]) -> None:
        """Restore what came, and begin where the group committed."""
        self.is_member, self.sources = False, []
        if not self._has_begun:
            await self.forgetting.begin()
            self._has_begun = True
        owned: dict[Table, set[int]] = {"touches": reps, "credits": reps, "leads": leads}
        changelogs = [(TOPICS.changelog(t), p) for t in TABLES for p in owned[t]]
        async with self.flusher.lock:
            self._acknowledged.clear()
            self.flusher.forget()
            self.deliveries.next_offset.clear()
            await self.forgetting.read()
            await self.restorer.restore(changelogs)  # type: ignore[arg-type]
        by_rep = (*TOPICS.touches, TOPICS.misrouted_touches, TOPICS.credits)
        self.sources = [(topic, p) for topic in by_rep for p in sorted(reps)]
        self.sources += [(topic, p) for topic in TOPICS.keyed_by_lead for p in sorted(leads)]
        for place in self.sources:
            self.deliveries.next_offset[place] = self._broker.committed.get(place, 0)
        self.is_member = True
