"""From bytes of a topic to typed values, or a rejection with a reason; data never raises.

What follows the contract to the letter is decoded in one go. What does not is read a second time
with patience (`_patiently`): other forms of numbers and instants, a byte order mark.
"""

import enum
import re
from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, timezone
from functools import lru_cache
from typing import Annotated, Any, ClassVar, TypeVar

import msgspec
from msgspec import UNSET, UnsetType

from metrics.channels import CHANNELS
from streams.clock import Micros, micros
from streams.events.contract import (
    EARLIEST,
    MAX_AHEAD,
    MAX_BYTES,
    MAX_ID_BYTES,
    MAX_TEXT_BYTES,
    LeadChange,
    LeadEvent,
    Reason,
    Rejection,
    Touch,
    TouchEvent,
)
from streams.events.words import (
    PLACEHOLDERS,
    UNKNOWN,
    WORDS,
    Words,
    is_placeholder,
    vocabulary,
    word_form,
)

MAX_WORDS = 500  # unmapped words that are counted one by one; the rarest are forgotten

_Version = Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1)]
_Int64 = Annotated[int, msgspec.Meta(ge=-(2**63), le=2**63 - 1)]
_Word = str | None | UnsetType
_Id = str | None | UnsetType


class _Common(msgspec.Struct, gc=False, kw_only=True):
    id: str
    at: datetime
    version: _Version | None = None
    recorded_at: datetime | None = None
    contact_id: str | None = None
    retracted: bool | None = None
    source: str | None = None


class _TouchWire(_Common, gc=False, kw_only=True):
    rep_id: _Id = UNSET
    direction: _Word = UNSET
    outcome: _Word = UNSET
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
    rep_id: _Id = UNSET
    status: _Word = UNSET
    origin: str | None = None
    reason: str | None = None
    decided_by: str | None = None


_WIRES: dict[str, type[_TouchWire]] = {"call": _Call, "email": _Email, "inmail": _InMail}
_DECODERS = {
    channel.name: (channel.letter, msgspec.json.Decoder(_WIRES[channel.name]))
    for channel in CHANNELS
}
W = TypeVar("W", bound=_Common)
_new = tuple.__new__  # of a NamedTuple, without the call in between


class _Bad(Exception):  # noqa: N818 - never leaves this module
    """Carries a rejection out of the nested checks of one event."""

    def __init__(self, reason: Reason, detail: str) -> None:
        super().__init__(detail)
        self.rejection = Rejection(reason, detail)


_UNREAD = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)


