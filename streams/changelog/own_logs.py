"""Whether the changelogs are the logs to which rows were written."""

from collections.abc import Collection, Iterable

from aiokafka import TopicPartition

from streams.changelog.lost_history import (
    NO_TOPIC_ID,
    Home,
    IncompleteError,
    LostRecords,
    TopicId,
)
from streams.changelog.positions import Positions
from streams.kafka.reader import LogReader
from streams.kafka.topics import TABLES, Topics

LOST = b"lost"  # noted in place of a changelog's id by the worker under which it was exchanged


class OwnLogs:
    """The changelogs: each has its own topic's id noted in it, beside the losses of its sources.

    A changelog that was restored from a copy has another topic's id in it, and is believed.
    """

    def __init__(
        self, topics: Topics, reader: LogReader, positions: Positions, lost: LostRecords
    ) -> None:
        self._topics = topics
        self._reader = reader
        self._positions = positions
        self._lost = lost
        self._gone: dict[Home, str] = {}

    async def find_gone(self, homes: Iterable[Home]) -> dict[Home, str]:
        """The changelogs, of those known so far, that were shortened or made anew since, and why.

        They stay known as gone until `check`. Raises IncompleteError for a topic that was deleted.
        """
        known = {home: self._positions[home] for home in homes if self._positions[home]}
        ids = await self._reader.topic_ids([self._topics.changelog(table) for table in TABLES])
        ends = await self._reader.high_watermarks([self._place(home) for home in known])
        for topic, topic_id in ids.items():
            if topic_id is None:
                raise IncompleteError(topic, 0, "is gone: the topic was deleted")
        for home, position in known.items():
            place, noted = self._place(home), self._id_in(home)
            topic_id, end = ids.get(place.topic), ends.get(place)
            if topic_id is not None and noted != NO_TOPIC_ID and topic_id != noted.id:
                self._gone[home] = "was deleted and made anew, and the rows in it are gone"
            elif end is not None and end < position:
                self._gone[home] = (
                    f"ends at offset {end}, before the {position} written: its log was shortened"
                )
        return self._gone

    async def check(
        self, homes: Collection[Home], counted: Collection[Home], aligned: Collection[Home]
    ) -> Collection[Home]:
        """The changelogs that lack rows, which is noted; *counted* had records of sources counted.

        To those of them that are *aligned* they came by the partition of the same number, and so to
        nobody but whoever had written the ids into the changelog first.

        Raises IncompleteError unless losses are accepted; what is noted then says so to whoever
        starts next.
        """
        ids = await self._reader.topic_ids([self._topics.changelog(table) for table in TABLES])
        ends = await self._reader.high_watermarks([self._place(home) for home in homes])
        empty = {  # where ids are known: without them nothing is written before the first row
            home
            for home in aligned
            if ids.get(self._place(home).topic) and ends.get(self._place(home)) == 0
        }
        gone = {home: why for home in homes if (why := self._why_gone(home, homes, counted, empty))}
        for home in homes:
            topic, noted = self._place(home).topic, self._id_in(home)
            topic_id = ids.get(topic)
            if home in gone:
                topic_id = (topic_id or b"") if self._lost.accept_incomplete else LOST
            if topic_id is not None and topic_id != noted.id:
                self._lost.note_id(home, topic, TopicId(noted.number + 1, topic_id))
        for home, why in gone.items():
            place = self._place(home)
            self._lost.note([home], place, place.topic, 0, why)
        self._gone.clear()
        return gone

    def _why_gone(
        self,
        home: Home,
        homes: Collection[Home],
        counted: Collection[Home],
        empty: Collection[Home],
    ) -> str | None:
        noted = self._id_in(home)
        if home in self._gone:
            return self._gone[home]
        if noted.id == LOST:
            return "was shortened, or made anew, and rows in it are gone"
        known = any(
            peer in homes and self._id_in(peer) != NO_TOPIC_ID for peer in self._peers(home)
        )
        if noted == NO_TOPIC_ID and home in counted and known:
            return "was made anew: it knows nothing of what was counted"
        if home in empty:
            return "is empty, and records were counted into it"
        return None

    def _peers(self, home: Home) -> list[Home]:
        """The changelog partitions in which ids are noted together with those in *home*."""
        table, partition = home
        is_apart = self._topics.partitions != self._topics.lead_partitions
        return [
            (peer, partition) for peer in TABLES if not is_apart or "leads" not in (table, peer)
        ]

    def _id_in(self, home: Home) -> TopicId:
        return self._lost.topic_id(home, self._topics.changelog(home[0]))

    def _place(self, home: Home) -> TopicPartition:
        return TopicPartition(self._topics.changelog(home[0]), home[1])
