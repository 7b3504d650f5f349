"""The wall speaks Dutch as well as English: every text has both, and numbers their separators."""

import ast
import re
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

from dashboards import wall as package
from dashboards.wall.alerts import AWAY, SHOWN, Alerts, ShownAlert
from dashboards.wall.completeness import BEING_READ, LOST_RECORDS, NOT_REPORTING, OTHER_VERSION
from dashboards.wall.events import BECAUSE, BY_OUTCOME, COUNTS, HOW, INBOUND, REASONS, WHAT
from dashboards.wall.explain_pages import AWAY as AWAY_KAFKA
from dashboards.wall.explain_pages import BUSY, NO_NUMBER
from dashboards.wall.explain_tables import DETAILS, HEADS, NOTES
from dashboards.wall.figures import MEASURE_TITLES, NOTHING
from dashboards.wall.language import DUTCH, PAGE_WORDS, Language, number, say, speaking
from dashboards.wall.look_pages import (
    ALL,
    ENTRIES,
    INTRO,
    LINKS,
    NOBODY,
    NOT_HERE,
    OWN,
    PAGES,
    ROLES,
)
from dashboards.wall.paces import CHANNELS
from dashboards.wall.pages import BACK, PEOPLE, STATIC, WALL, page
from dashboards.wall.refusing import NOT_READ, ON, THEREFORE, WHY
from dashboards.wall.reppage import COUNTERS, GONE
from dashboards.wall.routes import AGAIN, NO_REP
from dashboards.wall.signin_pages import NOT_SET_UP, SAYS
from dashboards.wall.snapshot import LAST_KNOWN, LOST, WAITING
from dashboards.wall.view import NO_FLOORS, wall
from dashboards.wall.words import MONTHS
from metrics.channels import FEEDS
from metrics.kpis import KPIS, MEASURES
from metrics.readings import FloorInfo
from metrics.states import STATES
from metrics.windows import WINDOWS
from streams.audit.findings import SENTENCE
from tests.wallbuild import NOW, layout, part, row, snapshot

SOURCES = sorted(Path(package.__file__).parent.glob("*.py"))
NAMED = {
    *(kpi.title for kpi in KPIS),
    *(kpi.sample for kpi in KPIS if kpi.sample),
    *(window.title for window in WINDOWS),
    *(kpi.help for kpi in KPIS),
    *MEASURE_TITLES.values(),
    *(state.words for state in STATES),
    *FEEDS.values(),
    *CHANNELS.values(),
    *COUNTERS.values(),
    *NOTHING.values(),
    *SHOWN.values(),
    *(form for forms in (NOT_REPORTING, OTHER_VERSION, LOST_RECORDS, BEING_READ) for form in forms),
    *(WHY, THEREFORE, NOT_READ, GONE, WAITING, LOST, LAST_KNOWN, AWAY, NO_FLOORS),
    *SAYS.values(),
    NOT_SET_UP,
    *(words for known in (WHAT, INBOUND, HOW, REASONS, BY_OUTCOME) for words in known.values()),
    *(COUNTS, BECAUSE, *MONTHS),
    *PAGE_WORDS,
    *(AWAY_KAFKA, BUSY, NO_NUMBER, *HEADS.values(), *DETAILS.values(), *NOTES.values()),
    *SENTENCE.values(),
    *(measure.help for measure in MEASURES),
    *(PEOPLE, WALL, BACK, ENTRIES, ON, NO_REP, AGAIN),
    *(OWN, LINKS, ALL, INTRO, NOT_HERE, NOBODY, *ROLES.values(), *PAGES.values()),
}


SAY = ("say", "_said")


def spoken() -> Iterator[str]:
    """Every text that stands in a call of `say`."""
    for source in SOURCES:
        for node in ast.walk(ast.parse(source.read_text())):
            is_say = isinstance(node, ast.Call) and getattr(node.func, "id", "") in SAY
            if is_say and isinstance(node.args[0], ast.Constant):
                yield node.args[0].value


def test_every_text_is_there_in_dutch() -> None:
    assert sorted({*NAMED, *spoken()} - DUTCH.keys()) == []


def test_both_languages_put_the_same_values_in() -> None:
    for english, dutch in DUTCH.items():
        assert sorted(re.findall(r"{\w+}", english)) == sorted(re.findall(r"{\w+}", dutch))


