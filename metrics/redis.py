"""The way to Redis and what its refusals mean, for the worker that writes and the wall that reads.

The only module of metrics that knows the client library.
"""

import asyncio
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

TIMEOUT = 2.0  # seconds for any answer of Redis

# What a call may raise while Redis is away or refuses.
FAILURES = (RedisError, RedisClusterError, OSError)

DENIES = "denies a right that docs/redis.md grants"
REFUSES = "refuses what is asked"
# The kind of a failure, a part of its text, and what it says of Redis.
_MEANINGS: tuple[tuple[type[Exception], str, str], ...] = (
    (AuthenticationError, "", "refuses FLOORPULSE_REDIS_PASSWORD"),
    (NoPermissionError, "", DENIES),
    (ReadOnlyError, "", "is a replica: its name has to lead to the primary"),
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
    (ResponseError, "", REFUSES),
)


def meaning(error: Exception) -> str:
    """What a failure says of Redis, as the end of a sentence."""
    said = (
        words for kind, text, words in _MEANINGS if isinstance(error, kind) and text in str(error)
    )
    return next(said, "is away")


def connect(url: str, password: str, *, is_cluster: bool) -> Redis | RedisCluster:
    """A client, which connects when it is first asked; raises ValueError for a bad *url*."""
    options: dict[str, Any] = {
        "password": password or None,
        "socket_timeout": TIMEOUT,
        "socket_connect_timeout": TIMEOUT,
        # Once more where an idle connection was closed, not where Redis does not answer.
        "retry": Retry(NoBackoff(), 1, supported_errors=(RedisConnectionError,)),
    }
    if is_cluster:
        # By the name again when all nodes are lost: their addresses may be others by then.
        return RedisCluster.from_url(url, dynamic_startup_nodes=False, **options)
    return Redis.from_url(url, **options)


def obey_cancel() -> None:
    """Raise the cancellation that redis-py swallows while it connects, or nobody could stop."""
    task = asyncio.current_task()
    if task is not None and task.cancelling():
        raise asyncio.CancelledError
