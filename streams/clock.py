"""The injected clock, and the units of time used throughout.

Instants are integers: microseconds since the epoch (`Micros`); buckets are whole minutes since the
epoch (`Minute`). Nothing else in the project asks the machine what time it is for counting.
"""

import time
from collections.abc import Callable
from datetime import UTC, datetime

Micros = int
Minute = int

SECOND = 1_000_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR

Clock = Callable[[], Micros]

INSTANT_FORM = "an RFC 3339 instant such as 2026-11-23T14:30:00+01:00"
FORM = f"+SECONDS, -SECONDS or {INSTANT_FORM}"


def system_clock() -> Micros:
    """The machine's clock."""
    return time.time_ns() // 1000


def uptime() -> float:
    """Seconds since the machine was started, asleep or awake; they never leap."""
    return time.clock_gettime(_UPTIME)


_UPTIME = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)


def parse_clock(text: str) -> Clock:
    """The clock that FLOORPULSE_CLOCK describes; empty is the machine's own.

    Raises ValueError, naming the value and the accepted form.
    """
    if not text:
        return system_clock
    if text[0] in "+-":
        try:
            shift = round(float(text) * SECOND)
        except (ValueError, OverflowError):
            raise ValueError(f"{text!r} is not a clock: write {FORM}") from None
        return lambda: system_clock() + shift
    frozen = _instant(text, FORM)
    return lambda: frozen


def parse_instant(text: str) -> Micros:
    """An RFC 3339 instant with offset, in microseconds; ValueError names value and form."""
    return _instant(text, INSTANT_FORM)


def _instant(text: str, form: str) -> Micros:
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(f"{text!r} is not an instant: write {form}") from None
    if instant.tzinfo is None:
        raise ValueError(f"{text!r} has no offset: write {form}")
    return micros(instant)


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def micros(instant: datetime) -> Micros:
    """An aware datetime as microseconds since the epoch, exact."""
    since = instant - _EPOCH
    return (since.days * 86_400 + since.seconds) * SECOND + since.microseconds


def iso(instant: Micros) -> str:
    """RFC 3339 in UTC, for messages and JSON."""
    try:
        text = datetime.fromtimestamp(instant // SECOND, UTC).strftime("%Y-%m-%dT%H:%M:%S")
    except (ValueError, OverflowError, OSError):
        return f"{instant} µs"
    fraction = instant % SECOND
    return f"{text}.{fraction:06d}Z" if fraction else f"{text}Z"
