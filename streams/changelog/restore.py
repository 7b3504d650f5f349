"""Restores the processor from the changelogs, and heals what another worker wrote to them."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence

import msgspec
from aiokafka import ConsumerRecord, TopicPartition

from streams.changelog.flush import ForeignRange, Positions
from streams.changelog.gaps import (
    LOST_HISTORY_KEY,
    NOTHING_LOST,
    LostHistory,
    decode_gaps,
    encode_gaps,
)
from streams.kafka.admin import cleanup_policies
from streams.kafka.connection import LogReader
from streams.kafka.topics import TABLES, Topics
from streams.ledgers.rows import NewerRowError, RowWrite, Table, decode_changes
from streams.processor import Processor
from streams.settings import Settings

log = logging.getLogger(__name__)

UNREADABLE = (NewerRowError, msgspec.MsgspecError, UnicodeDecodeError)
Absorb = Callable[[Table, Iterator[tuple[bytes, bytes | None]]], None]
Write = Callable[[Callable[[], Iterable[tuple[Table, RowWrite]]]], Awaitable[None]]


class IncompleteError(RuntimeError):
    """Records that were not read are gone: no number would be right."""

    def __init__(self, topic: str, partition: int, why: str) -> None:
        super().__init__(
            f"incomplete: {topic}/{partition} {why}. Restore the topic, or start the worker with "
            "--accept-incomplete to go on with numbers that are marked."
        )


class UnreadableRowError(RuntimeError):
    """A record of a changelog is no row that this version can read."""

    def __init__(self, topic: str, partition: int, offset: int, error: Exception) -> None:
        told = str(error)
        if not isinstance(error, NewerRowError):
            told = f"no row ({told}); it is damaged, or not from floorpulse: restore the topic"
        super().__init__(f"{topic}/{partition} holds at offset {offset} {told}")


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
        self._accept_incomplete = accept_incomplete
        self._held: dict[Table, set[int]] = {table: set() for table in TABLES}
        self._policies: dict[str, str] | None = None
        self._gaps: dict[tuple[Table, int], LostHistory] = {}
        self._unwritten: set[tuple[Table, int]] = set()  # whose gaps the changelog does not hold
        self.foreign_records = 0
        self.seconds = 0.0

    @property
    def held(self) -> Mapping[Table, set[int]]:
        """The partitions of each table that are restored, or being restored."""
        return self._held

    @property
    def is_complete(self) -> bool:
        """Whether no event that could still count was lost to the partitions held."""
        now = self._processor.clock()
        return not any(gaps.matter(table, now) for (table, _), gaps in self._gaps.items())

    async def restore(self, assigned: Iterable[TopicPartition]) -> None:
        """Forget the partitions that are not *assigned*, and read what is not known of the others.

        Raises IncompleteError when a changelog lost its beginning otherwise than by compaction, and
        UnreadableRowError for a row that this version cannot read.
        """
        started = time.monotonic()
        wanted: dict[Table, set[int]] = {table: set() for table in TABLES}
        for topic, partition in assigned:
            if topic in self._table_of:
                wanted[self._table_of[topic]].add(partition)
        self._drop(wanted)
        shown = self._processor.held
        gained = wanted["touches"] - shown
        self._held = wanted
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

    async def _read(
        self, stretches: Mapping[TopicPartition, tuple[int, int]], gained: set[int]
    ) -> int:
        count, told = 0, time.monotonic()
        total = sum(end - start for start, end in stretches.values())
        async for place, records in self._reader.read(stretches):
            self._absorb(
                lambda table, rows: self._processor.restore(table, rows, gained), place, records
            )
            if records:
                table = self._table_of[place.topic]
                self._positions.reach(table, place.partition, records[-1].offset + 1)
            count += len(records)
            if time.monotonic() - told > 2:
                told = time.monotonic()
                log.info("restoring: %d of at most %d records", count, total)
            await asyncio.sleep(0)
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
                    self._absorb_gaps(table, place.partition, record.value)
                elif record.key:
                    if table == "leads" and record.value is not None:
                        decode_changes(record.value)  # which its ledger does not before it changes
                    yield record.key, record.value

        try:
            absorb(table, rows())
        except UNREADABLE as error:
            raise UnreadableRowError(place.topic, place.partition, offset, error) from None

    def _drop(self, wanted: Mapping[Table, set[int]]) -> None:
        gone = {table: self._held[table] - wanted[table] for table in TABLES}
        self._processor.drop(gone["touches"], gone["leads"])
        self._positions.forget(lambda table, partition: partition in wanted[table])
        self._gaps = {where: g for where, g in self._gaps.items() if where[1] in wanted[where[0]]}
        self._unwritten &= self._gaps.keys()

    async def _check_beginnings(self, places: list[TopicPartition]) -> None:
        beginnings = await self._reader.beginnings(places) if places else {}
        for place, start in beginnings.items():
            if start > 0 and not await self._is_compacted(place.topic):
                why = f"begins at offset {start} and is not compacted"
                self._note_gap(self._table_of[place.topic], place, start, why)

    async def _is_compacted(self, topic: str) -> bool:
        if self._policies is None:
            self._policies = await cleanup_policies(self._settings, list(self._table_of))
        return self._policies.get(topic) == "compact"

    async def check_inputs(
        self, sources: Iterable[TopicPartition], committed: Mapping[TopicPartition, int]
    ) -> dict[tuple[str, int], int]:
        """Where delivery of each of *sources* begins: at what is committed, or at the first record.

        Raises IncompleteError when what is due next is gone.
        """
        places = list(sources)
        begins = {}
        for place, start in (await self._reader.beginnings(places) if places else {}).items():
            table = self._table_fed_by(place.topic)
            accepted = self._gaps.get((table, place.partition), NOTHING_LOST).before.get(
                place.topic, 0
            )
            due = committed.get(place)
            if start > max(due or 0, accepted):
                why = f"begins at offset {start}, after the {due} that is due next"
                if due is None:  # another app id, or the group forgot it in a long absence
                    why = (
                        f"begins at offset {start}, and nothing of it was read before for "
                        f"FLOORPULSE_APP_ID={self._settings.app_id}, if that is the right one"
                    )
                self._note_gap(table, place, start, why)
            begins[place.topic, place.partition] = max(start, due or 0)
        return begins

    # -- gaps

    def _table_fed_by(self, source: str) -> Table:
        if source in self._topics.keyed_by_lead:
            return "leads"
        return "credits" if source == self._topics.credits else "touches"

    def _note_gap(self, table: Table, place: TopicPartition, start: int, why: str) -> None:
        error = IncompleteError(place.topic, place.partition, why)
        if not self._accept_incomplete:
            raise error
        if self.is_complete:
            log.warning("%s", error)
        where = table, place.partition
        gap = LostHistory(self._processor.clock(), {place.topic: start})
        self._gaps[where] = self._gaps.get(where, NOTHING_LOST).merged(gap)
        self._unwritten.add(where)

    def _absorb_gaps(self, table: Table, partition: int, value: bytes | None) -> None:
        """Take the record of gaps, whoever wrote it."""
        where, read = (table, partition), decode_gaps(value) if value else NOTHING_LOST
        self._gaps[where] = self._gaps.get(where, NOTHING_LOST).merged(read)
        if self._gaps[where] == read:
            self._unwritten.discard(where)
        else:
            self._unwritten.add(where)

    async def keep_gaps(self, write: Write) -> None:
        """Have the gaps written that a restart would not find."""
        if self._unwritten:
            await write(self._gap_records)
            self._unwritten.clear()

    def _gap_records(self) -> list[tuple[Table, RowWrite]]:
        return [
            (
                table,
                RowWrite(partition, LOST_HISTORY_KEY, encode_gaps(self._gaps[table, partition])),
            )
            for table, partition in self._unwritten
        ]

    # -- other writers

    async def read_gaps(self, gaps: Iterable[ForeignRange]) -> None:
        """Merge what a woken old owner wrote to changelogs that are ours."""
        stretches = {self._place(g.table, g.partition): (g.start, g.end) for g in gaps}
        async for place, records in self._reader.read(stretches):
            self.foreign_records += len(records)
            self._absorb(self._processor.absorb, place, records)
            log.warning("another worker wrote %d records to %s", len(records), place.topic)

    async def foreign_ends(self) -> list[ForeignRange]:
        """What others wrote after our last records; none while nobody else writes."""
        before = {(t, p): self._positions[t, p] for t in TABLES for p in self._held[t]}
        places = [self._place(*where) for where in before]
        ends = await self._reader.ends(places) if places else {}
        found = []
        for (table, partition), position in before.items():
            end = ends[self._place(table, partition)]
            if end > position and self._positions[table, partition] == position:
                found.append(ForeignRange(table, partition, position, end))
        return found

    def _place(self, table: Table, partition: int) -> TopicPartition:
        return TopicPartition(self._topics.changelog(table), partition)

    def _next(self, place: TopicPartition) -> int:
        return self._positions[self._table_of[place.topic], place.partition]
