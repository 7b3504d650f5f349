"""Restores the processor from the changelogs, and heals what another worker wrote to them."""

import asyncio
import logging
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

import msgspec
from aiokafka import ConsumerRecord, TopicPartition

from streams.changelog.lost_history import LOST_HISTORY_KEY, Home, LostRecords, Write
from streams.changelog.own_logs import OwnLogs
from streams.changelog.positions import ForeignRange, Positions
from streams.changelog.source_logs import SourceLogs
from streams.kafka.admin import cleanup_policies
from streams.kafka.reader import LogReader, Stretches
from streams.kafka.topics import TABLES, Topics
from streams.ledgers.rows import NewerRowError, Table, decode_changes
from streams.processor import Processor
from streams.settings import Settings

log = logging.getLogger(__name__)

UNREADABLE = (NewerRowError, msgspec.MsgspecError, UnicodeDecodeError)
AT_ONCE = 1_000  # records that are merged before other work goes on: some 30 ms
Absorb = Callable[[Table, Iterator[tuple[bytes, bytes | None]]], None]


class UnreadableRowError(RuntimeError):
    """A record of a changelog is no row that this version can read."""

    def __init__(self, topic: str, partition: int, offset: int, error: Exception) -> None:
        why = str(error)
        if not isinstance(error, NewerRowError):
            why = f"({why}): restore the topic"
        super().__init__(f"unreadable row at {topic}/{partition}@{offset} {why}")


