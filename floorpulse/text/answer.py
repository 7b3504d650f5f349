"""The answer of `explain` as a table for people, and as JSON for programs."""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import tzinfo
from typing import Any

import msgspec

from dashboards.wall.explanation import too_far
from floorpulse.text.entries import (
    date_text,
    entry_cells,
    entry_fields,
    entry_table,
    local_iso,
    local_text,
    why_text,
)
from floorpulse.text.tables import columns, team_name
from metrics import kpis
from streams.audit.explain import Answer, TeamRules, paces
from streams.audit.findings import SENTENCE
from streams.clock import MINUTE, Micros
from streams.ledgers.retention import is_late

_OF_TOUCHES = (kpis.TOUCHES, kpis.EFFECTIVE_TOUCHES, kpis.CONTACTS, kpis.CONTACTS_CONVERTED)


def answer_table(answer: Answer) -> str:
    """The number with its definition, what counts, and what is left out."""
    zone = answer.frame.rep.days.zone
    parts = ["\n".join(_head(answer))]
    if answer.question.measure is kpis.EXPECTED_TOUCHES:
        parts.append(_expectation(answer))
    else:
        parts.append(f"COUNTED: {len(answer.findings.counted)}")
        rows = [
            {"#": f"{number}" if entry is unit.entries[0] else "", **entry_cells(entry, zone)}
            for number, unit in enumerate(answer.findings.counted, 1)
            for entry in unit.entries
        ]
        parts.extend(entry_table(rows))
    parts.extend(_left_out(answer, zone))
    return "\n\n".join(parts)


def _head(answer: Answer) -> Iterator[str]:
    question, frame = answer.question, answer.frame
    rep, zone = frame.rep, frame.rep.days.zone
    channel = f", {question.channel}" if question.channel else ""
    asked = f"{question.measure.name} of {rep.title}, {question.window.title}{channel}"
    yield f"{answer.number:g}  {asked}"
    yield question.measure.help
    start, end = (local_text(at * MINUTE, zone) for at in (frame.start, frame.now + 1))
    yield f"window: from {start} until {end}, {zone.key}"
    for team in answer.teams:
        rule = team.floor.rule
        listed = "".join(f", or {disposition}" for disposition in sorted(rule.dispositions))
        yield (
            f"team {team_name(team.team)} on {team.floor.name}: effective rule {rule.digest} "
            f"(talk of {rule.talk_seconds} s{listed})"
        )
        if question.measure is kpis.COHORT_OVERDUE:
            yield (
                f"overdue: delivered before {date_text(team.overdue_before)}, more than "
                f"{team.floor.decide_within_days} open days ago"
            )


def _expectation(answer: Answer) -> str:
    """The scheduled stretches, and what each team's rate makes of their minutes."""
    zone = answer.frame.rep.days.zone
    scheduled = answer.findings.scheduled
    rows = [("from", "until", "team", "minutes")]
    for stretch in scheduled:
        start, end = (local_text(at * MINUTE, zone) for at in (stretch.start, stretch.end))
        rows.append((start, end, stretch.team, str(stretch.end - stretch.start)))
    stretches = [columns(rows)] if scheduled else []
    sums = [
        f"{team}, {channel}: {minutes} minutes x {rate * 60:g} an hour = {minutes * rate:g}"
        for team, minutes, channel, rate in _paces(answer)
    ]
    return "\n\n".join(
        [f"SCHEDULED: {len(scheduled)}", *stretches, *filter(None, ["\n".join(sums)])]
    )


def _paces(answer: Answer) -> Iterator[tuple[str, int, str, float]]:
    """Team, minutes, channel and what is expected per minute."""
    for team in answer.teams:
        for channel in answer.question.channels:
            for minutes, rate in paces(answer.findings.scheduled, team.team, channel):
                if channel is not None and rate:
                    yield team.team, minutes, channel, rate


def _left_out(answer: Answer, zone: tzinfo) -> Iterator[str]:
    left = answer.findings.left_out
    counts = Counter(SENTENCE[out.why.reason] for out in left)
    by_reason = ", ".join(f"{count} {reason}" for reason, count in counts.most_common())
    yield f"LEFT OUT: {len(left)}" + (f" ({by_reason})" if left else "")
    start = answer.frame.start * MINUTE
    outside = [out for out in left if out.why.reason == "outside_window"]
    hidden = set(map(id, too_far(outside, lambda out: out.entry.at < start)))
    shown = [out for out in left if id(out) not in hidden]
    rows = [{**entry_cells(out.entry, zone), "left out": why_text(out.why, zone)} for out in shown]
    yield from entry_table(rows)
    if hidden:
        yield f"{len(hidden)} more outside the window; --format json lists them"


