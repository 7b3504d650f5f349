"""The series of a quiet moment: two workers, two floors, three reps, and nothing to complain about.

A case changes some of them. Labels are those of a scrape, `job` and `instance` among them, and
numbers differ where they may, so that what is mixed up shows.
"""

from collections.abc import Callable, Mapping
from typing import NamedTuple

from dashboards.alerting.promql import selector
from dashboards.alerting.workers import JOB
from floorpulse.pages.metrics import exported_families
from metrics.channels import CHANNEL_NAMES
from metrics.exporter import label_names, series_of
from metrics.kpis import KPIS, MEASURE
from metrics.names import metric


class Grows(NamedTuple):
    """A counter that grows by so much a minute, from where it is."""

    per_minute: float


# A gauge, a counter, a function of the minute, or None where nothing is exported.
Value = float | Grows | Callable[[int], float | None] | None
Series = Mapping[str, Value]

OF_WORKER = {series_of(f) for f in exported_families() if "worker" in label_names(f)}
CLOCK = 1_795_600_000  # the workers' clock at minute 0: far from Prometheus' own, which starts at 0
WORKERS = ("w1:8001", "w2:8001")
CALLS = "sales.calls"


class RepLabels(NamedTuple):
    """The labels of a rep's series: the worker is the one who has them."""

    floor: str
    team: str
    worker: str


REPS = {
    "ana": RepLabels("north", "hunters", WORKERS[0]),
    "ben": RepLabels("north", "farmers", WORKERS[1]),
    "cas": RepLabels("south", "scouts", WORKERS[0]),
}
FLOORS = ("north", "south")

# The numbers of reps that alerts ask for, which are exported as zeros too.
_DECIDED = ("1h", "4h", "today", "2d", "5d", "20d")
ASKED = {
    "appointments_accepted_capped": _DECIDED,
    "appointments_rejected_capped": _DECIDED,
    "cohort_overdue": ("90d",),
    "contacts": ("20d",),
    "contacts_converted": ("20d",),
    "effective_touches": ("15m", "today"),
    "expected_touches": ("15m", "today"),
    "leads_inbound": ("5d",),
    "leads_outbound": ("5d",),
}


def name(metric_name: str, worker: str = WORKERS[0], **labels: str) -> str:
    """A series of a worker, as Prometheus stores it."""
    full = metric(metric_name)
    if full in OF_WORKER:
        labels["worker"] = worker_id(worker)
    return series_name(full, worker, **labels)


def worker_id(worker: str) -> str:
    """What a worker calls itself, by where it is scraped."""
    return worker.partition(":")[0]


def series_name(full: str, worker: str, /, **labels: str) -> str:
    """A series of a worker, by its whole name."""
    return full + selector(instance=worker, job=JOB, **labels)


def on_workers(metric_name: str, *values: Value, **labels: str) -> Series:
    """A series of each worker; the last value is that of all who are left."""
    for_all = (*values, *[values[-1]] * len(WORKERS))
    return {
        name(metric_name, worker, **labels): value
        for worker, value in zip(WORKERS, for_all, strict=False)
    }


def numbers(rep: str, measure: str, **windows: Value) -> Series:
    """A measure of a rep by window (`w4h`), in calls where it has channels."""
    channel = {"channel": "call"} if MEASURE[measure].channels else {}
    return {
        rep_series(measure, rep, window=window.removeprefix("w"), **channel): value
        for window, value in windows.items()
    }


def rep_series(measure: str, rep: str, worker: str = "", **labels: str) -> str:
    """A series of a rep, by the worker who has them if no other is named."""
    of = REPS.get(rep, RepLabels("north", "hunters", WORKERS[0]))
    where = {"floor": of.floor, "team": of.team, "rep": rep, **labels}
    return name(measure, worker or of.worker, **where)


def decisions(
    rep: str, window: str, rejected: int, accepted: int, worker: str = ""
) -> dict[str, Value]:
    """The decisions of a rep that alerts count."""
    return {
        rep_series("appointments_rejected_capped", rep, worker, window=window): rejected,
        rep_series("appointments_accepted_capped", rep, worker, window=window): accepted,
    }


def touches(rep: str, window: str, effective: float, expected: float, worker: str = "") -> Series:
    """What a rep did and should have done: in calls, but a quarter of what is due in e-mails."""
    mails = expected / 4
    return {
        rep_series("effective_touches", rep, worker, window=window, channel="call"): effective,
        rep_series("expected_touches", rep, worker, window=window, channel="call"): expected
        - mails,
        rep_series("expected_touches", rep, worker, window=window, channel="email"): mails,
    }


