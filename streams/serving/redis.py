"""Writes readings to Redis: absolute values, whole, fenced against whoever no longer owns them.

Redis holds nothing that is not derived: it may be flushed or replaced at any time, and is whole
again within a minute. While it is away, counting goes on.
"""

import asyncio
import logging
import time
from collections import defaultdict
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from redis.asyncio import Redis
from redis.exceptions import AuthenticationError, RedisError

from metrics.names import RedisKeys
from metrics.readings import REP_LIVES, PartKind, encode
from streams.clock import Micros
from streams.kafka.progress import Place
from streams.kafka.topics import Topics
from streams.processor import Processor
from streams.serving.readings import Readings
from streams.settings import Settings

log = logging.getLogger(__name__)

INTERVAL = 0.2  # seconds between looks at what changed
REST = 4  # times what a round took, before the next: a catch-up changes every rep in each
PARTS_EVERY = 2.0  # seconds after which a part is written though nothing changed: its age did
ALL_EVERY = 20.0  # seconds after which everything is written again
FENCE_LIVES = 60  # seconds; a new group, whose generations start anew, waits no longer
KEPT = 86_400  # seconds for which a part and the layout outlive their last renewal
TIMEOUT = 2.0  # seconds for any answer of Redis
SLICE = 50  # reps that are read before other work goes on

# KEYS: the fence, then the keys to set. ARGV: generation, sequence, seconds that the fence lives,
# the channel, then a value and its seconds to live for each key to set. Answers 0 when a newer
# version was written, 2 when no version was there at all, else 1.
WRITE = """
local generation, sequence = tonumber(ARGV[1]), tonumber(ARGV[2])
local held = redis.call('HMGET', KEYS[1], 'generation', 'sequence')
if held[1] then
  local theirs = tonumber(held[1])
  if theirs > generation or (theirs == generation and tonumber(held[2]) > sequence) then
    return 0
  end
end
redis.call('HSET', KEYS[1], 'generation', generation, 'sequence', sequence)
redis.call('EXPIRE', KEYS[1], ARGV[3])
local told = {}
for i = 2, #KEYS do
  redis.call('SET', KEYS[i], ARGV[2 * i + 1], 'EX', ARGV[2 * i + 2])
  told[#told + 1] = KEYS[i]
end
redis.call('PUBLISH', ARGV[4], table.concat(told, ' '))
return held[1] and 1 or 2
"""
REFUSED, FRESH = 0, 2


def _obey_cancel() -> None:
    """Be cancelled after all: redis-py swallows a cancellation that comes while it connects."""
    task = asyncio.current_task()
    if task is not None and task.cancelling():
        raise asyncio.CancelledError


class Held(NamedTuple):
    """What a worker owns now, and how complete it is; None of it is published while not ready."""

    generation: int
    rep_partitions: frozenset[int]
    lead_partitions: frozenset[int]
    complete_until: Mapping[Place, Micros]
    is_complete: bool


