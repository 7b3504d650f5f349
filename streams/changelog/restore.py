"""Restores the processor from the changelogs, and heals what another worker wrote to them."""

import asyncio
import logging
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

import msgspec
from aiokafka import ConsumerRecord, TopicPartition

from streams.changelog.lost_history import (
    LOST_HISTORY_KEY,
    NO_TOPIC_ID,
    IncompleteError,
    LostRecords,
    TopicId,
    Write,
)
from streams.changelog.positions import ForeignRange, Positions
from streams.kafka.admin import cleanup_policies
from streams.kafka.reader import LogReader
from streams.kafka.topics import TABLES, Topics
from streams.ledgers.rows import NewerRowError, Table, decode_changes
from streams.processor import Processor
from streams.settings import Settings

log = logging.getLogger(__name__)

UNREADABLE = (NewerRowError, msgspec.MsgspecError, UnicodeDecodeError)
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
        self._policies: dict[str, str] | None = None
        self._lost = LostRecords(processor.clock, accept_incomplete=accept_incomplete)
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
        self._owned = wanted
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
        count, logged_at = 0, time.monotonic()
        total = sum(end - start for start, end in stretches.values())
        async for place, records in self._reader.read(stretches):
            self._absorb(
                lambda table, rows: self._processor.restore(table, rows, gained), place, records
            )
            if records:
                table = self._table_of[place.topic]
                self._positions.reach(table, place.partition, records[-1].offset + 1)
            count += len(records)
            if time.monotonic() - logged_at > 2:
                logged_at = time.monotonic()
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
                    self._lost.absorb(table, place.partition, record.value)
                elif record.key:
                    if table == "leads" and record.value is not None:
                        decode_changes(record.value)  # which its ledger does not before it changes
                    yield record.key, record.value

        try:
            absorb(table, rows())
        except UNREADABLE as error:
            raise UnreadableRowError(place.topic, place.partition, offset, error) from None

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
                self._lost.note(self._table_of[place.topic], place, start, why)

    async def _is_compacted(self, topic: str) -> bool:
        if self._policies is None:
            self._policies = await cleanup_policies(self._settings, list(self._table_of))
        return self._policies.get(topic) == "compact"

    async def check_inputs(
        self, sources: Iterable[TopicPartition], committed: Mapping[TopicPartition, int]
    ) -> dict[tuple[str, int], int]:
        """Where delivery of each of *sources* begins: at what is committed, or at the first record.

        Raises IncompleteError when what is due next is gone, and when a log is not the one that was
        counted.
        """
        places = list(sources)
        if not places:
            return {}
        firsts = await self._reader.beginnings(places)
        ends = await self._reader.high_watermarks(places)
        ids = await self._reader.topic_ids({place.topic for place in places})
        begins = {}
        for place, first in firsts.items():
            due, table = committed.get(place), self._table_fed_by(place.topic)
            why = self._why_lost(place, ids.get(place.topic), ends.get(place), due)
            self._note_id(table, place, ids.get(place.topic), is_known_lost=why is not None)
            if why is not None:  # what it holds now is counted from its first record
                self._lost.note(table, place, first, why)
                begins[place.topic, place.partition] = first
                continue
            if first > max(due or 0, self._lost.before(table, place)):
                self._lost.note(table, place, first, self._why_begun_late(first, due))
            begins[place.topic, place.partition] = max(first, due or 0)
        return begins

    def _why_begun_late(self, first: int, due: int | None) -> str:
        if due is not None:
            return f"begins at offset {first}, after the {due} that is due next"
        return (  # another app id, or the group forgot it in a long absence
            f"begins at offset {first}, and nothing of it was read before for "
            f"FLOORPULSE_APP_ID={self._settings.app_id}, if that is the right one"
        )

    def _why_lost(
        self, place: TopicPartition, topic_id: bytes | None, end: int | None, due: int | None
    ) -> str | None:
        """What says that the log is no longer the one that was counted; None if it is the same."""
        noted = self._lost.topic_id(self._table_fed_by(place.topic), place)
        if topic_id is not None and noted != NO_TOPIC_ID and topic_id != noted.id:
            return "was deleted and made anew, and what was not counted before is gone"
        if end is not None and due is not None and end < due:
            return f"ends at offset {end}, before the {due} that is due next: its log was shortened"
        return None

    def _note_id(
        self, table: Table, place: TopicPartition, topic_id: bytes | None, *, is_known_lost: bool
    ) -> None:
        noted = self._lost.topic_id(table, place)
        if topic_id is None or topic_id == noted.id:
            return
        if not is_known_lost or self._lost.accept_incomplete:
            self._lost.note_id(table, place, TopicId(noted.number + 1, topic_id))

    async def find_losses(self, taken: Mapping[TopicPartition, int]) -> list[IncompleteError]:
        """What says that inputs, *taken* up to an offset, were shortened, deleted or made anew.

        Also of an input that the group assigns to nobody any more, since it is gone.
        """
        counted = [
            TopicPartition(topic, partition)
            for topic in self._topics.sources
            for partition in sorted(self._owned[self._table_fed_by(topic)])
        ]
        ids = await self._reader.topic_ids(self._topics.sources)
        ends = await self._reader.high_watermarks(taken)
        losses = []
        for place in counted:
            topic_id = ids.get(place.topic, b"")
            why = self._why_lost(place, topic_id or None, ends.get(place), taken.get(place))
            if topic_id is None:
                why = "is gone: the topic was deleted"
            if why is not None:
                losses.append(IncompleteError(place.topic, place.partition, why))
        return losses

    def _table_fed_by(self, source: str) -> Table:
        if source in self._topics.keyed_by_lead:
            return "leads"
        return "credits" if source == self._topics.credits else "touches"

    async def write_losses(self, write: Write) -> None:
        """Have the losses written that a restart would not find."""
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
