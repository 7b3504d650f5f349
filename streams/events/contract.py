"""The wire contract: bytes of the four topics become typed values, or a rejection with a reason.

A `Decoder` never raises on data. What it returns is what the ledgers keep:
`Touch` and `LeadChange` are encoded as arrays into the rows as they are.
"""

import enum
import re
from collections import Counter
from datetime import datetime
from typing import Annotated, ClassVar, Literal, NamedTuple, TypeVar, get_args

import msgspec
from msgspec import UNSET, UnsetType

from streams.clock import MINUTE, Micros, micros

MAX_BYTES = 64 * 1024
MAX_ID_BYTES = 256
MAX_TEXT_BYTES = 256  # free text beyond it is cut, so that a row stays far below Kafka's limit
MAX_AHEAD = 5 * MINUTE  # how far `at` and `recorded_at` may be ahead of the clock

Channel = Literal["call", "email", "inmail"]
Reason = Literal[
    "not_json",
    "not_an_object",
    "missing_field",
    "wrong_type",
    "naive_timestamp",
    "future",
    "too_large",
    "lead_full",
    "misrouted",
]
REASONS: tuple[Reason, ...] = get_args(Reason)
# Reasons that say the bytes cannot be read: a flood of them stops the worker.
UNREADABLE: frozenset[Reason] = frozenset(REASONS) - {"future", "lead_full", "misrouted"}


Kind = Literal["call", "email", "inmail", "lead"]
KIND_OF: dict[str, Kind] = {  # by the topic's name without prefix
    "calls": "call",
    "emails": "email",
    "inmails": "inmail",
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
        """`call`, `email` or `inmail`."""
        return CHANNEL_OF[self.key[0]]


class LeadChange(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One version of a status change of a lead (the lead stands in the row's key)."""

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

    reason: Reason
    detail: str


CHANNEL_OF: dict[str, Channel] = {"c": "call", "e": "email", "i": "inmail"}

_DIRECTIONS = {"outbound": Direction.OUTBOUND, "inbound": Direction.INBOUND}
_OUTCOMES = {
    "call": ("human", "voicemail", "no_answer", "busy", "wrong_number", "failed"),
    "email": ("sent", "bounced", "replied", "auto_replied"),
    "inmail": ("sent", "accepted", "declined", "replied"),
}
_STATUSES = {status.name.lower(): status for status in Status if status}
_ORIGINS = {"inbound": Origin.INBOUND, "outbound": Origin.OUTBOUND}

_Version = Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1)]
_Int64 = Annotated[int, msgspec.Meta(ge=-(2**63), le=2**63 - 1)]
_Enum = str | None | UnsetType
E = TypeVar("E", bound=enum.IntEnum)


class _Common(msgspec.Struct, gc=False, kw_only=True):
    id: str
    at: datetime
    version: _Version | None = None
    recorded_at: datetime | None = None
    contact_id: str | None = None
    retracted: bool | None = None
    source: str | None = None


class _TouchWire(_Common, gc=False, kw_only=True):
    rep_id: str
    direction: _Enum = UNSET
    outcome: _Enum = UNSET
    # Fields of one channel only; on the others an extra field of that name is ignored.
    talk_seconds: ClassVar[int | None] = None
    disposition: ClassVar[str | None] = None
    automated: ClassVar[bool | None] = False


class _Call(_TouchWire, gc=False, kw_only=True):
    talk_seconds: _Int64 | None = None  # type: ignore[misc]
    disposition: str | None = None  # type: ignore[misc]


class _Email(_TouchWire, gc=False, kw_only=True):
    automated: bool | None = None  # type: ignore[misc]


class _InMail(_TouchWire, gc=False, kw_only=True):
    pass


class _LeadStatus(_Common, gc=False, kw_only=True):
    lead_id: str
    rep_id: str | UnsetType | None = UNSET
    status: _Enum = UNSET
    origin: str | None = None
    reason: str | None = None
    decided_by: str | None = None


class _Bad(Exception):  # noqa: N818 - never leaves this module
    """Carries a rejection out of the nested checks of one event."""

    def __init__(self, reason: Reason, detail: str) -> None:
        super().__init__(detail)
        self.rejection = Rejection(reason, detail)


_ERRORS = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError, _Bad)


