"""The look log: who saw the numbers of whom. Written before they are shown, read newest first."""

import asyncio
import logging
from collections.abc import Collection, Sequence
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from typing import Annotated, Any, NamedTuple

import msgspec
from aiokafka import AIOKafkaProducer, TopicPartition

from streams.kafka.admin import existing, fetch_partition_counts
from streams.kafka.connection import KafkaError, KafkaUnusableError, connected
from streams.kafka.reader import LogReader
from streams.kafka.rights import check_rights, needs
from streams.kafka.topics import Topics, partitioner
from streams.settings import Settings

log = logging.getLogger(__name__)

WITHIN = 5.0  # seconds in which entries are durable, or given up
CLOSED_WITHIN = 5.0  # seconds
READ_WITHIN = 30.0  # seconds for a reading
NEWEST = 1000  # entries that are read
STEP = 10_000  # records of a partition that are read at once, from its end backwards


class LookEntry(msgspec.Struct, frozen=True):
    """An entry as it is in the topic: *who*, as *role*, saw *whom* on a page in an hour of UTC.

    *kind* says what *whom* is: the id of a `rep`, or the login of a `person`.
    """

    who: str
    role: str
    kind: str
    whom: str
    page: str
    hour: Annotated[datetime, msgspec.Meta(tz=True)]

    @property
    def key(self) -> bytes:
        """The key of the record: the person seen."""
        return self.whom.encode()


class Newest(NamedTuple):
    """Entries, the newest first; whether there are older ones, and how many cannot be read."""

    entries: Sequence[LookEntry]
    is_cut: bool
    unreadable: int


class LookWriter:
    """Writes entries; connects at the first ones, and anew after a failure.

    It can be made, and closed, while Kafka is away.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._topic = Topics(settings).looks
        self._connecting = asyncio.Lock()
        self._producer: AIOKafkaProducer | None = None
        self._connection = AsyncExitStack()
        self._closing: set[asyncio.Task[None]] = set()
        self._problem = ""

    async def write(self, entries: Collection[LookEntry]) -> None:
        """Return once all are durable; raises KafkaUnusableError, within seconds, where not."""
        producer = None
        try:
            async with asyncio.timeout(WITHIN):
                producer = await self._connected()
                await self._write(producer, entries)
        except TimeoutError:
            where = ", ".join(self._settings.brokers)
            problem = f"Kafka at {where} does not take them within {WITHIN:.0f} s"
        except (KafkaError, KafkaUnusableError, OSError) as error:
            problem = str(error) or type(error).__name__
        else:
            self._note("")
            return
        if producer is self._producer:
            self._disconnect()
        self._note(problem)
        raise KafkaUnusableError(problem)

    async def close(self) -> None:
        """Disconnect."""
        self._disconnect()
        if self._closing:
            await asyncio.wait(self._closing, timeout=CLOSED_WITHIN)

    async def _write(self, producer: AIOKafkaProducer, entries: Collection[LookEntry]) -> None:
        sent = [
            await producer.send(self._topic, msgspec.json.encode(entry), key=entry.key)
            for entry in entries
        ]
        await asyncio.gather(*sent)

    async def _connected(self) -> AIOKafkaProducer:
        """The producer, once it is seen that it may write, and has where to."""
        async with self._connecting:
            if self._producer is None:
                async with AsyncExitStack() as stack:
                    producer = await stack.enter_async_context(
                        connected(
                            self._settings,
                            AIOKafkaProducer,
                            is_patient=False,
                            acks="all",
                            request_timeout_ms=round(1000 * WITHIN),
                        )
                    )
                    await check_rights(self._settings, needs([self._topic], "Write"))
                    existing(await fetch_partition_counts(producer.client), [self._topic])
                    self._connection = stack.pop_all()
                    self._producer = producer
            return self._producer

    def _disconnect(self) -> None:
        """Have the next entries connect anew; the producer ends by itself, with what it has."""
        self._producer = None
        connection, self._connection = self._connection, AsyncExitStack()
        task = asyncio.create_task(connection.aclose())
        self._closing.add(task)
        task.add_done_callback(self._closing.discard)

    def _note(self, problem: str) -> None:
        if problem and problem != self._problem:
            log.error("looks cannot be recorded, so nobody sees anybody else: %s", problem)
        if self._problem and not problem:
            log.info("looks are recorded again")
        self._problem = problem


async def read_looks(settings: Settings, whom: str | None, kind: str | None = None) -> Newest:
    """The newest entries of somebody, of a kind or of any, each once; of all for None.

    Raises KafkaUnusableError within half a minute where they cannot be read.
    """
    topic = Topics(settings).looks
    try:
        async with asyncio.timeout(READ_WITHIN), LogReader(settings, is_patient=False) as reader:
            await check_rights(settings, needs([topic], "Read"))
            counts = existing(await reader.partition_counts(), [topic])
            numbers = _partitions(settings, counts[topic], whom)
            places = [TopicPartition(topic, number) for number in numbers]
            return await _Reading(reader, whom, kind).newest(places)
    except TimeoutError:
        where = ", ".join(settings.brokers)
        message = f"Kafka at {where} does not give the look log within {READ_WITHIN:.0f} s"
        raise KafkaUnusableError(message) from None
    except (KafkaError, OSError) as error:
        raise KafkaUnusableError(str(error) or type(error).__name__) from None


def _partitions(settings: Settings, count: int, whom: str | None) -> Collection[int]:
    """Those in which entries of somebody may be: all, if the topic has not the number set."""
    if whom is None or count != settings.partitions:
        return range(count)
    return [partitioner(count)(whom)]


class _Reading:
    """Reads partitions from their ends backwards, until there is enough of each."""

    def __init__(self, reader: LogReader, whom: str | None, kind: str | None) -> None:
        self._reader = reader
        self._kind = kind
        self._whom = whom
        self._decoder = msgspec.json.Decoder(LookEntry)
        self._unreadable = 0

    async def newest(self, places: Collection[TopicPartition]) -> Newest:
        """The newest entries of the partitions."""
        begins, left = await self._reader.beginnings(places), await self._reader.ends(places)
        seen: dict[TopicPartition, dict[LookEntry, None]] = {place: {} for place in places}
        while due := [
            place for place in places if left[place] > begins[place] and len(seen[place]) <= NEWEST
        ]:
            starts = {place: max(begins[place], left[place] - STEP) for place in due}
            stretches = {place: (starts[place], left[place]) for place in due}
            records: dict[TopicPartition, list[Any]] = {place: [] for place in due}
            async for place, batch in self._reader.read(stretches):
                records[place].extend(batch)
            for place in due:
                seen[place].update(dict.fromkeys(self._entries(records[place])))
            left.update(starts)
        entries = {entry: None for of_place in seen.values() for entry in of_place}
        ordered = sorted(entries, key=lambda entry: entry.hour, reverse=True)
        return Newest(ordered[:NEWEST], len(ordered) > NEWEST, self._unreadable)

    def _entries(self, records: Sequence[Any]) -> list[LookEntry]:
        """Those that are asked for, the newest first."""
        entries = []
        for record in reversed(records):
            if self._whom is not None and record.key != self._whom.encode():
                continue
            try:
                entry = self._decoder.decode(record.value or b"")
                entry.hour.astimezone(UTC)
            except (msgspec.MsgspecError, UnicodeDecodeError, OverflowError):
                self._unreadable += 1
                continue
            if self._whom in (None, entry.whom) and self._kind in (None, entry.kind):
                entries.append(entry)
        return entries
