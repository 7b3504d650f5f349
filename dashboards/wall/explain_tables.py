"""An explanation in words and tables, in the language that is spoken."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from html import escape
from typing import Any

from dashboards.wall.explanation import FIELDS, Explanation, LeftOut, Rule, too_far
from dashboards.wall.language import decimal_mark, say
from dashboards.wall.paces import CHANNELS
from dashboards.wall.pages import table

OUTSIDE = "outside_window"
HEADS = {
    "#": "Number",
    "at": "Time",
    "why": "Why not",
    "team": "Team",
    "channel": "Channel",
    "status": "Status",
    "lead_id": "Lead",
    "contact_id": "Contact",
    "direction": "Direction",
    "outcome": "Outcome",
    "talk_seconds": "Talk (s)",
    "disposition": "Disposition",
    "automated": "Automated",
    "retracted": "Deleted",
    "origin": "Origin",
    "decided_by": "Decided by",
    "reason": "Reason",
    "id": "Event",
    "source": "Source",
    "version": "Version",
    "start": "From",
    "end": "Until",
    "expected": "Expected in an hour",
}
# What an event was that is left out, where that is words of ours; the rest is the source's.
DETAILS = {
    "before it": "before it",
    "after it": "after it",
    "to": "to",
    "deleted in the source": "deleted in the source",
    "sent by a sequence": "sent by a sequence",
    "of unknown direction": "of unknown direction",
    "it changes nothing": "it changes nothing",
    r"within (?P<days>\d+) open days": "within {days} open days",
    r"decided by nobody named": "decided by nobody named",
    r"decided by (?P<who>.*)": "decided by {who}",
    r"inbound, (?P<outcome>.*)": "inbound, {outcome}",
    r"talk time unknown of (?P<needed>\d+), disposition (?P<own>.*) not among: (?P<named>.*)": (
        "talk time unknown of {needed}, disposition {own} not among: {named}"
    ),
    r"talk (?P<talk>\d+) s of (?P<needed>\d+), disposition (?P<own>.*) not among: (?P<named>.*)": (
        "talk {talk} s of {needed}, disposition {own} not among: {named}"
    ),
}
# What may be missing, in words of ours.
NOTES = {
    r"incomplete: (?P<topic>.*) reports lost events": "incomplete: {topic} reports lost events",
    r"incomplete: (?P<topic>.*) lost its first records; rows may be missing": (
        "incomplete: {topic} lost its first records; rows may be missing"
    ),
    r"touches of before (?P<at>.*) are kept no more; some may be missing": (
        "touches of before {at} are kept no more; some may be missing"
    ),
}
CLASSES = dict.fromkeys(("at", "start", "end"), ' class="when"') | {"why": ' class="reason"'}
Row = Mapping[str, str]


def answer_lines(shown: Explanation) -> Iterator[str]:
    """The number with its definition, what counts, and what is left out, as HTML."""
    yield from _head(shown)
    if shown.measure == "expected_touches":
        yield f"<h2>{_said('Scheduled')}</h2>"
        yield from _table(_scheduled(shown), "Scheduled")
    else:
        yield f"<h2>{_said('Counted: {count}', count=len(shown.counted))}</h2>"
        units = [
            {"#": str(number) if event is unit.events[0] else "", **_cells(event)}
            for number, unit in enumerate(shown.counted, 1)
            for event in unit.events
        ]
        yield from _table(units, "Counted")
    yield from _left_out(shown.left_out, shown.start)


def _head(shown: Explanation) -> Iterator[str]:
    value = f"{round(shown.value, 2):.10g}".replace(".", decimal_mark())
    parts = [shown.name or shown.rep, say(shown.window_title)]
    if shown.channel:
        parts.append(say(CHANNELS[shown.channel]))
    yield f"<h1><strong>{escape(value)}</strong> {escape(', '.join(parts))}</h1>"
    yield f"<p>{_said(shown.help)}</p>"
    when = {"start": _time(shown.start), "end": _time(shown.end), "zone": shown.zone}
    yield f"<p>{_said('From {start} until {end}, {zone}.', **when)}</p>"
    for rule in shown.teams:
        yield f"<p>{_rule(rule)}</p>"
        if shown.measure == "cohort_overdue":
            said = _said(
                "Overdue is what was delivered before {date}, more than {days} open days ago.",
                date=rule.overdue_before,
                days=rule.decide_within_days,
            )
            yield f"<p>{said}</p>"
    for note in shown.notes:
        yield f'<p class="incomplete">{escape(_in_words(note, NOTES))}</p>'


def _rule(rule: Rule) -> str:
    listed = "".join(say(", or {outcome}", outcome=name) for name in rule.effective_dispositions)
    return _said(
        "{team} on {floor}: effective rule {digest}, talk of {seconds} s{listed}.",
        team=rule.team or say("systems"),
        floor=rule.floor,
        digest=rule.effective_rule,
        seconds=rule.effective_talk_seconds,
        listed=listed,
    )


def _scheduled(shown: Explanation) -> list[Row]:
    mark = decimal_mark()
    rows: list[Row] = []
    for stretch in shown.scheduled:
        rates = {
            name: rate
            for name, rate in stretch.expected_per_minute.items()
            if shown.channel in (None, name)
        }
        expected = (
            f"{say(CHANNELS[name])} {rate * 60:.3g}".replace(".", mark)
            for name, rate in rates.items()
        )
        when = {"start": _time(stretch.start), "end": _time(stretch.end)}
        rows.append({**when, "team": stretch.team, "expected": ", ".join(expected)})
    return rows


def _left_out(left: Sequence[LeftOut], start: str) -> Iterator[str]:
    yield f"<h2>{_said('Left out: {count}', count=len(left))}</h2>"
    counts = Counter(out.why for out in left)
    if left:
        reasons = ", ".join(f"{count} {say(why)}" for why, count in counts.most_common())
        yield f"<p>{escape(reasons)}</p>"
    outside = [out for out in left if out.reason == OUTSIDE]
    begins = datetime.fromisoformat(start)
    far = too_far(outside, lambda out: datetime.fromisoformat(out.event["at"]) < begins)
    hidden = set(map(id, far))
    shown = [out for out in left if id(out) not in hidden]
    yield from _table([{**_cells(out.event), "why": _why(out)} for out in shown], "Left out")
    if hidden:
        said = _said(
            "{count} more are outside the window; JSON and CSV list them.", count=len(hidden)
        )
        yield f"<p>{said}</p>"


def _why(out: LeftOut) -> str:
    detail = " ".join(filter(None, (_in_words(out.detail, DETAILS), _time(out.detail_at))))
    return ": ".join(filter(None, (say(out.why), detail)))


def _in_words(text: str, forms: Mapping[str, str]) -> str:
    """A text of one of these forms, in the language that is spoken; as it is where of none."""
    for form, english in forms.items():
        if match := re.fullmatch(form, text, re.DOTALL):
            return say(
                english, **{name: _part(name, part) for name, part in match.groupdict().items()}
            )
    return text


def _part(name: str, text: str) -> str:
    if name == "at":
        return _time(text)
    return say("none") if name in ("own", "named") and text == "none" else text


def _cells(event: Mapping[str, Any]) -> Row:
    cells = {name: _text(event[name]) for name in FIELDS if name in event}
    return {**cells, "at": _time(event["at"])}


def _text(value: object) -> str:
    return say("yes") if value is True else str(value)


def _time(text: str) -> str:
    """A local time without its offset, to the second."""
    return text[:19].replace("T", " ")


def _table(rows: Sequence[Row], label: str) -> Iterator[str]:
    """The rows under the heads that any of them fills; nothing where there are none."""
    heads = [head for head in HEADS if any(row.get(head) for row in rows)]
    if not heads:
        return
    named = [say(HEADS[head]) for head in heads]
    yield table(say(label, count=len(rows)), named, (_row(row, heads) for row in rows))


def _row(row: Row, heads: Sequence[str]) -> str:
    return "".join(f"<td{CLASSES.get(head, '')}>{escape(row.get(head, ''))}</td>" for head in heads)


def _said(english: str, **values: object) -> str:
    """A text in the language that is spoken, for HTML."""
    return escape(say(english, **values))
