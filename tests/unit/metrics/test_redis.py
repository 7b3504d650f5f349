"""What Redis answers is said in words that name what to set."""

import pytest
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

from dashboards.wall.source import RedisAwayError
from metrics.redis import meaning


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (RedisConnectionError("Error 111 connecting to h:6379"), "is away"),
        (RedisConnectionError("[SSL: CERTIFICATE_VERIFY_FAILED] (_ssl.c:1006)"), "ssl_ca_certs"),
        (AuthenticationError("invalid username-password pair"), "FLOORPULSE_REDIS_PASSWORD"),
        (MovedError("15891 10.0.0.3:6379"), "FLOORPULSE_REDIS_CLUSTER=1"),
        (NoPermissionError("no right to SET {a}:layout"), "denies a right that docs/redis.md"),
        (OutOfMemoryError("command not allowed"), "is full: raise its maxmemory"),
        (BusyLoadingError("Redis is loading the dataset in memory"), "is loading its data"),
        (ClusterDownError("Hash slot not served"), "is a cluster that is down"),
        (MasterDownError("Link with MASTER is down"), "is a replica that has lost its primary"),
        (ResponseError("unknown command 'MGET'"), "refuses what is asked"),
    ],
)
def test_worker_and_wall_say_the_same_of_a_failure(error: RedisError, words: str) -> None:
    assert words in meaning(error)
    assert RedisAwayError(error).sentence.startswith(f"Redis {meaning(error)}")


def test_a_replica_is_named_as_one() -> None:
    assert meaning(ReadOnlyError("You can't write")).startswith("is a replica")


def test_the_wall_says_what_redis_refuses() -> None:
    sentence = RedisAwayError(ResponseError("unknown command 'MGET'")).sentence

    assert sentence == "Redis refuses what is asked (unknown command 'MGET')."
