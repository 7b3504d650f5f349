"""The newest events of a rep in words: what it was, and whether it counts, with the reason."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from dashboards.wall.language import number, say
from dashboards.wall.words import day_and_month
from metrics.readings import RepEvent, RepReading, decode_events

# By channel, and by what a change gave its lead.
WHAT = {
    "call": "Call",
    "email": "E-mail",
    "inmail": "InMail",
    "created": "Lead created",
    "working": "Lead taken up",
    "delivered": "Appointment delivered",
    "accepted": "Appointment accepted",
    "rejected": "Appointment rejected",
    "reopened": "Lead reopened",
    "no_show": "Nobody came",
    "cancelled": "Appointment cancelled",
    "rescheduled": "Appointment moved",
    "won": "Lead won",
    "lost": "Lead lost",
    "merged": "Lead merged",
    "unknown": "Lead changed",
}
INBOUND = {"call": "Inbound call", "email": "Inbound e-mail", "inmail": "Inbound InMail"}
HOW = {
    "unknown": "outcome not known",
    "human": "answered",
    "voicemail": "voicemail",
    "no_answer": "no answer",
    "busy": "busy",
    "wrong_number": "wrong number",
    "failed": "failed",
    "sent": "sent",
    "bounced": "bounced",
    "replied": "replied",
    "auto_replied": "replied automatically",
    "accepted": "accepted",
    "declined": "declined",
}
COUNTS = "counts"
BECAUSE = "does not count, because {why}"
# Why it does not, as the end of that sentence.
REASONS = {
    "waiting": "it waits for its minute",
    "retracted": "it was deleted in the source",
    "system": "a system did it",
    "automated": "a sequence sent it",
    "unknown_direction": "its direction is not known",
    "inbound": "of what comes in only answered calls count",
    "outcome": "it reached nobody",
    "short": "it counts from {needed} of talk",
    "short_and_unlisted": "it counts from {needed} of talk, or by an outcome that the floor names",
    "not_first_created": "the lead was created before",
    "delivered_again": "the appointment was delivered before",
    "no_delivery": "no appointment was delivered before it",
    "cancelled": "the appointment was cancelled",
    "same_decision": "that was decided before",
    "superseded": "a later change took its place",
    "reopened": "the lead was reopened after it",
    "merged": "the lead was merged into another",
    "unknown_status": "what changed is not known",
    "not_won": "the lead is not won",
    "other_origin": "the lead is of another origin",
    "decided": "the appointment is decided",
    "undecided": "the appointment is not decided",
    "other_rep": "a colleague gets the credit",
    "no_number": "no number is made of it",
}
BY_OUTCOME = {"declined": "it was declined", "unknown": "its outcome is not known"}


@dataclass(frozen=True, slots=True)
class Event:
    """One event as it is shown: when, by the clocks of the rep's zone, what, and the verdict."""

    time: str
    what: str
    counts: bool
    verdict: str


def newest_events(reading: RepReading) -> Sequence[Event]:
    """The newest events of a rep, the newest one first."""
    zone = ZoneInfo(reading.zone)
    today = f"{datetime.fromtimestamp(reading.clock, zone):%Y-%m-%d}"
    return [_event(one, zone, today) for one in decode_events(reading.latest)]


def _event(event: RepEvent, zone: ZoneInfo, today: str) -> Event:
    at = datetime.fromtimestamp(event.at, zone)
    day = "" if f"{at:%Y-%m-%d}" == today else f"{day_and_month(at)} "
    parts = [_what(event), event.how and _word(HOW, event.how)]
    if event.talk_seconds or (event.talk_seconds == 0 and event.how == "human"):
        parts.append(say("{span} of talk", span=_talk(event.talk_seconds)))
    return Event(
        time=f"{day}{at:%H:%M}",
        what=", ".join(filter(None, parts)),
        counts=not event.why,
        verdict=say(BECAUSE, why=_why(event)) if event.why else f"✓ {say(COUNTS)}",
    )


def _what(event: RepEvent) -> str:
    return _word(INBOUND if event.is_inbound and event.what in INBOUND else WHAT, event.what)


def _why(event: RepEvent) -> str:
    if event.why == "outcome" and event.how in BY_OUTCOME:
        return say(BY_OUTCOME[event.how])
    return _word(REASONS, event.why, needed=_talk(event.needed))


def _word(words: Mapping[str, str], name: str, **values: object) -> str:
    """A name in words; of a newer worker's, of which there are none, the name itself."""
    return say(words[name], **values) if name in words else name.replace("_", " ")


def _talk(seconds: int) -> str:
    """A length of talk, in minutes from one on."""
    if seconds < 60:
        return say("{number}\u00a0s", number=number(seconds))
    return f"{seconds // 60}:{seconds % 60:02}"
