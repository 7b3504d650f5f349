"""Which status changes of leads are behind a number, and which are left out, and why.

The rules are those of the fold in `measures.leads`, which gives the reason where a change counts
for nothing.
"""

from collections.abc import Iterable, Iterator

from metrics import kpis
from metrics.kpis import Measure
from streams.audit.evidence import Evidence
from streams.audit.findings import Counted, Entry, Findings, Why
from streams.audit.question import Frame, Question
from streams.clock import MINUTE
from streams.events.contract import LeadChange, Status
from streams.ledgers.rows import decode_changes
from streams.measures.judged_lead import JudgedLead
from streams.measures.leads import (
    CAP,
    Decision,
    Fact,
    cap_key,
    decision_order,
)
from streams.measures.touches import word
from streams.measures.windows import overdue_before

_CAPPED = {
    kpis.APPOINTMENTS_ACCEPTED_CAPPED.name: kpis.APPOINTMENTS_ACCEPTED,
    kpis.APPOINTMENTS_REJECTED_CAPPED.name: kpis.APPOINTMENTS_REJECTED,
}
# The measure whose facts a derived one is made of; every other is made of its own.
_MADE_OF = {**_CAPPED, kpis.COHORT_OVERDUE.name: kpis.COHORT_PENDING}
# The changes that each measure is about; those of every other are deliveries.
_ABOUT = {
    kpis.LEADS_CREATED.name: Status.CREATED,
    kpis.LEADS_INBOUND.name: Status.CREATED,
    kpis.LEADS_OUTBOUND.name: Status.CREATED,
    kpis.COHORT_LEADS_WON.name: Status.CREATED,
    kpis.LEADS_WON.name: Status.WON,
    kpis.APPOINTMENTS_ACCEPTED.name: Status.ACCEPTED,
    kpis.APPOINTMENTS_REJECTED.name: Status.REJECTED,
}


def explain_leads(question: Question, frame: Frame, evidence: Evidence) -> Findings:
    """The status changes that make up a number of leads or appointments."""
    leads = [JudgedLead(lead_id, decode_changes(row)) for lead_id, row in evidence.copies()]
    base = _MADE_OF.get(question.measure.name, question.measure)
    about = _ABOUT.get(base.name, Status.DELIVERED)
    kept = _first_two(frame, leads) if question.measure.name in _CAPPED else None
    findings = Findings()
    for lead in leads:
        for change in _candidates(lead, about, frame.rep.id):
            fact = lead.facts.get((base.name, change.key))
            earned_at = change.at if fact is None else fact.earned_at
            entry = Entry(change.at, frame.membership(earned_at).team, change, lead.id)
            why = frame.why_not(change.at)
            if why is None and fact is None:
                why = _why_no_fact(lead, change, question.measure)
            elif why is None and fact is not None:
                why = _why_no_credit(question, frame, evidence, entry, fact, kept)
            if why is None:
                related = lead.related(change, question.measure)
                others = [Entry(other.at, entry.team, other, lead.id) for other in related]
                findings.counted.append(Counted(entry.team, (entry, *others)))
            else:
                findings.leave_out([entry], why)
    return findings


def _candidates(lead: JudgedLead, about: Status, rep_id: str) -> Iterator[LeadChange]:
    """The changes that might count for the rep: done by them, credited to them, or to nobody."""
    for change in lead.row:
        is_about = change.status is about
        if change.status is Status.UNKNOWN:  # of a retracted one the status need not be there
            is_about = change.rep_id in (rep_id, "")
        if is_about and (change.rep_id == rep_id or lead.credited(change) in (rep_id, None)):
            yield change


def _first_two(frame: Frame, leads: Iterable[JudgedLead]) -> set[tuple[str, str]]:
    """The (lead, change) of the decisions that the capped measures take."""
    groups: dict[object, list[Decision]] = {}
    for lead in leads:
        for fact in lead.facts.values():
            is_shown = frame.horizon <= fact.at // MINUTE <= frame.now
            if fact.decision is not None and fact.rep_id == frame.rep.id and is_shown:
                groups.setdefault(cap_key(fact.decision), []).append(fact.decision)
    taken = [one for group in groups.values() for one in sorted(group, key=decision_order)[:CAP]]
    return {(decision.lead_id, decision.id) for decision in taken}


def _why_no_credit(
    question: Question,
    frame: Frame,
    evidence: Evidence,
    entry: Entry,
    fact: Fact,
    kept: set[tuple[str, str]] | None,
) -> Why | None:
    """Why a fact in the window is not in the rep's number; None when it is."""
    if fact.rep_id != frame.rep.id:
        return Why("other_rep", evidence.roster.rep(fact.rep_id).title)
    why = question.why_not_team(entry.team)
    if why is not None:
        return why
    if kept is not None and (entry.lead_id, entry.event.key) not in kept:
        decider = fact.decision.decided_by if fact.decision else None
        return Why("capped", f"decided by {decider or 'nobody named'}")
    if question.measure is kpis.COHORT_OVERDUE:
        floor = frame.membership(fact.earned_at).floor
        cutoff = overdue_before(floor, frame.today)
        if frame.rep.days.day_of(fact.at // MINUTE) >= cutoff:
            return Why("not_overdue", f"within {floor.decide_within_days} open days")
    return None


def _why_no_fact(lead: JudgedLead, change: LeadChange, measure: Measure) -> Why:
    """Why a change is none of the measure's units, with what explains it."""
    reason, by = lead.why_no_fact(change, measure)
    if reason == "retracted":
        return Why(reason, "deleted in the source")
    if reason == "unknown_status":
        return Why(reason, "it changes nothing")
    if reason == "other_origin":
        return Why(reason, word(change.origin))
    return Why(reason) if by is None else Why(reason, word(by.status), by.at)
