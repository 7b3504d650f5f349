"""Alerts about what counts: Kafka, Redis, the scrape and the rosters; and the list of all of it."""

from collections.abc import Iterator

from dashboards.alerting.alert import Alert, platform_alert
from dashboards.alerting.feeds import event_alerts, outage_alerts
from dashboards.alerting.promql import DATA_AGE, FLOOR_OPEN, over_workers
from dashboards.alerting.workers import worker_alerts
from metrics.kpis import TOUCHES, Measure
from metrics.names import FamilyName, metric
from metrics.thresholds import LAG, SERVING_STALE, STALE_AFTER

_ANY_OPEN = f"and on () max({FLOOR_OPEN}) == 1"


def _lag() -> Iterator[Alert]:
    lag = metric("consumer_lag_records")
    yield platform_alert(
        "KPIConsumerLag",
        f"max by (topic) ({metric('consumer_lag_seconds')}) > {LAG}",
        "{{ $labels.topic }} is {{ $value | humanizeDuration }} behind",
        "Events have waited for {{ $value | humanizeDuration }} to be counted.",
        hold="2m",
        keep="5m",
    )
    yield platform_alert(
        "KPIPartitionStalled",
        # by a worker who holds it now as 10 minutes ago; also where nothing was committed ever
        f"{lag} > 0\nand {lag} offset 10m > 0\n"
        f"unless delta({metric('committed_offset')}[10m]) != 0",
        "{{ $labels.topic }}/{{ $labels.partition }} does not move",
        "{{ $value }} records wait, and not one was committed for 10 minutes.",
        hold="1m",
    )
    yield platform_alert(
        "KPIStaleData",
        f"{FLOOR_OPEN} == 1\nand on () {DATA_AGE} > {STALE_AFTER}",
        "the numbers of {{ $labels.floor }} are old",
        f"Some partition is not counted up to {STALE_AFTER} seconds ago; the wall says so.",
        hold="2m",
    )


def _serving() -> Iterator[Alert]:
    written = metric("redis_last_write_timestamp_seconds")
    yield platform_alert(
        "KPIServingStale",
        f"time() - {written} > {SERVING_STALE}\n"
        f"and {metric('worker_ready')} == 1\nand {metric('worker_heartbeat')} == 1\n{_ANY_OPEN}",
        "the wall gets nothing new from {{ $labels.instance }}",
        "The last write to Redis is {{ $value | humanizeDuration }} ago; counting goes on.",
        hold="1m",
    )


# A series for each label of ours that a scrape configuration may have taken for itself.
_LABELLED: dict[str, FamilyName | Measure] = {
    "floor": "floor_open",
    "team": TOUCHES,
    "rep": TOUCHES,
    "window": TOUCHES,
    "channel": TOUCHES,
    "partition": "complete_until_timestamp_seconds",
    "topic": "assigned_partitions",
    "worker": "assigned_partitions",
}


def _renamed() -> str:
    """By label, how many series have it only as `exported_…`."""
    return "\nor\n".join(
        f'label_replace(count({metric(name)}{{exported_{label}!=""}}), "label", "{label}", "", "")'
        for label, name in _LABELLED.items()
    )


def _scrapes() -> Iterator[Alert]:
    yield platform_alert(
        "KPILabelsRenamed",
        _renamed(),
        "Prometheus has renamed our label {{ $labels.label }}",
        "{{ $value }} series have it as exported_{{ $labels.label }}: numbers are mixed up. "
        "Set `honor_labels: true` in the scrape job.",
        hold="2m",
    )


def _rosters() -> Iterator[Alert]:
    scheduled = metric("floor_reps_scheduled")
    present = over_workers(metric("floor_reps_on_shift"), "floor")
    yield platform_alert(
        "KPIShiftCalendarMissing",
        f"absent({metric('floor_open')})",
        "no floor has a calendar",
        "Without it every alert about people is off.",
        hold="5m",
    )
    yield platform_alert(
        "KPIRepSeriesMissing",
        f"max by (floor) ({scheduled}) - {present} > 0",
        "{{ $value }} reps on shift in {{ $labels.floor }} have no numbers",
        "The roster has them on shift, and no worker exports them.",
        hold="5m",
    )
    yield platform_alert(
        "KPIRostersDiffer",
        f"count(count by (sha256) ({metric('roster_info')})) > 1",
        "the workers have different rosters",
        "{{ $value }} versions of the roster are in use: give all workers the same file.",
        hold="5m",
        severity="ticket",
    )
    yield platform_alert(
        "KPIRepsUnassigned",
        f"sum(max by (partition) ({metric('unassigned_reps')})) > 0",
        "{{ $value }} reps with events are not on the roster",
        "They are counted under `unassigned`, for no team. `floorpulse roster missing` prints "
        "them as lines for the roster.",
        hold="15m",
        severity="info",
    )


PIPELINE_ALERTS = (
    *outage_alerts(),
    *worker_alerts(),
    *_lag(),
    *event_alerts(),
    *_serving(),
    *_scrapes(),
    *_rosters(),
    Alert(
        name="Watchdog",
        expr="vector(1)",
        severity="none",
        audience="nobody",
        scope="meta",
        summary="alerting works",
        description="Always fires: a receiver that hears nothing of it for 5 minutes has to raise "
        "the alarm.",
    ),
)
