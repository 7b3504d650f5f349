"""Events as cells of a table and as JSON, in the words of the contract."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, tzinfo
from typing import Any

from floorpulse.text.tables import columns
from streams.audit.findings import SENTENCE, Entry, Why
from streams.clock import MINUTE, SECOND, Micros, iso
from streams.events.contract import LeadChange, Status, Touch
from streams.measures.touches import word
from streams.roster.calendar import Day, is_date

# What is shown of an event, by the names of the contract; columns that nobody fills are left out.
_HEADS = (
    *("#", "time", "team", "channel", "status", "lead_id", "contact_id", "direction", "outcome"),
    *("talk_seconds", "disposition", "origin", "rep_id", "decided_by", "id", "source", "version"),
    "left out",
)


def why_text(why: Why, zone: tzinfo) -> str:
    """Why an event is left out, as a sentence and its detail."""
    reason, detail, at = why
    local = "" if at is None else local_text(at, zone)
    return ": ".join(filter(None, (SENTENCE[reason], f"{detail} {local}".strip())))


def entry_table(rows: list[dict[str, str]]) -> Iterator[str]:
    """The cells of events as a table; nothing where there are none."""
    if rows:
        heads = [head for head in _HEADS if any(row.get(head) for row in rows)]
        cells = [[row.get(head, "") for head in heads] for row in rows]
        yield columns([[head.removesuffix("_id") for head in heads], *cells])


def entry_cells(entry: Entry, zone: tzinfo) -> dict[str, str]:
    """The cells of an event by their heads."""
    fields = {
        name: str(value) for name, value in entry_fields(entry, zone).items() if value is not None
    }
    return {**fields, "time": local_text(entry.at, zone)}


def entry_fields(entry: Entry, zone: tzinfo) -> dict[str, Any]:
    """An event in the words of the contract, without what is not known of it."""
    event = entry.event
    what = {
        "at": local_iso(entry.at, zone),
        "team": entry.team,
        "id": event.id,
        **(_touch(event) if isinstance(event, Touch) else _change(event, entry.lead_id)),
        "contact_id": event.contact_id,
        "source": event.source,
        "version": event.version,
    }
    return {name: value for name, value in what.items() if value is not None}


def _touch(touch: Touch) -> dict[str, Any]:
    return {
        "channel": touch.channel,
        "direction": word(touch.direction),
        "outcome": word(touch.outcome),
        "talk_seconds": touch.talk_seconds,
        "disposition": touch.disposition,
        "automated": touch.automated or None,
        "retracted": touch.retracted or None,
    }


def _change(change: LeadChange, lead_id: str | None) -> dict[str, Any]:
    return {
        "status": word(change.status),
        "lead_id": lead_id,
        "rep_id": change.rep_id or None,
        "origin": word(change.origin) if change.status is Status.CREATED else None,
        "decided_by": change.decided_by,
        "reason": change.reason,
        "retracted": change.retracted or None,
    }


def date_text(day: Day) -> str:
    """The date of a business day, or that it has none, beyond the years of a calendar."""
    return str(date.fromordinal(day)) if is_date(day) else "no date of the calendar"


def _moment(at: Micros, zone: tzinfo) -> datetime | None:
    """The local time; None for an instant outside the years that a calendar has."""
    try:
        return datetime.fromtimestamp(at // SECOND, UTC).astimezone(zone)
    except (ValueError, OverflowError, OSError):
        return None


def local_text(at: Micros, zone: tzinfo) -> str:
    """The local time with its day of the week, for people."""
    form = "%a %Y-%m-%d %H:%M" + (":%S" if at % MINUTE else "")
    moment = _moment(at, zone)
    return iso(at) if moment is None else moment.strftime(form)


def local_iso(at: Micros, zone: tzinfo) -> str:
    """The local time with its offset, for programs."""
    moment = _moment(at, zone)
    return iso(at) if moment is None else moment.isoformat()
