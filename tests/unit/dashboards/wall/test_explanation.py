"""What is behind a number, as HTML and CSV: what a source sends is text and no more."""

import csv
import io
import re
from html import unescape

import pytest

from dashboards.wall.explain_tables import answer_lines
from dashboards.wall.explanation import FIELDS, as_csv, read
from dashboards.wall.language import speaking
from tests.explaining import RULE, explanation

FORMULAS = ["=1+1", "+1", "-1", "@SUM(A1)", "\tx", "\rx", '=HYPERLINK("http://x","y")']
AT = "2026-11-23T11:17:00+01:00"


def page(document: bytes, language: str = "en") -> str:
    with speaking(language):  # type: ignore[arg-type]
        return "\n".join(answer_lines(read(document)))


def cells(text: str) -> list[list[str]]:
    return [
        [unescape(cell) for cell in re.findall(r"<t[dh][^>]*>(.*?)</t[dh]>", row)]
        for row in re.findall(r"<tr>(.*?)</tr>", text)
    ]


def left(reason: str, why: str, at: str = AT, **fields: object) -> dict:
    return {"reason": reason, "why": why, "event": {"at": at, "id": "x", "team": "t"}, **fields}


def rows_of(document: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(as_csv(read(document)), newline="")))


def test_the_number_comes_with_its_definition_its_window_and_its_rule() -> None:
    text = page(explanation(value=1234.5, channel="call", notes=["incomplete: <x>"]))
    assert "<strong>1234.5</strong> Ana, today, Calls" in text
    assert "Touches that reached somebody, by the floor&#x27;s effective rule." in text
    assert "From 2026-11-23 00:00:00 until 2026-11-23 15:01:00, Europe/Amsterdam." in text
    assert "hunters on north: effective rule d1935, talk of 60 s, or callback." in text
    assert "incomplete: &lt;x&gt;" in text
    assert ">41.7</strong>" in page(explanation(value=41.696969697))
    dutch = page(explanation(value=1234.5, channel="call"), "nl")
    assert "1234,5</strong> Ana, vandaag, Gesprekken" in dutch
    assert "hunters op north: regel d1935 voor effectief" in dutch


def test_what_counts_and_what_does_not_are_tables_of_what_is_known() -> None:
    document = explanation(
        events=[{"id": "c1", "talk_seconds": 75}, {"id": "c2", "automated": True}],
        left_out=[
            left("not_effective", "not effective", detail="no_answer"),
            left("moved", "moved", detail="to", detail_at="2026-11-23T14:58:00+01:00"),
            left("capped", "decided", detail="decided by kim"),
        ],
    )
    counted, first, second, left_out, *rows = cells(page(document))
    assert counted == ["Number", "Time", "Team", "Channel", "Talk (s)", "Automated", "Event"]
    assert first == ["1", "2026-11-23 11:17:00", "hunters", "call", "75", "", "c1"]
    assert second[-2:] == ["yes", "c2"]
    assert left_out == ["Time", "Why not", "Team", "Event"]
    assert [row[1] for row in rows] == [
        "not effective: no_answer",
        "moved: to 2026-11-23 14:58:00",
        "decided: decided by kim",
    ]
    assert "Left out: 3" in page(document)
    dutch = [row[1] for row in cells(page(document, "nl"))[4:]]
    assert dutch[1:] == ["verplaatst: naar 2026-11-23 14:58:00", "beslist: beslist door kim"]


def test_of_what_is_outside_the_window_the_nearest_is_shown_and_all_is_in_the_csv() -> None:
    before = [f"2026-11-22T10:{minute:02}:00+01:00" for minute in range(30)]
    after = [f"2026-11-24T10:{minute:02}:00+01:00" for minute in range(30)]
    outs = [left("outside_window", "outside the window", at) for at in (*before, *after)]
    document = explanation(left_out=outs)
    text = page(document)
    shown = [row[0][11:16] for row in cells(text)[1:]]
    assert shown == [f"10:{m}" for m in range(20, 30)] + [f"10:0{m}" for m in range(10)]
    assert "40 more are outside the window" in text
    assert len(rows_of(document)) == 60


def test_what_is_expected_is_shown_by_stretch() -> None:
    stretch = {
        "team": "hunters",
        "start": "2026-11-23T09:00:00+01:00",
        "end": "2026-11-23T12:30:00+01:00",
        "expected_per_minute": {"call": 0.125, "email": 0.05},
    }
    document = explanation(measure="expected_touches", channel="call", scheduled=[stretch])
    heads, row = cells(page(document, "nl"))
    assert heads == ["Team", "Van", "Tot", "Verwacht per uur"]
    assert row == ["hunters", "2026-11-23 09:00:00", "2026-11-23 12:30:00", "Gesprekken 7,5"]
    [line] = rows_of(document)
    assert (line["verdict"], line["at"], line["until"]) == (
        "scheduled",
        stretch["start"],
        stretch["end"],
    )


def test_the_overdue_say_since_when() -> None:
    text = page(explanation(measure="cohort_overdue"))
    assert "Overdue is what was delivered before 2026-11-16, more than 5 open days ago." in text


def test_no_cell_of_the_csv_is_a_formula() -> None:
    events = [dict.fromkeys(FIELDS, formula) for formula in FORMULAS]
    outs = [left("superseded", "superseded", detail=formula) for formula in FORMULAS]
    rules = [{**RULE, "team": formula, "effective_rule": formula} for formula in FORMULAS]
    lines = rows_of(explanation(events=events, left_out=outs, teams=rules))
    assert len(lines) == 2 * len(FORMULAS)
    for line, formula in zip(lines[: len(FORMULAS)], FORMULAS, strict=True):
        assert {line[name] for name in (*FIELDS, "effective_rule")} == {f"'{formula}"}
    for line, formula in zip(lines[len(FORMULAS) :], FORMULAS, strict=True):
        assert line["detail"] == f"'{formula.strip()}" or line["detail"] == formula.strip()
        assert not line["detail"].startswith(("=", "+", "-", "@", "\t", "\r"))
    assert rows_of(explanation(events=[{"id": "a=b"}]))[0]["id"] == "a=b"


@pytest.mark.parametrize("sign", [";", "; ", "\t", "\n", ",", "|"])
def test_no_part_of_a_cell_is_a_formula_where_lines_are_divided_at_another_sign(sign: str) -> None:
    """As Excel in Dutch does, at semicolons."""
    [line] = rows_of(explanation(events=[{"id": f"lead{sign}=1+1", "disposition": "a; b-c"}]))
    assert line["id"].replace("'", "") == f"lead{sign}=1+1"
    assert not re.search(r"[;,\t\n|]\s*=", line["id"])
    assert line["disposition"] == "a; b-c"


def test_text_of_a_source_is_no_markup() -> None:
    evil = "<script>alert(1)</script>{0}&\"'"
    event = {name: evil for name in FIELDS if name != "at"}
    document = explanation(
        events=[event],
        left_out=[left("superseded", "superseded", detail=evil)],
        name=evil,
        zone=evil,
        teams=[{**RULE, "team": evil, "floor": evil, "effective_dispositions": [evil]}],
    )
    text = page(document)
    assert "<script" not in text
    assert evil in unescape(text)
    assert rows_of(document)[0]["id"] == evil
