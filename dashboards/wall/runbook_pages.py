"""The runbooks as the wall serves them: the same pages as in docs, in HTML. Needs no Redis."""

from collections.abc import Iterable, Iterator, MutableMapping, Sequence
from html import escape
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.rules_core import StateCore
from markdown_it.token import Token
from markdown_it.utils import OptionsDict

from dashboards.alerting.prometheus import ALERTS
from dashboards.alerting.runbook import index_page, runbook_page

ALERT = {alert.name: alert for alert in ALERTS}
PAGE = """\
<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>{title}</title>
    <link rel="icon" href="{up}static/icon.svg">
    <link rel="stylesheet" href="{up}static/wall.css">
  </head>
  <body class="manual">
<main>
{body}</main>
  </body>
</html>
"""


def list_runbooks(up: str = "") -> str:
    """The page that lists them all; *up* leads from its address to the wall's."""
    return html("Runbooks", index_page(ALERTS), up)


def find_runbook(name: str) -> str | None:
    """The page of an alert; None where there is no alert of that name."""
    return html(name, runbook_page(ALERT[name]), "../") if name in ALERT else None


def html(title: str, markdown: str, up: str = "") -> str:
    """A page of Markdown; HTML inside it is shown as text. No address in it is absolute."""
    body = _MARKDOWN.render(markdown, {"up": up})
    return PAGE.format(title=escape(title), body=body, up=up)


class _Renderer(RendererHTML):
    """Code blocks scroll, so the keyboard has to reach them."""

    def fence(
        self,
        tokens: Sequence[Token],
        idx: int,
        options: OptionsDict,
        env: MutableMapping[str, Any],
    ) -> str:
        return f'<pre tabindex="0"><code>{escape(tokens[idx].content)}</code></pre>\n'


def _serve_links(state: StateCore) -> None:
    for token in state.tokens:
        token.children = list(_served(token.children or (), state.env["up"]))


def _served(tokens: Iterable[Token], up: str) -> Iterator[Token]:
    """Pages that are served here stay links; of others the reader gets the name of the file."""
    file = address = ""
    for token in tokens:
        if token.type == "link_open":
            file = str(token.attrGet("href"))
            address = _address(file.removesuffix(".md"), up)
            token.attrSet("href", address)
        if address or token.type not in ("link_open", "link_close"):
            yield token
        elif token.type == "link_close":
            yield Token("text", "", 0, content=f" ({file.replace('../', 'docs/')})")


def _address(page: str, up: str) -> str:
    """Where the wall serves a page; nothing for a page that it does not serve."""
    if page == "README":
        return f"{up}runbooks"
    return f"{up}runbooks/{page}" if page in ALERT else ""


_MARKDOWN = MarkdownIt("commonmark", {"html": False}, renderer_cls=_Renderer).enable("table")
_MARKDOWN.core.ruler.push("served_links", _serve_links)
