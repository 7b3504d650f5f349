"""What became of every change of a lead: what it contributes, or why it counts for nothing.

The rules are those of the fold in `measures.leads`, which gives the reason where a change counts
for nothing.
"""

from collections.abc import Sequence
from typing import Literal, NamedTuple

from metrics import kpis
from metrics.kpis import Measure
from streams.events.contract import LeadChange, Status
from streams.measures.leads import Appointment, LeadState, NoEffect, earned, effective_changes

NoFactReason = (
    NoEffect
    | Literal["retracted", "unknown_status", "merged", "not_won", "other_origin"]
    | Literal["decided", "undecided"]
)
_ENDS = (Status.WON, Status.LOST)


class NoFact(NamedTuple):
    """Why a change is none of a measure's units, and the other change that made it so."""

    reason: NoFactReason
    by: LeadChange | None = None


class _SetAside(NamedTuple):
    """Why a change counts for nothing, the change that made it so, and what it decided."""

    why: NoEffect
    by: LeadChange | None
    unit: Appointment | None


class _JudgedState(LeadState):
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


class JudgedLead:
    """A lead, and what it contributes by the change at which it counts."""

    def __init__(self, lead_id: str, row: Sequence[LeadChange]) -> None:
        self.id = lead_id
        self.row = row
        self.now = _JudgedState()
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
        else:
            unit = self.unit_of(change)
            both = (unit.delivered, unit.decided) if unit else (None, None)
        return [other for other in both if other is not None and other is not change]

    def why_no_fact(self, change: LeadChange, measure: Measure) -> NoFact:
        """Why a change without a fact is none of the measure's units, in anybody's number."""
        if change.retracted:
            return NoFact("retracted")
        if change.status is Status.UNKNOWN:
            return NoFact("unknown_status")
        if self.now.merged is not None:
            return NoFact("merged", self.now.merged)
        aside = self.now.aside.get(change.key)
        if aside is not None:
            return NoFact(aside.why, aside.by)
        if change.status is Status.CREATED:
            return NoFact("not_won" if measure is kpis.COHORT_LEADS_WON else "other_origin")
        return _why_no_delivery(self.unit_of(change))


def _why_no_delivery(unit: Appointment | None) -> NoFact:
    """What the appointment is instead of what the measure counts."""
    if unit is not None and unit.decided is not None:
        return NoFact("decided", unit.decided)
    return NoFact("undecided" if unit is None or unit.verdict is None else "cancelled")
