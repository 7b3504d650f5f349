"""The fast way to read a touch: what nearly every record says, to the letter of the contract.

The law where both ways meet: for every record, what is returned here is what the careful decoder
(`decode`) makes of it; None says nothing of the record, and the careful one judges. So only what
is plain at one look is decided here. Nothing is counted, and nothing rejected.
"""

from collections.abc import Callable, Mapping
from datetime import datetime, tzinfo
from typing import Annotated, Any, get_type_hints

import msgspec

from metrics.channels import CHANNELS
from streams.clock import SECOND, Micros, micros
from streams.events.contract import EARLIEST, MAX_AHEAD, MAX_BYTES, Touch, TouchEvent
from streams.events.forms import may_round_up
from streams.events.wire import WIRES
from streams.events.words import PLACEHOLDERS

PlainTouch = Callable[[bytes], TouchEvent | None]
_new = tuple.__new__  # of a NamedTuple, without the call in between

# 64 characters are at most 256 bytes of UTF-8: the longest id, and the longest text that is kept.
_Id = Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
_Text = Annotated[str, msgspec.Meta(max_length=64)] | None
_At = Annotated[datetime, msgspec.Meta(tz=True)]
_STRICT: dict[str, Any] = {
    "id": _Id,
    "rep_id": _Id,
    "at": _At,
    "direction": str,
    "outcome": str,
    "recorded_at": _At | None,
    "contact_id": _Id | None,
}
_ABSENT = {"talk_seconds": None, "disposition": None, "automated": False}  # of a channel without


def _decoder_of(channel: str) -> msgspec.json.Decoder[Any]:
    """Decodes a channel's records as its class in `wire` says, but strictly."""
    required, optional, types = [], [], get_type_hints(WIRES[channel], include_extras=True)
    for field in msgspec.structs.fields(WIRES[channel]):
        name = field.name
        strict = _STRICT.get(name, _Text if types[name] == str | None else types[name])
        if name in ("id", "rep_id", "at", "direction", "outcome"):
            required.append((name, strict))
        else:
            optional.append((name, strict, field.default))
    names = {name for name, *_ in optional}
    wire = msgspec.defstruct(
        f"Plain{WIRES[channel].__name__}",
        [*required, *optional],
        namespace={name: value for name, value in _ABSENT.items() if name not in names},
        gc=False,
    )
    return msgspec.json.Decoder(wire)


_DECODERS = {
    channel.name: (channel.letter, _decoder_of(channel.name).decode) for channel in CHANNELS
}

# With what a placeholder may begin: its first letter, or a blank of those that are cut.
SUSPECT = frozenset("uUnN-\t\n\v\f\r\x1c\x1d\x1e\x1f \x85\xa0\u1680\u2028\u2029\u202f\u205f\u3000")
SUSPECT |= frozenset(map(chr, range(0x2000, 0x200B)))

_EPOCHS: dict[tzinfo, datetime] = {}  # the epoch in each zone seen: a difference within one is fast
_MOST_EPOCHS = 64


def _epoch(zone: tzinfo) -> datetime:
    if len(_EPOCHS) >= _MOST_EPOCHS:
        _EPOCHS.clear()
    epoch = _EPOCHS[zone] = datetime.fromtimestamp(0, zone)
    return epoch


def plain_touch(
    channel: str, directions: Mapping[str, Any], outcomes: Mapping[str, Any], now: Micros
) -> PlainTouch:
    """Reads records of a channel's topic: the rep and the touch, or None."""
    letter, decode = _DECODERS[channel]
    direction_of, outcome_of, epoch_of = directions.get, outcomes.get, _EPOCHS.get
    latest = now + MAX_AHEAD

    def plain(raw: bytes) -> TouchEvent | None:
        if len(raw) > MAX_BYTES or may_round_up(raw):
            return None
        try:
            wire = decode(raw)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            return None
        direction, outcome = direction_of(wire.direction), outcome_of(wire.outcome)
        if direction is None or outcome is None or wire.retracted:
            return None
        instant = wire.at
        zone = instant.tzinfo
        since = instant - (epoch_of(zone) or _epoch(zone))
        at = (since.days * 86_400 + since.seconds) * SECOND + since.microseconds
        recorded_at = None if wire.recorded_at is None else micros(wire.recorded_at)
        key, rep_id, contact_id = wire.id, wire.rep_id, wire.contact_id
        if (
            not EARLIEST <= at <= latest
            or (recorded_at is not None and not EARLIEST <= recorded_at <= latest)
            or (key[0] in SUSPECT and _is_placeholder(key))
            or (rep_id[0] in SUSPECT and _is_placeholder(rep_id))
            or (contact_id is not None and contact_id[0] in SUSPECT and _is_placeholder(contact_id))
        ):
            return None
        touch = Touch(
            key=letter + key,
            at=at,
            version=wire.version,
            recorded_at=recorded_at,
            retracted=False,
            direction=direction,
            outcome=outcome,
            talk_seconds=wire.talk_seconds,
            disposition=wire.disposition,
            automated=bool(wire.automated),
            contact_id=contact_id,
            source=wire.source,
        )
        return _new(TouchEvent, (rep_id, touch))

    return plain


def _is_placeholder(text: str) -> bool:
    return text.strip().lower() in PLACEHOLDERS
