"""The dead letters: events that could not be taken, with their original bytes; and the late ones.

Read outside of any consumer group. Sent again to the topic that they came from, they are taken as
if they came for the first time: harmless to repeat, since rows keep the newest version of an id.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

from aiokafka import AIOKafkaProducer, TopicPartition

from streams.clock import Micros
from streams.kafka.admin import counts_of
from streams.kafka.connection import connected
from streams.kafka.producer import IN_FLIGHT, key_of
from streams.kafka.reader import LogReader, Stretches
from streams.kafka.topics import Topics
from streams.settings import Settings

RESENT_FROM = (
    "resent-from"  # the header of what was sent again: topic/partition/offset of the dead letter
)


class StoredRecord(Protocol):
    """A record as the Kafka client delivers it; `timestamp` in milliseconds."""

    topic: str
    partition: int
    offset: int
    timestamp: int
    key: bytes | None
    value: bytes | None
    headers: Sequence[tuple[str, bytes]]


class RecordPlace(NamedTuple):
    """Where a record stands."""

    topic: str
    partition: int
    offset: int

    def __str__(self) -> str:
        return f"{self.topic}/{self.partition}/{self.offset}"


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A record that was set aside: when, why, where it came from, and its bytes as they came.

    `reason` is one of the intake's, or `late`; of a late one `detail` is the `at` of its event.
    """

    when: Micros
    reason: str
    detail: str
    source: RecordPlace
    place: RecordPlace  # of the dead letter itself
    key: bytes | None
    value: bytes | None


def dead_letter_of(record: StoredRecord) -> DeadLetter:
    """A record of the dead-letter or the late topic; what its headers lack is ? or -1."""
    headers = {name: value.decode(errors="replace") for name, value in record.headers}
    partition, offset = _number(headers, "partition"), _number(headers, "offset")
    source = RecordPlace(headers.get("topic", "?"), partition, offset)
    return DeadLetter(
        when=record.timestamp * 1000,
        reason=headers.get("reason", "late"),
        detail=headers.get("detail", headers.get("at", "")),
        source=source,
        place=RecordPlace(record.topic, record.partition, record.offset),
        key=record.key,
        value=record.value,
    )


def _number(headers: Mapping[str, str], name: str) -> int:
    text = headers.get(name, "")
    return int(text) if text.isdecimal() else -1


@dataclass(frozen=True, slots=True)
class Selection:
    """Which dead letters are meant; None is any. `since` is when they were set aside."""

    reason: str | None = None
    topic: str | None = None
    since: Micros | None = None

    def takes(self, letter: DeadLetter) -> bool:
        """Whether a dead letter is meant."""
        return (
            self.reason in (None, letter.reason)
            and self.topic in (None, letter.source.topic)
            and (self.since is None or letter.when >= self.since)
        )


@dataclass(slots=True)
class Survey:
    """How many dead letters there are by (source topic, reason), and the *limit* newest."""

    limit: int
    counts: Counter[tuple[str, str]] = field(default_factory=Counter)
    _newest: list[DeadLetter] = field(default_factory=list)

    def note(self, letter: DeadLetter) -> None:
        """Take a dead letter into account."""
        self.counts[letter.source.topic, letter.reason] += 1
        self._newest.append(letter)
        if len(self._newest) > 2 * self.limit + 100:
            self._newest = self.newest()

    def newest(self) -> list[DeadLetter]:
        """The newest dead letters, newest first."""
        ordered = sorted(self._newest, key=lambda each: (each.when, each.place), reverse=True)
        return ordered[: self.limit]


class DeadLetters:
    """The dead letters in a topic now, for one pass or several over the same of them."""

    def __init__(self, settings: Settings, topic: str, selection: Selection) -> None:
        self._settings = settings
        self.topic = topic
        self._selection = selection
        self._stretches: Stretches | None = None

    async def read(self) -> AsyncIterator[DeadLetter]:
        """Those selected; a second pass gives the same, whatever was added meanwhile."""
        async with LogReader(self._settings) as reader:
            if self._stretches is None:
                self._stretches = await self._all(reader)
            async for _, records in reader.read(self._stretches):
                for record in records:
                    letter = dead_letter_of(record)
                    if self._selection.takes(letter):
                        yield letter

    async def _all(self, reader: LogReader) -> Stretches:
        counts = await counts_of(self._settings, [self.topic])
        places = [TopicPartition(self.topic, number) for number in range(counts[self.topic])]
        begins, ends = await reader.beginnings(places), await reader.ends(places)
        return {place: (begins[place], ends[place]) for place in places}


class Route(NamedTuple):
    """The input topic that a dead letter goes back to, or None and the reason."""

    topic: str | None
    why_not: str = ""


def route(topics: Topics, letter: DeadLetter) -> Route:
    """Where a dead letter may be sent again: to the topics of the contract alone."""
    source = letter.source.topic
    if letter.value is None:
        return Route(None, "had no value, there is nothing to send")
    if source in topics.inputs:
        return Route(source)
    if source == topics.misrouted_leads:
        return Route(topics.leads)
    if source == topics.misrouted_touches:
        return Route(None, f"came through {source}, which does not say the topic they were sent to")
    if source == topics.credits:
        return Route(None, f"came from {source}, whose records workers write again by themselves")
    return Route(None, f"came from {source}, which is no topic of this installation")


async def resend(settings: Settings, letters: AsyncIterator[DeadLetter]) -> int:
    """Send dead letters again to where they may go, and wait until all are durable; how many."""
    topics, prefix = Topics(settings), settings.topic_prefix
    sent: set[asyncio.Future[object]] = set()
    count = 0
    async with connected(settings, AIOKafkaProducer, acks="all", linger_ms=5) as producer:
        async for letter in letters:
            topic = route(topics, letter).topic
            if topic is None or letter.value is None:
                continue
            sent.add(
                await producer.send(
                    topic,
                    letter.value,
                    key=key_of(topic.removeprefix(prefix), letter.value) or letter.key,
                    headers=[(RESENT_FROM, str(letter.place).encode())],
                )
            )
            count += 1
            if len(sent) >= IN_FLIGHT:
                await asyncio.gather(*sent)
                sent.clear()
        await asyncio.gather(*sent)
    return count