class Decoder:
    """Decodes the events of all four topics and counts enum values that it does not know.

    `unmapped` counts by (kind, field): a new outcome in the source shows there, not as a rejection.
    """

    def __init__(self) -> None:
        self.unmapped: Counter[tuple[str, str]] = Counter()
        self._touches = {
            channel: (letter, msgspec.json.Decoder(wire), _outcomes(channel))
            for channel, letter, wire in (
                ("call", "c", _Call),
                ("email", "e", _Email),
                ("inmail", "i", _InMail),
            )
        }
        self._lead = msgspec.json.Decoder(_LeadStatus)

    def touch(self, channel: str, raw: bytes | None, now: Micros) -> TouchEvent | Rejection:
        """One record of the calls, emails or inmails topic."""
        letter, decoder, outcomes = self._touches[channel]
        try:
            wire: _TouchWire = decoder.decode(_sized(raw))
            at, recorded_at = _instants(wire, now, raw)
            _check_ids(wire.id, wire.rep_id, wire.contact_id)
            retracted = bool(wire.retracted)
            direction, outcome = wire.direction, wire.outcome
            if (direction is UNSET or outcome is UNSET) and not retracted:
                raise _Bad("missing_field", f"{channel} needs `direction` and `outcome`")
            touch = Touch(
                letter + wire.id,
                at,
                wire.version,
                recorded_at,
                retracted,
                _DIRECTIONS.get(direction)  # type: ignore[arg-type]
                or self._unmapped(channel, "direction", direction, Direction.UNKNOWN),
                outcomes.get(outcome)  # type: ignore[arg-type]
                or self._unmapped(channel, "outcome", outcome, Outcome.UNKNOWN),
                wire.talk_seconds,
                _cut(wire.disposition),
                bool(wire.automated),
                wire.contact_id,
                _cut(wire.source),
            )
            return TouchEvent(wire.rep_id, touch)
        except _ERRORS as error:
            return _rejection(raw, error, ("id", "rep_id", "at"))

    def lead(self, raw: bytes | None, now: Micros) -> LeadEvent | Rejection:
        """One record of the lead-status topic."""
        try:
            wire = self._lead.decode(_sized(raw))
            at, recorded_at = _instants(wire, now, raw)
            _check_ids(wire.id, wire.lead_id, wire.contact_id)
            retracted = bool(wire.retracted)
            status, rep_id = wire.status, wire.rep_id
            if rep_id is UNSET or status is UNSET:
                if not retracted:
                    raise _Bad("missing_field", "lead-status needs `rep_id` and `status`")
                rep_id = ""
            elif rep_id is None and retracted:
                rep_id = ""
            elif rep_id is None or not _is_id(rep_id):
                raise _Bad("wrong_type", f"`rep_id` must be a string of 1-{MAX_ID_BYTES} bytes")
            change = LeadChange(
                wire.id,
                at,
                wire.version,
                recorded_at,
                retracted,
                rep_id,
                _STATUSES.get(status)  # type: ignore[arg-type]
                or self._unmapped("lead", "status", status, Status.UNKNOWN),
                _ORIGINS.get(wire.origin)  # type: ignore[arg-type]
                or self._unmapped("lead", "origin", wire.origin, Origin.OTHER),
                wire.contact_id,
                _cut(wire.reason),
                _cut(wire.decided_by),
                _cut(wire.source),
            )
            return LeadEvent(wire.lead_id, change)
        except _ERRORS as error:
            return _rejection(raw, error, ("id", "lead_id", "at"))

    def _unmapped(self, kind: str, field: str, value: object, unknown: E) -> E:
        """What *value*, which is not in the contract's list, stands for; null is simply unknown."""
        if isinstance(value, str) and (field, value) not in _SAID_PLAINLY:
            self.unmapped[kind, field] += 1
        return unknown


