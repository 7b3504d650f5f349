"""Publishes readings: absolute values, whole, fenced against whoever no longer owns them.

Redis holds nothing that is not derived: it may be flushed or replaced at any time, and is whole
again within seconds. While it is away, counting goes on.
"""

import asyncio
import logging
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import NamedTuple

from metrics.names import RedisKeys
from metrics.readings import REP_LIVES, PartKind, encode
from metrics.redis import FAILURES, meaning, obey_cancel
from streams.clock import Micros
from streams.kafka.topics import Place, Topics
from streams.processor import Processor
from streams.serving.readings import Readings
from streams.serving.redis import FRESH, REFUSED, RedisClient
from streams.settings import Settings

log = logging.getLogger(__name__)

INTERVAL = 0.2  # seconds between looks at what changed
REST = 6  # times the work of a round, before the next: a catch-up changes every rep in each
PARTS_EVERY = 2.0  # seconds after which parts are written though nothing changed: their age did,
# and after which what vanished from Redis is written again
ALL_EVERY = 20.0  # seconds after which everything is written again
AGAIN_AFTER = 1.0  # seconds, while Redis is away
FENCE_LIVES = 60  # seconds; a new group, whose generations start anew, waits no longer
KEPT = 86_400  # seconds for which a part and the layout outlive their last renewal
BUSY = 100  # reps who changed in a round; beyond it their events may be half a second late
SLICE = 50  # reps that are read or encoded before other work goes on


class Ownership(NamedTuple):
    """What a worker owns now, and how complete it is: of each partition of a source that it reads,
    until when, None where that is not known yet."""

    generation: int
    rep_partitions: frozenset[int]
    lead_partitions: frozenset[int]
    complete_until: Mapping[Place, Micros | None]
    is_complete: bool


