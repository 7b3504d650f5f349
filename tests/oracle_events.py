"""The oracle's half about events: bytes of a topic to plain values, by the contract's words alone.

Slow and naive: every field is looked at by itself, and no table of the product is asked.
"""

import datetime as dt
import json
import re

UTC = dt.UTC
LARGEST = 64 * 1024
NO_ID = ("undefined", "null", "none", "nil", "nan", "n/a", "-", "")
FIELDS = {
    "calls": ("talk_seconds", "disposition"),
    "emails": ("automated",),
    "inmails": (),
    "lead-status": ("reason", "decided_by"),
}
SIDES = {
    "outbound": ("outbound", "out", "outgoing", "outbound_api", "outbound_dial"),
    "inbound": ("inbound", "in", "incoming"),
}
UNDELIVERED = ("bounced", "bounce", "failed", "dropped", "undelivered")
STATUSES = (
    *("created", "working", "delivered", "accepted", "rejected", "reopened", "no_show"),
    *("cancelled", "rescheduled", "won", "lost", "merged"),
)
# By topic and field, the words that have a meaning, each with all ways to say it.
SAID = {
    ("calls", "outcome"): {
        "human": ("human",),
        "voicemail": ("voicemail", "voice_mail"),
        "no_answer": ("no_answer", "noanswer", "unanswered", "missed"),
        "busy": ("busy",),
        "wrong_number": ("wrong_number",),
        "failed": ("failed",),
    },
    ("emails", "outcome"): {
        "sent": ("sent", "delivered"),
        "bounced": UNDELIVERED,
        "replied": ("replied",),
        "auto_replied": ("auto_replied",),
    },
    ("inmails", "outcome"): {
        "sent": ("sent", "delivered"),
        "accepted": ("accepted",),
        "declined": ("declined",),
        "replied": ("replied",),
    },
    ("lead-status", "status"): {
        **{status: (status,) for status in STATUSES},
        "won": ("won", "closed_won"),
        "lost": ("lost", "closed_lost"),
    },
    ("lead-status", "origin"): SIDES,
    **{(topic, "direction"): SIDES for topic in ("calls", "emails", "inmails")},
}
KIND = {"calls": "call", "emails": "email", "inmails": "inmail", "lead-status": "lead"}
REACHED = {  # where no talk is asked for
    "emails": ("sent", "replied", "auto_replied"),
    "inmails": ("sent", "accepted", "replied"),
}
INSTANT = re.compile(
    r"(?P<day>\d{4}-\d\d-\d\d)[Tt ](?P<time>\d\d:\d\d:\d\d)(\.(?P<part>\d+))?"
    r"(?P<zone>[Zz]|[+-]\d\d:?\d\d)?",
    re.ASCII,
)


class Rejected(Exception):  # noqa: N818
    """Why an event is none: one or several reasons of the contract."""

    def __init__(self, *reasons):
        super().__init__(*reasons)
        self.reasons = reasons


def read(event, now, words):
    """The plain values of an event at the clock *now*; raises Rejected.

    *event* is a dictionary with its `topic`, or a pair of the topic and the bytes of the record.
    *words* are the floor's own, as a roster writes them.
    """
    if isinstance(event, tuple):
        topic, raw = event
        given = _object(raw)
    else:
        topic, given = event["topic"], event
    return {"topic": topic, **_fields(topic, given, now, words)}


