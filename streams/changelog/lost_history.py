"""LostHistory: what was lost before it was counted, and that somebody chose to go on all the same.

It is a record of a changelog, so whoever restores the partition knows of it, for as long as an
event that was lost could still be kept.
"""

import logging
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import NamedTuple

import msgspec
from aiokafka import TopicPartition

from streams.clock import MINUTE, SECOND, Clock, Micros, uptime
from streams.ledgers.retention import LEADS_SHOWN, TOUCHES_KEPT
from streams.ledgers.rows import SCHEMA, NewerRowError, RowWrite, Table

log = logging.getLogger(__name__)

# No row has this key: it is no text, as the keys of leads are, and no array, as all others.
LOST_HISTORY_KEY = b"\xff gaps"
Write = Callable[[Callable[[], Iterable[tuple[Table, RowWrite]]]], Awaitable[None]]
Home = tuple[Table, int]  # a changelog partition, which keeps what was lost of its sources


class IncompleteError(RuntimeError):
    """Records that were not read are gone: no number would be right."""

    def __init__(self, topic: str, partition: int, why: str) -> None:
        super().__init__(
            f"incomplete: {topic}/{partition} {why}. Restore the topic, or start the worker with "
            "--accept-incomplete, which marks every number incomplete."
        )


class TopicId(NamedTuple):
    """The id of a topic, and how often it was made anew before, as far as we know."""

    number: int
    id: bytes


NO_TOPIC_ID = TopicId(-1, b"")


class LostHistory(NamedTuple):
    """What is lost to a partition of a table: by source, all before an offset; known since `at`.

    A source is a topic, and then its partition of the same number, or topic/partition. An offset is
    one of the topic of the id given; `at` is 0 where nothing was lost.
    """

    at: Micros
    before: Mapping[str, int]
    ids: Mapping[str, TopicId] = {}

    def merged(self, other: "LostHistory") -> "LostHistory":
        """The losses of both, as merging as rows are."""
        ids = {t: max(self.id_of(t), other.id_of(t)) for t in {*self.ids, *other.ids}}
        before: dict[str, int] = {}
        for lost in (self, other):
            for source, offset in lost.before.items():
                topic = source.partition("/")[0]
                if lost.id_of(topic).number == ids.get(topic, NO_TOPIC_ID).number:
                    before[source] = max(before.get(source, 0), offset)
        return LostHistory(max(self.at, other.at), before, ids)

    def id_of(self, topic: str) -> TopicId:
        """The newest id known of a source's topic."""
        return self.ids.get(topic, NO_TOPIC_ID)

    def matters(self, table: Table, now: Micros) -> bool:
        """Whether an event that was lost could still be in a number at *now*."""
        return now <= self.at + (TOUCHES_KEPT if table == "touches" else LEADS_SHOWN)


NOTHING_LOST = LostHistory(0, {})


def encode_lost_history(lost: LostHistory) -> bytes:
    """The record for the changelog."""
    return msgspec.msgpack.encode(_Record(SCHEMA, *lost), order="sorted")


def decode_lost_history(value: bytes) -> LostHistory:
    """The losses of a record; raises as the decoders of rows do."""
    record = _decoder.decode(value)
    if record.schema > SCHEMA:
        raise NewerRowError(record.schema)
    return LostHistory(record.at, record.before, record.ids)


class _Record(msgspec.Struct, array_like=True, frozen=True):
    schema: int
    at: Micros
    before: Mapping[str, int]
    ids: Mapping[str, TopicId] = {}  # records of before December 2026 have none


_decoder = msgspec.msgpack.Decoder(_Record)


class LostRecords:
    """The LostHistory of every changelog partition that this worker owns."""

    def __init__(
        self, clock: Clock, *, accept_incomplete: bool, uptime: Callable[[], float] = uptime
    ) -> None:
        self._clock = clock
        self._uptime = uptime
        self.accept_incomplete = accept_incomplete
        self._lost: dict[Home, LostHistory] = {}
        self._unwritten: set[Home] = set()  # not in the changelog as they are here
        self._noted_at: dict[Home, float] = {}  # by the uptime, of losses that were noted here

    @property
    def is_complete(self) -> bool:
        """Whether no event that could still count was lost to the partitions owned."""
        now = self._clock()
        return not any(lost.matters(table, now) for (table, _), lost in self._lost.items())

    def before(self, home: Home, source: str) -> int:
        """The offset before which a loss of this source was accepted; 0 if none was."""
        return self._lost.get(home, NOTHING_LOST).before.get(source, 0)

    def topic_id(self, home: Home, topic: str) -> TopicId:
        """The id of the topic from which this partition was counted last."""
        return self._lost.get(home, NOTHING_LOST).id_of(topic)

    def note_id(self, home: Home, topic: str, topic_id: TopicId) -> None:
        """Note from which topic this partition is counted."""
        self._merge(home, LostHistory(0, {}, {topic: topic_id}))
        self._unwritten.add(home)

    def note(
        self, homes: Iterable[Home], place: TopicPartition, source: str, start: int, why: str
    ) -> None:
        """Note that all before *start* is lost; raises IncompleteError unless that is accepted."""
        error = IncompleteError(place.topic, place.partition, why)
        if not self.accept_incomplete:
            raise error
        if self.is_complete:
            log.warning("%s", error)
        for home in homes:
            topic_id = self.topic_id(home, place.topic)
            ids = {} if topic_id == NO_TOPIC_ID else {place.topic: topic_id}
            self._merge(home, LostHistory(self._clock(), {source: start}, ids))
            self._unwritten.add(home)
            self._noted_at[home] = self._uptime()

    def follow_clock(self) -> bool:
        """Note losses by the clock of now, if it was behind by over a minute when they were noted.

        By a machine that booted without a clock they are of 1970, and would no longer matter once
        it has one. Returns whether there were any.
        """
        now, up = self._clock(), self._uptime()
        followed = False
        for home, noted_at in self._noted_at.items():
            at = now - round((up - noted_at) * SECOND)
            if at > self._lost[home].at + MINUTE:
                self._merge(home, LostHistory(at, {}))
                self._unwritten.add(home)
                followed = True
        return followed

    def absorb(self, table: Table, partition: int, value: bytes | None) -> None:
        """Merge the record of a changelog, whoever wrote it; raises as the decoders of rows do."""
        where, read = (table, partition), decode_lost_history(value) if value else NOTHING_LOST
        self._merge(where, read)
        if self._lost[where] == read:
            self._unwritten.discard(where)
        else:
            self._unwritten.add(where)

    def _merge(self, where: Home, other: LostHistory) -> None:
        self._lost[where] = self._lost.get(where, NOTHING_LOST).merged(other)

    def forget(self, keep: Callable[[Table, int], bool]) -> None:
        """Forget the partitions that are another worker's now."""
        self._lost = {where: lost for where, lost in self._lost.items() if keep(*where)}
        self._unwritten &= self._lost.keys()
        self._noted_at = {where: at for where, at in self._noted_at.items() if keep(*where)}

    async def write(self, write: Write) -> None:
        """Have *write* write what a restart would not find."""
        written: dict[Home, LostHistory] = {}

        def take() -> list[tuple[Table, RowWrite]]:
            written.update({home: self._lost[home] for home in sorted(self._unwritten)})
            return [
                (table, RowWrite(partition, LOST_HISTORY_KEY, encode_lost_history(lost)))
                for (table, partition), lost in written.items()
            ]

        if self._unwritten:
            await write(take)
            self._unwritten -= {h for h, lost in written.items() if self._lost.get(h) == lost}
