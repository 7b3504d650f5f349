"""A lead is the fold of its ordered status changes; here is what it contributes.

The changes have a total order of their own (`change_order`), so any arrival order gives the same
lead. Every credit goes to the rep who earned it, at the instant it was earned: the creation of the
lead, or the delivery of the appointment, whenever the decision falls.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

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
    """One unit of a measure, credited to *rep_id* in the team at *earned_at*.

    It counts in the minute of *at*. `contact_id` stands on `leads_created`, `decision` on
    `appointments_accepted` and `appointments_rejected`.
    """

    measure: Measure
    rep_id: str
    at: Micros
    earned_at: Micros
    contact_id: str | None = None
    decision: Decision | None = None


# Why a change counts for nothing, whatever the measure.
NoEffect = Literal[
    "not_first_created",
    "delivered_again",
    "no_delivery",
    "cancelled",
    "same_decision",
    "superseded",
    "reopened",
]


@dataclass(slots=True)
class Appointment:
    """An appointment handed to an account manager: one unit, however often it is decided.

    `verdict` is ACCEPTED, REJECTED, CANCELLED (withdrawn), or None while undecided.
    """

    delivered: LeadChange
    verdict: Status | None = None
    decided: LeadChange | None = None

    def why_no_decision(self, change: LeadChange) -> NoEffect | None:
        """The last decision counts; the same one again changes nothing, nor its time."""
        if self.verdict is Status.CANCELLED:
            return "cancelled"
        return "same_decision" if self.verdict is change.status else None

    def reopen(self) -> None:
        """Undecided again, decided or withdrawn as it was."""
        self.verdict = self.decided = None

    def cancel(self) -> None:
        """Withdraws an undecided appointment; a decided one stays decided."""
        if self.verdict is None:
            self.verdict = Status.CANCELLED


# Where changes of one instant stand: as a lead goes its way. Equal ones go by when they were noted.
_RANK = {
    Status.CREATED: 0,
    Status.WORKING: 1,
    Status.DELIVERED: 2,
    Status.RESCHEDULED: 3,
    Status.NO_SHOW: 3,
    Status.CANCELLED: 4,
    Status.ACCEPTED: 5,
    Status.REJECTED: 5,
    Status.REOPENED: 6,
    Status.WON: 7,
    Status.LOST: 7,
    Status.MERGED: 8,
}
# After one of these a `reopened` is not the one before it said again.
_REOPENABLE = frozenset(
    {
        Status.DELIVERED,
        Status.ACCEPTED,
        Status.REJECTED,
        Status.CANCELLED,
        Status.WON,
        Status.LOST,
        Status.MERGED,
    }
)


def change_order(change: LeadChange) -> tuple[Micros, int, Micros, int, str]:
    """The place of a change, of a known status, among those of its lead.

    The length of the id comes before the id: numbers that count up are 999 and 1000.
    """
    noted = change.at if change.recorded_at is None else change.recorded_at
    return change.at, _RANK[change.status], noted, len(change.key.encode()), change.key


def effective_changes(row: Iterable[LeadChange]) -> list[LeadChange]:
    """The changes that say something, in the order that counts."""
    known = (change for change in row if not change.retracted and change.status)
    return sorted(known, key=change_order)


@dataclass(slots=True)
class LeadState:
    """What a lead has come to, change by change.

    `outcome` is the last of won and lost, `merged` the merge, where it was not taken back. Where a
    change counts for nothing, now or from a later change on, `set_aside` is given the reason.
    """

    created: LeadChange | None = None
    appointments: list[Appointment] = field(default_factory=list)
    outcome: LeadChange | None = None
    merged: LeadChange | None = None
    is_reopened: bool = False  # a further `reopened` is the same one

    def apply(self, change: LeadChange) -> None:
        """Take the next change."""
        status = change.status
        if status is Status.CREATED:
            if self.created is None:
                self.created = change
            else:
                self.set_aside(change, "not_first_created", self.created)
        elif status is Status.MERGED:
            self.merged = self.merged or change
        elif status in (Status.WON, Status.LOST):
            if self.outcome is not None:
                self.set_aside(self.outcome, "superseded", change)
            self.outcome = change
        elif status is Status.REOPENED:
            self._reopen(change)
        else:
            self._appoint(change)
        if status in _REOPENABLE:
            self.is_reopened = False

    def _appoint(self, change: LeadChange) -> None:
        """`delivered` opens an appointment when none is undecided; others are about the last."""
        last = self.appointments[-1] if self.appointments else None
        if change.status is Status.DELIVERED:
            if last is None or last.verdict is not None:
                self.appointments.append(Appointment(change))
            else:
                self.set_aside(change, "delivered_again", None, last)
        elif last is None:
            self.set_aside(change, "no_delivery", None)
        elif change.status in (Status.ACCEPTED, Status.REJECTED):
            self._decide(last, change)
        elif change.status is Status.CANCELLED:
            last.cancel()

    def _decide(self, unit: Appointment, change: LeadChange) -> None:
        why = unit.why_no_decision(change)
        if why is not None:
            self.set_aside(change, why, unit.decided, unit)
            return
        if unit.decided is not None:
            self.set_aside(unit.decided, "superseded", change, unit)
        unit.verdict, unit.decided = change.status, change

    def _reopen(self, change: LeadChange) -> None:
        """Takes back the merge; else the outcome; else what became of the last appointment."""
        if self.is_reopened:
            return
        self.is_reopened = True
        if self.merged is not None:
            self.merged = None
        elif self.outcome is not None:
            self.set_aside(self.outcome, "reopened", change)
            self.outcome = None
        elif self.appointments:
            last = self.appointments[-1]
            if last.decided is not None:
                self.set_aside(last.decided, "reopened", change, last)
            last.reopen()

    def set_aside(
        self,
        change: LeadChange,
        why: NoEffect,
        by: LeadChange | None,
        unit: Appointment | None = None,
    ) -> None:
        """*change* counts for nothing, because of *by*; *unit* is what it decided, or tried to."""


def fold(changes: Iterable[LeadChange]) -> LeadState:
    """The state after ordered *changes*."""
    state = LeadState()
    for change in changes:
        state.apply(change)
    return state


def contributions(lead_id: str, row: Iterable[LeadChange]) -> list[Fact]:
    """The facts of a lead's row, for all reps named in it; none while the lead is merged."""
    return [fact for _, fact in earned(lead_id, fold(effective_changes(row)))]


def earned(lead_id: str, lead: LeadState) -> Iterator[tuple[LeadChange, Fact]]:
    """The facts of `contributions`, of each the change at which it counts."""
    if lead.merged is not None:
        return
    if lead.created is not None:
        yield from _creation(lead.created)
    for unit in lead.appointments:
        yield from _appointment(lead_id, unit)
    if lead.outcome is not None and lead.outcome.status is Status.WON:
        yield from _won(lead.outcome, lead.created)


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


def differing(one: list[Fact], other: list[Fact]) -> tuple[list[Fact], list[Fact]]:
    """Both without the beginning and the end that they share: most facts of a lead stay."""
    shared = min(len(one), len(other))
    begin = 0
    while begin < shared and one[begin] == other[begin]:
        begin += 1
    end = 0
    while end < shared - begin and one[-1 - end] == other[-1 - end]:
        end += 1
    return one[begin : len(one) - end], other[begin : len(other) - end]
