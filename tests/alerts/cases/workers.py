"""Workers, and what they hold."""

from collections.abc import Callable

from dashboards.alerting.workers import JOB
from tests.alerts.story import Case, Notice, to
from tests.alerts.world import (
    CALLS,
    Grows,
    Value,
    ago,
    behind,
    name,
    on_workers,
    series_name,
    worker_id,
    world,
)
from tests.alerts.world import WORKERS as NAMES

_W2 = NAMES[1]
_PAGE = to("platform", "page", "pipeline")
_TICKET = to("platform", "ticket", "pipeline")
_INSTANCE = {"instance": _W2, "job": JOB}
_OWN = {**_INSTANCE, "worker": worker_id(_W2)}  # of what it exports itself
_UP = [series_name("up", worker) for worker in NAMES]
_THIRD = series_name("up", "w3:8001")


def _looping(number: int, down: float | None, up: float) -> Callable[[int], float | None]:
    """A worker that is down for 15 seconds of 75; each at another time."""
    return lambda minute: down if (60 * minute + 30 * number) % 75 < 15 else up


def _unread(partitions: int) -> tuple[Notice]:
    return (
        Notice(
            {**_PAGE, "topic": CALLS},
            f"{partitions} partitions of {CALLS} are assigned and not read",
            "No answer came since a worker took them: a broker is away. Their reps stand still.",
        ),
    )


_DOWN = Case(
    "KPIWorkerDown",
    "one of two does not answer",
    {_UP[1]: 0.0},
    (
        Notice(
            {**_PAGE, **_INSTANCE},
            f"worker {_W2} does not answer",
            f"Prometheus cannot scrape {_W2}; if there are others, they take over.",
        ),
    ),
)
_GONE = Case(
    "KPIWorkerDown",
    "one of two is gone with all that it exported, and no alert about its reps",
    {series: None for series in world() if _W2 in series} | _DOWN.change,
    _DOWN.notices,
    lasts=8,
    beside=("KPIPartitionsUnassigned", "KPIRepSeriesMissing"),
)
_ABSENT = Case(
    "KPIWorkersAbsent",
    "no target",
    dict.fromkeys(_UP),
    (
        Notice(
            {**_PAGE, "job": JOB},
            "no worker is known to Prometheus",
            f"There is not one target of job {JOB}: nothing is counted, or not seen.",
        ),
    ),
)
# Up for 60 seconds of 75, and never ready: long enough for no other alert.
_LOOP: dict[str, Value] = {
    series: value
    for number, worker in enumerate(NAMES)
    for series, value in (
        (_UP[number], _looping(number, 0, 1)),
        (name("worker_ready", worker), _looping(number, None, 0)),
    )
}
_NOT_READY = Case(
    "KPIWorkersNotReady",
    "a crash loop, and no alert about one worker",
    _LOOP,
    (
        Notice(
            _PAGE,
            "no worker gets ready",
            "2 workers are known; not one was ready for 5 minutes, however often started.",
        ),
    ),
    onset=5,
)
_FEWER = Case(
    "KPIWorkersFewer",
    "2 of 3, the target is gone",
    {_THIRD: None},
    (
        Notice(
            _TICKET,
            "1 workers fewer than within the last hour",
            "The others carry on, with less to fall back on. "
            "A wanted scale-down ends it in an hour.",
        ),
    ),
    usual={_THIRD: 1},
)
_UNHEARD = Case(
    "KPIWorkerUnheard",
    "one of two, which writes nothing",
    {
        **on_workers("worker_heartbeat", 1, 0),
        **on_workers("redis_last_write_timestamp_seconds", ago(4), ago(600)),
    },
    (
        Notice(
            {**_PAGE, **_OWN},
            f"worker {_W2} gets no answer from its group",
            "Kafka's group coordinator does not answer, "
            "so it exports no rep and writes no reading.",
        ),
    ),
)
UNASSIGNED = Case(
    "KPIPartitionsUnassigned",
    "one of two is held",
    on_workers("assigned_partitions", 1, 0, topic=CALLS),
    (
        Notice(
            {**_PAGE, "topic": CALLS},
            f"1 partitions of {CALLS} are counted by nobody",
            "Their reps are missing in every number until a worker takes them.",
        ),
    ),
)
_UNTILS = [
    name("complete_until_timestamp_seconds", NAMES[which % 2], topic=CALLS, partition=str(which))
    for which in range(4)
]
_UNREAD = Case(
    "KPIPartitionsUnread",
    "3 of 4 were read",
    {
        **on_workers("topic_partitions", 4, topic=CALLS),
        **on_workers("assigned_partitions", 2, topic=CALLS),
        _UNTILS[2]: behind(2),
    },
    _unread(1),
)
_NONE_READ = Case(
    "KPIPartitionsUnread", "none of 2 was read", dict.fromkeys(_UNTILS[:2]), _unread(2)
)
_STUCK = Case(
    "KPIRecoveryStuck",
    "one of two is not ready",
    on_workers("worker_ready", 1, 0),
    (
        Notice(
            {**_PAGE, **_OWN},
            f"worker {_W2} does not get ready",
            "It has been restoring or joining for over 5 minutes; /readyz says what it waits for.",
        ),
    ),
)
# 14 steps between the 15 samples of a quarter of an hour, which stand for 15
_STORM = Case(
    "KPIRebalanceStorm",
    "6.1 in 15 minutes",
    on_workers("rebalances_total", Grows(0.40625)),
    (
        Notice(
            _TICKET,
            "the workers rebalance all the time",
            "6.094 rebalances in 15 minutes: counting stands still during each.",
        ),
    ),
    onset=13,
)
_INCOMPLETE = Case(
    "KPIStateIncomplete",
    "one of two lost history",
    on_workers("state_complete", 1, 0),
    (
        Notice(
            {**_TICKET, **_OWN},
            f"worker {_W2} counts without a part of its history",
            "Started with --accept-incomplete: every number is marked, alerts about people rest.",
        ),
    ),
)
_CLOCK_OFF = Case(
    "KPIClockOff",
    "61 seconds behind",
    on_workers("clock_offset_seconds", 0, -61),
    (
        Notice(
            {**_PAGE, **_OWN},
            f"the clock of worker {_W2} is wrong",
            "It and the brokers' are 1m 1s apart: what is now, open or late is judged wrongly.",
        ),
    ),
)
_CLOCK_LEAPT = Case(
    "KPIClockOff",
    "13 hours ahead",
    on_workers("clock_offset_seconds", 0, 46_800),
    (
        Notice(
            {**_PAGE, **_OWN},
            f"the clock of worker {_W2} is wrong",
            "It and the brokers' are 13h 0m 0s apart: what is now, open or late is judged wrongly.",
        ),
    ),
)
_IMBALANCE = Case(
    "KPILedgerImbalance",
    "2 more outcomes than events",
    on_workers("ledger_imbalance_events", 0, -2, topic=CALLS),
    (
        Notice(
            {**_PAGE, "topic": CALLS},
            f"the ledger equation of {CALLS} does not hold",
            "2 events were received without an outcome: a defect; numbers may be wrong.",
        ),
    ),
)
_SERVING = Case(
    "KPIServingStale",
    "61 seconds",
    on_workers("redis_last_write_timestamp_seconds", ago(4), ago(61)),
    (
        Notice(
            {**_PAGE, **_OWN},
            f"the wall gets nothing new from {_W2}",
            "The last write to Redis is 1m 1s ago; counting goes on.",
        ),
    ),
)

