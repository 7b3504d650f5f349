"""A document is made in the languages in which somebody watches, once in each."""

import asyncio
import json
from collections.abc import Sequence
from dataclasses import asdict

import pytest

from dashboards.door.passes import Listed
from dashboards.wall.language import decimal_mark, speaking
from dashboards.wall.live import Texts, Watching
from dashboards.wall.pages import VERSION
from dashboards.wall.source import RedisAwayError, Source
from dashboards.wall.view import Wall, wall
from metrics.readings import RepReading
from tests.wallbuild import NOW, reading, row, snapshot


def test_a_document_is_made_once_for_each_language_that_is_asked_for() -> None:
    marks: list[str] = []

    def make() -> Wall:
        marks.append(decimal_mark())
        return wall(snapshot(), NOW)

    texts = Texts(make)
    assert marks == []

    shown = [texts[language] for language in ("nl", "en", "nl", "en")]

    assert marks == [",", "."]
    assert shown[0] == shown[2] != shown[1] == shown[3]


def test_a_document_has_every_field_and_the_version() -> None:
    with speaking("nl"):
        expected = {**asdict(wall(snapshot(), NOW)), "version": VERSION}

    shown = json.loads(Texts(lambda: wall(snapshot(), NOW))["nl"])

    assert shown == json.loads(json.dumps(expected))
    assert list(shown) == list(expected)


class Readings(Source):
    """Readings of reps without Redis, or the error that reading them ends with."""

    def __init__(self, *known: RepReading) -> None:
        super().__init__("redis://127.0.0.1:1/0", "", "x")
        self.known = {one.rep: one for one in known}
        self.error: Exception | None = None

    async def reps(self, rep_ids: Sequence[str]) -> dict[str, RepReading]:
        if self.error is not None:
            raise self.error
        return {rep: self.known[rep] for rep in rep_ids if rep in self.known}


@pytest.mark.parametrize("is_team", [False, True])
async def test_a_page_keeps_the_last_numbers_while_redis_is_away(is_team: bool) -> None:
    source = Readings(reading("ana", row(effective_touches__today__call=7)))
    watching = Watching(source, lambda: NOW)
    people = [Listed("hunters", "Ana", "ana")]
    watched = watching.team("hunters", people) if is_team else watching.rep("ana")
    messages, shown = [], []
    async with watched as stream:
        async for texts in stream.watch():
            document = json.loads(texts["en"])
            messages.append(document["message"])
            shown.append((document["reps"][0] if is_team else document["total"])["text"])
            if len(messages) == 2:
                break
            source.error = RedisAwayError(ConnectionError("refused"))
            stream.ask()

    assert (messages[0], shown) == ("", ["7", "7"])
    assert messages[1].startswith("Redis ")


async def test_a_page_that_is_given_up_logs_no_word_of_the_error(
    caplog: pytest.LogCaptureFixture,
) -> None:
    source = Readings()
    source.error = LookupError("ana-4711")
    async with Watching(source, lambda: NOW).rep("ana-4711") as stream:
        async with asyncio.timeout(5):
            assert [texts async for texts in stream.watch()] == []

    assert caplog.messages == ["the page of a person was given up: LookupError"]
    assert "4711" not in caplog.text
