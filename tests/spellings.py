"""The same events in the words and forms of vendors; now and then something that is no event."""

import json
import re

from hypothesis import strategies as st

from tests.oracle_events import SAID
from tests.strategies import events, raw

Records = list[tuple[str, bytes | None]]  # topics and what their records hold

_ALL_WORDS = sorted({way for ways in SAID.values() for said in ways.values() for way in said})
_NO_IDS = ("undefined", "NULL", "None", " nil", "NaN", "n/a", "-", "", "  ")
_NO_INSTANTS = (
    *("2026-11-02T14:00:00", "2026-11-02 14:00:00.25", "2026-11-02", "yesterday", "", 1762092000),
    *("0000-00-00 00:00:00", "0001-01-01T00:00:00", "0001-01-01T00:00:00+14:00"),
    *("1999-12-31T23:59:59Z", "2000-01-01T00:30:00+01:00", "9999-12-31T23:59:59-12:00"),
    *("2026-02-30T10:00:00Z", "2026-11-02T24:00:00Z", "2026-11-02T14:00:00+25:00"),
)
_NO_NUMBERS = (-1, 1.5, "1.5", "x", "", True, 2**63, 1e300, [3])
_NO_EVENTS = (
    *(None, b"", b"{", b"[]", b"3", b"null", b'"a call"', b"\xff\xfe", b"\xef\xbb\xbf", b"NaN"),
    *(b"[" * 9000, b'{"id":"1","at":"2026-11-02T14:00:00Z","rep_id":"ana"}', b"{}" + b" " * 70_000),
)
_seldom = st.integers(0, 40).map(lambda number: number == 17)  # no end, which is drawn more often
_sometimes = st.integers(0, 4).map(lambda number: number == 2)


@st.composite
def _word(draw: st.DrawFn, topic: str, field: str, word: str | None) -> object:
    if word is None or draw(_seldom):
        return draw(st.none() | st.sampled_from(_ALL_WORDS) | st.just(word))
    way = draw(st.sampled_from(SAID[topic, field].get(word, (word,))))
    between = draw(st.sampled_from(("_", "-", " ", " - ", "\t ")))
    around = draw(st.sampled_from(("", "", " ", "\n")))
    case = draw(st.sampled_from((str.lower, str.upper, str.title)))
    return around + case(way.replace("_", between)) + around


@st.composite
def _instant(draw: st.DrawFn, text: str) -> object:
    if draw(_seldom):
        return draw(st.sampled_from(_NO_INSTANTS))
    fraction = draw(st.sampled_from(("", "", ".5", ".0", ".9999", ".123456789", ".999999999999")))
    if text[19:20] != ".":
        text = text[:19] + fraction + text[19:]
    text = text.replace("+00:00", draw(st.sampled_from(("Z", "z", "+00:00", "-00:00"))))
    if draw(st.booleans()):
        text = re.sub(r"([+-]\d\d):(\d\d)$", r"\1\2", text)
    return text.replace("T", draw(st.sampled_from("Tt ")))


@st.composite
def _number(draw: st.DrawFn, number: int | None, *, may_be_cut: bool) -> object:
    if draw(_seldom):
        return draw(st.sampled_from(_NO_NUMBERS))
    if number is None:
        return None
    forms = [number, number, float(number), str(number), f"00{number}"]
    return draw(st.sampled_from([*forms, *([number + 0.7] if may_be_cut else [])]))


@st.composite
def _identity(draw: st.DrawFn, text: str | None) -> object:
    if draw(_seldom):
        return draw(st.sampled_from((*_NO_IDS, None, 7, "x" * 257, "\u00e9" * 129)))
    return text


@st.composite
def spelled(draw: st.DrawFn) -> dict:
    """An event as some vendor may send it; in most of them nothing is wrong."""
    event = dict(draw(events))
    topic = event["topic"]
    for field in ("direction", "outcome", "status", "origin"):
        if field in event:
            event[field] = draw(_word(topic, field, event[field]))
    for field in ("at", "recorded_at"):
        if event[field] is not None:
            event[field] = draw(_instant(event[field]))
    event["version"] = draw(_number(event["version"], may_be_cut=False))
    if "talk_seconds" in event:
        event["talk_seconds"] = draw(_number(event["talk_seconds"], may_be_cut=True))
    for field in ("id", "rep_id", "lead_id"):
        if field in event:
            event[field] = draw(_identity(event[field]))
    if draw(_sometimes):
        event["contact_id"] = draw(st.sampled_from(_NO_IDS))
    for field in list(event):
        is_absent = event[field] is None and draw(st.booleans())
        if field != "topic" and (is_absent or draw(_seldom)):
            del event[field]
    return event


many_spelled = st.lists(spelled(), min_size=1, max_size=50)


@st.composite
def records(draw: st.DrawFn) -> tuple[str, bytes | None]:
    """A topic and what one of its records may hold."""
    event = draw(spelled())
    value: bytes | None = raw(event)
    if draw(_seldom):
        value = draw(st.sampled_from(_NO_EVENTS))
    elif draw(_seldom):
        value = draw(st.sampled_from((b"\xef\xbb\xbf", b" \n"))) + raw(event)
    elif draw(_seldom):
        value = json.dumps(event, ensure_ascii=False).encode()[: draw(st.integers(1, 60))]
    return event["topic"], value


many_records = st.lists(records(), min_size=1, max_size=50)
