"""What Redis answers is said in words that name what to set."""

import pytest
from redis.exceptions import (
    AuthenticationError,
    MovedError,
    NoPermissionError,
    ReadOnlyError,
    RedisError,
)
from redis.exceptions import ConnectionError as RedisConnectionError

from dashboards.wall.source import RedisAwayError
from streams.serving.redis import meaning


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (RedisConnectionError("Error 111 connecting to h:6379"), "is away"),
        (RedisConnectionError("[SSL: CERTIFICATE_VERIFY_FAILED] (_ssl.c:1006)"), "ssl_ca_certs"),
        (AuthenticationError("invalid username-password pair"), "FLOORPULSE_REDIS_PASSWORD"),
        (MovedError("15891 10.0.0.3:6379"), "FLOORPULSE_REDIS_CLUSTER=1"),
        (NoPermissionError("no right to SET {a}:layout"), "denies a right that docs/redis.md"),
    ],
)
def test_worker_and_wall_say_the_same_of_a_failure(error: RedisError, words: str) -> None:
    assert words in meaning(error)
    assert RedisAwayError(error).sentence.startswith(f"Redis {meaning(error)}")


def test_a_replica_is_named_as_one() -> None:
    assert meaning(ReadOnlyError("You can't write")).startswith("is a replica")
