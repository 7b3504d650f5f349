"""From bytes of a topic to typed values, or a rejection with a reason; data never raises.

This is the careful way: it alone judges, and counts. Touches that are plain at one look go the fast
way (`plain`) instead, with the same result. What does not follow the contract to the letter is read
a second time with patience (`_patiently`): other forms of numbers and instants, a byte order mark.
"""

import enum
from collections import Counter
from collections.abc import Mapping
from typing import Any, TypeVar

import msgspec
from msgspec import UNSET

from metrics.channels import CHANNELS
from streams.clock import Micros
from streams.events.contract import (
    MAX_BYTES,
    MAX_ID_BYTES,
    LeadChange,
    LeadEvent,
    Rejection,
    Touch,
    TouchEvent,
)
from streams.events.forms import (
    Bad,
    check_id,
    cut,
    instant,
    instants,
    integer,
    is_id,
    may_round_up,
    rep_of_change,
    rep_of_touch,
)
from streams.events.plain import PlainTouch, plain_touch
from streams.events.wire import WIRES, Common, LeadStatus, Word
from streams.events.words import (
    UNKNOWN,
    WORDS,
    Words,
    is_placeholder,
    vocabulary,
    word_form,
)

MAX_WORDS = 500  # unmapped words that are counted one by one; the rarest are forgotten

_DECODERS = {
    channel.name: (channel.letter, msgspec.json.Decoder(WIRES[channel.name]))
    for channel in CHANNELS
}
W = TypeVar("W", bound=Common)


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
        self._lead = msgspec.json.Decoder(LeadStatus)
        self.use_words(words or {})

    def use_words(self, words: Words) -> None:
        """Read the events from now on with these words of the floor's own."""
        self._vocabularies: Mapping[tuple[str, str], dict[Any, Any]] = {
            (kind, field): vocabulary(f"{kind}.{field}", words) for kind, field in UNMAPPED_FIELDS
        }

    def most_frequent(self, kind: str, n: int) -> list[tuple[str, str, int]]:
        """The *n* unmapped words of a kind of event seen most often: field, word, count."""
        counts = self.unmapped_words.most_common()
        return [(field, word, count) for (of, field, word), count in counts if of == kind][:n]

    def plain_touch(self, channel: str, now: Micros) -> PlainTouch:
        """Reads records of a channel's topic the fast way; see `streams.events.plain`."""
        directions = self._vocabularies[channel, "direction"]
        outcomes = self._vocabularies[channel, "outcome"]
        return plain_touch(channel, directions, outcomes, now)

    def touch(self, channel: str, raw: bytes, now: Micros) -> TouchEvent | Rejection:
        """One record of a channel's topic."""
        letter, decoder = _DECODERS[channel]
        try:
            wire = _read(decoder, WIRES[channel], raw)
            at, recorded_at = instants(wire, now)
            check_id("id", wire.id)
            rep_id = rep_of_touch(wire.rep_id)
            retracted = bool(wire.retracted)
            if (wire.direction is UNSET or wire.outcome is UNSET) and not retracted:
                raise Bad("missing_field", f"{channel} needs `direction` and `outcome`")
            contact_id = self._contact(channel, wire.contact_id)  # the last that can fail
            touch = Touch(
                key=letter + wire.id,
                at=at,
                version=wire.version,
                recorded_at=recorded_at,
                retracted=retracted,
                direction=self._word(channel, "direction", wire.direction),
                outcome=self._word(channel, "outcome", wire.outcome),
                talk_seconds=wire.talk_seconds,
                disposition=cut(wire.disposition),
                automated=bool(wire.automated),
                contact_id=contact_id,
                source=cut(wire.source),
            )
            return TouchEvent(rep_id, touch)
        except Bad as bad:
            return bad.rejection

    def without_contact(self, channel: str, raw: bytes) -> bytes:
        """An accepted touch as it came, without its contact, and what the contract does not name.

        That may name the contact as well, and need not be readable.
        """
        wire = _read(_DECODERS[channel][1], WIRES[channel], raw)
        known = {name: said for name, said in msgspec.to_builtins(wire).items() if said is not None}
        return msgspec.json.encode({**known, "contact_id": None})

    def lead(self, raw: bytes, now: Micros) -> LeadEvent | Rejection:
        """One record of the lead-status topic."""
        try:
            wire = _read(self._lead, LeadStatus, raw)
            at, recorded_at = instants(wire, now)
            check_id("id", wire.id)
            check_id("lead_id", wire.lead_id)
            retracted = bool(wire.retracted)
            if wire.status is UNSET and not retracted:
                raise Bad("missing_field", "lead-status needs `status`")
            rep_id = rep_of_change(wire.rep_id)
            contact_id = self._contact("lead", wire.contact_id)  # the last that can fail
            change = LeadChange(
                key=wire.id,
                at=at,
                version=wire.version,
                recorded_at=recorded_at,
                retracted=retracted,
                rep_id=rep_id,
                status=self._word("lead", "status", wire.status),
                origin=self._word("lead", "origin", wire.origin),
                contact_id=contact_id,
                reason=cut(wire.reason),
                decided_by=cut(wire.decided_by),
                source=cut(wire.source),
            )
            return LeadEvent(wire.lead_id, change)
        except Bad as bad:
            return bad.rejection

    def _word(self, kind: str, field: str, text: Word) -> Any:
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
        if not is_id(contact_id):
            detail = f"`contact_id` must be null or a string of 1-{MAX_ID_BYTES} bytes"
            raise Bad("wrong_type", detail)
        return contact_id


_COMMON = msgspec.json.Decoder(Common)
_NO_LIMIT: Micros = 2**62  # beyond every year


def times(raw: bytes) -> tuple[Micros, Micros] | None:
    """When an event of any topic happened, and the later of that and its recording.

    Whatever else is wrong with the event; None where it does not say when it happened.
    """
    try:
        at, recorded_at = instants(_read(_COMMON, Common, raw), _NO_LIMIT)
    except Bad:
        return None
    return at, at if recorded_at is None else max(at, recorded_at)


UNMAPPED_FIELDS = tuple((kind, name) for kind, _, name in (field.partition(".") for field in WORDS))


# -- bytes


def _read(decoder: msgspec.json.Decoder[W], wire: type[W], raw: bytes) -> W:
    if len(raw) > MAX_BYTES:
        raise Bad("too_large", f"{len(raw)} bytes; an event has at most {MAX_BYTES}")
    if may_round_up(raw):
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
        raise Bad("not_json", "nested too deeply") from None
    except _UNREAD as malformed:
        raise Bad("not_json", str(malformed)) from None
    if not isinstance(value, dict):
        raise Bad("not_an_object", f"expected an object, got {type(value).__name__}")
    required = ("id", "lead_id", "at") if wire is LeadStatus else ("id", "at")
    missing = [name for name in required if name not in value]
    if missing:
        raise Bad("missing_field", "missing `" + "`, `".join(missing) + "`")
    for name in ("at", "recorded_at"):
        if isinstance(value.get(name), str):
            value[name] = instant(name, value[name])
    value["version"] = integer(value.get("version"))
    talk = integer(value.get("talk_seconds"))
    value["talk_seconds"] = int(talk) if isinstance(talk, float) else talk
    try:
        return msgspec.convert(value, wire)
    except msgspec.ValidationError as error:
        raise Bad("wrong_type", str(error)) from None
