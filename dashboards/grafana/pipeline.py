"""The pipeline dashboard: whether the numbers may be believed, and what the workers do for it.

These are the workers' own series, not recorded ones. Offsets and ages belong to a partition, of
which the greatest over the workers is taken, since an old owner may still export its own.
"""

from collections.abc import Iterable

from dashboards.alerting.promql import over_workers, unassigned_partitions
from dashboards.grafana.layout import Dashboard, Line, Link, Panel, Query, Variable
from dashboards.grafana.palette import BAD, GOOD
from dashboards.grafana.panels import Column, stat, table, time_series
from dashboards.grafana.pipeline_workers import rate, worker_lines
from dashboards.grafana.queries import AGE_WORDS, FLOORS, aged, firing
from metrics.names import FamilyName, metric
from metrics.thresholds import STALE_AFTER

UID = "floorpulse-pipeline"
ALERTS = 'scope=~"outage|pipeline"'
PLACE = "topic, partition"
OUTCOMES: dict[FamilyName, str] = {
    "events_applied_total": "applied: changed a row",
    "events_duplicate_total": "duplicate: known already",
    "events_superseded_total": "superseded: older than what is known",
    "events_late_total": "late: from before what is kept",
    "events_forwarded_total": "forwarded: in the wrong partition",
    "events_rejected_total": "rejected: dead letters",
}


def _now(title: str, help: str, expr: str, legend: str = "", **options: object) -> Panel:
    query = Query(expr=expr, legend=legend, is_instant=True)
    return stat(title, help, 3, query, **{"unit": "none", **options})  # type: ignore[arg-type]


def _status() -> list[Panel]:
    return [
        _now(
            "Data age",
            f"Clock less the instant until which every partition is counted. Over {STALE_AFTER:g} "
            "s the numbers are stale.",
            aged(),
            "{{state}}",
            unit="s",
            decimals=0,
            words=AGE_WORDS,
            steps=[(STALE_AFTER, BAD)],
        ),
        _now(
            "Workers ready",
            "Workers that count what is delivered.",
            over_workers(metric("worker_ready")),
        ),
        _now(
            "Partitions without a worker",
            "Of all topics. Normal for some seconds during a rebalance.",
            f"sum({unassigned_partitions()})",
            steps=[(1, BAD)],
        ),
        _now(
            "State",
            "Whether all that was accepted is counted. Incomplete: every number is marked.",
            f"min({metric('state_complete')})",
            words={0: ("INCOMPLETE", BAD), 1: ("complete", GOOD)},
        ),
        _now(
            "Ledger",
            "Events received less all their outcomes. Anything but balanced is a loss.",
            f"max(abs({metric('ledger_imbalance_events')})) == bool 0",
            words={0: ("BROKEN", BAD), 1: ("balanced", GOOD)},
        ),
        _now(
            "Redis",
            "Whether readings are written. The wall needs them; Prometheus does not.",
            f"min({metric('redis_up')})",
            words={0: ("AWAY", BAD), 1: ("written", GOOD)},
        ),
        _now(
            "Rosters in use",
            "Workers with different rosters give different numbers: it has to be 1.",
            f"count(count by (sha256) ({metric('roster_info')}))",
            steps=[(2, BAD)],
        ),
        _now(
            "Group",
            "Whether the group answers every worker's heartbeat; else a worker exports no rep.",
            f"min({metric('worker_heartbeat')})",
            words={0: ("NO HEARTBEAT", BAD), 1: ("ok", GOOD)},
        ),
    ]


def _alerts() -> Panel:
    return table(
        "Alerts of the pipeline that fire now",
        "About feeds, workers, Kafka, Redis and rosters. Best when empty.",
        24,
        Column(name="Alert", label="alertname"),
        Column(name="Severity", label="severity"),
        query=Query(
            expr=firing(ALERTS),
            may_be_empty="no alert has to fire",
        ),
    )


