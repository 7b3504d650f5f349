"""Restores the desk from the changelogs, and keeps it whole when another worker wrote to them."""

import asyncio
import logging
import time
from collections.abc import Iterable, Mapping

from aiokafka import TopicPartition

from streams.desk import Desk, Table
from streams.flusher import Gap, Positions
from streams.kafka import LogReader, cleanup_policies
from streams.settings import Settings
from streams.topics import TABLES, Topics

log = logging.getLogger(__name__)


class IncompleteError(RuntimeError):
    """Records that were not read are gone: no number would be right."""

    def __init__(self, topic: str, partition: int, why: str) -> None:
        super().__init__(
            f"incomplete: {topic}/{partition} {why}. Restore the topic, or start the worker with "
            "--accept-incomplete to go on with numbers that are marked."
        )


class Restorer:
    """Brings the desk to the state of the changelogs of the partitions that are assigned."""

    def __init__(
        self,
        settings: Settings,
        desk: Desk,
        positions: Positions,
        reader: LogReader,
        *,
        accept_incomplete: bool,
    ) -> None:
        self._settings = settings
        self._topics = Topics(settings)
        self._table_of = {self._topics.changelog(table): table for table in TABLES}
        self._desk = desk
        self._positions = positions
        self._reader = reader
        self._accept_incomplete = accept_incomplete
        self._held: dict[Table, set[int]] = {table: set() for table in TABLES}
        self._policies: dict[str, str] | None = None
        self.is_complete = True
        self.foreign_records = 0
        self.seconds = 0.0

    @property
    def held(self) -> Mapping[Table, set[int]]:
        """The partitions of each table that are restored, or being restored."""
        return self._held

    async def restore(self, assigned: Iterable[TopicPartition]) -> None:
        """Forget the partitions that are not *assigned*, and read what is not known of the others.

        Raises IncompleteError when a changelog lost its beginning otherwise than by compaction.
        """
        started = time.monotonic()
        wanted: dict[Table, set[int]] = {table: set() for table in TABLES}
        for topic, partition in assigned:
            if topic in self._table_of:
                wanted[self._table_of[topic]].add(partition)
        self._drop(wanted)
        shown = self._desk.held
        gained = wanted["touches"] - shown
        self._held = wanted
        places = [self._place(table, p) for table in TABLES for p in wanted[table]]
        await self._check_beginnings([place for place in places if not self._next(place)])
        ends = await self._reader.ends(places) if places else {}
        stretches = {place: (self._next(place), end) for place, end in ends.items()}
        count = await self._read(stretches, gained)
        for place, end in ends.items():
            self._positions.reach(self._table_of[place.topic], place.partition, end)
        for _ in self._desk.rebuild(gained):
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
            table = self._table_of[place.topic]
            self._desk.restore(table, ((r.key, r.value) for r in records if r.key), gained)
            if records:
                self._positions.reach(table, place.partition, records[-1].offset + 1)
            count += len(records)
            if time.monotonic() - told > 2:
                told = time.monotonic()
                log.info("restoring: %d of at most %d records", count, total)
            await asyncio.sleep(0)
        return count

    def _drop(self, wanted: Mapping[Table, set[int]]) -> None:
        gone = {table: self._held[table] - wanted[table] for table in TABLES}
        self._desk.drop(gone["touches"], gone["leads"])
        self._positions.forget(lambda table, partition: partition in wanted[table])

    async def _check_beginnings(self, places: list[TopicPartition]) -> None:
        beginnings = await self._reader.beginnings(places) if places else {}
        for place, start in beginnings.items():
            if start > 0 and not await self._is_compacted(place.topic):
                why = f"begins at offset {start} and is not compacted"
                self._note_incomplete(IncompleteError(place.topic, place.partition, why))

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
            due = committed.get(place)
            if due is None:  # nobody read here before, or the group forgot it in a long absence
                due = 0 if self._has_state(place) else start
            if start > due:
                why = f"begins at offset {start}, after the {due} that is due next"
                self._note_incomplete(IncompleteError(place.topic, place.partition, why))
            begins[place.topic, place.partition] = max(start, due)
        return begins

    def _has_state(self, source: TopicPartition) -> bool:
        """Whether rows were written for this partition of a source."""
        by_lead = source.topic in self._topics.keyed_by_lead
        tables: tuple[Table, ...] = ("leads",) if by_lead else ("touches", "credits")
        return any(self._positions[table, source.partition] for table in tables)

    def _note_incomplete(self, error: IncompleteError) -> None:
        if not self._accept_incomplete:
            raise error
        if self.is_complete:
            log.warning("%s", error)
        self.is_complete = False

    # -- other writers

    async def read_gaps(self, gaps: Iterable[Gap]) -> None:
        """Merge what a woken old owner wrote to changelogs that are ours."""
        stretches = {self._place(g.table, g.partition): (g.start, g.end) for g in gaps}
        async for place, records in self._reader.read(stretches):
            self.foreign_records += len(records)
            table = self._table_of[place.topic]
            self._desk.absorb(table, [(r.key, r.value) for r in records if r.key])
            log.warning("another worker wrote %d records to %s", len(records), place.topic)

    async def foreign_ends(self) -> list[Gap]:
        """What others wrote after our last records; none while nobody else writes."""
        before = {(t, p): self._positions[t, p] for t in TABLES for p in self._held[t]}
        places = [self._place(*where) for where in before]
        ends = await self._reader.ends(places) if places else {}
        found = []
        for (table, partition), position in before.items():
            end = ends[self._place(table, partition)]
            if end > position and self._positions[table, partition] == position:
                found.append(Gap(table, partition, position, end))
        return found

    def _place(self, table: Table, partition: int) -> TopicPartition:
        return TopicPartition(self._topics.changelog(table), partition)

    def _next(self, place: TopicPartition) -> int:
        return self._positions[self._table_of[place.topic], place.partition]
