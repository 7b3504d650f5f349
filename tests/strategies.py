"""Random events of a small world, in which ids, versions and instants often collide."""

import datetime as dt
import json

from hypothesis import strategies as st

from metrics.channels import CHANNELS, Channel
from streams.events.wire import WIRES
from tests.build import NORTH

# Eight days after Europe's 25-hour day and one after New York's; bob changes teams an hour before.
NOW = dt.datetime(2026, 11, 2, 14, 37, 23, tzinfo=dt.UTC)
WORLD = (
    NORTH.replace("2026-11-23T13:00", "2026-11-02T14:20")
    .replace("2026-11-19", "2026-10-22")
    .replace("2026-11-10", "2026-10-20")
    .replace("2026-11-11", "2026-10-21")
    .replace("2026-11-03", "2026-10-13")
    .replace("2026-11-25", "2026-11-05")
) + "systems:\n  crm: {floor: south}\nnobody: crm\n"
STATUSES = (
    *("created", "created", "working", "delivered", "delivered", "delivered"),
    *("accepted", "rejected", "rejected", "reopened", "no_show", "cancelled"),
    *("rescheduled", "won", "won", "lost", "reopened", "merged", "dreaming"),
)
REPS = ("ana", "bob", "cem", "dot")  # dot is not on the roster
USERS = (*REPS, *REPS, "crm")  # crm is no person


def _instants(far_minutes: int) -> st.SearchStrategy[str]:
    near = st.integers(-300, 8)
    far = st.integers(-far_minutes, 8)
    seconds = st.integers(0, 59)
    offsets = st.sampled_from((0, 60, -300, 345))

    def build(minutes: int, second: int, offset: int) -> str:
        at = NOW + dt.timedelta(minutes=minutes, seconds=second)
        return at.astimezone(dt.timezone(dt.timedelta(minutes=offset))).isoformat()

    same = st.sampled_from((build(-50, 0, 0), build(-50, 0, 60), build(-49, 0, 0)))
    return st.builds(build, near | far, seconds, offsets) | same


_common = {
    "version": st.none() | st.integers(0, 3),
    "recorded_at": st.none() | _instants(4000),
    "retracted": st.sampled_from((False, False, False, False, True)),
    "contact_id": st.none() | st.sampled_from(("k1", "k2", "k3")),
}
_direction = st.sampled_from(("outbound", "outbound", "outbound", "inbound", "sideways"))

# What a channel has beside the fields of every touch; another channel is drawn without.
_OWN = {
    "calls": {
        "talk_seconds": st.none() | st.sampled_from((12, 45, 60, 397)),
        "disposition": st.none()
        | st.sampled_from(("meeting", " Meeting", "call - back", "not interested")),
    },
    "emails": {"automated": st.sampled_from((False, False, True))},
}


def _touches(channel: Channel) -> st.SearchStrategy[dict]:
    return st.fixed_dictionaries(
        {
            "topic": st.just(channel.topic),
            "id": st.sampled_from("1234567"),
            "rep_id": st.sampled_from(USERS),
            "at": _instants(75 * 1440),
            "direction": _direction,
            "outcome": st.sampled_from((*WIRES[channel.name].outcomes, "lost_in_space"))
            | st.sampled_from(sorted(channel.effective)),
            **_OWN.get(channel.topic, {}),
            **_common,
        }
    )


touches = [_touches(channel) for channel in CHANNELS]
calls = touches[0]
statuses = st.fixed_dictionaries(
    {
        "topic": st.just("lead-status"),
        "id": st.sampled_from((*"123456789", "10", "11")),
        "lead_id": st.sampled_from(("L1", "L2", "L3")),
        "rep_id": st.sampled_from((*USERS, None)),
        "at": _instants(110 * 1440),
        "status": st.sampled_from(STATUSES),
        "origin": st.none() | st.sampled_from(("inbound", "outbound", "other", "partner")),
        "decided_by": st.none() | st.just("am-1"),
        **_common,
    }
)


def _just(minute: int, millis: str = "") -> str:
    return f"2026-11-02T13:{minute:02}:23{millis}+00:00"


_rival = {
    "version": st.sampled_from((None, None, 1, 2)),
    "recorded_at": st.sampled_from((None, _just(20), _just(20, ".000400"), _just(21))),
    "retracted": st.sampled_from((False, False, False, True)),
    "contact_id": st.sampled_from((None, "k1")),
}
RIVAL_STATUSES = (
    *("created", "delivered", "delivered", "accepted", "rejected", "cancelled"),
    *("reopened", "won", "lost", "merged", "dreaming"),
)
rival_calls = st.fixed_dictionaries(
    {
        "topic": st.just("calls"),
        "id": st.just("1"),
        "rep_id": st.just("ana"),
        "at": st.sampled_from((_just(30), _just(30, ".000400"))),
        "direction": st.sampled_from(("outbound", "inbound", "sideways")),
        "outcome": st.sampled_from(("human", "human", "voicemail", "unheard_of")),
        "talk_seconds": st.sampled_from((None, 45, 397)),
        "disposition": st.sampled_from((None, "meeting")),
        **_rival,
    }
)
rival_changes = st.fixed_dictionaries(
    {
        "topic": st.just("lead-status"),
        "id": st.sampled_from(("9", "9", "10", "11", "a")),
        "lead_id": st.just("L1"),
        "rep_id": st.sampled_from(("ana", "ana", "cem", None)),
        "at": st.sampled_from((_just(30), _just(30), _just(30), _just(30, ".000400"))),
        "status": st.sampled_from(RIVAL_STATUSES),
        "origin": st.sampled_from(("inbound", "outbound", "partner")),
        "decided_by": st.sampled_from((None, "am-1")),
        **_rival,
    }
)
# Versions of one id that differ in little, and changes of one lead within a second.
many_rivals = st.lists(rival_calls, min_size=2, max_size=6) | st.lists(
    rival_changes, min_size=3, max_size=9
)
# Changes of one lead in one instant, of which nothing but the id says which one is first.
tied_changes = st.fixed_dictionaries(
    {
        "topic": st.just("lead-status"),
        "id": st.sampled_from(("9", "10", "99", "100", "a", "b1")),
        "lead_id": st.just("L1"),
        "rep_id": st.sampled_from(("ana", "bob", "cem")),
        "at": st.just(_just(30)),
        "recorded_at": st.none(),
        "version": st.none(),
        "retracted": st.just(False),
        "contact_id": st.none(),
        "status": st.sampled_from(("created", "delivered", "accepted", "rejected", "won", "lost")),
        "origin": st.just("inbound"),
        "decided_by": st.none(),
    }
)
many_ties = st.lists(tied_changes, min_size=2, max_size=6, unique_by=lambda event: event["id"])
events = st.one_of(calls, *touches, statuses, statuses, statuses)
many_events = st.lists(events, min_size=1, max_size=60)


def raw(event: dict) -> bytes:
    """The bytes of an event on the wire."""
    return json.dumps({name: value for name, value in event.items() if name != "topic"}).encode()
