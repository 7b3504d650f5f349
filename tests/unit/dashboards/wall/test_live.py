"""A document is made in the languages in which somebody watches, once in each."""

import json
from dataclasses import asdict

from dashboards.wall.language import decimal_mark, speaking
from dashboards.wall.live import Texts
from dashboards.wall.pages import VERSION
from dashboards.wall.view import Wall, wall
from tests.wallbuild import NOW, snapshot


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
