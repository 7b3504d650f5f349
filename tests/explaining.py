"""Explanations under test: what was asked about delivered events, and what was answered."""

import json
from typing import Any

from streams.audit.evidence import Evidence
from streams.audit.explain import Answer, explain
from streams.audit.findings import Counted
from streams.audit.question import Question
from streams.clock import parse_instant
from tests.build import NORTH, record, roster

AT = "2026-11-23T15:00:00+01:00"  # a Monday


def asked(
    events: list[dict],
    measure: str = "effective_touches",
    window: str = "today",
    channel: str | None = None,
    team: str | None = None,
    rep: str = "ana",
    at: str = AT,
    text: str = NORTH,
) -> Answer:
    """The explanation of a number of a rep to whom these events were delivered."""
    known = Evidence(rep, roster(text), parse_instant(at))
    known.deliver(record(event, offset) for offset, event in enumerate(events))
    return explain(Question.ask(rep, measure, window, channel, team), known, parse_instant(at))


def explanation(**fields: Any) -> bytes:
    """An answer as the wall is given it, in which every one of `events` counts."""
    events = [
        {"at": "2026-11-23T11:17:00+01:00", "team": "hunters", "channel": "call", **event}
        for event in fields.pop("events", ())
    ]
    usual = {
        "rep": "ana",
        "name": "Ana",
        "measure": "effective_touches",
        "help": "Touches that reached somebody, by the floor's effective rule.",
        "window": "today",
        "window_title": "today",
        "channel": None,
        "value": 1.0,
        "at": "2026-11-23T15:00:00+01:00",
        "start": "2026-11-23T00:00:00+01:00",
        "end": "2026-11-23T15:01:00+01:00",
        "zone": "Europe/Amsterdam",
        "teams": [RULE],
        "counted": [{"team": "hunters", "events": [event]} for event in events],
        "scheduled": [],
        "left_out": [],
        "notes": [],
    }
    return json.dumps({**usual, **fields}).encode()


RULE = {
    "team": "hunters",
    "floor": "north",
    "effective_rule": "d1935",
    "effective_talk_seconds": 60,
    "effective_dispositions": ["callback"],
    "overdue_before": "2026-11-16",
    "decide_within_days": 5,
}


def counted(answer: Answer) -> list[str]:
    """The ids of the events that count, in their order."""
    return [unit.entries[0].event.id for unit in answer.findings.counted]


def left_out(answer: Answer) -> dict[str, tuple[str, str]]:
    """{id: (reason, detail)}."""
    return {left.entry.event.id: left.why[:2] for left in answer.findings.left_out}


def units(answer: Answer) -> list[Counted]:
    """What was counted."""
    return answer.findings.counted
