"""The forms of the values in `roster.yaml`; a parser raises ValueError with the accepted form."""

import re
from collections.abc import Callable
from datetime import date, datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

import holidays

from streams.events.contract import MAX_ID_BYTES
from streams.events.words import is_placeholder
from streams.roster.calendar import MINUTES_A_DAY, Day, Span
from streams.roster.floors import UNASSIGNED

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
# Files beside the zones of the database: what the machine is set to, and copies with other seconds.
_NO_ZONES = ("localtime", "posixrules", "posix", "right", "Factory")
_TIME = re.compile(r"(\d{1,2}):(\d{2})")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")  # the one form, so that a day has one name
_LOCAL_TIME = re.compile(rf"{_DATE.pattern}(T[0-9]{{2}}:[0-9]{{2}})?")


class LocalTime(NamedTuple):
    """A date, and minutes after its midnight, in the rep's zone."""

    day: Day
    minutes: int


def name(text: str) -> str:
    """A name of a floor or a team."""
    if not 0 < len(text.encode()) <= MAX_ID_BYTES:
        raise ValueError(f"{text!r} is not a name: write 1-{MAX_ID_BYTES} bytes")
    if text == UNASSIGNED:
        raise ValueError(f"{text!r} is kept for reps who are not on the roster: choose another")
    return text


def user_id(text: str) -> str:
    """The id of a rep or a system, as events carry it."""
    if is_placeholder(text):
        mend = "give the id that the source system has for them, and the name in `name`"
        raise ValueError(f"{text!r} stands for no id in events, whoever is called so: {mend}")
    return name(text)


def login(text: str) -> str:
    """What people sign in with: an e-mail address, or an id of the identity provider."""
    if not 0 < len(text.encode()) <= MAX_ID_BYTES or not text.isprintable() or " " in text:
        form = f"1-{MAX_ID_BYTES} bytes without blanks, such as carla@example.org"
        raise ValueError(f"{text!r} is not a login: write {form}")
    return text


def yes_or_no(text: str) -> bool:
    """True or false, as YAML writes them."""
    if text not in ("true", "false"):
        raise ValueError(f"{text!r} is neither true nor false: write one of them, without quotes")
    return text == "true"


def time_of_day(text: str) -> int:
    """Minutes after midnight; 24:00 is the end of the day."""
    match = _TIME.fullmatch(text)
    minutes = int(match[1]) * 60 + int(match[2]) if match else -1
    if match is None or int(match[2]) > 59 or minutes > MINUTES_A_DAY:
        raise ValueError(f'{text!r} is not a time: write HH:MM, such as "08:30"')
    return minutes


def start_of_day(text: str) -> int:
    """Minutes after midnight at which a business day starts; it starts on its own date."""
    minutes = time_of_day(text)
    if minutes == MINUTES_A_DAY:
        raise ValueError(f'{text!r} is on the day after: write a time from "00:00" to "23:59"')
    return minutes


def span(text: str) -> Span:
    """Two times of day; a second one that is not later is on the day after."""
    parts = re.split(r"\s*[-\u2013]\s*", text.strip())
    if len(parts) != 2:
        raise ValueError(f'{text!r} is not a span: write "HH:MM-HH:MM", such as "08:30-17:30"')
    start, end = time_of_day(parts[0]), time_of_day(parts[1])
    if start in (end, MINUTES_A_DAY):
        raise ValueError(f"{text!r} is empty: the end must differ from the start")
    return Span(start, end if end > start else end + MINUTES_A_DAY)


def weekdays(text: str) -> list[int]:
    """Days of the week: mon, mon-fri, or several with commas; Monday is 0."""
    days: list[int] = []
    for part in text.lower().split(","):
        first, _, last = part.strip().partition("-")
        last = last.strip() or first.strip()
        if first.strip() not in WEEKDAYS or last not in WEEKDAYS:
            form = "mon, tue, wed, thu, fri, sat, sun, mon-fri or mon,wed"
            raise ValueError(f"{text!r} is not a day of the week: write {form}")
        start, end = WEEKDAYS.index(first.strip()), WEEKDAYS.index(last)
        days.extend((start + step) % 7 for step in range((end - start) % 7 + 1))
    return days


def day(text: str) -> Day:
    """A date."""
    try:
        if _DATE.fullmatch(text):
            return date.fromisoformat(text).toordinal()
    except ValueError:
        pass
    raise ValueError(f"{text!r} is not a date: write YYYY-MM-DD")


def local_time(text: str) -> LocalTime:
    """A date, or a date and a time of day, in the rep's zone."""
    try:
        if _LOCAL_TIME.fullmatch(text):
            moment = datetime.fromisoformat(text)
            return LocalTime(moment.toordinal(), moment.hour * 60 + moment.minute)
    except ValueError:
        pass
    form = "YYYY-MM-DD or YYYY-MM-DDTHH:MM in the rep's zone, without offset"
    raise ValueError(f"{text!r} is not a local time: write {form}")


def day_or_time(text: str) -> Day | LocalTime:
    """A date, or a date with a time of day in the rep's zone."""
    try:
        return day(text)
    except ValueError:
        return local_time(text)


def zone(text: str) -> ZoneInfo:
    """An IANA time zone."""
    form = "a name of the IANA database, such as Europe/Amsterdam"
    if text.partition("/")[0] in _NO_ZONES:
        raise ValueError(f"{text!r} is not a time zone that is the same everywhere: write {form}")
    try:
        return ZoneInfo(text)
    except (ValueError, OSError, KeyError):
        raise ValueError(f"{text!r} is not a time zone: write {form}") from None


def holiday_test(text: str) -> Callable[[date], bool]:
    """A test for the public holidays of a country or a part of it: NL, DE-BY."""
    country, _, part = text.upper().partition("-")
    try:
        calendar = holidays.country_holidays(country, subdiv=part or None)
    except (NotImplementedError, TypeError):  # MON, say, is another name of the library
        form = "an ISO 3166 country such as NL, or one of its parts such as DE-BY"
        raise ValueError(f"{text!r} has no holiday calendar: write {form}") from None
    return calendar.__contains__


def number(text: str) -> float:
    """A number from 0 on."""
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value < float("inf"):
        raise ValueError(f"{text!r} is not a number: write one such as 40 or 0.05")
    return value


def whole_number(text: str) -> int:
    """A whole number from 0 on."""
    if not re.fullmatch(r"\d{1,9}", text):
        raise ValueError(f"{text!r} is not a whole number: write one such as 60")
    return int(text)


def ratio(text: str, most: float) -> float:
    """A number from 0 to *most*, or so many percent: 0.05, or 5%."""
    plain = text.strip().replace(",", ".")
    try:
        value = float(plain.removesuffix("%")) / (100 if plain.endswith("%") else 1)
    except ValueError:
        value = -1.0
    if 0 <= value <= most and "," not in text:
        return value
    if not plain.endswith("%") and value > most:
        value /= 100  # of a whole of 100
    mend = 'one such as 0.05, or "5%"'
    if 0 <= value <= most:
        mend = f'{value:.6g}, or "{100 * value:.6g}%"'
    raise ValueError(f"{text!r} is not a ratio from 0 to {most:g}: write {mend}")