def answer_lines(answer: Answer) -> Iterator[bytes]:
    """One JSON object a line: the number; what counts; what is left out. `end` is exclusive."""
    zone = answer.frame.rep.days.zone
    yield msgspec.json.encode(_number(answer, zone))
    for unit in answer.findings.counted:
        events = [entry_fields(entry, zone) for entry in unit.entries]
        what = {"kind": "counted", "team": unit.team, "contact_id": unit.contact_id}
        yield _line({**what, "events": events})
    for stretch in answer.findings.scheduled:
        start, end = (local_iso(at * MINUTE, zone) for at in (stretch.start, stretch.end))
        what = {"kind": "scheduled", "team": stretch.team, "start": start, "end": end}
        yield _line({**what, "expected_per_minute": stretch.rates})
    for left in answer.findings.left_out:
        event = entry_fields(left.entry, zone)
        reason, detail, at = left.why
        why = {"detail": detail or None, "detail_at": None if at is None else local_iso(at, zone)}
        yield _line({"kind": "left_out", "reason": reason, **why, "event": event})


def answer_document(answer: Answer, notes: Sequence[str]) -> bytes:
    """The same as one JSON object, for the wall; it names no other rep.

    What is left out has its reason in a sentence too. *notes* say what may be missing.
    """
    number, *lines = map(msgspec.json.decode, answer_lines(answer))
    del number["kind"]
    by_kind: dict[str, list[Any]] = {"counted": [], "scheduled": [], "left_out": []}
    for line in lines:
        by_kind[line.pop("kind")].append(line)
    for left in by_kind["left_out"]:
        left["why"] = SENTENCE[left["reason"]]
        if left["reason"] == "other_rep":
            del left["detail"]
    events = [
        *(event for unit in by_kind["counted"] for event in unit["events"]),
        *(left["event"] for left in by_kind["left_out"]),
    ]
    for event in events:
        if event.get("rep_id") != answer.question.rep_id:
            event.pop("rep_id", None)
    for team, rules in zip(number["teams"], answer.teams, strict=True):
        team["decide_within_days"] = rules.floor.decide_within_days
    window = answer.question.window.title
    zone = answer.frame.rep.days.zone.key
    more = {"window_title": window, "zone": zone, **by_kind, "notes": list(notes)}
    return msgspec.json.encode({**number, **more})


def what_is_gone(answer: Answer, now: Micros) -> list[str]:
    """That the window reaches back to touches that are not kept at *now*, in a line.

    Its time is in the rep's zone.
    """
    start = answer.frame.start * MINUTE
    if answer.question.measure in _OF_TOUCHES and is_late(start, now):
        since = local_iso(start, answer.frame.rep.days.zone)
        return [f"touches of before {since} are kept no more; some may be missing"]
    return []


def _number(answer: Answer, zone: tzinfo) -> dict[str, Any]:
    question, frame = answer.question, answer.frame
    return {
        "kind": "number",
        "rep": question.rep_id,
        "name": frame.rep.name,
        "measure": question.measure.name,
        "window": question.window.name,
        "channel": question.channel,
        "value": answer.number,
        "help": question.measure.help,
        "at": local_iso(answer.at, zone),
        "start": local_iso(frame.start * MINUTE, zone),
        "end": local_iso((frame.now + 1) * MINUTE, zone),
        "teams": [_team(team) for team in answer.teams],
    }


def _team(team: TeamRules) -> dict[str, Any]:
    rule = team.floor.rule
    return {
        "team": team.team,
        "floor": team.floor.name,
        "effective_rule": rule.digest,
        "effective_talk_seconds": rule.talk_seconds,
        "effective_dispositions": sorted(rule.dispositions),
        "expected_per_minute": team.rates,
        "overdue_before": date_text(team.overdue_before),
    }


def _line(what: dict[str, Any]) -> bytes:
    return msgspec.json.encode({name: value for name, value in what.items() if value is not None})
