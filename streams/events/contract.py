"""The wire contract's types: what bytes of the four topics become, or a rejection with a reason.

They are what the ledgers keep: `Touch` and `LeadChange` are encoded as arrays into the rows as they
are.
"""

import enum
from typing import Literal, NamedTuple, get_args

import msgspec

from metrics.channels import CHANNEL_BY_LETTER, CHANNELS
from streams.clock import MINUTE, Micros, parse_instant

MAX_BYTES = 64 * 1024
MAX_ID_BYTES = 256
MAX_TEXT_BYTES = 256  # free text beyond it is cut, so that a row stays far below Kafka's limit
MAX_AHEAD = 5 * MINUTE  # how far `at` and `recorded_at` may be ahead of the clock
EARLIEST = parse_instant("2000-01-01T00:00:00Z")  # what lies before it stands for no date

RejectionReason = Literal[
    "not_json",
    "not_an_object",
    "missing_field",
    "wrong_type",
    "naive_timestamp",
    "future",
    "too_large",
    "placeholder",
    "no_rep",
    "lead_full",
    "misrouted",
    "forgotten",
]
REJECTION_REASONS: tuple[RejectionReason, ...] = get_args(RejectionReason)
# Reasons that say the bytes cannot be read: a flood of them stops the worker.
UNREADABLE: frozenset[RejectionReason] = frozenset(REJECTION_REASONS) - {
    *("future", "placeholder", "no_rep", "lead_full", "misrouted", "forgotten")
}

Kind = str  # the name of a channel, or `lead`
KIND_OF: dict[str, Kind] = {  # by the topic's name without prefix
    **{channel.topic: channel.name for channel in CHANNELS},
    "lead-status": "lead",
}
Destination = Literal["dead-letters", "late", "misrouted-touches", "misrouted-leads"]


class Direction(enum.IntEnum):
    """Who started the touch; unknown is neither outbound nor inbound."""

    UNKNOWN = 0
    OUTBOUND = 1
    INBOUND = 2


class Outcome(enum.IntEnum):
    """How a call, an e-mail or an InMail went."""

    UNKNOWN = 0
    HUMAN = 1
    VOICEMAIL = 2
    NO_ANSWER = 3
    BUSY = 4
    WRONG_NUMBER = 5
    FAILED = 6
    SENT = 7
    BOUNCED = 8
    REPLIED = 9
    AUTO_REPLIED = 10
    ACCEPTED = 11
    DECLINED = 12


class Status(enum.IntEnum):
    """What a change says of its lead; unknown changes nothing."""

    UNKNOWN = 0
    CREATED = 1
    WORKING = 2
    DELIVERED = 3
    ACCEPTED = 4
    REJECTED = 5
    REOPENED = 6
    NO_SHOW = 7
    CANCELLED = 8
    RESCHEDULED = 9
    WON = 10
    LOST = 11
    MERGED = 12


class Origin(enum.IntEnum):
    """Where a lead came from; what is not known is other."""

    OTHER = 0
    INBOUND = 1
    OUTBOUND = 2


class Touch(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One version of a call leg, an e-mail or an InMail of a rep (the rep stands in the row's key).

    `key` is the channel's letter and the id in the source system: identity within the rep.
    `at` and `recorded_at` are microseconds since the epoch; None means unknown, never zero.
    """

    key: str
    at: Micros
    version: int | None = None
    recorded_at: Micros | None = None
    retracted: bool = False
    direction: Direction = Direction.UNKNOWN
    outcome: Outcome = Outcome.UNKNOWN
    talk_seconds: int | None = None
    disposition: str | None = None
    automated: bool = False
    contact_id: str | None = None
    source: str | None = None

    @property
    def id(self) -> str:
        """The id in the source system."""
        return self.key[1:]

    @property
    def channel(self) -> str:
        """The name of its channel."""
        return CHANNEL_BY_LETTER[self.key[0]].name


class LeadChange(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One version of a status change of a lead (the lead stands in the row's key).

    `rep_id` is "" where no person did it.
    """

    key: str
    at: Micros
    version: int | None = None
    recorded_at: Micros | None = None
    retracted: bool = False
    rep_id: str = ""
    status: Status = Status.UNKNOWN
    origin: Origin = Origin.OTHER
    contact_id: str | None = None
    reason: str | None = None
    decided_by: str | None = None
    source: str | None = None

    @property
    def id(self) -> str:
        """The id in the source system."""
        return self.key


class TouchEvent(NamedTuple):
    """An accepted touch and the rep it belongs to."""

    rep_id: str
    touch: Touch


class LeadEvent(NamedTuple):
    """An accepted status change and the lead it belongs to."""

    lead_id: str
    change: LeadChange


class Rejection(NamedTuple):
    """Why bytes are not an event: a reason of the closed set, and what exactly was wrong."""

    reason: RejectionReason
    detail: str


CHANNEL_OF: dict[str, str] = {channel.letter: channel.name for channel in CHANNELS}


def is_ahead(at: Micros, now: Micros) -> bool:
    """Whether an event's `at` could not be accepted *now*: it was when the clock was further on."""
    return at > now + MAX_AHEAD