class Serving:
    """Publishes what changed, within a fraction of a second, and everything once in a while.

    *owned* returns what may be published; None while the worker is not ready or not in its group.
    *clock_offset* returns how many seconds its machine's clock is ahead; None if that is not known.
    """

    def __init__(
        self,
        settings: Settings,
        topics: Topics,
        processor: Processor,
        owned: Callable[[], Ownership | None],
        clock_offset: Callable[[], float | None] = lambda: None,
    ) -> None:
        self._settings = settings
        self._processor = processor
        self._owned = owned
        self._keys = RedisKeys(settings.app_id)
        self._readings = Readings(processor, topics, clock_offset)
        self._sequence = 0
        self._written: dict[tuple[PartKind, int], int] = {}  # the sequence written last
        self._minute = 0
        self._all_at = 0.0
        self._parts_at = 0.0
        self._work = 0.0  # seconds of processor time for the readings of a round
        self._trouble = ""  # what was logged last; empty while Redis is up
        self.is_up = False
        self.written_at = 0.0  # Unix seconds, by the machine's clock
        self.writes = 0
        self.refused = 0

    async def run(self) -> None:
        """Publish until cancelled; Redis may come and go."""
        redis = RedisClient(self._settings)
        try:
            while True:
                await asyncio.sleep(max(INTERVAL, REST * self._work))
                self._work = 0.0
                obey_cancel()
                owned = self._owned()
                if owned is None:
                    self._all_at = self._parts_at = 0.0
                    continue
                try:
                    await self._publish(redis, owned)
                    self._note_up()
                except FAILURES as error:
                    self._note_down(redis.where, error)
                    await redis.close()
                    await asyncio.sleep(AGAIN_AFTER)
        finally:
            await redis.close()

    def _note_up(self) -> None:
        if self._trouble:
            log.info("Redis is back; everything is written again")
        self.is_up, self._trouble = True, ""
        self.written_at = time.time()

    def _note_down(self, where: str, error: Exception) -> None:
        self.is_up = False
        self._all_at = self._parts_at = 0.0
        trouble = meaning(error)
        if trouble != self._trouble:
            log.warning("Redis at %s %s (%s); counting goes on", where, trouble, error)
        self._trouble = trouble

    @contextmanager
    def _working(self) -> Iterator[None]:
        """Count the block as work; not what others do while this waits."""
        began = time.thread_time()
        yield
        self._work += time.thread_time() - began

    # -- one round

    async def _publish(self, redis: RedisClient, owned: Ownership) -> None:
        now = time.monotonic()
        everything = now - self._all_at >= ALL_EVERY
        all_parts = everything or now - self._parts_at >= PARTS_EVERY
        if all_parts:
            await redis.follow_the_name()
            self._readings.note_silence()
        changed = await self._changed(owned, everything)
        for partition in owned.rep_partitions if all_parts else ():
            self._readings.note_day(partition)
            await asyncio.sleep(0)
            if everything:
                self._readings.note_past(partition)
                await asyncio.sleep(0)
        by_partition: defaultdict[int, list[str]] = defaultdict(list)
        for rep_id in changed:
            by_partition[self._readings.partition_of(rep_id)].append(rep_id)
        answers: set[int] = set()
        for partition in owned.rep_partitions if all_parts else list(by_partition):
            if partition not in self._processor.shown:
                continue  # given up since: its reps are gone from the board
            reps = by_partition[partition]
            answers.add(await self._write(redis, owned, "reps", partition, reps))
        for partition in owned.lead_partitions if all_parts else ():
            answers.add(await self._write(redis, owned, "leads", partition, []))
        if all_parts:
            # Last, so that a layout stands for parts that are there.
            await redis.set(self._keys.layout, encode(self._readings.layout()), KEPT)
            await self._write_gone(redis, owned)
            self._parts_at = now
        if everything:
            self._all_at = now
        elif FRESH in answers:
            self._all_at = 0.0  # Redis lost what was written: everything at once
        if REFUSED in answers:
            self._all_at = now - ALL_EVERY + PARTS_EVERY  # soon again, until the fence is gone

    async def _write_gone(self, redis: RedisClient, owned: Ownership) -> None:
        """Write the readings of partitions that lack some: evicted, or deleted by somebody."""
        for partition in owned.rep_partitions & self._processor.shown:
            reps = self._readings.published(partition)
            keys = [self._keys.rep(rep_id) for rep_id in reps]
            if keys and await redis.count(keys) < len(keys):
                await self._write(redis, owned, "reps", partition, reps)

    async def _changed(self, owned: Ownership, everything: bool) -> set[str]:
        """The reps to write, read from the board."""
        board = self._processor.board
        changed = board.take_changed() | self._readings.take_late()
        if everything or board.now != self._minute:
            changed = set(board.rep_ids)
            self._readings.forget_gone()
        self._minute = board.now
        ours = [rep for rep in changed if self._readings.partition_of(rep) in owned.rep_partitions]
        for start in range(0, len(ours), SLICE):
            with self._working():
                self._readings.refresh(ours[start : start + SLICE], is_busy=len(ours) > BUSY)
            await asyncio.sleep(0)
        return set(ours)

    async def _write(
        self,
        redis: RedisClient,
        owned: Ownership,
        kind: PartKind,
        partition: int,
        rep_ids: list[str],
    ) -> int:
        """Write a part with the reps that changed in it; see WRITE for the answer."""
        with self._working():
            part = self._readings.part(kind, partition, owned.complete_until, owned.is_complete)
            keys = [self._keys.fence(kind, partition), self._keys.part(kind, partition)]
            values: list[bytes | str | int] = [encode(part), KEPT]
        for start in range(0, len(rep_ids), SLICE):
            with self._working():
                for reading in self._readings.reps(rep_ids[start : start + SLICE]):
                    keys.append(self._keys.rep(reading.rep))
                    values += [encode(reading), int(REP_LIVES)]
            await asyncio.sleep(0)
        self._sequence += 1
        before = self._written.get((kind, partition), 0)
        version = [owned.generation, self._sequence, before, FENCE_LIVES]
        answer = await redis.write(keys, [*version, self._keys.changes, *values])
        if answer == REFUSED:
            self.refused += 1
        else:
            self.writes += 1
            self._written[kind, partition] = self._sequence
        return answer
