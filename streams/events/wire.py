"""How records look on the wire: the fields of each topic, and the words of each channel.

A channel's class here and its record in `metrics.channels` are all that is written of it by hand.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, ClassVar

import msgspec
from msgspec import UNSET, UnsetType

from metrics.channels import CHANNELS

Version = Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1)]
Int64 = Annotated[int, msgspec.Meta(ge=-(2**63), le=2**63 - 1)]
Word = str | None | UnsetType
Id = str | None | UnsetType

_UNDELIVERED = ("bounce", "failed", "dropped", "undelivered")


class Common(msgspec.Struct, gc=False, kw_only=True):
    """The fields of every event."""

    id: str
    at: datetime
    version: Version | None = None
    recorded_at: datetime | None = None
    contact_id: str | None = None
    retracted: bool | None = None
    source: str | None = None


class TouchWire(Common, gc=False, kw_only=True):
    """The fields of every touch, and what a channel adds.

    `outcomes` are its words beside `unknown`, `synonyms` what vendors send for them.
    """

    rep_id: Id = UNSET
    direction: Word = UNSET
    outcome: Word = UNSET
    # Fields of one channel only; on the others an extra field of that name is ignored.
    talk_seconds: ClassVar[int | None] = None
    disposition: ClassVar[str | None] = None
    automated: ClassVar[bool | None] = False

    outcomes: ClassVar[tuple[str, ...]]
    synonyms: ClassVar[Mapping[str, str]] = {}


class Call(TouchWire, gc=False, kw_only=True):
    """One call leg of one rep."""

    talk_seconds: Int64 | None = None  # type: ignore[misc]
    disposition: str | None = None  # type: ignore[misc]

    outcomes = ("human", "voicemail", "no_answer", "busy", "wrong_number", "failed")
    synonyms = {
        "voice_mail": "voicemail",
        **dict.fromkeys(("noanswer", "unanswered", "missed"), "no_answer"),
    }


class Email(TouchWire, gc=False, kw_only=True):
    """One e-mail."""

    automated: bool | None = None  # type: ignore[misc]

    outcomes = ("sent", "bounced", "replied", "auto_replied")
    synonyms = {**dict.fromkeys(_UNDELIVERED, "bounced"), "delivered": "sent"}


class InMail(TouchWire, gc=False, kw_only=True):
    """One InMail."""

    outcomes = ("sent", "accepted", "declined", "replied")
    synonyms = {
        **dict.fromkeys((*_UNDELIVERED, "bounced"), "unknown"),
        "delivered": "sent",
    }


class LeadStatus(Common, gc=False, kw_only=True):
    """One status change of one lead."""

    lead_id: str
    rep_id: Id = UNSET
    status: Word = UNSET
    origin: str | None = None
    reason: str | None = None
    decided_by: str | None = None


# By the name of the channel.
WIRES: dict[str, type[TouchWire]] = {"call": Call, "email": Email, "inmail": InMail}
if WIRES.keys() != {channel.name for channel in CHANNELS}:
    raise ValueError(
        f"channels in metrics/channels.py: {[channel.name for channel in CHANNELS]}, "
        f"classes in WIRES of streams/events/wire.py: {list(WIRES)}; each channel needs both"
    )
