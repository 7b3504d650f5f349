"""The way to Redis: the primary, found by its name, and what its refusals mean.

The only module of streams that knows the client library.
"""

import asyncio
from collections.abc import Sequence
from typing import Any

from redis.asyncio import Redis, RedisCluster
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
    ReadOnlyError,
    RedisError,
    ResponseError,
)
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import RedisClusterException as RedisClusterError

from streams.settings import Settings

TIMEOUT = 2.0  # seconds for any answer of Redis

# What any call below may raise while Redis is away or refuses.
FAILURES = (RedisError, RedisClusterError, OSError)

# KEYS: the fence, then the keys to set. ARGV: generation, sequence, the sequence written before by
# the same owner, seconds that the fence lives, the channel, then a value and its seconds to live
# for each key to set. Answers REFUSED, WRITTEN or FRESH; raises NoPermissionError before it writes
# anything, where the server is new enough to ask.
WRITE = """
local needed = {
  {'HMGET', KEYS[1], 'sequence'}, {'HSET', KEYS[1], 'sequence', 1}, {'EXPIRE', KEYS[1], 1},
  {'SET', KEYS[2], ''}, {'PUBLISH', ARGV[5], ''},
}
for _, command in ipairs(redis.acl_check_cmd and needed or {}) do
  if not redis.acl_check_cmd(unpack(command)) then
    return redis.error_reply('NOPERM no right to ' .. command[1] .. ' ' .. command[2])
  end
end
local generation, sequence = tonumber(ARGV[1]), tonumber(ARGV[2])
local last = redis.call('HMGET', KEYS[1], 'generation', 'sequence')
if last[1] then
  local theirs = tonumber(last[1])
  if theirs > generation or (theirs == generation and tonumber(last[2]) > sequence) then
    return 0
  end
end
redis.call('HSET', KEYS[1], 'generation', generation, 'sequence', sequence)
redis.call('EXPIRE', KEYS[1], ARGV[4])
local changed = {}
for i = 2, #KEYS do
  redis.call('SET', KEYS[i], ARGV[2 * i + 2], 'EX', ARGV[2 * i + 3])
  changed[#changed + 1] = KEYS[i]
end
redis.call('PUBLISH', ARGV[5], table.concat(changed, ' '))
return last[1] == ARGV[1] and last[2] == ARGV[3] and 1 or 2
"""
REFUSED = 0  # a newer version was written by another owner
WRITTEN = 1
FRESH = 2  # written, but what this owner had written before was not there: others may lack too


class NotPrimaryError(RuntimeError):
    """The server behind the name is a replica."""


class RedisClient:
    """A connection to the primary, or to a cluster's.

    Every call raises FAILURES, and the first ValueError for a bad URL.
    """

    def __init__(self, settings: Settings) -> None:
        self._is_cluster = settings.redis_cluster
        self._client = _client(settings)
        self._write = self._client.register_script(WRITE)
        self.where = settings.redis_url.rpartition("@")[2].partition("?")[0]

    async def follow_the_name(self) -> None:
        """Connect anew, to the server that the name leads to now; raises NotPrimaryError.

        In a cluster the nodes themselves say where the primary is.

        After a failover the old server may go on answering on the old connection: as a replica
        that takes writes and loses them, or as a second primary that nobody reads.
        """
        if self._is_cluster:
            return
        await self.close()
        answer = await self._client.execute_command("HELLO")
        if isinstance(answer, list):  # by the protocol of before, with ?protocol=2
            answer = dict(zip(answer[::2], answer[1::2], strict=True))
        if answer[b"role"] != b"master":
            raise NotPrimaryError(f"its role is {answer[b'role'].decode()}")

    async def write(self, keys: Sequence[str], args: Sequence[bytes | str | int]) -> int:
        """Run WRITE."""
        return int(await self._write(keys=keys, args=args))

    async def set(self, key: str, value: bytes, lives: int) -> None:
        """Set a key for so many seconds."""
        await self._client.set(key, value, ex=lives)

    async def count(self, keys: Sequence[str]) -> int:
        """How many of these keys there are."""
        return int(await self._client.exists(*keys))

    async def close(self) -> None:
        """Close all connections; the next call makes new ones."""
        await self._client.aclose()
        obey_cancel()


# The kind of a failure, a part of its text, and what it says of Redis.
_MEANINGS: tuple[tuple[type[Exception], str, str], ...] = (
    (AuthenticationError, "", "refuses FLOORPULSE_REDIS_PASSWORD"),
    (NoPermissionError, "", "denies a right that docs/redis.md grants"),
    (ReadOnlyError, "", "is a replica: its name has to lead to the primary"),
    (NotPrimaryError, "", "is a replica: its name has to lead to the primary"),
    (MovedError, "", "is a cluster: set FLOORPULSE_REDIS_CLUSTER=1"),
    (RedisClusterError, "not enabled", "is no cluster: set FLOORPULSE_REDIS_CLUSTER=0"),
    (
        RedisError,
        "CERTIFICATE_VERIFY_FAILED",
        "has a certificate that ssl_ca_certs in FLOORPULSE_REDIS_URL does not vouch for",
    ),
    (OutOfMemoryError, "", "is full: raise its maxmemory"),
    (BusyLoadingError, "", "is loading its data"),
    (MasterDownError, "", "is a replica that has lost its primary"),
    (ClusterDownError, "", "is a cluster that is down"),
    (ResponseError, "", "refuses what is asked"),
)


def meaning(error: Exception) -> str:
    """What a failure says of Redis, as the end of a sentence."""
    said = (
        words for kind, text, words in _MEANINGS if isinstance(error, kind) and text in str(error)
    )
    return next(said, "is away")


def _client(settings: Settings) -> Redis | RedisCluster:
    options: dict[str, Any] = {
        "password": settings.redis_password or None,
        "socket_timeout": TIMEOUT,
        "socket_connect_timeout": TIMEOUT,
        # Once more where a connection was closed: the rounds of the publisher are the retries.
        "retry": Retry(NoBackoff(), 1, supported_errors=(RedisConnectionError,)),
    }
    if settings.redis_cluster:
        # By the name again when all nodes are lost: their addresses may be others by then.
        return RedisCluster.from_url(settings.redis_url, dynamic_startup_nodes=False, **options)
    return Redis.from_url(settings.redis_url, **options)


def obey_cancel() -> None:
    """Be cancelled after all: redis-py swallows a cancellation that comes while it connects."""
    task = asyncio.current_task()
    if task is not None and task.cancelling():
        raise asyncio.CancelledError
