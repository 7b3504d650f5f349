"""Where the readings come from: Redis. The only module of dashboards that knows it."""

import asyncio
import logging
import time
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from typing import Any, cast

from redis.asyncio import Redis, RedisCluster
from redis.asyncio.client import PubSub
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import (
    AuthenticationError,
    BusyLoadingError,
    ClusterDownError,
    MasterDownError,
    MovedError,
    NoPermissionError,
    OutOfMemoryError,
    RedisError,
    ResponseError,
)
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import RedisClusterException as RedisClusterError

from dashboards.wall.snapshot import NOT_OURS, Snapshot, part_keys, read_layout, read_parts
from metrics.names import RedisKeys
from metrics.readings import RepReading, decode_rep

log = logging.getLogger(__name__)

ANSWERS_WITHIN = 2.0  # seconds
AGAIN_AFTER = 1.0  # seconds, while Redis is away
LISTENS_FOR = 5.0  # seconds, after which the connections are made anew


FAILURES = (RedisError, RedisClusterError, OSError)
_MEANINGS = (
    (AuthenticationError, "refuses FLOORPULSE_REDIS_PASSWORD"),
    (MovedError, "is a cluster: set FLOORPULSE_REDIS_CLUSTER=1"),
    (OutOfMemoryError, "is full: raise its maxmemory"),
    (BusyLoadingError, "is loading its data"),
    (MasterDownError, "is a replica that has lost its primary"),
    (ClusterDownError, "is a cluster that is down"),
)


class RedisAwayError(RuntimeError):
    """Redis cannot be reached, does not answer in time, or refuses; `sentence` says which."""

    def __init__(self, error: Exception) -> None:
        super().__init__(str(error))
        self.sentence = f"Redis {_meaning(error)}."


class Source:
    """The readings of one installation, by its *app_id*; raises ValueError for a bad *url*."""

    def __init__(self, url: str, password: str, app_id: str, *, is_cluster: bool = False) -> None:
        self.keys = RedisKeys(app_id)
        self._redis = _client(url, password, is_cluster=is_cluster)
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
        (raw,) = await self._get([self.keys.rep(rep_id)])
        try:
            return None if raw is None else decode_rep(raw)
        except NOT_OURS:
            return None

    async def changes(self) -> AsyncIterator[str | None]:
        """The keys that were written, as they are announced, for ever.

        None stands for what was missed: when listening begins anew, and when the connection went.
        """
        while True:
            try:
                await self._redis.initialize()
                async with self._redis.pubsub() as channel:
                    await channel.subscribe(self.keys.changes)
                    _obey_cancel()
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
                _obey_cancel()
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
            _obey_cancel()

    def _note_deaf(self, error: Exception) -> None:
        """Log what keeps changes from being announced, unless reading fails by it too."""
        deaf = _meaning(error) if isinstance(error, NoPermissionError) else ""
        if deaf and deaf != self._deaf:
            log.warning("Redis %s: changes may show a second late", deaf)
        self._deaf = deaf

    async def _forget_nodes(self) -> None:
        """Learn anew from the first node that answers which the cluster's primaries are."""
        if isinstance(self._redis, RedisCluster):
            await self._redis.aclose()


def _client(url: str, password: str, *, is_cluster: bool) -> Redis | RedisCluster:
    options: dict[str, Any] = {
        "password": password or None,
        "socket_timeout": ANSWERS_WITHIN,
        "socket_connect_timeout": ANSWERS_WITHIN,
        # Once more where an idle connection was closed, not where Redis does not answer.
        "retry": Retry(NoBackoff(), 1, supported_errors=(RedisConnectionError,)),
    }
    if is_cluster:
        return RedisCluster.from_url(url, dynamic_startup_nodes=False, **options)
    return Redis.from_url(url, **options)


def _meaning(error: Exception) -> str:
    """What a failure says of Redis, as the end of a sentence."""
    for kind, words in _MEANINGS:
        if isinstance(error, kind):
            return words
    if isinstance(error, NoPermissionError):
        return f"denies a right that docs/redis.md grants ({error})"
    if isinstance(error, RedisClusterError) and "mode is not enabled" in str(error):
        return "is no cluster: set FLOORPULSE_REDIS_CLUSTER=0"
    if "CERTIFICATE_VERIFY_FAILED" in str(error):
        return "has a certificate that ssl_ca_certs in FLOORPULSE_REDIS_URL does not vouch for"
    return f"refuses what is asked ({error})" if isinstance(error, ResponseError) else "is away"


async def _announced(channel: PubSub) -> AsyncGenerator[str, None]:
    """What is announced within LISTENS_FOR."""
    end = time.monotonic() + LISTENS_FOR
    while (left := end - time.monotonic()) > 0:
        message = await channel.get_message(ignore_subscribe_messages=True, timeout=left)
        _obey_cancel()
        if message is not None:
            yield message["data"].decode(errors="replace")


def _obey_cancel() -> None:
    """Raise the cancellation that redis-py swallows while it connects, or nobody could stop."""
    task = asyncio.current_task()
    if task is not None and task.cancelling():
        raise asyncio.CancelledError
