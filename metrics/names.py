"""Every name the outside world sees: series, labels, Redis keys. Nobody else spells them."""

from typing import Literal, NamedTuple

from metrics.kpis import MEASURES, Kpi, Measure
from metrics.windows import WINDOWS

PREFIX = "floorpulse"

# A number of a rep is known by these; what a scrape adds (job, instance, pod) is not among them.
# Reps who are unknown have no id, and are exported by partition.
NUMBER_LABELS = "floor, team, rep, partition, window, channel"

# What a worker exports beside the numbers of the reps, as its series are called after the prefix.
FamilyName = Literal[
    "events_received_total",
    "events_applied_total",
    "events_duplicate_total",
    "events_superseded_total",
    "events_late_total",
    "events_forwarded_total",
    "events_tombstone_total",
    "events_rejected_total",
    "ledger_imbalance_events",
    "internal_records_total",
    "unmapped_values_total",
    "unmapped_events_total",
    "placeholder_contacts_total",
    "superseded_retractions_total",
    "unmapped_words_total",
    "version_ties_total",
    "unassigned_reps",
    "rows",
    "changelog_records_total",
    "flushes_total",
    "flush_seconds_total",
    "foreign_changelog_records_total",
    "state_complete",
    "restore_duration_seconds",
    "clock_timestamp_seconds",
    "clock_offset_seconds",
    "watermark_timestamp_seconds",
    "complete_until_timestamp_seconds",
    "worker_ready",
    "worker_heartbeat",
    "rebalances_total",
    "rebalance_step_seconds",
    "commit_failures_total",
    "assigned_partitions",
    "topic_partitions",
    "committed_offset",
    "consumer_lag_records",
    "consumer_lag_seconds",
    "redis_up",
    "redis_last_write_timestamp_seconds",
    "redis_writes_total",
    "redis_refused_writes_total",
    "roster_info",
    "rep_unassigned",
    "floor_open",
    "kpi_target",
    "floor_reps_scheduled",
    "floor_reps_on_shift",
    "floor_reps_silent",
    "channel_expected_per_hour",
    "channel_silent_seconds",
    "channel_missed_touches",
    "channel_last_event_timestamp_seconds",
    "rep_on_shift",
    "rep_silent_seconds",
    "rep_expected_per_hour",
]

# What Prometheus records beside measures, KPIs and families.
RecordedName = Literal[
    "appointments_decided_capped",
    "behind",
    "data_age_seconds",
    "disqualification_capped",
    "disqualification_usual",
    "feed_suspect",
    "incomplete",
    "untrusted",
]


class Series(NamedTuple):
    """One number of a rep: a measure in a window, of one channel where the measure has channels."""

    measure: str
    window: str
    channel: str | None


def _all_series() -> tuple[Series, ...]:
    return tuple(
        Series(measure.name, window.name, channel)
        for measure in MEASURES
        for window in WINDOWS
        if window.name in measure.windows
        for channel in (measure.channels or (None,))
    )


# The numbers of a reading, in the order in which they stand in one.
SERIES = _all_series()
SERIES_INDEX = {series: index for index, series in enumerate(SERIES)}


def metric(of: FamilyName | RecordedName | Measure | Kpi) -> str:
    """The name of a series; a recorded one has its level and operation around it."""
    return f"{PREFIX}_{of if isinstance(of, str) else of.name}"


class RedisKeys:
    """Every key and channel in Redis; they carry the app id, so installations can share one.

    It is their hash tag, or a cluster would not let one script write several of them.
    """

    def __init__(self, app_id: str) -> None:
        self._tag = f"{{{app_id}}}"
        self.layout = f"{self._tag}:layout"
        self.changes = f"{self._tag}:changes"  # the channel on which changed keys are announced

    def rep(self, rep_id: str) -> str:
        """The reading of a rep."""
        return f"{self._tag}:rep:{rep_id}"

    def part(self, kind: str, partition: int) -> str:
        """The part of a partition; *kind* is `reps` or `leads`, by what it is keyed by."""
        return f"{self._tag}:part:{kind}:{partition}"

    def fence(self, kind: str, partition: int) -> str:
        """The version of what was last written for a partition."""
        return f"{self._tag}:fence:{kind}:{partition}"
