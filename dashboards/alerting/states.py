"""The states of `metrics.states` in PromQL: what may not be believed first, then the decision."""

from collections.abc import Iterator

from dashboards.alerting.promql import FLOOR_OPEN, completeness, recorded, silent_channels, target
from metrics.channels import FEEDS, INTERNAL_TOPICS, TOPICS
from metrics.kpis import Kpi
from metrics.names import metric
from metrics.states import CLOSED, INCOMPLETE, STALE, closes, feeds_of
from metrics.states_promql import NO_TARGET, first_of, judged
from metrics.thresholds import STALE_AFTER

FEED_AGE = recorded("feed", "data_age_seconds", "max")
PARTS_MISSING = recorded("pipeline", "incomplete", "count")


def state(kpi: Kpi, hits: str, of: str, by: str, bounds: tuple[str, str] | None = None) -> str:
    """The state of a KPI, as a sample of 1 by the labels *by*, the floor among them, and `state`.

    *hits* and *of* are the sums of its measures, with the same labels, *bounds* those of a share
    where they are recorded. What has no target has a word instead, so that there is always one.
    """
    there = f"count by ({by}) ({of})"
    pairs = [(label, f"{there} and {why}") for label, why in _doubts(kpi)]
    decided = judged(kpi, hits, of, target(kpi.name), bounds)
    pairs += [(verdict.label, expr) for verdict, expr in decided]
    return first_of(by, [*pairs, (NO_TARGET, there)])


def _doubts(kpi: Kpi) -> Iterator[tuple[str, str]]:
    feeds = "|".join(feed for feed in FEEDS if feed in feeds_of(kpi))
    yield STALE.label, f'on () (max({FEED_AGE}{{feed=~"{feeds}"}}) > {STALE_AFTER:g})'
    if feeds != "lead":
        yield STALE.label, f"on (floor) ({silent_channels()})"
    yield INCOMPLETE.label, f"on () {PARTS_MISSING}"
    if closes(kpi):
        yield CLOSED.label, f"on (floor) ({FLOOR_OPEN} == 0)"


def feed_ages() -> str:
    """By feed, the age of the data of the topics that carry it; internal ones carry it too."""
    return "\nor ".join(
        f'label_replace({_age((TOPICS[feed], *INTERNAL_TOPICS[feed]))}, "feed", "{feed}", "", "")'
        for feed in FEEDS
    )


def _age(topics: tuple[str, ...]) -> str:
    until = completeness(topic=f".*({'|'.join(topics)})")
    return f"max({metric('clock_timestamp_seconds')}) - min({until})"
