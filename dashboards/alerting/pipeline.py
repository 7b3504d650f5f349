"""Alerts about what counts: feeds, workers, Kafka, Redis, rosters. Told to those who run it."""

from collections.abc import Iterator

from dashboards.alerting.alert import Alert, Scope, Severity
from dashboards.alerting.rules import (
    over_workers,
    recorded,
    shortfall,
    silent_channels,
    silent_floors,
    unassigned_partitions,
    unread_partitions,
)
from metrics.kpis import TOUCHES, Measure
from metrics.names import FamilyName, metric
from metrics.thresholds import (
    COLLAPSE_AT_LEAST,
    COLLAPSE_RATIO,
    COLLAPSE_Z,
    FLOOD_AT_LEAST,
    FLOOD_SHARE,
    LAG,
    LATE_AT_LEAST,
    LATE_SHARE,
    NO_PERSON_SHARE,
    REBALANCES,
    SERVING_STALE,
    STALE_AFTER,
    UNMAPPED_AT_LEAST,
    UNMAPPED_SHARE,
)

JOB = "floorpulse-worker"  # of the workers, in Prometheus

_UP = f'up{{job="{JOB}"}}'
_FLOOR_OPEN = recorded("floor", "floor_open", "max")
_AGE = recorded("pipeline", "data_age_seconds", "max")
_OPEN = f"and on (floor) {_FLOOR_OPEN} == 1"
_BELIEVED = f"unless on () {recorded('pipeline', 'behind', 'count')}"  # nor are we behind
_ANY_OPEN = f"and on () max({_FLOOR_OPEN}) == 1"


def _alert(
    name: str,
    expr: str,
    summary: str,
    description: str,
    *,
    hold: str,
    keep: str = "",
    severity: Severity = "page",
    scope: Scope = "pipeline",
) -> Alert:
    return Alert(name, expr, severity, "platform", scope, summary, description, hold, keep)


def _collapse() -> str:
    z, ratio, due = shortfall("floor", "15m")
    return (
        f"(\n  sum without (window) (\n"
        f"    {z} > {COLLAPSE_Z}\n"
        f"    and {ratio} < {COLLAPSE_RATIO:g}\n"
        f"    and {due} >= {COLLAPSE_AT_LEAST}\n  )\n"
        f"  or\n  {silent_floors()}\n)\n{_OPEN}\n{_BELIEVED}"
    )


_NO_PERSON = "no_rep|placeholder"  # reasons of events that are about nobody, and no fault


def _events(name: FamilyName, window: str, *by: str) -> str:
    """The increase of a counter of events over all topics, or by some labels."""
    chosen = f'{{reason!~"{_NO_PERSON}"}}' if name == "events_rejected_total" else ""
    grown = f"increase({metric(name)}{chosen}[{window}])"
    return over_workers(grown, *by, of=("topic", "reason"))


def _unmapped() -> str:
    some = _events("unmapped_events_total", "30m", "topic")
    received = _events("events_received_total", "30m", "topic")
    return f"{some} / {received} > {UNMAPPED_SHARE:g}\nand {some} >= {UNMAPPED_AT_LEAST}"


def _without_person() -> str:
    """By topic, the share of a day's events that are about nobody, tombstones too."""
    refused = f'{metric("events_rejected_total")}{{reason=~"{_NO_PERSON}"}}'
    some = over_workers(f"increase({refused}[1d])", "topic", of=["reason"])
    nothing = _events("events_tombstone_total", "1d", "topic")
    return f"({some} + {nothing}) / {_events('events_received_total', '1d', 'topic')}"


def _content() -> Iterator[Alert]:
    yield _alert(
        "KPIUnmappedWords",
        _unmapped(),
        "{{ $value | humanizePercentage }} of the events of {{ $labels.topic }} have unknown words",
        "They are counted with the word read as unknown; the runbook shows field and word.",
        hold="5m",
        severity="ticket",
    )
    yield _alert(
        "KPIEventsWithoutPerson",
        f"{_without_person()} > {NO_PERSON_SHARE:g}",
        "many events of {{ $labels.topic }} are about nobody",
        f"Over {100 * NO_PERSON_SHARE:g} % in a day have no rep, a placeholder or no value at all; "
        "none is counted.",
        hold="5m",
        severity="ticket",
    )


