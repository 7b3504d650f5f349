"""Which touches are behind a number, which contacts they reached, and which are left out."""

from collections.abc import Iterator
from typing import NamedTuple

from metrics.kpis import CONTACTS_CONVERTED, LEADS_CREATED, TOUCHES
from streams.audit.evidence import Evidence
from streams.audit.findings import Counted, Entry, Findings, Why
from streams.audit.question import Frame, Question
from streams.events.contract import Touch
from streams.ledgers.rows import decode_changes
from streams.ledgers.touchrows import QUARTER
from streams.measures.leads import Fact, earned, effective_changes, fold
from streams.measures.touches import (
    NotEffective,
    NoTouch,
    why_no_touch,
    why_not_effective,
    word,
)
from streams.roster.floors import EffectiveRule


class _Judged(NamedTuple):
    """A touch, and why it is not one of the measure in the window; None when it is."""

    entry: Entry
    touch: Touch
    why: Why | None


def explain_touches(question: Question, frame: Frame, evidence: Evidence) -> Findings:
    """The touches, or the effective ones, each a unit of the number."""
    findings = _moved(question, frame, evidence)
    for entry, _, why in _judged(question, frame, evidence):
        if why is None:
            findings.counted.append(Counted(entry.team, (entry,)))
        else:
            findings.leave_out([entry], why)
    return findings


def explain_contacts(question: Question, frame: Frame, evidence: Evidence) -> Findings:
    """The contacts reached, or those of them that became leads, each with the events of it."""
    findings = _moved(question, frame, evidence)
    reached: dict[tuple[str, str], list[Entry]] = {}
    for entry, touch, why in _judged(question, frame, evidence):
        if why is not None:
            findings.leave_out([entry], why)
        elif touch.contact_id is None:
            findings.leave_out([entry], Why("no_contact"))
        else:
            reached.setdefault((entry.team, touch.contact_id), []).append(entry)
    if question.measure is CONTACTS_CONVERTED:
        _convert(question, frame, evidence, reached, findings)
    else:
        for (team, contact_id), entries in reached.items():
            findings.counted.append(Counted(team, tuple(entries), contact_id))
    return findings


def _convert(
    question: Question,
    frame: Frame,
    evidence: Evidence,
    reached: dict[tuple[str, str], list[Entry]],
    findings: Findings,
) -> None:
    """Of the contacts *reached*, those for whom a lead was created in the same team and window."""
    created: dict[tuple[str, str], list[Entry]] = {}
    for entry, fact in _creations(frame, evidence):
        why = frame.why_not(fact.at) or question.why_not_team(entry.team)
        if why is not None:
            findings.leave_out([entry], why)
        elif fact.contact_id is None:
            findings.leave_out([entry], Why("no_contact"))
        else:
            created.setdefault((entry.team, fact.contact_id), []).append(entry)
    for key, entries in reached.items():
        leads = created.pop(key, None)
        if leads is None:
            findings.leave_out(entries, Why("not_converted"))
        else:
            findings.counted.append(Counted(key[0], (*entries, *leads), key[1]))
    for leads in created.values():
        findings.leave_out(leads, Why("not_reached"))


def _creations(frame: Frame, evidence: Evidence) -> Iterator[tuple[Entry, Fact]]:
    for lead_id, row in evidence.copies():
        for change, fact in earned(lead_id, fold(effective_changes(decode_changes(row)))):
            if fact.measure is LEADS_CREATED and fact.rep_id == evidence.rep_id:
                team = frame.membership(fact.earned_at).team
                yield Entry(change.at, team, change, lead_id), fact


def _judged(question: Question, frame: Frame, evidence: Evidence) -> Iterator[_Judged]:
    for touch in evidence.touches():
        if question.channel in (None, touch.channel):
            _, team, floor = frame.membership(touch.at)
            why = frame.why_not(touch.at) or question.why_not_team(team)
            why = why or _why_not(question, touch, floor.rule, is_system=frame.rep.is_system)
            yield _Judged(Entry(touch.at, team, touch), touch, why)


def _why_not(
    question: Question, touch: Touch, rule: EffectiveRule, *, is_system: bool
) -> Why | None:
    no_touch = why_no_touch(touch, is_system=is_system)
    if no_touch is not None:
        return _no_touch(no_touch, touch)
    if question.measure is TOUCHES:
        return None
    not_effective = why_not_effective(touch, rule)
    return None if not_effective is None else _not_effective(not_effective, touch, rule)


def _no_touch(reason: NoTouch, touch: Touch) -> Why:
    if reason == "retracted":
        return Why("retracted", "deleted in the source")
    if reason == "automated":
        return Why("automated", "sent by a sequence")
    if reason == "system":
        return Why("system")
    if reason == "unknown_direction":
        return Why("not_a_touch", "of unknown direction")
    return Why("not_a_touch", f"inbound, {word(touch.outcome)}")


def _not_effective(reason: NotEffective, touch: Touch, rule: EffectiveRule) -> Why:
    if reason != "short":
        return Why("not_effective", word(touch.outcome))
    talk = "talk time unknown" if touch.talk_seconds is None else f"talk {touch.talk_seconds} s"
    listed = ", ".join(sorted(rule.dispositions)) or "none"
    disposition = repr(touch.disposition) if touch.disposition else "none"
    detail = f"{talk} of {rule.talk_seconds}, disposition {disposition} not among: {listed}"
    return Why("not_effective", detail)


def _moved(question: Question, frame: Frame, evidence: Evidence) -> Findings:
    """The touches that left the window's quarter hours for others, with where they are now."""
    findings = Findings()
    for began, touch in evidence.moved():
        is_asked = question.channel in (None, touch.channel)
        if is_asked and (frame.holds(began) or frame.holds(began + QUARTER - 1)):
            team = frame.membership(began).team
            findings.leave_out([Entry(began, team, touch)], Why("moved", "to", touch.at))
    return findings