_SAID_PLAINLY = {("outcome", "unknown"), ("origin", "other")}  # in the contract's lists

UNMAPPED_FIELDS = tuple(
    (kind, field)
    for kind, fields in (
        ("call", ("direction", "outcome")),
        ("email", ("direction", "outcome")),
        ("inmail", ("direction", "outcome")),
        ("lead", ("status", "origin")),
    )
    for field in fields
)


def _outcomes(channel: str) -> dict[str, Outcome]:
    return {name: Outcome[name.upper()] for name in _OUTCOMES[channel]}


def _sized(raw: bytes | None) -> bytes:
    if raw is None:
        raise _Bad("not_json", "the record has no value")
    if len(raw) > MAX_BYTES:
        raise _Bad("too_large", f"{len(raw)} bytes; an event has at most {MAX_BYTES}")
    return raw


def _instants(wire: _Common, now: Micros, raw: bytes | None) -> tuple[Micros, Micros | None]:
    if wire.at.tzinfo is None:
        raise _Bad("naive_timestamp", "`at` needs an offset, such as Z or +01:00")
    at = micros(wire.at)
    if at % MINUTE == 0:
        at -= _rounded_up(raw or b"")
    latest = now + MAX_AHEAD
    if at > latest:
        raise _Bad("future", f"`at` {wire.at.isoformat()} is more than 5 minutes ahead")
    if wire.recorded_at is None:
        return at, None
    if wire.recorded_at.tzinfo is None:
        raise _Bad("naive_timestamp", "`recorded_at` needs an offset, such as Z or +01:00")
    recorded_at = micros(wire.recorded_at)
    if recorded_at > latest:
        detail = f"`recorded_at` {wire.recorded_at.isoformat()} is more than 5 minutes ahead"
        raise _Bad("future", detail)
    return at, recorded_at


class _AtText(msgspec.Struct):
    at: str


_at_text = msgspec.json.Decoder(_AtText)


def _rounded_up(raw: bytes) -> Micros:
    """1 where the decoder rounded the last tenth of a microsecond of a minute up to the next one.

    Some sources write seven digits and more; a touch must not move to another minute, or day.
    """
    fraction = re.search(r"\.(\d+)", _at_text.decode(raw).at)
    return int(fraction is not None and fraction[1][:6] == "999999" and fraction[1][6:7] >= "5")


def _is_id(text: str) -> bool:
    return 0 < len(text) <= MAX_ID_BYTES and (text.isascii() or len(text.encode()) <= MAX_ID_BYTES)


def _check_ids(event_id: str, owner_id: str, contact_id: str | None) -> None:
    if not (_is_id(event_id) and _is_id(owner_id)):
        raise _Bad("wrong_type", f"ids must be strings of 1-{MAX_ID_BYTES} bytes")
    if contact_id is not None and not _is_id(contact_id):
        detail = f"`contact_id` must be null or a string of 1-{MAX_ID_BYTES} bytes"
        raise _Bad("wrong_type", detail)


def _cut(text: str | None) -> str | None:
    if text is None or len(text) * 4 <= MAX_TEXT_BYTES:
        return text
    return text.encode()[:MAX_TEXT_BYTES].decode(errors="ignore")


def _rejection(raw: bytes | None, error: Exception, required: tuple[str, ...]) -> Rejection:
    """Say why *raw* failed, looking at it once more without types (bad events are rare)."""
    if isinstance(error, _Bad):
        return error.rejection
    try:
        value = msgspec.json.decode(raw or b"")
    except (msgspec.DecodeError, UnicodeDecodeError) as malformed:
        return Rejection("not_json", str(malformed))
    except RecursionError:
        return Rejection("not_json", "nested too deeply")
    if not isinstance(value, dict):
        return Rejection("not_an_object", f"expected an object, got {type(value).__name__}")
    missing = [name for name in required if name not in value]
    if missing:
        return Rejection("missing_field", "missing `" + "`, `".join(missing) + "`")
    return Rejection("wrong_type", str(error))