def _share_of_events(name: FamilyName, window: str, share: float, at_least: int) -> str:
    some, all_of_them = _events(name, window), _events("events_received_total", window)
    return f"{some} / {all_of_them} > {share:g}\nand {some} > {at_least}"


def _outages() -> Iterator[Alert]:
    yield _alert(
        "FloorActivityCollapse",
        _collapse(),
        "{{ $labels.floor }}: the whole floor went quiet",
        "Many reps went quiet together: suspect the telephony or the CRM feed before the people.",
        hold="3m",
        keep="5m",
        scope="outage",
    )
    yield _alert(
        "KPIChannelSilent",
        f"({silent_channels()})\n{_OPEN}\n{_BELIEVED}",
        "{{ $labels.floor }}: nothing comes in on channel {{ $labels.channel }}",
        "{{ $value | humanize }} effective touches were expected since the last one came in.",
        hold="1m",
        scope="outage",
    )


def _workers() -> Iterator[Alert]:
    yield _alert(
        "KPIWorkerDown",
        f"{_UP} == 0",
        "worker {{ $labels.instance }} does not answer",
        "Prometheus cannot scrape {{ $labels.instance }}; if there are others, they take over.",
        hold="1m",
    )
    yield _alert(
        "KPIWorkersNotReady",
        f"count({_UP}) > 0\nunless on () max_over_time(max({metric('worker_ready')})[5m:15s]) == 1",
        "no worker gets ready",
        "{{ $value }} workers are known; not one was ready for 5 minutes, however often started.",
        hold="5m",
    )
    yield _alert(
        "KPIWorkersFewer",
        f"max_over_time(count({_UP} == 1)[1h:1m]) - count({_UP} == 1) > 0",
        "{{ $value }} workers fewer than within the last hour",
        "The others carry on, with less to fall back on. A wanted scale-down ends it in an hour.",
        hold="15m",
        severity="ticket",
    )
    yield _alert(
        "KPIWorkerUnheard",
        f"{metric('worker_heartbeat')} == 0\nand {metric('worker_ready')} == 1",
        "worker {{ $labels.instance }} hears nothing from its group",
        "Kafka's group coordinator does not answer it: it exports no rep and writes no reading.",
        hold="2m",
    )
    yield _alert(
        "KPIWorkersAbsent",
        f"absent({_UP})",
        "no worker is known to Prometheus",
        "There is not one target of job {{ $labels.job }}: nothing is counted, or not seen.",
        hold="2m",
    )
    yield _alert(
        "KPIPartitionsUnassigned",
        f"{unassigned_partitions()} > 0",
        "{{ $value }} partitions of {{ $labels.topic }} are counted by nobody",
        "Their reps are missing in every number until a worker holds them.",
        hold="2m",
    )
    yield _alert(
        "KPIPartitionsUnread",
        f"{unread_partitions()} > 0",
        "{{ $value }} partitions of {{ $labels.topic }} are held and not read",
        "No answer came since a worker took them: a broker is away. Their reps stand still.",
        hold="2m",
    )
    yield _alert(
        "KPIRecoveryStuck",
        f"{metric('worker_ready')} == 0",
        "worker {{ $labels.instance }} does not get ready",
        "It has been restoring or joining for over 5 minutes; /readyz tells what it waits for.",
        hold="5m",
    )
    yield _alert(
        "KPIRebalanceStorm",
        f"max(increase({metric('rebalances_total')}[15m])) > {REBALANCES}",
        "the workers rebalance all the time",
        "{{ $value | humanize }} rebalances in 15 minutes: counting stands still during each.",
        hold="1m",
        severity="ticket",
    )
    yield _alert(
        "KPIStateIncomplete",
        f"{metric('state_complete')} == 0",
        "worker {{ $labels.instance }} counts without a part of its history",
        "Started with --accept-incomplete: every number is marked, alerts about people rest.",
        hold="5m",
        severity="ticket",
    )
    yield _alert(
        "KPILedgerImbalance",
        f"max by (topic) (abs({metric('ledger_imbalance_events')})) > 0",
        "the ledger equation of {{ $labels.topic }} does not hold",
        "{{ $value }} events were received without an outcome: a defect; numbers may be wrong.",
        hold="5m",
    )


