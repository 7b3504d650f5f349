"""Alerts about the workers: they run, hear from Kafka, have all partitions, state and the time."""

from collections.abc import Iterator

from dashboards.alerting.alert import Alert, platform_alert
from dashboards.alerting.promql import unassigned_partitions, unread_partitions
from metrics.names import metric
from metrics.thresholds import CLOCK_OFF, REBALANCES

JOB = "floorpulse-worker"  # of the workers, in Prometheus

_UP = f'up{{job="{JOB}"}}'


def worker_alerts() -> Iterator[Alert]:
    """Each of them, in the order of the file of rules."""
    yield from _processes()
    yield from _partitions()
    yield from _state()


def _processes() -> Iterator[Alert]:
    yield platform_alert(
        "KPIWorkerDown",
        f"{_UP} == 0",
        "worker {{ $labels.instance }} does not answer",
        "Prometheus cannot scrape {{ $labels.instance }}; if there are others, they take over.",
        hold="1m",
    )
    yield platform_alert(
        "KPIWorkersNotReady",
        f"count({_UP}) > 0\nunless on () max_over_time(max({metric('worker_ready')})[5m:15s]) == 1",
        "no worker gets ready",
        "{{ $value }} workers are known; not one was ready for 5 minutes, however often started.",
        hold="5m",
    )
    yield platform_alert(
        "KPIWorkersFewer",
        f"max_over_time(count({_UP} == 1)[1h:1m]) - count({_UP} == 1) > 0",
        "{{ $value }} workers fewer than within the last hour",
        "The others carry on, with less to fall back on. A wanted scale-down ends it in an hour.",
        hold="15m",
        severity="ticket",
    )
    yield platform_alert(
        "KPIWorkerUnheard",
        f"{metric('worker_heartbeat')} == 0\nand {metric('worker_ready')} == 1",
        "worker {{ $labels.instance }} gets no answer from its group",
        "Kafka's group coordinator does not answer, so it exports no rep and writes no reading.",
        hold="2m",
    )
    yield platform_alert(
        "KPIWorkersAbsent",
        f"absent({_UP})",
        "no worker is known to Prometheus",
        "There is not one target of job {{ $labels.job }}: nothing is counted, or not seen.",
        hold="2m",
    )


def _partitions() -> Iterator[Alert]:
    yield platform_alert(
        "KPIPartitionsUnassigned",
        f"{unassigned_partitions()} > 0",
        "{{ $value }} partitions of {{ $labels.topic }} are counted by nobody",
        "Their reps are missing in every number until a worker takes them.",
        hold="2m",
    )
    yield platform_alert(
        "KPIPartitionsUnread",
        f"{unread_partitions()} > 0",
        "{{ $value }} partitions of {{ $labels.topic }} are assigned and not read",
        "No answer came since a worker took them: a broker is away. Their reps stand still.",
        hold="2m",
    )
    yield platform_alert(
        "KPIRecoveryStuck",
        f"{metric('worker_ready')} == 0",
        "worker {{ $labels.instance }} does not get ready",
        "It has been restoring or joining for over 5 minutes; /readyz says what it waits for.",
        hold="5m",
    )
    yield platform_alert(
        "KPIRebalanceStorm",
        f"max(increase({metric('rebalances_total')}[15m])) > {REBALANCES}",
        "the workers rebalance all the time",
        "{{ $value | humanize }} rebalances in 15 minutes: counting stands still during each.",
        hold="1m",
        severity="ticket",
    )


def _state() -> Iterator[Alert]:
    yield platform_alert(
        "KPIStateIncomplete",
        f"{metric('state_complete')} == 0",
        "worker {{ $labels.instance }} counts without a part of its history",
        "Started with --accept-incomplete: every number is marked, alerts about people rest.",
        hold="5m",
        severity="ticket",
    )
    yield platform_alert(
        "KPIClockOff",
        f"abs({metric('clock_offset_seconds')}) > {CLOCK_OFF}",
        "the clock of worker {{ $labels.instance }} is wrong",
        "It and the brokers' are {{ $value | humanizeDuration }} apart: what is now, open or late "
        "is judged wrongly.",
        hold="1m",
    )
    yield platform_alert(
        "KPILedgerImbalance",
        f"max by (topic) (abs({metric('ledger_imbalance_events')})) > 0",
        "the ledger equation of {{ $labels.topic }} does not hold",
        "{{ $value }} events were received without an outcome: a defect; numbers may be wrong.",
        hold="5m",
    )
