"""Instants, ids and texts as sources write them: brought into form, or refused with a reason."""

import re
from datetime import UTC, datetime, timedelta, timezone

from streams.clock import Micros, micros
from streams.events.contract import (
    EARLIEST,
    MAX_AHEAD,
    MAX_ID_BYTES,
    MAX_TEXT_BYTES,
    Rejection,
    RejectionReason,
)
from streams.events.wire import Common, Id
from streams.events.words import is_placeholder


class Bad(Exception):  # noqa: N818 - never leaves this room
    """Carries a rejection out of the nested checks of one event."""

    def __init__(self, reason: RejectionReason, detail: str) -> None:
        super().__init__(detail)
        self.rejection = Rejection(reason, detail)


def integer(number: object) -> object:
    """An integral float, and a string of digits, as the integer that they are."""
    if isinstance(number, float) and number.is_integer():
        return int(number)
    if isinstance(number, str) and number.isascii() and number.isdigit() and len(number) < 20:
        return int(number)
    return number


# -- instants

_ROUNDED_UP = re.compile(rb"\.\d{6}[5-9]").search
_POINT = ord(".")  # a byte is looked for in a tenth of the time that a string of one takes


def may_round_up(raw: bytes) -> bool:
    """Whether msgspec would round an instant in *raw* up: here the digits after microseconds go."""
    return _POINT in raw and _ROUNDED_UP(raw) is not None


_INSTANT = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)[Tt ](\d\d):(\d\d):(\d\d)(?:\.(\d+))?"
    r"(?:([Zz])|([+-])(\d\d):?(\d\d))?",
    re.ASCII,
)


def instant(name: str, text: str) -> datetime:
    """The instant that *text* says, its fraction cut to microseconds; naive if it has no offset."""
    if text.startswith("0000-"):  # as MySQL writes no date: no year of any calendar here
        raise Bad("placeholder", f"`{name}` {text[:64]} stands for no date")
    match = _INSTANT.fullmatch(text)
    if match is None:
        raise Bad("wrong_type", f"`{name}` is no RFC 3339 instant: {text[:64]!r}")
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
        raise Bad("wrong_type", f"`{name}` is no instant: {text[:64]!r} ({error})") from None


def instants(wire: Common, now: Micros) -> tuple[Micros, Micros | None]:
    at = _dated("at", wire.at, now)
    return at, None if wire.recorded_at is None else _dated("recorded_at", wire.recorded_at, now)


def _dated(name: str, instant: datetime, now: Micros) -> Micros:
    if instant.tzinfo is None:
        if instant.year < 2000:  # as .NET writes no date
            raise Bad("placeholder", f"`{name}` {instant.isoformat()} stands for no date")
        raise Bad("naive_timestamp", f"`{name}` needs an offset, such as Z or +01:00")
    at = micros(instant)
    if at > now + MAX_AHEAD:
        raise Bad("future", f"`{name}` {instant.isoformat()} is more than 5 minutes ahead")
    if at < EARLIEST:
        raise Bad("placeholder", f"`{name}` {instant.isoformat()} stands for no date")
    return at


# -- ids and text


def is_id(text: str) -> bool:
    return 0 < len(text) <= MAX_ID_BYTES and (text.isascii() or len(text.encode()) <= MAX_ID_BYTES)


def check_id(name: str, text: str) -> None:
    if is_placeholder(text):
        raise Bad("placeholder", f"`{name}` {text[:64]!r} stands for no id")
    if not is_id(text):
        raise Bad("wrong_type", f"`{name}` must be a string of 1-{MAX_ID_BYTES} bytes")


def rep_of_touch(rep_id: Id) -> str:
    if not isinstance(rep_id, str):
        raise Bad("no_rep", "no `rep_id`: nobody took this call, or sent this message")
    check_id("rep_id", rep_id)
    return rep_id


def rep_of_change(rep_id: Id) -> str:
    """Who changed the lead; "" where no person did."""
    if not isinstance(rep_id, str) or is_placeholder(rep_id):
        return ""
    check_id("rep_id", rep_id)
    return rep_id


def cut(text: str | None) -> str | None:
    if text is None or len(text) * 4 <= MAX_TEXT_BYTES:
        return text
    return text.encode()[:MAX_TEXT_BYTES].decode(errors="ignore")