class Restorer:
    """Brings the processor to the state of the changelogs of the partitions that are assigned."""

    def __init__(
        self,
        settings: Settings,
        processor: Processor,
        positions: Positions,
        reader: LogReader,
        *,
        accept_incomplete: bool,
    ) -> None:
        self._settings = settings
        self._topics = Topics(settings)
        self._table_of = {self._topics.changelog(table): table for table in TABLES}
        self._processor = processor
        self._positions = positions
        self._reader = reader
        self._owned: dict[Table, set[int]] = {table: set() for table in TABLES}
        self._policies: dict[str, str] = {}
        self._lost = LostRecords(processor.clock, accept_incomplete=accept_incomplete)
        self._own_logs = OwnLogs(self._topics, reader, positions, self._lost)
        self.sources = SourceLogs(
            self._topics, reader, self._lost, self._owned, self._own_logs, processor.intake
        )
        self.foreign_records = 0
        self.seconds = 0.0

    @property
    def owned(self) -> Mapping[Table, set[int]]:
        """The partitions of each table that are restored, or being restored."""
        return self._owned

    @property
    def is_complete(self) -> bool:
        """Whether no event that could still count was lost to the partitions owned."""
        return self._lost.is_complete

    @property
    def accept_incomplete(self) -> bool:
        """Whether to go on where records were lost."""
        return self._lost.accept_incomplete

    async def restore(self, assigned: Iterable[TopicPartition]) -> None:
        """Forget the partitions that are not *assigned*, and read what is not known of the others.

        Of a changelog that is another log than before, nothing counts as known.

        Raises IncompleteError when a changelog lost its beginning otherwise than by compaction, and
        UnreadableRowError for a row that this version cannot read.
        """
        started = time.monotonic()
        wanted: dict[Table, set[int]] = {table: set() for table in TABLES}
        for topic, partition in assigned:
            if topic in self._table_of:
                wanted[self._table_of[topic]].add(partition)
        self._drop(await self._trusted(wanted))
        shown = self._processor.shown
        gained = wanted["touches"] - shown
        self._owned.update(wanted)
        places = [self._place(table, p) for table in TABLES for p in wanted[table]]
        await self._check_beginnings([place for place in places if not self._next(place)])
        ends = await self._reader.ends(places) if places else {}
        stretches = {place: (self._next(place), end) for place, end in ends.items()}
        count = await self._read(stretches, gained)
        for place, end in ends.items():
            self._positions.reach(self._table_of[place.topic], place.partition, end)
        for _ in self._processor.rebuild(gained):
            await asyncio.sleep(0)
        self.seconds = time.monotonic() - started
        log.info(
            "restored %d records of %d changelog partitions in %.1f s",
            count,
            len(places),
            self.seconds,
        )

    async def _read(self, stretches: Stretches, gained: set[int]) -> int:
        count, logged_at = 0, time.monotonic()
        total = sum(end - start for start, end in stretches.values())
        async for place, records in self._reader.read(stretches):
            for first in range(0, len(records), AT_ONCE):
                some = records[first : first + AT_ONCE]
                self._absorb(
                    lambda table, rows: self._processor.restore(table, rows, gained), place, some
                )
                table = self._table_of[place.topic]
                self._positions.reach(table, place.partition, some[-1].offset + 1)
                await asyncio.sleep(0)
            count += len(records)
            if time.monotonic() - logged_at > 2:
                logged_at = time.monotonic()
                log.info("restoring: %d of at most %d records", count, total)
        return count

    def _absorb(
        self, absorb: Absorb, place: TopicPartition, records: Sequence[ConsumerRecord]
    ) -> None:
        """Have rows of a changelog merged; the other records are taken here."""
        table, offset = self._table_of[place.topic], 0

        def rows() -> Iterator[tuple[bytes, bytes | None]]:
            nonlocal offset
            for record in records:
                offset = record.offset
                if record.key == LOST_HISTORY_KEY:
                    self._lost.absorb(table, place.partition, record.value)
                elif record.key:
                    if table == "leads" and record.value is not None:
                        decode_changes(record.value)  # which its ledger does not before it changes
                    yield record.key, record.value

        try:
            absorb(table, rows())
        except UNREADABLE as error:
            raise UnreadableRowError(place.topic, place.partition, offset, error) from None

    async def find_gone(self) -> dict[Home, str]:
        """The changelogs that were shortened or made anew under this worker, and why."""
        owned = [(table, partition) for table in TABLES for partition in self._owned[table]]
        return await self._own_logs.find_gone(owned)

    async def _trusted(self, wanted: Mapping[Table, set[int]]) -> dict[Table, set[int]]:
        """The partitions of which what is known here stands in their changelogs."""
        gone = await self.find_gone() if any(self._owned.values()) else {}
        reps = {partition for table, partition in gone if table != "leads"}
        leads = {partition for table, partition in gone if table == "leads"}
        return {table: its - (leads if table == "leads" else reps) for table, its in wanted.items()}

    def _drop(self, wanted: Mapping[Table, set[int]]) -> None:
        gone = {table: self._owned[table] - wanted[table] for table in TABLES}
        self._processor.drop(gone["touches"], gone["leads"])
        self._positions.forget(lambda table, partition: partition in wanted[table])
        self._lost.forget(lambda table, partition: partition in wanted[table])

    async def _check_beginnings(self, places: list[TopicPartition]) -> None:
        beginnings = await self._reader.beginnings(places) if places else {}
        for place, start in beginnings.items():
            if start > 0 and not await self._is_compacted(place.topic):
                why = f"begins at offset {start} and is not compacted"
                home = self._table_of[place.topic], place.partition
                self._lost.note([home], place, place.topic, start, why)

    async def _is_compacted(self, topic: str) -> bool:
        if not self._policies:
            self._policies = await cleanup_policies(self._settings, list(self._table_of))
        return self._policies.get(topic) == "compact"

    async def write_losses(self, write: Write) -> None:
        """Have the losses written that a restart would not find."""
        await self._lost.write(write)

    async def follow_clock(self, write: Write) -> None:
        """Have losses written anew that were noted by a clock that was behind."""
        if self._lost.follow_clock():
            await self._lost.write(write)

    # -- other writers

    async def merge_foreign(self, ranges: Iterable[ForeignRange]) -> None:
        """Merge what a woken old owner wrote to changelogs that are ours."""
        stretches = {self._place(r.table, r.partition): (r.start, r.end) for r in ranges}
        async for place, records in self._reader.read(stretches):
            self.foreign_records += len(records)
            self._absorb(self._processor.absorb, place, records)
            log.warning("another worker wrote %d records to %s", len(records), place.topic)

    async def foreign_ends(self) -> list[ForeignRange]:
        """What others wrote after our last records; none while nobody else writes."""
        before = {(t, p): self._positions[t, p] for t in TABLES for p in self._owned[t]}
        places = [self._place(*where) for where in before]
        ends = await self._reader.ends(places) if places else {}
        ranges = []
        for (table, partition), position in before.items():
            end = ends[self._place(table, partition)]
            if end > position and self._positions[table, partition] == position:
                ranges.append(ForeignRange(table, partition, position, end))
        return ranges

    def _place(self, table: Table, partition: int) -> TopicPartition:
        return TopicPartition(self._topics.changelog(table), partition)

    def _next(self, place: TopicPartition) -> int:
        return self._positions[self._table_of[place.topic], place.partition]