def test_numbers_have_the_separators_of_their_language() -> None:
    assert (number(1234.5, 1), say("closed")) == ("1,234.5", "closed")
    with speaking("nl"):
        assert (number(1234.5, 1), say("closed")) == ("1.234,5", "gesloten")
    assert say("closed") == "closed"


def test_a_wall_in_dutch_has_no_english_left_but_in_alerts_and_names() -> None:
    people = {"jagers": 6, "boeren": 8, "klein": 2}
    floors = (
        FloorInfo("noord", "Europe/Amsterdam", True, tuple(people), {}, people),
        FloorInfo("zuid", "Europe/Amsterdam", False, (), {}),
    )
    counted = row(
        "jagers",
        floor="noord",
        effective_touches__today__call=1234,
        expected_touches__today__call=2345.5,
        cohort_delivered__20d=1000,
        cohort_rejected__20d=39,
        cohort_pending__20d=7,
    )
    known = snapshot(
        part(0, counted, newest={"call": NOW - 90}, silent=[("noord", "inmail")]),
        of=layout(*floors, partitions=2),
    )
    alerts = Alerts(tuple(ShownAlert("X", "today", "iets") for _ in range(5)))
    with speaking("nl"):
        view = asdict(wall(known, NOW, alerts=alerts))
    del view["alerts"], view["state"]
    texts = set(strings(view))

    assert {"3,9\u00a0%", "van 1.000 aangeleverd", "1.234", "van 2.346 verwacht tot nu"} <= texts
    assert {"iets, en nog 2", "▲ vandaag", "gesprekken: laatste 1\u00a0min geleden"} <= texts
    words = {word for text in texts for word in re.findall(r"[a-z]+", text.lower())}
    english = {word for text in DUTCH for word in re.findall(r"[a-z]{3,}", text.lower())}
    dutch = {word for text in DUTCH.values() for word in re.findall(r"[a-z]{3,}", text.lower())}
    assert words & (english - dutch) - {"closed"} == set()


def strings(text: object, key: str = "") -> Iterator[str]:
    """The texts of a document, but for names that programs read."""
    if isinstance(text, dict):
        for name, value in text.items():
            if name not in ("name", "state", "unit", "sums", "urgency"):
                yield from strings(value)
    elif isinstance(text, list):
        for value in text:
            yield from strings(value)
    elif isinstance(text, str):
        yield text


def test_a_page_says_its_language_and_its_own_words_in_it() -> None:
    for name in ("index.html", "rep.html"):
        dutch, english = page(name, "nl"), page(name, "en")
        assert '<html lang="nl">' in dutch
        assert "Geen verbinding met het bord." in dutch
        assert "No connection" not in dutch
        assert "No connection to the wall." in english
        text = (STATIC / name).read_text()
        ids = re.compile(r'(?:id|class|src|href)="([^"]*)"')
        assert ids.findall(dutch) == ids.findall(english), "and nothing else is translated"
        shown = re.findall(r'>([^<>]+)</p>|data-(?:lost|broken|nowhere)="([^"]+)"', text)
        rest = " ".join(one or other for one, other in shown)
        for words in PAGE_WORDS:
            rest = rest.replace(words, "")
        assert rest.strip() == "", "every word of the page has a translation"


def test_every_word_of_the_pages_stands_in_one_of_them() -> None:
    pages = "".join(file.read_text() for file in STATIC.glob("*.html"))
    assert [words for words in PAGE_WORDS if words not in pages] == []


def test_scripts_hold_no_text_for_people() -> None:
    for script in STATIC.glob("*.js"):
        code = re.sub(r"^\s*(//|/?\*).*$|//.*$", "", script.read_text(), flags=re.M)
        quoted = re.findall(r"""["'`]([^"'`]*)["'`]""", code)
        assert [
            text for text in quoted if re.search(r"[A-Za-z]{3,} [a-z]{2,} [a-z]{2,}", text)
        ] == []


def test_both_languages_have_the_same_numbers_and_states() -> None:
    counted = row(effective_touches__today__call=1234, expected_touches__today__call=2345.5)
    known = snapshot(part(0, counted), part(1))

    def numbers(language: Language) -> list[object]:
        with speaking(language):
            kpis = wall(known, NOW).floors[0].kpis
        return [(kpi.name, kpi.value, kpi.state, kpi.sums) for kpi in kpis]

    assert numbers("nl") == numbers("en")
