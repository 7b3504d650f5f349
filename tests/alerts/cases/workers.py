"""Workers, and what they hold."""

from metrics.pipelinealerts import JOB
from tests.alerts.story import Case, Told, to
from tests.alerts.world import CALLS, Grows, ago, name, on_workers, series_name, world
from tests.alerts.world import WORKERS as NAMES

_W2 = NAMES[1]
_PAGE = to("platform", "page", "pipeline")
_TICKET = to("platform", "ticket", "pipeline")
_INSTANCE = {"instance": _W2, "job": JOB}
_UP = [series_name("up", worker) for worker in NAMES]

_DOWN = Case(
    "KPIWorkerDown",
    "one of two does not answer",
    {_UP[1]: 0.0},
    (
        Told(
            {**_PAGE, **_INSTANCE},
            f"worker {_W2} does not answer",
            f"Prometheus cannot scrape {_W2}; the others take its partitions over.",
        ),
    ),
)
_GONE = Case(
    "KPIWorkerDown",
    "one of two is gone with all that it exported, and no alert about its reps",
    {series: None for series in world() if _W2 in series} | _DOWN.change,
    _DOWN.told,
    lasts=8,
    beside=("KPIPartitionsUnassigned", "KPIRepSeriesMissing"),
)
_ABSENT = Case(
    "KPIWorkersAbsent",
    "no target",
    dict.fromkeys(_UP),
    (
        Told(
            {**_PAGE, "job": JOB},
            "no worker is known to Prometheus",
            f"There is not one target of job {JOB}: nothing is counted, or not seen.",
        ),
    ),
)
_UNASSIGNED = Case(
    "KPIPartitionsUnassigned",
    "one of two is held",
    on_workers("assigned_partitions", 1, 0, topic=CALLS),
    (
        Told(
            {**_PAGE, "topic": CALLS},
            f"1 partitions of {CALLS} are counted by nobody",
            "Their reps are missing in every number until a worker holds them.",
        ),
    ),
)
_STUCK = Case(
    "KPIRecoveryStuck",
    "one of two is not ready",
    on_workers("worker_ready", 1, 0),
    (
        Told(
            {**_PAGE, **_INSTANCE},
            f"worker {_W2} does not get ready",
            "It has been restoring or joining for over 5 minutes; /readyz tells what it waits for.",
        ),
    ),
)
# 14 steps between the 15 samples of a quarter of an hour, which stand for 15
_STORM = Case(
    "KPIRebalanceStorm",
    "6.1 in 15 minutes",
    on_workers("rebalances_total", Grows(0.40625)),
    (
        Told(
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
        Told(
            {**_TICKET, **_INSTANCE},
            f"worker {_W2} counts without a part of its history",
            "Started with --accept-incomplete: every number is marked, alerts about people rest.",
        ),
    ),
)
_IMBALANCE = Case(
    "KPILedgerImbalance",
    "2 more outcomes than events",
    on_workers("ledger_imbalance_events", 0, -2, topic=CALLS),
    (
        Told(
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
        Told(
            {**_PAGE, **_INSTANCE},
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
    _UNASSIGNED,
    _UNASSIGNED.but("one holds both", on_workers("assigned_partitions", 2, 0, topic=CALLS)),
    _STUCK,
    _STUCK.but("one is gone", on_workers("worker_ready", 1, None)),
    _STORM,
    _STORM.but("5.6 in 15 minutes", on_workers("rebalances_total", Grows(0.375))),
    _INCOMPLETE,
    _INCOMPLETE.but("the one that lost it is gone", on_workers("state_complete", 1, None)),
    _IMBALANCE,
    _IMBALANCE.but(
        "a batch is on its way", on_workers("ledger_imbalance_events", 0, 2, topic=CALLS), lasts=5
    ),
    _SERVING,
    _SERVING.but("60 seconds", on_workers("redis_last_write_timestamp_seconds", ago(60))),
    _SERVING.but("it is not ready", on_workers("worker_ready", 1, 0)),
    _SERVING.but(
        "all floors are closed",
        {name("floor_open", worker, floor=f): 0 for worker in NAMES for f in ("north", "south")},
    ),
    Case(
        "KPIServingStale",
        "one floor is closed, one is open",
        {**_SERVING.change, **on_workers("floor_open", 0, floor="south")},
        _SERVING.told,
        beside=("FloorClosed",),
    ),
)
