"""Whether the sources are the logs that were counted, and where delivery of each begins."""

import logging
from collections.abc import Collection, Iterable, Mapping

from aiokafka import TopicPartition

from streams.changelog.lost_history import (
    NO_TOPIC_ID,
    Home,
    IncompleteError,
    LostRecords,
    TopicId,
)
from streams.changelog.own_logs import OwnLogs
from streams.intake import Intake
from streams.kafka.connection import KafkaUnusableError
from streams.kafka.reader import LogReader
from streams.kafka.topics import Topics
from streams.ledgers.rows import Table

log = logging.getLogger(__name__)


class SourceLogs:
    """The logs that feed the partitions owned; has *intake* forward the inputs that are unaligned.

    *owned* are the partitions of each table, as they are at the moment.
    """

    def __init__(
        self,
        topics: Topics,
        reader: LogReader,
        lost: LostRecords,
        owned: Mapping[Table, Collection[int]],
        own_logs: OwnLogs,
        intake: Intake,
    ) -> None:
        self._topics = topics
        self._reader = reader
        self._lost = lost
        self._owned = owned
        self._own_logs = own_logs
        self._intake = intake
        changelogs = {topics.changelog(table) for table in owned}
        self._specs = {
            spec.name: spec
            for spec in topics.specs()
            if spec.name in topics.sources or spec.name in changelogs
        }

    async def check(
        self, sources: Iterable[TopicPartition], committed: Mapping[TopicPartition, int]
    ) -> dict[tuple[str, int], int]:
        """Where delivery of each of *sources* begins: at what is committed, or at the first record.

        Raises IncompleteError when what is due next is gone, when a log is not the one that was
        counted, or a changelog not the one that was written; KafkaUnusableError when a topic of our
        own has another number of partitions.
        """
        places = list(sources)
        await self._align(places)
        if not places:
            return {}
        rewritten = await self._check_changelogs(places, committed)
        firsts = await self._reader.beginnings(places)
        lost = await self._find_lost(places, committed)
        begins = {}
        for place, first in firsts.items():
            due = committed.get(place, 0)
            if place in lost:
                self._note_loss(place, first, lost[place])
            elif first > max(due, self._lost_before(place)):
                self._note_loss(place, first, self._why_begun_late(first, committed.get(place)))
            # Of a log that is another one, what it has now is counted from its first record.
            is_anew = place in lost or not rewritten.isdisjoint(self._homes(place))
            begins[place.topic, place.partition] = first if is_anew else max(first, due)
        return begins

    async def _check_changelogs(
        self, places: Collection[TopicPartition], committed: Mapping[TopicPartition, int]
    ) -> set[Home]:
        """The changelogs that lack rows; raises IncompleteError unless losses are accepted."""
        homes = [(table, number) for table, its in self._owned.items() for number in its]
        read = [place for place in places if committed.get(place)]
        counted = {home for place in read for home in self._homes(place)}
        aligned = {
            (self._table_fed_by(place.topic), place.partition)
            for place in read
            if place.topic not in self._intake.unaligned
        }
        return set(await self._own_logs.check(homes, counted, aligned))

    async def _find_lost(
        self, places: Collection[TopicPartition], committed: Mapping[TopicPartition, int]
    ) -> dict[TopicPartition, str]:
        """The sources that are not the logs that were counted, and why; notes the ids of all."""
        ends = await self._reader.high_watermarks(places)
        ids = await self._reader.topic_ids({place.topic for place in places})
        lost = {}
        for place in places:
            why = self._why_lost(place, ids.get(place.topic), ends.get(place), committed.get(place))
            if why is not None:
                lost[place] = why
        for place in places:  # after all were judged: an unaligned topic has one id for several
            self._note_id(place, ids.get(place.topic), is_known_lost=place in lost)
        return lost

    async def _align(self, places: Collection[TopicPartition]) -> None:
        """Note the inputs of which a partition may be another worker's than its reps or leads are.

        Those with another number of partitions than was set, as Faust assigns topics by their
        number; and whatever was assigned otherwise, by a leader that knows a newer number.
        """
        counts = await self._reader.partition_counts()
        unaligned = {}
        for name, spec in self._specs.items():
            count = counts.get(name, spec.partitions)
            if count == spec.partitions:
                continue
            if not spec.is_input:
                raise KafkaUnusableError(spec.wrong_count(count))
            unaligned[name] = count
        for topic, partition in places:
            if partition not in self._owned[self._table_fed_by(topic)]:
                unaligned.setdefault(topic, max(counts.get(topic, 0), partition + 1))
        for topic, count in unaligned.items():
            spec = self._specs[topic]
            if count not in (spec.partitions, self._intake.unaligned.get(topic)):
                log.warning("%s", spec.wrong_count(count))
        self._intake.unaligned = unaligned

    # -- what was lost

    def _why_begun_late(self, first: int, due: int | None) -> str:
        if due is not None:
            return f"begins at offset {first}, after the {due} that is due next"
        return (  # another app id, or the group forgot it in a long absence
            f"begins at offset {first}, and nothing of it was read before for "
            f"FLOORPULSE_APP_ID={self._topics.app_id}, if that is the right one"
        )

    def _why_lost(
        self, place: TopicPartition, topic_id: bytes | None, end: int | None, due: int | None
    ) -> str | None:
        """What says that the log is no longer the one that was counted; None if it is the same."""
        known = (self._lost.topic_id(home, place.topic) for home in self._homes(place))
        noted = max(known, default=NO_TOPIC_ID)
        if topic_id is not None and noted != NO_TOPIC_ID and topic_id != noted.id:
            return "was deleted and made anew, and what was not counted before is gone"
        if end is not None and due is not None and end < due:
            return f"ends at offset {end}, before the {due} that is due next: its log was shortened"
        return None

    def _note_id(
        self, place: TopicPartition, topic_id: bytes | None, *, is_known_lost: bool
    ) -> None:
        if topic_id is None or (is_known_lost and not self._lost.accept_incomplete):
            return
        for home in self._homes(place):
            noted = self._lost.topic_id(home, place.topic)
            if topic_id != noted.id:
                self._lost.note_id(home, place.topic, TopicId(noted.number + 1, topic_id))

    def _note_loss(self, place: TopicPartition, first: int, why: str) -> None:
        self._lost.note(self._homes(place), place, self._name(place), first, why)

    def _lost_before(self, place: TopicPartition) -> int:
        known = (self._lost.before(home, self._name(place)) for home in self._homes(place))
        return max(known, default=0)

    async def find_losses(self, taken: Mapping[TopicPartition, int]) -> list[IncompleteError]:
        """What says that sources, *taken* up to an offset, were shortened, deleted or made anew.

        Also of a source that the group assigns to nobody any more, since it is gone.
        """
        counted = {
            TopicPartition(topic, partition): None
            for topic in self._topics.sources
            for partition in sorted(self._owned[self._table_fed_by(topic)])
        }
        ids = await self._reader.topic_ids(self._topics.sources)
        ends = await self._reader.high_watermarks(taken)
        losses = []
        for place in {**counted, **dict.fromkeys(taken)}:
            topic_id = ids.get(place.topic, b"")
            why = self._why_lost(place, topic_id or None, ends.get(place), taken.get(place))
            if topic_id is None:
                why = "is gone: the topic was deleted"
            if why is not None:
                losses.append(IncompleteError(place.topic, place.partition, why))
        return losses

    # -- where it is noted

    def _homes(self, place: TopicPartition) -> list[Home]:
        """The changelog partitions that keep what was lost of a source.

        Of an unaligned one all that are owned: its records may be forwarded to any.
        """
        table = self._table_fed_by(place.topic)
        if place.topic in self._intake.unaligned:
            return [(table, partition) for partition in sorted(self._owned[table])]
        return [(table, place.partition)]

    def _name(self, place: TopicPartition) -> str:
        """What a source is called in a changelog partition that keeps what was lost of it."""
        is_unaligned = place.topic in self._intake.unaligned
        return f"{place.topic}/{place.partition}" if is_unaligned else str(place.topic)

    def _table_fed_by(self, source: str) -> Table:
        if source in self._topics.keyed_by_lead:
            return "leads"
        return "credits" if source == self._topics.credits else "touches"