def _object(raw):
    if raw is None:
        raise Rejected("tombstone")
    if len(raw) > LARGEST:
        raise Rejected("too_large")
    try:
        text = raw.removeprefix(b"\xef\xbb\xbf").decode()
        given = json.loads(text, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        raise Rejected("not_json") from None
    if not isinstance(given, dict):
        raise Rejected("not_an_object")
    return given


def _no_constant(name):
    raise ValueError(f"{name} is not JSON")


def _fields(topic, given, now, words):
    """Every field read by itself, so that all that is wrong is known; the contract has no order."""
    wrong = []

    def value(reader, *arguments):
        try:
            return reader(*arguments)
        except Rejected as rejected:
            wrong.extend(rejected.reasons)
            return None

    is_lead = topic == "lead-status"
    said = ("status", "origin") if is_lead else ("direction", "outcome")
    owner = "lead_id" if is_lead else "rep_id"
    event = {"id": value(_identity, given.get("id"))}
    value(_need, given, ("id", "at", "lead_id") if is_lead else ("id", "at"))
    event["retracted"] = value(_flag, given.get("retracted"))
    if not event["retracted"]:
        value(_need, given, said[:1] if is_lead else said)
    event["at"] = value(_instant, given.get("at"), now)
    noted = given.get("recorded_at")
    event["recorded_at"] = None if noted is None else value(_instant, noted, now)
    event["version"] = value(_whole, given.get("version"), 0)
    event["contact_id"] = value(_contact, given.get("contact_id"))
    event["rep_id"] = value(_rep, given.get("rep_id"), is_lead)
    event[owner] = value(_identity if is_lead else _text, given.get(owner))
    for name in said:
        event[name] = value(_meaning, topic, name, given.get(name), words)
    event["source"] = value(_text, given.get("source"))
    for name in FIELDS[topic]:
        event[name] = value(_own_field, name, given.get(name))
    if wrong:
        raise Rejected(*wrong)
    return event


def _rep(value, is_lead):
    """Who did it; of a lead's change "" where no person did."""
    if value is None and not is_lead:
        raise Rejected("no_rep")
    if value is None or (is_lead and _is_none(_text(value))):
        return ""
    return _identity(value)


def _own_field(name, value):
    if name == "talk_seconds":
        return _whole(int(value) if isinstance(value, float) else value)
    return _flag(value) if name == "automated" else _text(value)


def _need(given, names):
    if any(name not in given for name in names):
        raise Rejected("missing_field")


def _text(value):
    if value is not None and not isinstance(value, str):
        raise Rejected("wrong_type")
    return value


def _flag(value):
    if value is not None and not isinstance(value, bool):
        raise Rejected("wrong_type")
    return bool(value)


def _whole(value, least=-(2**63)):
    """An integer, an integral float, or a text of digits."""
    if isinstance(value, str) and re.fullmatch(r"\d+", value, re.ASCII):
        value = int(value)
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value < 2**63:
        raise Rejected("wrong_type")
    return value


def _is_none(text):
    return text.strip().lower() in NO_ID


def _identity(value):
    if not isinstance(value, str):
        raise Rejected("wrong_type")
    if _is_none(value):
        raise Rejected("placeholder")
    if len(value.encode()) > 256:
        raise Rejected("wrong_type")
    return value


def _contact(value):
    if _text(value) is None or _is_none(value):
        return None
    return _identity(value)


def _meaning(topic, name, value, words):
    """What a word says, None where nobody knows; the floor's own words come before the others."""
    if _text(value) is None:
        return None
    word = joined(value)
    own = {joined(k): joined(v) for k, v in words.get(f"{KIND[topic]}.{name}", {}).items()}
    word = own.get(word, word)
    return next((what for what, ways in SAID[topic, name].items() if word in ways), None)


def joined(text):
    """Runs of blanks and hyphens as one underscore, in lower case."""
    return re.sub(r"[\s-]+", "_", text.strip().lower())


def _instant(text, now):
    if _text(text) is None:
        raise Rejected("wrong_type")
    if text.startswith("0000-00-00"):
        raise Rejected("placeholder")
    match = INSTANT.fullmatch(text)
    if match is None:
        raise Rejected("wrong_type")
    micros = (match["part"] or "")[:6].ljust(6, "0")
    zone = "+00:00" if match["zone"] in ("Z", "z") else match["zone"] or ""
    try:
        at = dt.datetime.fromisoformat(f"{match['day']}T{match['time']}.{micros}{zone}")
    except ValueError:
        raise Rejected("wrong_type") from None
    return _dated(at, now)


def _dated(at, now):
    if at.tzinfo is None:
        raise Rejected("naive_timestamp" if at.year >= 2000 else "placeholder")
    if at < dt.datetime(2000, 1, 1, tzinfo=UTC):
        raise Rejected("placeholder")
    if at > now + dt.timedelta(minutes=5):
        raise Rejected("future")
    return at
