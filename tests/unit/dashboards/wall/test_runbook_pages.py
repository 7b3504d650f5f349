"""The wall's runbooks are the pages of docs, in HTML that holds nothing but text and links."""

import re

import pytest
from aiohttp.test_utils import make_mocked_request

from dashboards.alerting.prometheus import ALERTS
from dashboards.wall.routes import runbook, runbooks
from dashboards.wall.runbook_pages import find_runbook, html, list_runbooks


def body(markdown: str) -> str:
    return html("t", markdown).partition("<main>\n")[2].partition("</main>")[0].strip()


def test_every_form_that_the_pages_use_becomes_markup() -> None:
    assert body("# Spike") == "<h1>Spike</h1>"
    assert body("one\n\ntwo") == "<p>one</p>\n<p>two</p>"
    assert body("- one\n- two") == "<ul>\n<li>one</li>\n<li>two</li>\n</ul>"
    assert body("**a** `b`") == "<p><strong>a</strong> <code>b</code></p>"
    assert "<td>x|y</td>" in body("| A | B |\n| --- | --- |\n| 1 | x\\|y |")


def test_a_block_of_code_can_be_scrolled_with_the_keyboard() -> None:
    assert body("```promql\nup == 0\n  and up\n```") == (
        '<pre tabindex="0"><code>up == 0\n  and up\n</code></pre>'
    )


def test_html_is_shown_as_text() -> None:
    assert body("a < b & c") == "<p>a &lt; b &amp; c</p>"
    assert body("<script>x</script>") == "<p>&lt;script&gt;x&lt;/script&gt;</p>"
    assert "x &gt; &lt;b&gt;" in body("```promql\nx > <b>\n```")
    assert "<title>a&lt;b</title>" in html("a<b", "")


def test_a_link_cannot_carry_a_script() -> None:
    assert "<a" not in body("[x](javascript:alert(1))")
    assert "<a" not in body("<javascript:alert(1)>")


def test_links_lead_to_what_is_served() -> None:
    assert body("[w](Watchdog.md)") == '<p><a href="runbooks/Watchdog">w</a></p>'
    assert body("[all](README.md)") == '<p><a href="runbooks">all</a></p>'
    assert body("[f](../alerts.md#figures)") == "<p>f (docs/alerts.md#figures)</p>"


@pytest.mark.parametrize("alert", ALERTS, ids=lambda alert: alert.name)
def test_every_runbook_is_rendered_whole(alert) -> None:
    page = find_runbook(alert.name)

    assert page is not None
    assert f"<h1>{alert.name}</h1>" in page
    assert page.count("<h2>") == 9
    assert page.count("<main>") == 1
    silences = "amtool silence add" in page
    assert page.count('<pre tabindex="0">') == page.count("<pre") == 4 + silences
    prose = re.sub(r"<(pre|code)\b.*?</\1>", "", page, flags=re.S)
    assert not re.search(r"```|\*\*|\]\(|`|^#|<script|<style|\sstyle=", prose, re.M)


def test_the_list_links_to_every_runbook() -> None:
    linked = re.findall(r'href="runbooks/(\w+)"', list_runbooks())

    assert linked == [alert.name for alert in ALERTS]


async def test_an_unknown_name_is_answered_with_the_list() -> None:
    for name, status in (("Watchdog", 200), ("Nonsense", 404)):
        request = make_mocked_request("GET", f"/runbooks/{name}", match_info={"alert": name})
        answer = await runbook(request)
        assert (answer.status, answer.content_type) == (status, "text/html")
        assert answer.text == (find_runbook(name) or list_runbooks("../"))
        assert 'href="../static/wall.css"' in (answer.text or "")
    listed = await runbooks(make_mocked_request("GET", "/runbooks"))
    assert (listed.status, listed.text) == (200, list_runbooks())
