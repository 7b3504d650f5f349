"""What waits in Kafka, what is old, and what was not accepted."""

from dashboards.alerting.workers import JOB
from tests.alerts.story import BORN, Case, Notice, to
from tests.alerts.world import CALLS, WORKERS, Grows, Series, Value, behind, name, on_workers

_PAGE = to("platform", "page", "pipeline")
_TICKET = to("platform", "ticket", "pipeline")
_PLACE = {"topic": CALLS, "partition": "1"}
_UNTIL = name("complete_until_timestamp_seconds", WORKERS[1], **_PLACE)
_SECONDS = name("consumer_lag_seconds", WORKERS[1], **_PLACE)
_RECORDS = name("consumer_lag_records", WORKERS[1], **_PLACE)
_COMMITTED = name("committed_offset", WORKERS[1], **_PLACE)

_LAG = Case(
    "KPIConsumerLag",
    "61 seconds",
    {_SECONDS: 61.0},
    (
        Notice(
            {**_PAGE, "topic": CALLS},
            f"{CALLS} is 1m 1s behind",
            "Events have waited for 1m 1s to be counted.",
        ),
    ),
)
_STUCK: Series = {_RECORDS: 7.0, _COMMITTED: Grows(0)}
_STALLED = Case(
    "KPIPartitionStalled",
    "7 records, and no commit",
    _STUCK,
    (
        Notice(
            {**_PAGE, **_PLACE, "instance": WORKERS[1], "job": JOB},
            f"{CALLS}/1 does not move",
            "7 records wait, and not one was committed for 10 minutes.",
        ),
    ),
    onset=10,
)
_NEVER = Case(
    "KPIPartitionStalled",
    "a group that never committed",
    {_RECORDS: 7.0},
    _STALLED.notices,
    usual={_COMMITTED: None},
    onset=10,
)


def _old(floor: str) -> Notice:
    return Notice(
        {**_PAGE, "floor": floor},
        f"the numbers of {floor} are old",
        "Some partition is not counted up to 60 seconds ago; the wall says so.",
    )


_STALE = Case("KPIStaleData", "61 seconds", {_UNTIL: behind(61)}, (_old("north"), _old("south")))
_STALE_IN_ONE = Case(
    "KPIStaleData",
    "61 seconds, and one floor is closed",
    {_UNTIL: behind(61), **on_workers("floor_open", 0, floor="north")},
    (_old("south"),),
    beside=("FloorClosed",),
)


def _events(outcome: str, growth: Value, **labels: str) -> Series:
    """Of one worker; the other one has none."""
    return {name(f"events_{outcome}_total", WORKERS[1], topic=CALLS, **labels): growth}


def _received(per_minute: float) -> Series:
    return on_workers("events_received_total", Grows(per_minute / 2), topic=CALLS)


def _not_counted(outcome: str, share: str, topic: str) -> tuple[Notice]:
    return (
        Notice(
            _TICKET if outcome == "late" else _PAGE,
            f"{share} of the events are {outcome}",
            f"They are kept in the {topic} topic, and not counted.",
        ),
    )


# n a minute are 15 n in 15 minutes, and 5 n in 5
_LATE = Case(
    "KPILateEventsDropped",
    "10.3 of 240 in 15 minutes",
    _events("late", Grows(0.6875)),
    _not_counted("late", "4.297%", "late"),
    usual=_received(16),
    onset=13,
)
_FEW_LATE = Case(
    "KPILateEventsDropped",
    "1.03 % of many",
    _events("late", Grows(1.3125)),
    _not_counted("late", "1.025%", "late"),
    onset=13,
)


def _flood(growth: float) -> Series:
    return _events("rejected", Grows(growth), reason="not_json")


_FLOOD = Case(
    "KPIDeadLetterFlood",
    "20.3 of 320 in 5 minutes",
    _flood(4.0625),
    _not_counted("rejected", "6.348%", "dead-letter"),
    usual=_received(64),
    onset=3,
    beside=("KPIDeadLetters",),
)
_SOME = Case(
    "KPIDeadLetterFlood",
    "5.5 % of many",
    _flood(7),
    _not_counted("rejected", "5.469%", "dead-letter"),
    onset=3,
    beside=("KPIDeadLetters",),
)
_LETTER = Case(
    "KPIDeadLetters",
    "one event",
    _flood(1),
    (
        Notice(
            {**_TICKET, "topic": CALLS, "reason": "not_json"},
            f"events of {CALLS} cannot be read: not_json",
            "`floorpulse dead-letters list` shows them with the reason.",
        ),
    ),
    lasts=1,
    tail=13,
)

KAFKA = (
    _LAG,
    _LAG.but("60 seconds", {_SECONDS: 60.0}),
    _STALLED,
    _STALLED.but("a commit in between", {_COMMITTED: lambda minute: BORN + minute // 9}),
    _STALLED.but("nothing waits", {_RECORDS: 0.0}),
    Case(
        "KPIPartitionStalled",
        "a worker took it over, and has not caught up yet",
        _STUCK,
        usual={_RECORDS: None, _COMMITTED: None},
        lasts=10,
    ),
    Case(
        "KPIPartitionStalled",
        "until another worker takes it over",
        _STUCK,
        _STALLED.notices,
        usual={_RECORDS: None, _COMMITTED: None},
        onset=10,
    ),
    _NEVER,
    _STALE,
    _STALE.but("60 seconds", {_UNTIL: behind(60)}),
    _STALE.but(
        "another worker has counted it",
        {name("complete_until_timestamp_seconds", **_PLACE): behind(2)},
    ),
    _STALE_IN_ONE,
    _LATE,
    _LATE.but("9.4 of 240 in 15 minutes", _events("late", Grows(0.625))),
    _FEW_LATE,
    _FEW_LATE.but("0.98 % of many", _events("late", Grows(1.25))),
    _FLOOD,
    _FLOOD.but("19.7 of 320 in 5 minutes", _flood(3.9375)),
    _SOME,
    _SOME.but("4.9 % of many", _flood(6.25)),
    _LETTER,
    _LETTER.but(
        "a worker starts again, and counts from 0",
        _events("rejected", lambda minute: 0.0, reason="not_json"),
    ),
)