def _kafka() -> Iterator[Alert]:
    lag = metric("consumer_lag_records")
    yield _alert(
        "KPIConsumerLag",
        f"max by (topic) ({metric('consumer_lag_seconds')}) > {LAG}",
        "{{ $labels.topic }} is {{ $value | humanizeDuration }} behind",
        "Events have waited for {{ $value | humanizeDuration }} to be counted.",
        hold="2m",
        keep="5m",
    )
    yield _alert(
        "KPIPartitionStalled",
        # by a worker who holds it now as 10 minutes ago; also where nothing was committed ever
        f"{lag} > 0\nand {lag} offset 10m > 0\n"
        f"unless delta({metric('committed_offset')}[10m]) != 0",
        "{{ $labels.topic }}/{{ $labels.partition }} does not move",
        "{{ $value }} records wait, and not one was committed for 10 minutes.",
        hold="1m",
    )
    yield _alert(
        "KPIStaleData",
        f"{_FLOOR_OPEN} == 1\nand on () {_AGE} > {STALE_AFTER}",
        "the numbers of {{ $labels.floor }} are old",
        f"Some partition is not counted up to {STALE_AFTER} seconds ago; the wall says so.",
        hold="2m",
    )
    yield _alert(
        "KPILateEventsDropped",
        _share_of_events("events_late_total", "15m", LATE_SHARE, LATE_AT_LEAST),
        "{{ $value | humanizePercentage }} of the events are late",
        "They are kept in the late topic, and not counted.",
        hold="5m",
        severity="ticket",
    )
    yield _alert(
        "KPIDeadLetterFlood",
        _share_of_events("events_rejected_total", "5m", FLOOD_SHARE, FLOOD_AT_LEAST),
        "{{ $value | humanizePercentage }} of the events are rejected",
        "They are kept in the dead-letter topic, and not counted.",
        hold="2m",
    )
    yield _alert(
        "KPIDeadLetters",
        f"{_events('events_rejected_total', '15m', 'topic', 'reason')} > 0",
        "events of {{ $labels.topic }} cannot be read: {{ $labels.reason }}",
        "`floorpulse dead-letters list` shows them with the reason.",
        hold="",
        keep="30m",
        severity="ticket",
    )


def _serving() -> Iterator[Alert]:
    written = metric("redis_last_write_timestamp_seconds")
    yield _alert(
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
    yield _alert(
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
    yield _alert(
        "KPIShiftCalendarMissing",
        f"absent({metric('floor_open')})",
        "no floor has a calendar",
        "Without it every alert about people is off.",
        hold="5m",
    )
    yield _alert(
        "KPIRepSeriesMissing",
        f"max by (floor) ({scheduled}) - {present} > 0",
        "{{ $value }} reps on shift in {{ $labels.floor }} have no numbers",
        "The roster has them on shift, and no worker exports them.",
        hold="5m",
    )
    yield _alert(
        "KPIRostersDiffer",
        f"count(count by (sha256) ({metric('roster_info')})) > 1",
        "the workers have different rosters",
        "{{ $value }} versions of the roster are in use: give all workers the same file.",
        hold="5m",
        severity="ticket",
    )
    yield _alert(
        "KPIRepsUnassigned",
        f"sum(max by (partition) ({metric('unassigned_reps')})) > 0",
        "{{ $value }} reps with events are not on the roster",
        "They are counted under `unassigned`. The series floorpulse_rep_unassigned names up to ten "
        "of them per worker.",
        hold="15m",
        severity="info",
    )


PIPELINE_ALERTS = (
    *_outages(),
    *_workers(),
    *_kafka(),
    *_content(),
    *_serving(),
    *_scrapes(),
    *_rosters(),
    Alert(
        "Watchdog",
        "vector(1)",
        "none",
        "nobody",
        "meta",
        "alerting works",
        "Always fires: a receiver that hears nothing of it for 5 minutes has to raise the alarm.",
    ),
)
