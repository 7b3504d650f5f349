"""What events say: words that nobody knows, and events about nobody."""

from tests.alerts.story import Case, Notice, to
from tests.alerts.world import CALLS, WORKERS, Grows, Series, name

_TICKET = {**to("platform", "ticket", "pipeline"), "topic": CALLS}


def _unmapped(per_minute: float) -> Series:
    return {name("unmapped_events_total", WORKERS[1], topic=CALLS): Grows(per_minute)}


def _refused(reason: str, per_minute: float) -> Series:
    series = name("events_rejected_total", WORKERS[1], topic=CALLS, reason=reason)
    return {series: Grows(per_minute)}


def _tombstones(per_minute: float) -> Series:
    return {name("events_tombstone_total", WORKERS[1], topic=CALLS): Grows(per_minute)}


_UNMAPPED = Case(
    "KPIUnmappedWords",
    "5.1 % of 30 minutes",
    _unmapped(6.5),
    (
        Notice(
            _TICKET,
            f"5.078% of the events of {CALLS} have unknown words",
            "They are counted with the word read as unknown; the runbook shows field and word.",
        ),
    ),
    onset=28,
)
_NOBODY = Case(
    "KPIEventsWithoutPerson",
    "94 % without a rep, for a while",
    _refused("no_rep", 120),
    (
        Notice(
            _TICKET,
            f"many events of {CALLS} are about nobody",
            "Over 20 % in a day have no rep, a placeholder or no value at all; none is counted.",
        ),
    ),
    onset=1,
    tail=29,
)

CONTENT = (
    _UNMAPPED,
    _UNMAPPED.but("4.9 %", _unmapped(6.25)),
    _NOBODY,
    Case(
        "KPIEventsWithoutPerson",
        "94 % tombstones, for a while",
        _tombstones(120),
        _NOBODY.notices,
        onset=1,
        tail=29,
    ),
    _NOBODY.but("16 %", _refused("no_rep", 20)),
    Case("KPIDeadLetters", "no rep is not a dead letter", _refused("no_rep", 20), lasts=5),
    Case("KPIDeadLetterFlood", "nor a flood", _refused("no_rep", 20), lasts=9),
)
