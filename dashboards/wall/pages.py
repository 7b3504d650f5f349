"""What browsers load: the pages in a language, and the colours of the states."""

import hashlib
import re
from collections.abc import Iterable, Sequence
from html import escape
from itertools import groupby
from pathlib import Path
from typing import Literal
from urllib.parse import quote

from dashboards.door.passes import Listed, Sight
from dashboards.wall.language import PAGE_WORDS, Language, say, speaking
from metrics.states import STATES

STATIC = Path(__file__).parent / "static"
PEOPLE = "Whose pages open to you"
WALL = "To the wall of their floors"
BACK = "Back to the numbers"


def _version() -> str:
    """Another one for every change of what a browser loads."""
    files = sorted(STATIC.iterdir())
    return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()[:12]


VERSION = _version()


def page(name: str, language: Language, up: str = "") -> str:
    """A page that knows its version, so that it loads itself anew after an upgrade.

    *up* leads from its address to the wall's.
    """
    text = (STATIC / name).read_text().replace("VERSION", VERSION).replace("UP/", up or "./")
    with speaking(language):
        for english in PAGE_WORDS:
            text = text.replace(english, say(english))
    return text.replace('<html lang="en">', f'<html lang="{language}">')


def up_from(raw_path: str) -> str:
    """What leads from the address of a page to that of the wall."""
    return "../" * (raw_path.count("/") - 1)


def rep_html(language: Language, up: str, *, is_own: bool) -> str:
    """The page of a rep; only their own goes on a home screen, since that opens `/me`."""
    text = page("rep.html", language, up)
    return text if is_own else re.sub(r'\n *<link rel="manifest"[^>]*>| data-own="yes"', "", text)


def door_page(
    language: Language,
    sight: Sight,
    up: str = "",
    *,
    state: Literal["open", "closed", "other"] = "open",
    sign_in: str = "",
    said: str = "",
) -> str:
    """The page at the door, for whoever came in as *sight*.

    It is also the answer where a page is closed to them, and to a sign-in: what is *said* of it, or
    whether it is to take the place of another. *sign_in* is the address where one begins.
    """
    put = {
        "STATE": state,
        "KNOWN": "yes" if sight.is_in else "no",
        "LOGIN": escape(sign_in),
        "SAID": escape(said),
        "WHO": escape(sight.title),
        "HOME": escape(sight.home),
    }
    text = page("enter.html", language, up)
    return re.sub("|".join(put), lambda match: put[match.group()], text)


def people_page(
    language: Language, people: Sequence[Listed], looks: Sequence[tuple[str, str]] = ()
) -> str:
    """Links to the pages of *people*, who stand in the order of their teams, and of these.

    Above them those of *looks*: addresses with what they are called.
    """
    with speaking(language):
        lines = [f"<h1>{escape(say(PEOPLE))}</h1>"]
        for path, words in (("./", WALL), *looks):
            lines.append(f'<p><a href="{path}">{escape(say(words))}</a></p>')
    for team, members in groupby(people, key=lambda listed: listed.team):
        links = (
            f'<li><a href="rep/{quote(rep, safe="")}">{escape(name)}</a></li>'
            for _, name, rep in members
        )
        head = f'<a href="team/{quote(team, safe="")}">{escape(team)}</a>'
        lines += [f"<h2>{head}</h2>", "<ul>", *links, "</ul>"]
    return plain_page(language, lines)


def table(label: str, heads: Sequence[str], rows: Iterable[str]) -> str:
    """A table in a box that scrolls, also by keyboard; *rows* are the cells of each, as HTML."""
    head = "".join(f'<th scope="col">{escape(head)}</th>' for head in heads)
    lines = (
        f'<div class="scroll" tabindex="0" role="region" aria-label="{escape(label)}">',
        f"<table><thead><tr>{head}</tr></thead><tbody>",
        *(f"<tr>{row}</tr>" for row in rows),
        "</tbody></table></div>",
    )
    return "\n".join(lines)


def way_back(path: str, words: str = BACK) -> str:
    """A link to where somebody came from: at home on a phone there is no button for it."""
    return f'<p><a href="{escape(path)}">← {escape(say(words))}</a></p>'


def words_page(language: Language, lines: Sequence[str], up: str = "", back: str = "") -> str:
    """A page that says something, and has nothing else to show but the way *back*, if any."""
    words = (f"<p>{escape(line)}</p>" for line in lines)
    return plain_page(language, ["<h1>floorpulse</h1>", *words, back], up)


def plain_page(language: Language, lines: Sequence[str], up: str = "") -> str:
    """A page that says these lines of HTML, and draws nothing."""
    return page("plain.html", language, up).replace("CONTENT", "\n".join(lines))


def states_css() -> str:
    """The colours of the states, on dark and on light."""
    dark = [f'[data-state="{state.name}"]{{--state:{state.on_dark}}}' for state in STATES]
    light = [f'.light [data-state="{state.name}"]{{--state:{state.on_light}}}' for state in STATES]
    return "\n".join((*dark, *light)) + "\n"