def presence(rep: str, on_shift: Value, silent: Value, per_hour: Value, worker: str = "") -> Series:
    """What is exported of a rep only with FLOORPULSE_REP_ALERTS=1."""
    return {
        rep_series("rep_on_shift", rep, worker): on_shift,
        rep_series("rep_silent_seconds", rep, worker): silent,
        rep_series("rep_expected_per_hour", rep, worker): per_hour,
    }


def channel(floor: str, name: str, *seconds: float, per_hour: float) -> Series:
    """A channel's seconds without a touch, of what each worker holds, and what was missed since."""
    where = {"floor": floor, "channel": name}
    missed = (second / 3600 * per_hour for second in seconds)
    return {
        **on_workers("channel_silent_seconds", *seconds, **where),
        **on_workers("channel_missed_touches", *missed, **where),
    }


def behind(seconds: float) -> Callable[[int], float]:
    """The workers' clock so many seconds ago."""
    return lambda minute: CLOCK + 60 * minute - seconds


def ago(seconds: float) -> Callable[[int], float]:
    """The machine's clock so many seconds ago, which is what Prometheus has too."""
    return lambda minute: 60 * minute - seconds


def world() -> Series:
    """Everything that is exported in a quiet moment, as far as a rule asks for it."""
    return {
        **{series_name("up", worker): 1 for worker in WORKERS},
        **_workers(),
        **_events(),
        **_partitions(),
        **_floors(),
        **_reps(),
    }


def _workers() -> Series:
    return {
        **on_workers("state_complete", 1),
        **on_workers("clock_timestamp_seconds", behind(1), behind(0)),
        **on_workers("clock_offset_seconds", 0, -0.25),
        **on_workers("worker_ready", 1),
        **on_workers("worker_heartbeat", 1),
        **on_workers("rebalances_total", Grows(0)),
        **on_workers("redis_last_write_timestamp_seconds", ago(4)),
        **on_workers("roster_info", 1, sha256="a1b2"),
    }


def _events() -> Series:
    return {
        **on_workers("events_received_total", Grows(64), topic=CALLS),
        **on_workers("events_late_total", Grows(0), topic=CALLS),
        **on_workers("events_rejected_total", Grows(0), topic=CALLS, reason="not_json"),
        **on_workers("events_rejected_total", Grows(0), topic=CALLS, reason="no_rep"),
        **on_workers("events_tombstone_total", Grows(0), topic=CALLS),
        **on_workers("unmapped_events_total", Grows(0), topic=CALLS),
        **on_workers("ledger_imbalance_events", 0, topic=CALLS),
        **on_workers("topic_partitions", len(WORKERS), topic=CALLS),
        **on_workers("assigned_partitions", 1, topic=CALLS),
    }


def _partitions() -> Series:
    series: dict[str, Value] = {}
    for partition, worker in enumerate(WORKERS):
        where = {"topic": CALLS, "partition": str(partition)}
        series[name("complete_until_timestamp_seconds", worker, **where)] = behind(2)
        series[name("committed_offset", worker, **where)] = Grows(60)
        series[name("consumer_lag_records", worker, **where)] = 0
        series[name("consumer_lag_seconds", worker, **where)] = 0
    return series


def _floors() -> Series:
    series: dict[str, Value] = {}
    for floor in FLOORS:
        series |= on_workers("floor_open", 1, floor=floor)
        series |= on_workers("floor_reps_scheduled", 9, floor=floor)
        series |= on_workers("floor_reps_on_shift", 5, 4, floor=floor)
        series |= on_workers("floor_reps_silent", 1, 0, floor=floor)
        for kpi in KPIS:
            if kpi.target is not None:
                series |= on_workers("kpi_target", kpi.target, floor=floor, kpi=kpi.name)
        for of in CHANNEL_NAMES:
            series |= channel(floor, of, 0, 60, per_hour=60)
    return series


def _reps() -> Series:
    series: dict[str, Value] = {}
    for rep in REPS:
        series |= presence(rep, on_shift=1, silent=0, per_hour=12)
        for measure, windows in ASKED.items():
            for window in windows:
                for channel in MEASURE[measure].channels or ("",):
                    labels = {"window": window} | ({"channel": channel} if channel else {})
                    series[rep_series(measure, rep, **labels)] = 0
    return series
