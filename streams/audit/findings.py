"""What an explanation is made of: what counts, and what does not, for a reason of a closed set."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal, NamedTuple, get_args

from streams.clock import Micros, Minute
from streams.events.contract import LeadChange, Touch
from streams.measures.touches import word

LeftOutReason = Literal[
    "waiting",
    "outside_window",
    "moved",
    "retracted",
    "automated",
    "system",
    "not_a_touch",
    "not_effective",
    "no_contact",
    "not_reached",
    "not_converted",
    "not_first_created",
    "other_origin",
    "no_delivery",
    "delivered_again",
    "same_decision",
    "superseded",
    "reopened",
    "cancelled",
    "undecided",
    "decided",
    "not_overdue",
    "capped",
    "not_won",
    "unknown_status",
    "merged",
    "other_team",
    "other_rep",
]
LEFT_OUT_REASONS: tuple[LeftOutReason, ...] = get_args(LeftOutReason)

# Each as the sentence that a person reads before the detail.
SENTENCE: dict[LeftOutReason, str] = {
    "waiting": "waits for its minute",
    "outside_window": "outside the window",
    "moved": "moved",
    "retracted": "retracted",
    "automated": "automated",
    "system": "a system's, which touches nobody",
    "not_a_touch": "not a touch",
    "not_effective": "not effective",
    "no_contact": "names no contact",
    "not_reached": "no effective touch of the contact in the window and team",
    "not_converted": "no lead of the contact created in the window and team",
    "not_first_created": "not the lead's first creation",
    "other_origin": "another origin",
    "no_delivery": "no delivery before the decision",
    "delivered_again": "delivered again before a decision: the same appointment",
    "same_decision": "the same decision again",
    "superseded": "superseded by a later change",
    "reopened": "reopened after it",
    "cancelled": "the appointment is withdrawn",
    "undecided": "not decided so far",
    "decided": "decided",
    "not_overdue": "not overdue yet",
    "capped": "beyond the first two of one decider in ten minutes",
    "not_won": "not won so far",
    "unknown_status": "a status that is not known",
    "merged": "the lead was merged into another",
    "other_team": "earned in another team",
    "other_rep": "credited to another rep",
}


class Why(NamedTuple):
    """Why something is left out: the reason, what it was, and the instant of what made it so."""

    reason: LeftOutReason
    detail: str = ""
    at: Micros | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """An event as the ledgers hold it: when, for which team, and of a status change the lead."""

    at: Micros
    team: str
    event: Touch | LeadChange
    lead_id: str | None = None

    @property
    def kind(self) -> str:
        """The channel of a touch, or the status that a change gives its lead."""
        return self.event.channel if isinstance(self.event, Touch) else word(self.event.status)


@dataclass(frozen=True, slots=True)
class Counted:
    """One unit of the number: the event that counts, or a contact, and what belongs to it."""

    team: str
    entries: tuple[Entry, ...]
    contact_id: str | None = None  # where the unit is a contact


@dataclass(frozen=True, slots=True)
class LeftOut:
    """An event that is not in the number, and why."""

    entry: Entry
    why: Why


@dataclass(frozen=True, slots=True)
class Scheduled:
    """Scheduled minutes [start, end) in a team, in the window.

    `rates` are effective touches expected per minute, by channel; they change with a rep's dated
    targets, of which `step` is the number.
    """

    start: Minute
    end: Minute
    team: str
    step: int
    rates: Mapping[str, float]


@dataclass(slots=True)
class Findings:
    """What one question brought to light, in the order in which it did."""

    counted: list[Counted] = field(default_factory=list)
    left_out: list[LeftOut] = field(default_factory=list)
    scheduled: list[Scheduled] = field(default_factory=list)

    def leave_out(self, entries: Iterable[Entry], why: Why) -> None:
        """Leave events out for one reason."""
        self.left_out.extend(LeftOut(entry, why) for entry in entries)