WORKERS = (
    _DOWN,
    _DOWN.but("something else is down", {_UP[1]: 1.0, 'up{job="other",instance="w2:8001"}': 0.0}),
    _GONE,
    _ABSENT,
    _ABSENT.but("one target", {_UP[1]: 1.0}),
    _NOT_READY,
    _NOT_READY.but(
        "one is ready for a minute of ten",
        {name("worker_ready", _W2): lambda minute: minute % 10 == 2},
        lasts=20,
    ),
    _NOT_READY.but("one gets ready in time", on_workers("worker_ready", 0), lasts=10),
    _FEWER,
    _FEWER.but("another in its place", {series_name("up", "w4:8001"): 1}),
    _FEWER.but("it is back within 15 minutes", {}, lasts=15),
    _UNHEARD,
    _UNHEARD.but("it is not ready yet", on_workers("worker_ready", 1, 0)),
    UNASSIGNED,
    UNASSIGNED.but("one holds both", on_workers("assigned_partitions", 2, 0, topic=CALLS)),
    _UNREAD,
    _UNREAD.but("4 of 4 were read", {_UNTILS[3]: behind(2)}),
    _UNREAD.but("for a moment while partitions move", {}, lasts=2),
    _NONE_READ,
    _STUCK,
    _STUCK.but("one is gone", on_workers("worker_ready", 1, None)),
    _STORM,
    _STORM.but("5.6 in 15 minutes", on_workers("rebalances_total", Grows(0.375))),
    _INCOMPLETE,
    _INCOMPLETE.but("the one that lost it is gone", on_workers("state_complete", 1, None)),
    _CLOCK_OFF,
    _CLOCK_OFF.but("60 seconds behind", on_workers("clock_offset_seconds", 0, -60)),
    _CLOCK_OFF.but("no broker has said the time", on_workers("clock_offset_seconds", None)),
    _CLOCK_LEAPT,
    _CLOCK_LEAPT.but("60 seconds ahead", on_workers("clock_offset_seconds", 0, 60)),
    _CLOCK_LEAPT.but("it is back within a minute", {}, lasts=1),
    _IMBALANCE,
    _IMBALANCE.but(
        "a batch is on its way", on_workers("ledger_imbalance_events", 0, 2, topic=CALLS), lasts=5
    ),
    _SERVING,
    _SERVING.but("60 seconds", on_workers("redis_last_write_timestamp_seconds", ago(60))),
    _SERVING.but("it is not ready", on_workers("worker_ready", 1, 0)),
    _SERVING.but("its group does not hear it", on_workers("worker_heartbeat", 1, 0)),
    _SERVING.but(
        "all floors are closed",
        {name("floor_open", worker, floor=f): 0 for worker in NAMES for f in ("north", "south")},
    ),
    Case(
        "KPIServingStale",
        "one floor is closed, one is open",
        {**_SERVING.change, **on_workers("floor_open", 0, floor="south")},
        _SERVING.notices,
        beside=("FloorClosed",),
    ),
)