class Serving:
    """Publishes what changed, within a fraction of a second, and everything once in a while.

    *held* tells what may be published; None while the worker is not ready or not in its group.
    """

    def __init__(
        self,
        settings: Settings,
        topics: Topics,
        processor: Processor,
        held: Callable[[], Held | None],
    ) -> None:
        self._settings = settings
        self._processor = processor
        self._held = held
        self._keys = RedisKeys(settings.app_id)
        self._readings = Readings(processor, topics)
        self._sequence = 0
        self._minute = 0
        self._all_at = 0.0
        self._parts_at = 0.0
        self._warned = False
        self.is_up = False
        self.written_at = 0.0  # Unix seconds, by the machine's clock
        self.writes = 0
        self.refused = 0

    async def run(self) -> None:
        """Publish until cancelled; Redis may come and go."""
        redis = Redis.from_url(
            self._settings.redis_url,
            password=self._settings.redis_password or None,
            socket_timeout=TIMEOUT,
            socket_connect_timeout=TIMEOUT,
        )
        write = redis.register_script(WRITE)
        try:
            took = 0.0
            while True:
                await asyncio.sleep(max(INTERVAL, REST * took))
                _obey_cancel()
                began = time.monotonic()
                held = self._held()
                if held is None:
                    self._all_at = 0.0
                    continue
                try:
                    await self._publish(redis, write, held)
                    self._note_up()
                    took = time.monotonic() - began
                except (RedisError, OSError, TimeoutError) as error:
                    self._note_down(error)
                    await asyncio.sleep(1)
        finally:
            await redis.aclose()

    def _note_up(self) -> None:
        if self._warned:
            log.info("Redis is back; everything is written again")
        self.is_up, self._warned = True, False
        self.written_at = time.time()

    def _note_down(self, error: Exception) -> None:
        self.is_up = False
        self._all_at = 0.0
        if not self._warned:
            told = "is away"
            if isinstance(error, AuthenticationError):
                told = "refuses FLOORPULSE_REDIS_PASSWORD"
            log.warning("Redis at %s %s (%s); counting goes on", self._where, told, error)
        self._warned = True

    @property
    def _where(self) -> str:
        return self._settings.redis_url.rpartition("@")[2].partition("?")[0]

    # -- one round

    async def _publish(self, redis: Redis, write: Any, held: Held) -> None:
        now = time.monotonic()
        everything = now - self._all_at >= ALL_EVERY
        changed = await self._changed(held, everything)
        by_partition: defaultdict[int, list[str]] = defaultdict(list)
        for rep_id in changed:
            by_partition[self._readings.partition_of(rep_id)].append(rep_id)
        all_parts = everything or now - self._parts_at >= PARTS_EVERY
        if everything:
            layout = encode(self._readings.layout())
            await redis.set(self._keys.layout, layout, ex=KEPT)
        answers = set()
        for partition in held.rep_partitions if all_parts else list(by_partition):
            if partition not in self._processor.held:
                continue  # given up since: its reps are gone from the board
            reps = by_partition[partition]
            answers.add(await self._write(write, held, "reps", partition, reps))
        for partition in held.lead_partitions if all_parts else ():
            answers.add(await self._write(write, held, "leads", partition, []))
        if all_parts:
            self._parts_at = now
        if everything:
            self._all_at = now
        elif FRESH in answers:
            self._all_at = 0.0  # Redis lost what it held: everything at once
        if REFUSED in answers:
            self._all_at = now - ALL_EVERY + PARTS_EVERY  # soon again, until the fence is gone

    async def _changed(self, held: Held, everything: bool) -> set[str]:
        """The reps to write, read from the board."""
        board = self._processor.board
        changed = board.take_changed()
        if everything or board.now != self._minute:
            changed = set(board.rep_ids)
            self._readings.forget_gone()
        self._minute = board.now
        ours = [rep for rep in changed if self._readings.partition_of(rep) in held.rep_partitions]
        for start in range(0, len(ours), SLICE):
            self._readings.refresh(ours[start : start + SLICE])
            await asyncio.sleep(0)
        return set(ours)

    async def _write(
        self, write: Any, held: Held, kind: PartKind, partition: int, rep_ids: list[str]
    ) -> int:
        """Write a part with the reps that changed in it; see WRITE for the answer."""
        part = self._readings.part(kind, partition, held.complete_until, held.is_complete)
        keys = [self._keys.fence(kind, partition), self._keys.part(kind, partition)]
        values: list[bytes | int] = [encode(part), KEPT]
        for reading in self._readings.reps(rep_ids):
            keys.append(self._keys.rep(reading.rep))
            values += [encode(reading), int(REP_LIVES)]
        self._sequence += 1
        version = [held.generation, self._sequence, FENCE_LIVES, self._keys.changes]
        answer = int(await write(keys=keys, args=[*version, *values]))
        if answer == REFUSED:
            self.refused += 1
        else:
            self.writes += 1
        return answer
