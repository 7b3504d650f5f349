"""Sends what the simulated sources deliver: the past as fast as it is read, then by the clock."""

import asyncio
import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from floorpulse.simulator.faults import Delivery
from streams.clock import MINUTE, SECOND, Clock, Micros, iso
from streams.kafka.connection import KafkaUnusableError, TopicPartition
from streams.kafka.group import Committed
from streams.kafka.producer import Feeder, OutEvent
from streams.kafka.topics import partitioner
from streams.settings import Settings

# Bytes that a partition may be sent before the piece before it has to be read: so at most twice as
# much is ever unread, of the 5 MiB that the embedded broker keeps.
PIECE = 512 * 1024
OVERHEAD = 70  # bytes of a record beside its key and its value, at most
PATIENCE = 120.0  # seconds without anything read, after which nobody is thought to be there
TELLS_AFTER = 10.0

Report = Callable[[str], None]


class Backlog:
    """What was sent and not yet read by the workers' group, which is what it has committed.

    `hold` waits while it is too much. It begins with a single event: when that one is read, the
    group is there.
    """

    def __init__(
        self, settings: Settings, counts: Mapping[str, int], committed: Committed, report: Report
    ) -> None:
        self._settings = settings
        self._committed = committed
        self._partitioners = {topic: partitioner(count) for topic, count in counts.items()}
        self._counts = counts
        self._report = report
        self._heard = False
        self._bytes: dict[TopicPartition, int] = {}
        self._sent: list[asyncio.Future[Any]] = []
        self._before: dict[TopicPartition, int] = {}

    def note(self, event: OutEvent, sent: "asyncio.Future[Any]") -> None:
        """Count an event that was handed to the producer."""
        self._sent.append(sent)
        topic = self._settings.topic_prefix + event.topic
        size = len(event.value) + len(event.key or b"") + OVERHEAD
        for partition in self._may_be_in(topic, event.key):
            place = TopicPartition(topic, partition)
            self._bytes[place] = self._bytes.get(place, 0) + size

    def _may_be_in(self, topic: str, key: bytes | None) -> Iterable[int]:
        if key is None:
            return range(self._counts[topic])
        return (self._partitioners[topic](key.decode()),)

    async def hold(self, feeder: Feeder) -> None:
        """Wait, if a piece is full, until the piece before it is read."""
        if not self._heard:
            await self.drain(feeder)
            self._heard = True
        elif max(self._bytes.values(), default=0) >= PIECE:
            ends = await self._ends(feeder)
            await self._read_up_to(self._before)
            self._before = ends

    async def drain(self, feeder: Feeder) -> None:
        """Wait until all is read."""
        await self._read_up_to({**self._before, **await self._ends(feeder)})
        self._before = {}

    async def _ends(self, feeder: Feeder) -> dict[TopicPartition, int]:
        """The offsets after what was sent since the last time."""
        await feeder.flush()
        ends: dict[TopicPartition, int] = {}
        for future in self._sent:
            sent = future.result()
            place = TopicPartition(sent.topic, sent.partition)
            ends[place] = max(ends.get(place, 0), sent.offset + 1)
        self._sent.clear()
        self._bytes.clear()
        return ends

    async def _read_up_to(self, ends: Mapping[TopicPartition, int]) -> None:
        """Wait until the group has committed *ends*; KafkaUnusableError when nothing moves."""
        group, before = self._settings.app_id, -1
        since = time.monotonic()
        is_told = False
        while ends:
            read = await self._committed(ends)
            if all(read.get(place, 0) >= end for place, end in ends.items()):
                return
            if sum(read.values()) != before:
                before, since = sum(read.values()), time.monotonic()
            quiet = time.monotonic() - since
            if quiet > PATIENCE:
                problem = f"no worker of the group {group!r} has read anything for {PATIENCE:.0f} s"
                raise KafkaUnusableError(f"{problem}; is `floorpulse worker` running?")
            if quiet > TELLS_AFTER and not is_told:
                self._report(f"waiting for a worker of the group {group!r} to read what was sent")
                is_told = True
            await asyncio.sleep(0.1)


async def write_history(
    feeder: Feeder,
    deliveries: Iterable[Delivery],
    backlog: Backlog | None,
    on_sent: Callable[[Micros], None],
) -> int:
    """Send deliveries at once, until all are durable, and read where there is a *backlog*.

    *on_sent* is called with how far in time it is. How many they were.
    """
    count = 0
    for delivery in deliveries:
        sent = await feeder.send(delivery.event)
        if backlog is not None:
            backlog.note(delivery.event, sent)
            await backlog.hold(feeder)
        count += 1
        on_sent(delivery.due)
    await feeder.flush()
    if backlog is not None:
        await backlog.drain(feeder)
    return count


async def go_live(
    feeder: Feeder, deliveries: Iterable[Delivery], clock: Clock, report: Report
) -> None:
    """Send each delivery when *clock* shows the time it is due."""
    for delivery in deliveries:
        wait = delivery.due - clock()
        if wait > 0:
            await feeder.flush()
            if wait > 5 * MINUTE:
                report(f"nobody is at work; the next event is at {iso(delivery.due)}")
            await _until(delivery.due, clock)
        await feeder.send(delivery.event)
    await feeder.flush()


async def _until(due: Micros, clock: Clock) -> None:
    """Looks at the clock once a second, so that a machine that slept is not a day behind."""
    left = due - clock()
    while left > 0:
        await asyncio.sleep(min(1.0, left / SECOND))
        left = due - clock()