def _flow() -> Iterable[Line]:
    received = time_series(
        "Events received, by topic",
        "As they are delivered, repeated deliveries too.",
        12,
        Query(expr=rate("events_received_total", "topic"), legend="{{topic}}"),
        unit="cps",
    )
    became = time_series(
        "What became of them",
        "The six outcomes of an event; together they are what was received.",
        12,
        *(
            Query(expr=rate(counter, of=("topic", "reason")), legend=legend)
            for counter, legend in OUTCOMES.items()
        ),
        unit="cps",
    )
    yield Line(height=8, panels=[received, became], heading="Throughput")
    refused = time_series(
        "Dead letters, by topic and reason",
        "What was not accepted; `floorpulse dead-letters` lists and resends them.",
        12,
        Query(
            expr=rate("events_rejected_total", "topic", "reason"),
            legend="{{topic}}: {{reason}}",
            may_be_empty="a reason appears with its first event",
        ),
        unit="cps",
    )
    unmapped = time_series(
        "Late, forwarded, and words that are not known",
        "Late: touches from before what is kept. Unknown words are read as unknown: the source "
        "has changed.",
        12,
        Query(expr=rate("events_late_total", of=["topic"]), legend="late"),
        Query(expr=rate("events_forwarded_total", of=["topic"]), legend="forwarded"),
        Query(
            expr=rate("unmapped_values_total", of=("kind", "field")),
            legend="unknown words",
            may_be_empty="a field appears with its first unknown word",
        ),
        unit="cps",
    )
    yield Line(height=8, panels=[refused, unmapped])


def _lag() -> Iterable[Line]:
    lag, waited = metric("consumer_lag_records"), metric("consumer_lag_seconds")
    records = time_series(
        "Lag by topic",
        "Records that are not committed yet.",
        12,
        Query(expr=f"sum by (topic) (max by ({PLACE}) ({lag}))", legend="{{topic}}"),
        unit="locale",
    )
    seconds = time_series(
        "Longest wait by topic",
        "For how long the oldest uncommitted record has waited.",
        12,
        Query(expr=f"max by (topic) ({waited})", legend="{{topic}}"),
        unit="s",
    )
    yield Line(height=8, panels=[records, seconds], heading="Lag and completeness")
    clock = f"scalar(max({metric('clock_timestamp_seconds')}))"

    def asked(name: str, expr: str, unit: str, decimals: int | None = 0) -> Column:
        return Column(name=name, query=Query(expr=expr), unit=unit, decimals=decimals)

    def behind(series: FamilyName) -> str:
        return f"{clock} - {metric(series)}"

    yield Line(
        height=10,
        panels=[
            table(
                "Partitions",
                "How far each is read. The watermark is the newest event: in a quiet partition it "
                "is old, while the partition is complete until now.",
                24,
                Column(name="Topic", label="topic"),
                Column(name="Partition", label="partition"),
                asked("Complete until, age", behind("complete_until_timestamp_seconds"), "s"),
                asked("Watermark, age", behind("watermark_timestamp_seconds"), "s"),
                asked("Lag", lag, "locale"),
                asked("Committed", metric("committed_offset"), "locale"),
            )
        ],
    )


DASHBOARD = Dashboard(
    uid=UID,
    title="Pipeline",
    help="May the numbers be believed, and if not, which part is behind?",
    tag="floorpulse",
    since="now-1h",
    refresh="10s",
    alerts=ALERTS,
    variables=[Variable(name="floor", label="Floor", query=FLOORS, is_hidden=True)],
    links=[
        Link(title="Floor wall", uid="floorpulse-floor"),
        Link(title="Teams", uid="floorpulse-team"),
        Link(title="What the KPIs mean", uid="floorpulse-definitions"),
    ],
    lines=[
        Line(height=4, panels=_status()),
        Line(height=5, panels=[_alerts()]),
        *_flow(),
        *_lag(),
        *worker_lines(),
    ],
)
