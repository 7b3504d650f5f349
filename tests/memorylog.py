"""Changelogs and sources in memory, and a restorer that reads them."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from aiokafka import TopicPartition

from streams.changelog.positions import Positions
from streams.changelog.restore import Restorer
from streams.kafka.topics import TABLES, Topics
from streams.settings import Settings
from tests.build import MovingDesk

SETTINGS = Settings(app_id="desk2", partitions=1, lead_partitions=1)
TOPICS = Topics(SETTINGS)
CALLS, LEADS = TopicPartition("sales.calls", 0), TopicPartition("sales.lead-status", 0)
CHANGELOGS = {table: TopicPartition(TOPICS.changelog(table), 0) for table in TABLES}


class Record(NamedTuple):
    offset: int
    key: bytes
    value: bytes | None


class Log:
    """Partitions in memory, as `LogReader` reads them."""

    def __init__(self) -> None:
        self.begin: dict[TopicPartition, int] = {}
        self.records: dict[TopicPartition, list[Record]] = {}
        self.ends_of: dict[TopicPartition, int] = {}
        self.ids: dict[str, bytes | None] = {}
        self.counts: dict[str, int] = {}

    def append(self, place: TopicPartition, key: bytes, value: bytes | None) -> None:
        records = self.records.setdefault(place, [])
        records.append(Record(len(records), key, value))

    async def beginnings(self, places) -> Mapping[TopicPartition, int]:
        return {place: self.begin.get(place, 0) for place in places}

    async def ends(self, places) -> Mapping[TopicPartition, int]:
        return {place: len(self.records.get(place, ())) for place in places}

    async def high_watermarks(self, places) -> Mapping[TopicPartition, int]:
        ends = {place: len(records) for place, records in self.records.items()} | self.ends_of
        return {place: ends[place] for place in places if place in ends}

    async def partition_counts(self) -> Mapping[str, int]:
        return self.counts

    async def topic_ids(self, topics) -> Mapping[str, bytes | None]:
        return {topic: self.ids[topic] for topic in topics if topic in self.ids}

    async def read(self, stretches):
        for place, (start, end) in stretches.items():
            yield place, self.records.get(place, [])[start:end]


class Case:
    """A restorer on a log; `write` is what the flusher does with rows."""

    def __init__(self, log: Log, processor: MovingDesk, *, accept: bool = False) -> None:
        self.log = log
        self.intake = processor.intake
        self.written = 0
        self.restorer = Restorer(
            SETTINGS,
            processor,
            Positions(),
            log,  # type: ignore[arg-type]
            accept_incomplete=accept,
        )

    async def write(self, take) -> None:
        for table, (_, key, value) in take():
            self.written += 1
            self.log.append(CHANGELOGS[table], key, value)

    async def start(
        self,
        committed: Mapping[TopicPartition, int],
        sources: Sequence[TopicPartition] = (CALLS, LEADS),
    ) -> dict[tuple[str, int], int]:
        await self.restorer.restore(CHANGELOGS.values())
        begins = await self.restorer.sources.check(sources, committed)
        await self.restorer.write_losses(self.write)
        return begins
