"""The pages hold no number's name, need nothing from the net and write no markup from data."""

import json
import re
import struct

from yarl import URL

from dashboards.wall.paces import CHANNELS
from dashboards.wall.pages import STATIC, rep_html, states_css
from dashboards.wall.runbook_pages import find_runbook, list_runbooks
from dashboards.wall.server import HEADERS
from metrics.channels import CHANNEL_NAMES, FEEDS
from metrics.kpis import KPIS, MEASURES
from metrics.states import STATES
from metrics.windows import WINDOWS
from streams.events.contract import KIND_OF

PICTURES = {file.name for file in STATIC.glob("*.png")}
TEXTS = {
    file.name: file.read_text() for file in sorted(STATIC.iterdir()) if file.name not in PICTURES
}
SCRIPTS = {name: text for name, text in TEXTS.items() if name.endswith(".js")}
PAGES = {name: text for name, text in TEXTS.items() if name.endswith(".html")}


def test_no_script_holds_a_kpi_a_measure_or_a_window() -> None:
    names = {known.name for known in (*KPIS, *MEASURES)} | {
        known.title for known in (*KPIS, *WINDOWS)
    }
    words = {word for text in SCRIPTS.values() for word in re.findall(r"[\w ]+", text)}

    assert len(SCRIPTS) == 9
    assert {name for name in names if any(name in word for word in words if "_" in name)} == set()
    for text in SCRIPTS.values():
        quoted = set(re.findall(r"""["'`]([^"'`]*)["'`]""", text))
        assert not names & quoted


def test_nothing_comes_from_another_host() -> None:
    for name, text in TEXTS.items():
        addresses = re.findall(r"(?:https?:)?//[\w.-]+\.\w+|@import|url\(", text)
        assert addresses in ([], ["http://www.w3.org"]), name
        assert not addresses or name == "icon.svg"


def test_no_page_has_a_script_or_a_style_in_it() -> None:
    assert sorted(PAGES) == [
        "enter.html",
        "index.html",
        "plain.html",
        "rep.html",
        "team.html",
    ]
    for text in PAGES.values():
        assert not re.search(r"<script[^>]*>[^<]|<style|\sstyle=|\son\w+=", text)
    assert "unsafe" not in HEADERS["Content-Security-Policy"]


def test_no_script_makes_markup_of_data() -> None:
    for text in SCRIPTS.values():
        assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(", text)


def test_what_the_pages_ask_for_is_there() -> None:
    asked = {
        path
        for text in TEXTS.values()
        for path in re.findall(r"""["'](?:(?:\.\./|UP/)?static|\.)/([\w.]+)["']""", text)
    }
    assert asked == (set(TEXTS) | PICTURES) - set(PAGES)


def test_no_address_is_absolute_so_that_the_wall_works_under_a_path() -> None:
    for name, text in TEXTS.items():
        found = re.findall(r"""(?:href|src|from|live\()\s*=?\s*["'`](/[^"'`]*)""", text)
        assert found == [], name
    for page in (list_runbooks(), find_runbook("Watchdog") or ""):
        assert not re.search(r'(?:href|src)="/', page)


def test_a_rep_s_own_page_goes_on_the_home_screen_and_opens_there_under_any_path() -> None:
    manifest = json.loads(TEXTS["me.webmanifest"])
    there = URL("https://intranet.example/wall/static/me.webmanifest")
    ours = {there.join(URL(manifest[name])).path for name in ("id", "start_url")}

    assert ours == {"/wall/me"}
    assert there.join(URL(manifest["scope"])).path == "/wall/"
    for icon in manifest["icons"]:
        if icon["type"] == "image/png":
            width, height = struct.unpack(">II", (STATIC / icon["src"]).read_bytes()[16:24])
            assert icon["sizes"] == f"{width}x{height}"
    assert {"192x192", "512x512"} <= {icon["sizes"] for icon in manifest["icons"]}
    assert "manifest-src 'self'" in HEADERS["Content-Security-Policy"]
    link = '<link rel="manifest" href="../static/me.webmanifest">'
    assert link in rep_html("en", "../", is_own=True)
    assert "manifest" not in rep_html("en", "../", is_own=False)
    assert 'data-own="yes"' in rep_html("en", "", is_own=True)
    assert "data-own" not in rep_html("en", "../", is_own=False)


def test_every_state_has_its_colours_on_dark_and_on_light() -> None:
    css = states_css()

    for state in STATES:
        assert f'\n[data-state="{state.name}"]{{--state:{state.on_dark}}}' in f"\n{css}"
        assert f'\n.light [data-state="{state.name}"]{{--state:{state.on_light}}}' in css


def test_every_channel_and_feed_is_shown() -> None:
    assert set(CHANNELS) == set(CHANNEL_NAMES)
    assert set(FEEDS) == set(KIND_OF.values())
