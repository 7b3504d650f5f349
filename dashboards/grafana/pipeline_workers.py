"""Lines of the pipeline dashboard about the workers: rebalances, cost, Redis and the roster."""

from collections.abc import Iterator, Sequence

from dashboards.alerting.promql import over_workers
from dashboards.grafana.layout import Line, Query
from dashboards.grafana.panels import Column, table, time_series
from metrics.names import FamilyName, metric


def rate(counter: FamilyName, *by: str, of: Sequence[str] = ()) -> str:
    """A counter's rate over all workers."""
    return over_workers(f"rate({metric(counter)}[$__rate_interval])", *by, of=of)


def _grown(counter: FamilyName) -> str:
    return over_workers(f"increase({metric(counter)}[$__rate_interval])")


def worker_lines() -> Iterator[Line]:
    """What the workers do, and what it costs."""
    yield _moves()
    yield _cost()
    yield _readings_and_roster()


def _moves() -> Line:
    return Line(
        height=8,
        heading="The workers",
        panels=[
            time_series(
                "Rebalances and refused commits",
                "How many in the interval that is drawn. Each worker counts its own rebalances.",
                8,
                Query(
                    expr=_grown("rebalances_total"),
                    legend="rebalances",
                ),
                Query(
                    expr=_grown("commit_failures_total"),
                    legend="commits not taken",
                ),
                Query(
                    expr=_grown("foreign_changelog_records_total"),
                    legend="records of an old owner",
                ),
                unit="locale",
            ),
            time_series(
                "Last restore",
                "How long the last restore of each worker took.",
                8,
                Query(expr=metric("restore_duration_seconds"), legend="{{instance}}"),
                unit="s",
            ),
            time_series(
                "Time of a flush",
                "On average, until rows and dead letters are confirmed: how much later at most an "
                "event is counted for good.",
                8,
                Query(
                    expr=f"{rate('flush_seconds_total')}\n/ ({rate('flushes_total')} > 0)",
                    legend="a flush",
                ),
                unit="s",
            ),
        ],
    )


def _cost() -> Line:
    ours = f"and on (job, instance) {metric('worker_ready')}"
    return Line(
        height=8,
        panels=[
            time_series(
                "Rows in memory",
                "Of all workers, by table.",
                8,
                Query(expr=over_workers(metric("rows"), "table"), legend="{{table}}"),
                unit="locale",
            ),
            time_series(
                "Cost of the exporter: time",
                "How long Prometheus waits for a worker's numbers.",
                8,
                Query(expr=f"scrape_duration_seconds {ours}", legend="{{instance}}"),
                unit="s",
            ),
            time_series(
                "Cost of the exporter: series",
                "How many series a worker exports; over a hundred for each of its reps.",
                8,
                Query(expr=f"scrape_samples_scraped {ours}", legend="{{instance}}"),
                unit="locale",
            ),
        ],
    )


def _readings_and_roster() -> Line:
    return Line(
        height=6,
        panels=[
            time_series(
                "Readings written to Redis",
                "Parts written, and those refused since a newer owner has written.",
                12,
                Query(expr=rate("redis_writes_total"), legend="written"),
                Query(expr=rate("redis_refused_writes_total"), legend="refused"),
                unit="cps",
            ),
            table(
                "Reps who are not on the roster",
                "They are counted under unassigned, without a target. With "
                "FLOORPULSE_REP_SERIES=0 they are named by `floorpulse roster missing` alone.",
                12,
                Column(name="Rep", label="rep"),
                query=Query(
                    expr=metric("rep_unassigned"),
                    may_be_empty="best when empty",
                ),
            ),
        ],
    )