class Decoder:
    """Decodes the events of all topics, and counts what they say in words that nobody knows.

    *words* are the floor's own. `words_unmapped` is how many it read as unknown so far, `unmapped`
    by (kind, field), `unmapped_words` by (kind, field, word) for the most frequent ones.
    `placeholder_contacts` counts, by kind, the contact ids that stand for none.
    """

    def __init__(self, words: Words | None = None) -> None:
        self.words_unmapped = 0
        self.unmapped: Counter[tuple[str, str]] = Counter()
        self.unmapped_words: Counter[tuple[str, str, str]] = Counter()
        self.placeholder_contacts: Counter[str] = Counter()
        self._lead = msgspec.json.Decoder(_LeadStatus)
        self.use_words(words or {})

    def use_words(self, words: Words) -> None:
        """Read the events from now on with these words of the floor's own."""
        self._vocabularies: Mapping[tuple[str, str], dict[Any, Any]] = {
            (kind, field): vocabulary(f"{kind}.{field}", words) for kind, field in UNMAPPED_FIELDS
        }
        self._touches = {
            name: (
                letter,
                decoder,
                self._vocabularies[name, "direction"],
                self._vocabularies[name, "outcome"],
            )
            for name, (letter, decoder) in _DECODERS.items()
        }

    def most_frequent(self, kind: str, n: int) -> list[tuple[str, str, int]]:
        """The *n* unmapped words of a kind of event seen most often: field, word, count."""
        counts = self.unmapped_words.most_common()
        return [(field, word, count) for (of, field, word), count in counts if of == kind][:n]

    def touch(self, channel: str, raw: bytes, now: Micros) -> TouchEvent | Rejection:
        """One record of a channel's topic.

        The hottest path of all: what nearly every event says is looked up here, and only the rest
        is asked of the checks below.
        """
        letter, decoder, directions, outcomes = self._touches[channel]
        try:
            wire = _read(decoder, _WIRES[channel], raw)
            at, recorded_at = _instants(wire, now)
            if not _is_plain_id(wire.id):
                _check_id("id", wire.id)
            rep_id = wire.rep_id
            if not (isinstance(rep_id, str) and _is_plain_rep(rep_id)):
                rep_id = _rep_of_touch(rep_id)
            retracted = bool(wire.retracted)
            direction, outcome = directions.get(wire.direction), outcomes.get(wire.outcome)
            if direction is None or outcome is None:
                direction, outcome = self._how(channel, wire, retracted)
            contact_id = wire.contact_id
            if contact_id is not None and not _is_plain_id(contact_id):
                contact_id = self._contact(channel, contact_id)
            touch = Touch(
                letter + wire.id,
                at,
                wire.version,
                recorded_at,
                retracted,
                direction,
                outcome,
                wire.talk_seconds,
                wire.disposition and _cut(wire.disposition),
                bool(wire.automated),
                contact_id,
                wire.source and _cut(wire.source),
            )
            return _new(TouchEvent, (rep_id, touch))
        except _Bad as bad:
            return bad.rejection

    def lead(self, raw: bytes, now: Micros) -> LeadEvent | Rejection:
        """One record of the lead-status topic."""
        try:
            wire = _read(self._lead, _LeadStatus, raw)
            at, recorded_at = _instants(wire, now)
            _check_id("id", wire.id)
            _check_id("lead_id", wire.lead_id)
            retracted = bool(wire.retracted)
            if wire.status is UNSET and not retracted:
                raise _Bad("missing_field", "lead-status needs `status`")
            change = LeadChange(
                wire.id,
                at,
                wire.version,
                recorded_at,
                retracted,
                _rep_of_change(wire.rep_id),
                self._word("lead", "status", wire.status),
                self._word("lead", "origin", wire.origin),
                self._contact("lead", wire.contact_id),
                _cut(wire.reason),
                _cut(wire.decided_by),
                _cut(wire.source),
            )
            return LeadEvent(wire.lead_id, change)
        except _Bad as bad:
            return bad.rejection

    def _how(self, channel: str, wire: _TouchWire, retracted: bool) -> tuple[Any, Any]:
        """The direction and the outcome, of which one at least is not a word of the contract."""
        if (wire.direction is UNSET or wire.outcome is UNSET) and not retracted:
            raise _Bad("missing_field", f"{channel} needs `direction` and `outcome`")
        return (
            self._word(channel, "direction", wire.direction),
            self._word(channel, "outcome", wire.outcome),
        )

    def _word(self, kind: str, field: str, text: _Word) -> Any:
        """What a word stands for; null, or none at all, is simply unknown."""
        if not isinstance(text, str):
            return UNKNOWN[field]
        known = self._vocabularies[kind, field]
        value: enum.IntEnum | None = known.get(text)
        if value is None:
            value = known.get(word_form(text))
        if value is None:
            self._count_unmapped(kind, field, word_form(text))
            return UNKNOWN[field]
        return value

    def _count_unmapped(self, kind: str, field: str, word: str) -> None:
        self.words_unmapped += 1
        self.unmapped[kind, field] += 1
        counts = self.unmapped_words
        counts[kind, field, word[:64] or "(blank)"] += 1
        if len(counts) > MAX_WORDS:
            self.unmapped_words = Counter(dict(counts.most_common(MAX_WORDS // 2)))

    def _contact(self, kind: str, contact_id: str | None) -> str | None:
        if contact_id is None:
            return None
        if is_placeholder(contact_id):
            self.placeholder_contacts[kind] += 1
            return None
        if not _is_id(contact_id):
            detail = f"`contact_id` must be null or a string of 1-{MAX_ID_BYTES} bytes"
            raise _Bad("wrong_type", detail)
        return contact_id


UNMAPPED_FIELDS = tuple((kind, name) for kind, _, name in (field.partition(".") for field in WORDS))


# -- bytes


# A fraction that the decoder would round up to the next millisecond, and so perhaps the next day.
_ROUNDED_UP = re.compile(rb"\.\d{3}999[5-9]")


def _read(decoder: msgspec.json.Decoder[W], wire: type[W], raw: bytes) -> W:
    if len(raw) > MAX_BYTES:
        raise _Bad("too_large", f"{len(raw)} bytes; an event has at most {MAX_BYTES}")
    if b"999" in raw and _ROUNDED_UP.search(raw):
        return _patiently(wire, raw)
    try:
        return decoder.decode(raw)
    except _UNREAD:
        return _patiently(wire, raw)


def _patiently(wire: type[W], raw: bytes) -> W:
    """Read *raw* without types, bring its numbers and instants into form, and try again."""
    try:
        value = msgspec.json.decode(raw.removeprefix(b"\xef\xbb\xbf"))
    except RecursionError:
        raise _Bad("not_json", "nested too deeply") from None
    except _UNREAD as malformed:
        raise _Bad("not_json", str(malformed)) from None
    if not isinstance(value, dict):
        raise _Bad("not_an_object", f"expected an object, got {type(value).__name__}")
    required = ("id", "lead_id", "at") if wire is _LeadStatus else ("id", "at")
    missing = [name for name in required if name not in value]
    if missing:
        raise _Bad("missing_field", "missing `" + "`, `".join(missing) + "`")
    for name in ("at", "recorded_at"):
        if isinstance(value.get(name), str):
            value[name] = _instant(name, value[name])
    value["version"] = _integer(value.get("version"))
    talk = _integer(value.get("talk_seconds"))
    value["talk_seconds"] = int(talk) if isinstance(talk, float) else talk
    try:
        return msgspec.convert(value, wire)
    except msgspec.ValidationError as error:
        raise _Bad("wrong_type", str(error)) from None


def _integer(number: object) -> object:
    """An integral float, and a string of digits, as the integer that they are."""
    if isinstance(number, float) and number.is_integer():
        return int(number)
    if isinstance(number, str) and number.isascii() and number.isdigit() and len(number) < 20:
        return int(number)
    return number


# -- instants

_INSTANT = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)[Tt ](\d\d):(\d\d):(\d\d)(?:\.(\d+))?"
    r"(?:([Zz])|([+-])(\d\d):?(\d\d))?",
    re.ASCII,
)


def _instant(name: str, text: str) -> datetime:
    """The instant that *text* says, its fraction cut to microseconds; naive if it has no offset."""
    if text.startswith("0000-00-00"):  # as MySQL writes no date
        raise _Bad("placeholder", f"`{name}` {text[:64]} stands for no date")
    match = _INSTANT.fullmatch(text)
    if match is None:
        raise _Bad("wrong_type", f"`{name}` is no RFC 3339 instant: {text[:64]!r}")
    *parts, fraction, is_utc, sign, hours, minutes = match.groups()
    offset = timedelta(hours=int(hours or 0), minutes=int(minutes or 0))
    zone = None
    try:
        if sign:
            zone = timezone(-offset if sign == "-" else offset)
        year, month, day, hour, minute, second = map(int, parts)
        micro = int((fraction or "")[:6].ljust(6, "0"))
        tz = UTC if is_utc else zone
        return datetime(year, month, day, hour, minute, second, micro, tz)
    except ValueError as error:
        raise _Bad("wrong_type", f"`{name}` is no instant: {text[:64]!r} ({error})") from None


def _instants(wire: _Common, now: Micros) -> tuple[Micros, Micros | None]:
    at = micros(wire.at) if wire.at.tzinfo is not None else 0
    if not EARLIEST <= at <= now + MAX_AHEAD:
        at = _dated("at", wire.at, now)
    if wire.recorded_at is None:
        return at, None
    return at, _dated("recorded_at", wire.recorded_at, now)


def _dated(name: str, instant: datetime, now: Micros) -> Micros:
    if instant.tzinfo is None:
        if instant.year < 2000:  # as .NET writes no date
            raise _Bad("placeholder", f"`{name}` {instant.isoformat()} stands for no date")
        raise _Bad("naive_timestamp", f"`{name}` needs an offset, such as Z or +01:00")
    at = micros(instant)
    if at > now + MAX_AHEAD:
        raise _Bad("future", f"`{name}` {instant.isoformat()} is more than 5 minutes ahead")
    if at < EARLIEST:
        raise _Bad("placeholder", f"`{name}` {instant.isoformat()} stands for no date")
    return at


# -- ids and text


def _is_plain_id(text: str) -> bool:
    """Whether this is an id at the first look, as nearly all are; else the checks below decide."""
    return (
        len(text) <= MAX_ID_BYTES
        and text.isascii()
        and text.strip().lower() not in PLACEHOLDERS  # of which "" is one
    )


_is_plain_rep = lru_cache(maxsize=16_384)(_is_plain_id)


def _is_id(text: str) -> bool:
    return 0 < len(text) <= MAX_ID_BYTES and (text.isascii() or len(text.encode()) <= MAX_ID_BYTES)


def _check_id(name: str, text: str) -> None:
    if is_placeholder(text):
        raise _Bad("placeholder", f"`{name}` {text[:64]!r} stands for no id")
    if not _is_id(text):
        raise _Bad("wrong_type", f"`{name}` must be a string of 1-{MAX_ID_BYTES} bytes")


def _rep_of_touch(rep_id: _Id) -> str:
    if not isinstance(rep_id, str):
        raise _Bad("no_rep", "no `rep_id`: nobody took this call, or sent this message")
    _check_id("rep_id", rep_id)
    return rep_id


def _rep_of_change(rep_id: _Id) -> str:
    """Who changed the lead; "" where no person did."""
    if not isinstance(rep_id, str) or is_placeholder(rep_id):
        return ""
    _check_id("rep_id", rep_id)
    return rep_id


def _cut(text: str | None) -> str | None:
    if text is None or len(text) * 4 <= MAX_TEXT_BYTES:
        return text
    return text.encode()[:MAX_TEXT_BYTES].decode(errors="ignore")
