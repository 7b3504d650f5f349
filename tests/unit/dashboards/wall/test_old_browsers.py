"""The pages need nothing that came after Chromium 63 and Safari 12, as televisions have them.

Whatever scripts and style sheets use stands here with the versions that brought it, so that a new
thing has to be looked up before it is used.
"""

import re
from collections.abc import Iterator
from typing import Any

import esprima
import pytest

from dashboards.wall.pages import STATIC

OLDEST = (63, 12.0)  # Chromium, Safari
SCRIPTS = sorted(STATIC.glob("*.js"))
STYLES = "".join(sheet.read_text() for sheet in sorted(STATIC.glob("*.css")))
STYLE = re.sub(r"/\*.*?\*/", "", STYLES, flags=re.S)

Versions = tuple[int, float]
FIRST: Versions = (1, 1.0)  # there since the first

OLD_CALLS = """
concat focus keys setAttribute add addEventListener appendChild cloneNode close createElement
filter floor forEach get getElementById getAttribute getHours getItem join map max min now open
getResponseHeader parse push querySelectorAll reload remove removeChild replace send setItem
setProperty slice some split stringify toggle trim Boolean Date Number String XMLHttpRequest
matchMedia setInterval
"""
OLD_PROPERTIES = """
cursor position top right bottom left max-height font
font-size color display padding font-weight background margin-top margin min-height margin-left
line-height letter-spacing border-radius white-space text-align padding-top padding-left opacity
width font text-decoration
max-width margin-right margin-bottom height border-top width padding-right overflow overflow-x
min-width list-style font-family box-sizing border border-left border-left-color border-collapse
border-top-color color-scheme -webkit-font-smoothing fill stroke stroke-width stroke-dasharray
stroke-linecap stroke-linejoin visibility
"""

# What is called on an object or made with `new`; plain functions are those of the scripts.
CALLS: dict[str, Versions] = {
    **dict.fromkeys(
        OLD_CALLS.split(),
        (24, 7.0),
    ),
    "assign": (45, 9),
    "encodeURIComponent": FIRST,
    "find": (45, 8),
    "from": (45, 9),
    "EventSource": (6, 5),
    "fetch": (42, 10.1),
    "includes": (47, 9),
    "json": (42, 10.1),
    "replaceState": (5, 5),
    **dict.fromkeys(("then", "catch"), (32, 8.0)),
    "URLSearchParams": (49, 10.1),
}
# Style: properties, functions, and values of `display`. What an older browser ignores without harm
# has the versions of the first.
PROPERTIES: dict[str, Versions] = {
    **dict.fromkeys(
        OLD_PROPERTIES.split(),
        FIRST,
    ),
    **dict.fromkeys(("align-content", "align-items", "align-self", "justify-content"), (29, 9.0)),
    **dict.fromkeys(("flex", "flex-direction"), (29, 9.0)),
    **dict.fromkeys(("grid-template-columns", "grid-gap", "grid-column"), (57, 10.1)),
    "animation": (43, 9),
    "transition": (26, 6.1),
    "filter": (53, 9.1),
    "font-variant-numeric": (52, 9.1),
    "overflow-wrap": (23, 7),
    "vector-effect": (6, 5.1),
}
FUNCTIONS: dict[str, Versions] = {
    "rgba": FIRST,
    "var": (49, 9.1),
    "calc": (26, 7),
    "grayscale": (53, 9.1),
    "minmax": (57, 10.1),
    "repeat": (57, 10.1),
}
VALUES: dict[str, dict[str, Versions]] = {
    "display": {
        **dict.fromkeys(("none", "block", "inline-block"), FIRST),
        "flex": (29, 9),
        "grid": (57, 10.1),
    },
    "overflow-wrap": {"break-word": FIRST},  # `anywhere` came with Chromium 80
}


def too_new(used: set[str], known: dict[str, Versions]) -> list[str]:
    """What is used and is not known, or is newer than the oldest browser."""
    return sorted(
        name
        for name in used
        if name not in known or known[name][0] > OLDEST[0] or known[name][1] > OLDEST[1]
    )


def nodes(tree: Any) -> Iterator[Any]:
    """Every node of a syntax tree."""
    for child in tree if isinstance(tree, list) else vars(tree).values():
        if isinstance(child, list):
            yield from nodes(child)
        elif hasattr(child, "type"):
            yield child
            yield from nodes(child)


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.name)
def test_a_script_parses_as_ecmascript_2018_and_calls_what_there_was(script: Any) -> None:
    tree = esprima.parseModule(script.read_text())  # which knows nothing newer
    called, own = set(), set()
    for node in nodes(tree):
        if node.type in ("CallExpression", "NewExpression"):
            callee = node.callee
            is_member = callee.type == "MemberExpression"
            called.add(callee.property.name if is_member else callee.name)
        elif node.type in ("FunctionDeclaration", "VariableDeclarator"):
            own.add(node.id.name)
            own |= {param.name for param in getattr(node, "params", None) or ()}
        elif node.type == "ImportSpecifier":
            own.add(node.local.name)

    assert too_new(called - own, CALLS) == []


def declarations() -> Iterator[tuple[str, str]]:
    for block in re.findall(r"{([^{}]*)}", STYLE):
        for declaration in filter(None, map(str.strip, block.split(";"))):
            name, _, value = declaration.partition(":")
            if not name.startswith("--"):
                yield name.strip(), value.strip()


def test_the_style_sheet_uses_what_there_was() -> None:
    assert too_new({name for name, _ in declarations()}, PROPERTIES) == []
    assert too_new(set(re.findall(r"([a-z-]+)\(", STYLE)) - {"prefers", "not"}, FUNCTIONS) == []
    for property_name, values in VALUES.items():
        used = {
            value.removesuffix(" !important")
            for name, value in declarations()
            if name == property_name
        }
        assert too_new(used, values) == [], property_name
    units = set(re.findall(r"\d(%|[a-z]+)\b", re.sub(r"#[0-9a-f]+", "", STYLE)))
    assert units <= {"em", "rem", "px", "vh", "vw", "fr", "s"}
    assert set(re.findall(r"@([\w-]+)", STYLE)) <= {"media", "keyframes"}
    assert not re.search(r":(is|where|has|focus-visible)\b|&", STYLE)


def test_the_check_finds_what_is_newer() -> None:
    assert too_new({"replaceChildren", "map"}, CALLS) == ["replaceChildren"]
    assert too_new({"clamp", "var"}, FUNCTIONS) == ["clamp"]
    assert too_new({"contents"}, VALUES["display"]) == ["contents"]
    for newer in ("a?.b", "1_000", "try {} catch {}", "a ?? b"):
        with pytest.raises(esprima.Error):
            esprima.parseModule(newer)


def test_a_browser_that_runs_no_script_shows_a_sentence() -> None:
    for page, name in (("index.html", "notice"), ("rep.html", "notice"), ("enter.html", "words")):
        text = (STATIC / page).read_text()
        (said,) = re.findall(rf'<p id="{name}"[^>]*>([^<]*)</p>', text)
        assert "older than Chromium 63 or Safari 12" in said
