"""Which status changes of leads are behind a number, and which are left out, and why.

The rules are those of the fold in `measures.leads`, which gives the reason where a change counts
for nothing.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from metrics import kpis
from metrics.kpis import Measure
from streams.audit.evidence import Evidence
from streams.audit.findings import Counted, Entry, Findings, LeftOutReason, Why
from streams.audit.question import Frame, Question
from streams.clock import MINUTE
from streams.events.contract import LeadChange, Status
from streams.ledgers.rows import decode_changes
from streams.measures.leads import (
    CAP,
    Appointment,
    Decision,
    Fact,
    LeadState,
    NoEffect,
    cap_key,
    decision_order,
    earned,
    effective_changes,
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
_ENDS = (Status.WON, Status.LOST)


class _SetAside(NamedTuple):
    """Why a change counts for nothing, the change that made it so, and what it decided."""

    why: NoEffect
    by: LeadChange | None
    unit: Appointment | None


class _Judged(LeadState):
    """A lead that keeps what its rules say of each change."""

    def __init__(self) -> None:
        super().__init__()
        self.aside: dict[str, _SetAside] = {}  # by the key of the change

    def set_aside(
        self,
        change: LeadChange,
        why: NoEffect,
        by: LeadChange | None,
        unit: Appointment | None = None,
    ) -> None:
        self.aside[change.key] = _SetAside(why, by, unit)


class _Lead:
    """A lead, and what it contributes by the change at which it counts."""

    def __init__(self, lead_id: str, row: Sequence[LeadChange]) -> None:
        self.id = lead_id
        self.row = row
        self.now = _Judged()
        for change in effective_changes(row):
            self.now.apply(change)
        self.facts = {
            (fact.measure.name, change.key): fact for change, fact in earned(lead_id, self.now)
        }

    def unit_of(self, change: LeadChange) -> Appointment | None:
        """The appointment that a change delivered, or decided for a while, or is about."""
        for unit in self.now.appointments:
            if change is unit.delivered or change is unit.decided:
                return unit
        aside = self.now.aside.get(change.key)
        return None if aside is None else aside.unit

    def credited(self, change: LeadChange) -> str | None:
        """Who gets the credit of what a change is about; None where nobody does."""
        is_effective = not change.retracted and change.status is not Status.UNKNOWN
        if not is_effective or change.status is Status.CREATED:
            return change.rep_id or None
        if change.status in _ENDS:
            return (self.now.created or change).rep_id
        unit = self.unit_of(change)
        return unit.delivered.rep_id if unit else None

    def related(self, change: LeadChange, measure: Measure) -> list[LeadChange]:
        """The other change that a unit of the number rests on."""
        if measure in (kpis.LEADS_WON, kpis.COHORT_LEADS_WON):
            both = (self.now.created, self.now.outcome)
            return [other for other in both if other is not None and other is not change]
        unit = self.unit_of(change)
        both = (unit.delivered, unit.decided) if unit else (None, None)
        return [other for other in both if other is not None and other is not change]


def explain_leads(question: Question, frame: Frame, evidence: Evidence) -> Findings:
    """The status changes that make up a number of leads or appointments."""
    leads = [_Lead(lead_id, decode_changes(row)) for lead_id, row in evidence.copies()]
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


def _candidates(lead: _Lead, about: Status, rep_id: str) -> Iterator[LeadChange]:
    """The changes that might count for the rep: done by them, credited to them, or to nobody."""
    for change in lead.row:
        is_about = change.status is about
        if change.status is Status.UNKNOWN:  # of a retracted one the status need not be there
            is_about = change.rep_id in (rep_id, "")
        if is_about and (change.rep_id == rep_id or lead.credited(change) in (rep_id, None)):
            yield change


def _first_two(frame: Frame, leads: Iterable[_Lead]) -> set[tuple[str, str]]:
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


def _why_no_fact(lead: _Lead, change: LeadChange, measure: Measure) -> Why:
    """Why a change is none of the measure's units, in anybody's number."""
    if change.retracted:
        return Why("retracted", "deleted in the source")
    if change.status is Status.UNKNOWN:
        return Why("unknown_status", "it changes nothing")
    if lead.now.merged is not None:
        return _by("merged", lead.now.merged)
    aside = lead.now.aside.get(change.key)
    if aside is not None:
        return _by(aside.why, aside.by)
    if change.status is Status.CREATED:
        is_won = measure is kpis.COHORT_LEADS_WON
        return Why("not_won") if is_won else Why("other_origin", word(change.origin))
    return _why_no_delivery(lead.unit_of(change))


def _why_no_delivery(unit: Appointment | None) -> Why:
    """What the appointment is instead of what the measure counts."""
    if unit is not None and unit.decided is not None:
        return _by("decided", unit.decided)
    return Why("undecided" if unit is None or unit.verdict is None else "cancelled")


def _by(reason: LeftOutReason, change: LeadChange | None) -> Why:
    """A reason that lies in another change."""
    return Why(reason) if change is None else Why(reason, word(change.status), change.at)
