"""A lead is the fold of its ordered status changes; here is what it contributes.

The changes are ordered by (`at`, `id`), so any arrival order gives the same lead. Every credit goes
to the rep who earned it, at the instant it was earned: the creation of the lead, or the delivery of
the appointment, whenever the decision falls.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from metrics import kpis
from metrics.kpis import Measure
from streams.clock import MINUTE, Micros
from streams.events.contract import LeadChange, Origin, Status

TEN_MINUTES = 10 * MINUTE
CAP = 2  # decisions of one decider in ten minutes that count for alerts


class Decision(NamedTuple):
    """What tells one decision from another, in the order in which the capped measures take them."""

    at: Micros
    id: str
    lead_id: str
    decided_by: str | None


class Fact(NamedTuple):
    """One unit of a measure, credited to *rep_id* in the team held at *earned_at*.

    It counts in the minute of *at*. `contact_id` stands on `leads_created`, `decision` on
    `appointments_accepted` and `appointments_rejected`.
    """

    measure: Measure
    rep_id: str
    at: Micros
    earned_at: Micros
    contact_id: str | None = None
    decision: Decision | None = None


@dataclass(slots=True)
class Appointment:
    """An appointment handed to an account manager: one unit, however often it is decided.

    `verdict` is ACCEPTED, REJECTED, CANCELLED (withdrawn), or None while undecided.
    """

    delivered: LeadChange
    verdict: Status | None = None
    decided: LeadChange | None = None

    def decide(self, change: LeadChange) -> None:
        """The last decision counts; the same one again changes nothing, nor its time."""
        if self.verdict not in (change.status, Status.CANCELLED):
            self.verdict, self.decided = change.status, change

    def reopen(self) -> None:
        """Undecided again, decided or withdrawn as it was."""
        self.verdict = self.decided = None

    def cancel(self) -> None:
        """Withdraws an undecided appointment; a decided one stays decided."""
        if self.verdict is None:
            self.verdict = Status.CANCELLED


def effective_changes(row: Iterable[LeadChange]) -> list[LeadChange]:
    """The changes that say something, in the order that counts."""
    told = [
        change for change in row if not change.retracted and change.status is not Status.UNKNOWN
    ]
    return sorted(told, key=lambda change: (change.at, change.key))


def appointments(changes: Iterable[LeadChange]) -> list[Appointment]:
    """The appointments of a lead, from its ordered changes.

    `delivered` opens one when none is undecided. A decision without one counts nowhere.
    """
    units: list[Appointment] = []
    for change in changes:
        current = units[-1] if units else None
        if change.status is Status.DELIVERED:
            if current is None or current.verdict is not None:
                units.append(Appointment(change))
        elif current is None:
            continue
        elif change.status in (Status.ACCEPTED, Status.REJECTED):
            current.decide(change)
        elif change.status is Status.REOPENED:
            current.reopen()
        elif change.status is Status.CANCELLED:
            current.cancel()
    return units


def contributions(lead_id: str, row: Iterable[LeadChange]) -> list[Fact]:
    """The facts of a lead's row, for all reps named in it; none once its last status is merged."""
    return [fact for _, fact in earned(lead_id, row)]


def earned(lead_id: str, row: Iterable[LeadChange]) -> Iterator[tuple[LeadChange, Fact]]:
    """The facts of `contributions`, each with the change at which it counts."""
    changes = effective_changes(row)
    if not changes or changes[-1].status is Status.MERGED:
        return
    created = next((change for change in changes if change.status is Status.CREATED), None)
    if created is not None:
        yield from _creation(created)
    for unit in appointments(changes):
        yield from _appointment(lead_id, unit)
    ends = [change for change in changes if change.status in (Status.WON, Status.LOST)]
    if ends and ends[-1].status is Status.WON:
        yield from _won(ends[-1], created)


def _creation(created: LeadChange) -> Iterator[tuple[LeadChange, Fact]]:
    rep_id, at = created.rep_id, created.at
    yield created, Fact(kpis.LEADS_CREATED, rep_id, at, at, contact_id=created.contact_id)
    if created.origin is Origin.INBOUND:
        yield created, Fact(kpis.LEADS_INBOUND, rep_id, at, at)
    elif created.origin is Origin.OUTBOUND:
        yield created, Fact(kpis.LEADS_OUTBOUND, rep_id, at, at)


def _appointment(lead_id: str, unit: Appointment) -> Iterator[tuple[LeadChange, Fact]]:
    delivered, decided = unit.delivered, unit.decided
    rep_id, at = delivered.rep_id, delivered.at
    yield delivered, Fact(kpis.COHORT_DELIVERED, rep_id, at, at)
    if unit.verdict is None:
        yield delivered, Fact(kpis.COHORT_PENDING, rep_id, at, at)
    elif decided is not None:
        cohort, live = _BY_VERDICT[decided.status]
        decision = Decision(decided.at, decided.key, lead_id, decided.decided_by)
        yield delivered, Fact(cohort, rep_id, at, at)
        yield decided, Fact(live, rep_id, decided.at, at, decision=decision)


_BY_VERDICT = {
    Status.ACCEPTED: (kpis.COHORT_ACCEPTED, kpis.APPOINTMENTS_ACCEPTED),
    Status.REJECTED: (kpis.COHORT_REJECTED, kpis.APPOINTMENTS_REJECTED),
}


def _won(won: LeadChange, created: LeadChange | None) -> Iterator[tuple[LeadChange, Fact]]:
    if created is None:
        yield won, Fact(kpis.LEADS_WON, won.rep_id, won.at, won.at)
        return
    yield won, Fact(kpis.LEADS_WON, created.rep_id, won.at, created.at)
    yield created, Fact(kpis.COHORT_LEADS_WON, created.rep_id, created.at, created.at)


def cap_key(decision: Decision) -> tuple[str | None, int]:
    """The decider and the ten minutes in UTC of a decision: `CAP` of each count for alerts."""
    return decision.decided_by, decision.at // TEN_MINUTES


def decision_order(decision: Decision) -> tuple[int, str, str]:
    """The order in which decisions of one `cap_key` are taken until there are `CAP`."""
    return decision.at, decision.id, decision.lead_id
