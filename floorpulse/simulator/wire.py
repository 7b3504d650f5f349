"""The events of the contract, as a source system writes them.

Everything the simulator says it says through here: an id that is stable, version 1, times in UTC
with milliseconds.
"""

from typing import Any, NamedTuple

import msgspec

from streams.clock import Micros, iso

MILLISECOND = 1000


class Event(NamedTuple):
    """One record of a topic (named without prefix); *owner* is the rep or the lead it is keyed by.

    Events compare by time, so that sorted ones stand in event-time order.
    """

    at: Micros
    topic: str
    owner: str
    id: str
    value: bytes


_encode = msgspec.json.Encoder().encode


def touch(topic: str, touch_id: str, rep_id: str, at: Micros, details: dict[str, Any]) -> Event:
    """A call, an e-mail or an InMail; *details* is what its topic says beside id, rep and time."""
    at -= at % MILLISECOND
    fields = {"id": touch_id, "version": 1, "rep_id": rep_id, "at": iso(at), **details}
    return Event(at, topic, rep_id, touch_id, _encode(fields))


def lead_change(
    lead_id: str, number: int, rep_id: str, at: Micros, details: dict[str, Any]
) -> Event:
    """The *number*-th status change of a lead."""
    at -= at % MILLISECOND
    change_id = f"{lead_id}-{number}"
    fields = {
        "id": change_id,
        "version": 1,
        "lead_id": lead_id,
        "rep_id": rep_id,
        "at": iso(at),
        **details,
        "source": "crm",
    }
    return Event(at, "lead-status", lead_id, change_id, _encode(fields))


def fields_of(event: Event) -> dict[str, Any]:
    """What an event says."""
    fields: dict[str, Any] = msgspec.json.decode(event.value)
    return fields


def rewritten(event: Event, **details: Any) -> Event:
    """The event with some of its fields written anew; `at`, if given, is in microseconds."""
    at = details.get("at", event.at)
    fields = {**fields_of(event), **details, "at": iso(at)}
    return event._replace(at=at, id=fields["id"], value=_encode(fields))
