"""The wall's runbooks are the pages of docs, in HTML that holds nothing but text and links."""

import re

import pytest
from aiohttp.test_utils import make_mocked_request

from dashboards.alerting.prometheus import ALERTS
from dashboards.alerting.runbooks import RUNBOOKS
from dashboards.wall.runbook_pages import find_runbook, html, list_runbooks
from dashboards.wall.server import runbook, runbooks


def body(markdown: str) -> str:
    return html("t", markdown).partition('<body class="manual">\n')[2].partition("\n  </body>")[0]


def test_every_form_that_the_pages_use_becomes_markup() -> None:
    assert body("# Spike") == "<h1>Spike</h1>"
    assert body("## Why") == "<h2>Why</h2>"
    assert body("one\n\ntwo") == "<p>one</p>\n<p>two</p>"
    assert body("- one\n- two") == "<ul><li>one</li><li>two</li></ul>"
    assert body("1. one\n2. two") == "<ol><li>one</li><li>two</li></ol>"
    assert body("**a** `b`") == "<p><strong>a</strong> <code>b</code></p>"
    assert body("```promql\nup == 0\n  and up\n```") == (
        "<pre><code>up == 0\n  and up\n</code></pre>"
    )
    assert body("| A | B |\n| --- | --- |\n| 1 | x\\|y |") == (
        "<table><tr><th>A</th><th>B</th></tr><tr><td>1</td><td>x|y</td></tr></table>"
    )


def test_signs_of_markup_are_escaped() -> None:
    assert body("a < b & c") == "<p>a &lt; b &amp; c</p>"
    assert body("```promql\nx > <b>\n```") == "<pre><code>x &gt; &lt;b&gt;\n</code></pre>"
    assert "<title>a&lt;b</title>" in html("a<b", "")


def test_links_lead_to_what_is_served() -> None:
    assert body("[w](Watchdog.md)") == '<p><a href="/runbooks/Watchdog">w</a></p>'
    assert body("[all](README.md)") == '<p><a href="/runbooks">all</a></p>'
    assert body("[f](../alerts.md#figures)") == "<p>f (docs/alerts.md#figures)</p>"


@pytest.mark.parametrize("alert", ALERTS, ids=lambda alert: alert.name)
def test_every_runbook_is_rendered_whole(alert) -> None:
    page = find_runbook(alert.name)

    assert page is not None
    assert f"<h1>{alert.name}</h1>" in page
    assert page.count("<h2>") == 9
    assert page.count("<pre>") == 4 + bool(RUNBOOKS[alert.name].silence_for)
    prose = re.sub(r"<(pre|code)>.*?</\1>", "", page, flags=re.S)
    assert not re.search(r"```|\*\*|\]\(|`|^#|<script|<style|\sstyle=", prose, re.M)


def test_the_list_links_to_every_runbook() -> None:
    linked = re.findall(r'href="/runbooks/(\w+)"', list_runbooks())

    assert linked == [alert.name for alert in ALERTS]


async def test_an_unknown_name_is_answered_with_the_list() -> None:
    for name, status in (("Watchdog", 200), ("Nonsense", 404)):
        request = make_mocked_request("GET", f"/runbooks/{name}", match_info={"alert": name})
        answer = await runbook(request)
        assert (answer.status, answer.content_type) == (status, "text/html")
        assert answer.text == (find_runbook(name) or list_runbooks())
    listed = await runbooks(make_mocked_request("GET", "/runbooks"))
    assert (listed.status, listed.text) == (200, list_runbooks())
