"""Where the readings come from: Redis. The only module of dashboards that knows it."""

import asyncio
import logging
import time
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import aclosing, suppress
from typing import cast

from redis.asyncio import Redis, RedisCluster
from redis.asyncio.client import PubSub
from redis.exceptions import NoPermissionError

from dashboards.wall.snapshot import NOT_OURS, Snapshot, part_keys, read_layout, read_parts
from metrics.names import RedisKeys
from metrics.readings import RepReading, decode_rep
from metrics.redis import DENIES, FAILURES, REFUSES, connect, meaning, obey_cancel

log = logging.getLogger(__name__)

AGAIN_AFTER = 1.0  # seconds, while Redis is away
LISTENS_FOR = 5.0  # seconds, after which the connections are made anew


class RedisAwayError(RuntimeError):
    """Redis cannot be reached, does not answer in time, or refuses; `sentence` says which."""

    def __init__(self, error: Exception) -> None:
        super().__init__(str(error))
        self.sentence = f"Redis {_sentence_end(error)}."


class Source:
    """The readings of one installation, by its *app_id*; raises ValueError for a bad *url*."""

    def __init__(self, url: str, password: str, app_id: str, *, is_cluster: bool = False) -> None:
        self.keys = RedisKeys(app_id)
        self._redis = connect(url, password, is_cluster=is_cluster)
        self._deaf = ""  # why changes are not announced, where that was logged

    async def snapshot(self) -> Snapshot:
        """The layout and its parts; raises RedisAwayError."""
        (raw,) = await self._get([self.keys.layout])
        found = read_layout(raw)
        if found.layout is None:
            return found
        asked = part_keys(found.layout)
        raws = await self._get([self.keys.part(*key) for key in asked])
        return read_parts(found.layout, dict(zip(asked, raws, strict=True)))

    async def rep(self, rep_id: str) -> RepReading | None:
        """The reading of a rep, None when there is none of this version; raises RedisAwayError."""
        return (await self.reps([rep_id])).get(rep_id)

    async def reps(self, rep_ids: Sequence[str]) -> dict[str, RepReading]:
        """The readings, of this version, of those who have one; raises RedisAwayError."""
        if not rep_ids:
            return {}
        raws = await self._get([self.keys.rep(rep_id) for rep_id in rep_ids])
        readings: dict[str, RepReading] = {}
        for rep_id, raw in zip(rep_ids, raws, strict=True):
            if raw is not None:
                with suppress(*NOT_OURS):
                    readings[rep_id] = decode_rep(raw)
        return readings

    async def changes(self) -> AsyncIterator[str | None]:
        """The keys that were written, as they are announced, for ever.

        None stands for what was missed: when listening begins anew, and when the connection went.
        """
        while True:
            try:
                await self._redis.initialize()
                async with self._redis.pubsub() as channel:
                    await channel.subscribe(self.keys.changes)
                    obey_cancel()
                    yield None
                    async with aclosing(_announced(channel)) as announced:
                        async for keys in announced:
                            yield keys
                # After a failover the old server may go on answering: by the name again.
                if isinstance(self._redis, Redis):
                    await self._redis.connection_pool.disconnect(inuse_connections=False)
            except FAILURES as error:
                self._note_deaf(error)
                await self._forget_nodes()
                obey_cancel()
                yield None
                await asyncio.sleep(AGAIN_AFTER)

    async def close(self) -> None:
        """Close the connections."""
        await self._redis.aclose()

    async def _get(self, keys: list[str]) -> list[bytes | None]:
        try:
            return cast("list[bytes | None]", await self._redis.mget(keys))
        except FAILURES as error:
            await self._forget_nodes()
            raise RedisAwayError(error) from error
        finally:
            obey_cancel()

    def _note_deaf(self, error: Exception) -> None:
        """Log what keeps changes from being announced, unless reading fails by it too."""
        deaf = _sentence_end(error) if isinstance(error, NoPermissionError) else ""
        if deaf and deaf != self._deaf:
            log.warning("Redis %s: changes may show a second late", deaf)
        self._deaf = deaf

    async def _forget_nodes(self) -> None:
        """Learn anew from the first node that answers which the cluster's primaries are."""
        if isinstance(self._redis, RedisCluster):
            await self._redis.aclose()


def _sentence_end(error: Exception) -> str:
    """What a failure says of Redis; with the error where only that names what was asked."""
    words = meaning(error)
    return f"{words} ({error})" if words in (DENIES, REFUSES) else words


async def _announced(channel: PubSub) -> AsyncGenerator[str, None]:
    """What is announced within LISTENS_FOR."""
    end = time.monotonic() + LISTENS_FOR
    while (left := end - time.monotonic()) > 0:
        message = await channel.get_message(ignore_subscribe_messages=True, timeout=left)
        obey_cancel()
        if message is not None:
            yield message["data"].decode(errors="replace")
