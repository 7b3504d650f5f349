"""The answer of `explain`: its table on a terminal, and the page that the wall makes of it."""

from dashboards.wall.explain_tables import answer_lines
from dashboards.wall.explanation import read
from floorpulse.text.answer import answer_document, answer_table
from streams.audit.evidence import Evidence
from streams.audit.explain import Answer, explain
from streams.audit.question import Question
from streams.clock import parse_instant
from tests.build import call, record, roster


def answer_of_the_20th() -> Answer:
    """Of a day with nothing, between 12 calls before it and 14 after it, a minute apart."""
    before = [call(id=f"b{n:02}", at=f"2026-11-19T10:{n:02}:00+01:00") for n in range(12)]
    after = [call(id=f"a{n:02}", at=f"2026-11-23T10:{n:02}:00+01:00") for n in range(14)]
    known = Evidence("ana", roster(), parse_instant("2026-11-23T15:00:00+01:00"))
    known.deliver(record(event, offset) for offset, event in enumerate([*before, *after]))
    asked = Question.ask("ana", "touches", "today", None, None)
    return explain(asked, known, parse_instant("2026-11-20T15:00:00+01:00"))


def test_table_and_page_show_the_same_ten_events_on_either_side_of_the_window() -> None:
    answer = answer_of_the_20th()
    ids = [left.entry.event.id for left in answer.findings.left_out]
    table = answer_table(answer)
    page = "\n".join(answer_lines(read(answer_document(answer, ()))))

    in_table = [name for name in ids if f"{name} " in table or f"{name}\n" in table]
    in_page = [name for name in ids if f">{name}<" in page]

    nearest = [*(f"b{n:02}" for n in range(2, 12)), *(f"a{n:02}" for n in range(10))]
    assert in_table == in_page == nearest
    assert "6 more outside the window" in table
    assert "6 more are outside the window" in page


def test_before_the_window_is_before_it_in_the_hour_that_comes_twice() -> None:
    now = parse_instant("2026-10-25T02:40:00+01:00")
    calls = [call(id=f"b{n:02}", at=f"2026-10-25T02:{30 + n}:00+02:00") for n in range(12)]
    known = Evidence("ana", roster(), now)
    known.deliver(record(event, offset) for offset, event in enumerate(calls))
    answer = explain(Question.ask("ana", "touches", "15m", None, None), known, now)

    page = "\n".join(answer_lines(read(answer_document(answer, ()))))

    assert [f">b{n:02}<" in page for n in range(12)] == [False, False, *[True] * 10]
