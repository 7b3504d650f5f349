"""The runbooks as the wall serves them: the same pages as in docs, in HTML. Needs no Redis."""

import re
from collections.abc import Iterator
from html import escape
from itertools import groupby

from dashboards.alerting.prometheus import ALERTS
from dashboards.alerting.runbooks import RUNBOOKS
from dashboards.alerting.runbooks.page import index_page, runbook_page

ALERT = {alert.name: alert for alert in ALERTS}
PAGE = """\
<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>{title}</title>
    <link rel="icon" href="/static/icon.svg">
    <link rel="stylesheet" href="/static/wall.css">
  </head>
  <body class="manual">
{body}
  </body>
</html>
"""


def list_runbooks() -> str:
    """The page that lists them all."""
    return html("Runbooks", index_page(ALERTS, RUNBOOKS))


def find_runbook(name: str) -> str | None:
    """The page of an alert; None where there is no alert of that name."""
    if name not in ALERT:
        return None
    return html(name, runbook_page(ALERT[name], RUNBOOKS[name]))


def html(title: str, markdown: str) -> str:
    """A page of the Markdown that `dashboards.alerting.runbooks.page` writes, and of no other."""
    return PAGE.format(title=escape(title), body="\n".join(_blocks(markdown)))


def _blocks(markdown: str) -> Iterator[str]:
    # Code comes out at the odd places, with its language.
    for place, part in enumerate(re.split(r"^```(.*?)^```$", markdown, flags=re.M | re.S)):
        if place % 2:
            yield f"<pre><code>{escape(part.partition(chr(10))[2])}</code></pre>"
        else:
            for kind, lines in groupby(part.splitlines(), _kind):
                yield from _block(kind, list(lines))


def _kind(line: str) -> str:
    """What a line is a part of: a list, a table, a heading, or text."""
    found = re.match(r"- |\d+\. |\||#+ ", line)
    kind = found[0].strip() if found else ""
    return "1." if kind.endswith(".") else kind


def _block(kind: str, lines: list[str]) -> Iterator[str]:
    if kind in ("-", "1."):
        tag = "ul" if kind == "-" else "ol"
        items = "".join(f"<li>{_inline(line.partition(' ')[2])}</li>" for line in lines)
        yield f"<{tag}>{items}</{tag}>"
    elif kind == "|":
        rows = [_row("th", lines[0]), *(_row("td", line) for line in lines[2:])]
        yield f"<table>{''.join(rows)}</table>"
    elif kind:
        tag = f"h{len(kind)}"
        yield from (f"<{tag}>{_inline(line.lstrip('# '))}</{tag}>" for line in lines)
    else:
        paragraphs = "\n".join(lines).split("\n\n")
        yield from (f"<p>{_inline(text)}</p>" for text in paragraphs if text.strip())


def _row(tag: str, line: str) -> str:
    cells = re.split(r"(?<!\\)\|", line.strip()[1:-1])
    told = "".join(f"<{tag}>{_inline(cell.strip())}</{tag}>" for cell in cells)
    return f"<tr>{told}</tr>"


def _inline(text: str) -> str:
    told = escape(text.replace(r"\|", "|"), quote=False)
    told = re.sub(r"`([^`]+)`", r"<code>\1</code>", told)
    told = re.sub(r"\*\*([^*]+)\*\*", r"<strong>\1</strong>", told)
    return re.sub(r"\[([^]]+)\]\(([^)]+)\)", _link, told)


def _link(found: re.Match[str]) -> str:
    """Pages that are served here are linked; of others there is the name of the file."""
    text, to = found[1], found[2].removesuffix(".md")
    if to == "README":
        return f'<a href="/runbooks">{text}</a>'
    if to in ALERT:
        return f'<a href="/runbooks/{to}">{text}</a>'
    return f"{text} ({found[2].replace('../', 'docs/')})"
