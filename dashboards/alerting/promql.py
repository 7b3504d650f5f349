"""PromQL of the rules and alerts, in pieces.

The greatest over the workers comes before any sum, since two of them may export a rep for a moment
while partitions move; ratios are formed last, from sums. Names follow Prometheus' own convention,
`level:metric:operation`.
"""

from collections.abc import Sequence
from typing import Literal

from metrics.kpis import (
    APPOINTMENTS_ACCEPTED_CAPPED,
    APPOINTMENTS_REJECTED_CAPPED,
    EFFECTIVE_TOUCHES,
    EXPECTED_TOUCHES,
    Kpi,
    Measure,
)
from metrics.names import NUMBER_LABELS, FamilyName, RecordedName, metric
from metrics.thresholds import (
    COLLAPSE_REPS,
    COLLAPSE_SILENT_SHARE,
    SILENT_CHANNEL_AT_LEAST,
    SILENT_EXPECTED,
)

Level = Literal["rep", "team", "floor"]
LEVELS: tuple[Level, ...] = ("team", "floor")  # that are recorded; reps stay as they are exported
LABELS: dict[Level, tuple[str, ...]] = {
    "rep": ("floor", "team", "rep"),
    "team": ("floor", "team"),
    "floor": ("floor",),
}


def recorded(level: str, of: FamilyName | RecordedName | Measure | Kpi, operation: str) -> str:
    """The name of a recorded series."""
    return f"{level}:{metric(of)}:{operation}"


def one(of: FamilyName | Measure, **labels: str) -> str:
    """A series of the reps, once however many workers export it and however often it is scraped."""
    return f"max by ({NUMBER_LABELS}) ({metric(of)}{selector(**labels)})"


def over_workers(series: str, *by: str, of: Sequence[str] = ()) -> str:
    """The sum over the workers, by some labels; each series once however often it is scraped.

    *of* are the other labels by which one worker's series differ.
    """
    outer = f" by {by_labels(*by)}" if by else ""
    inner = dict.fromkeys((*by, *of, "worker"))
    return f"sum{outer} (max by {by_labels(*inner)} ({series}))"


def completeness(*, topic: str = "") -> str:
    """By topic and partition, the instant until which it is counted; *topic* is a regex."""
    chosen = f'{{topic=~"{topic}"}}' if topic else ""
    return f"max by (topic, partition) ({metric('complete_until_timestamp_seconds')}{chosen})"


def selector(**labels: str) -> str:
    """A selector by equality; none for no labels."""
    pairs = ",".join(f'{label}="{value}"' for label, value in labels.items())
    return f"{{{pairs}}}" if pairs else ""


def summed(level: Level, measure: Measure, **labels: str) -> str:
    """A measure of a level, over all channels."""
    if level == "rep":
        series = one(measure, **labels)
    else:
        series = recorded(level, measure, "sum") + selector(**labels)
    return f"sum without (channel) ({series})" if measure.channels else series


def target(kpi: str) -> str:
    """The targets of a KPI by floor, without other labels."""
    return f"sum by (floor) ({recorded('floor', 'kpi_target', 'max')}{selector(kpi=kpi)})"


def rejected(level: Level, **labels: str) -> str:
    """Rejections that alerts count."""
    return summed(level, APPOINTMENTS_REJECTED_CAPPED, **labels)


def decided(level: Level, **labels: str) -> str:
    """Decisions that alerts count."""
    if level != "rep":
        return recorded(level, "appointments_decided_capped", "sum") + selector(**labels)
    accepted = summed(level, APPOINTMENTS_ACCEPTED_CAPPED, **labels)
    return f"({rejected(level, **labels)} + {accepted})"


def behind(level: Level, window: str, *, z: float, ratio: float, at_least: float) -> str:
    """Touches in *window* that are too few: of those expected E and those done C.

    (E - C) / sqrt(E) above *z*, C / E below *ratio*, and E *at_least* so many.
    """
    done = summed(level, EFFECTIVE_TOUCHES, window=window)
    due = summed(level, EXPECTED_TOUCHES, window=window)
    return (
        f"({due} - {done}) / sqrt({due} > 0) > {z}\n"
        f"and {done} / ({due} > 0) < {ratio:g}\n"
        f"and {due} >= {at_least}"
    )


def unassigned_partitions() -> str:
    """By topic, the partitions that no worker has."""
    return f"(max by (topic) ({metric('topic_partitions')}) - {_assigned()})"


def unread_partitions() -> str:
    """By topic, the partitions that a worker has and never read: a broker is away."""
    return f"({_assigned()} - (count by (topic) ({completeness()}) or 0 * {_assigned()}))"


def _assigned() -> str:
    return over_workers(metric("assigned_partitions"), "topic")


def silent_floors() -> str:
    """The share of silent reps, of floors where so many at once are no matter of people."""
    silent = recorded("floor", "floor_reps_silent", "sum")
    present = recorded("floor", "floor_reps_on_shift", "sum")
    return f"{silent} / ({present} >= {COLLAPSE_REPS}) > {COLLAPSE_SILENT_SHARE:g}"


def silent_channels() -> str:
    """What was missed of channels that have been silent for too long to be chance."""
    return (
        f"{recorded('floor', 'channel_missed_touches', 'min')} >= {SILENT_EXPECTED}"
        f" and {recorded('floor', 'channel_silent_seconds', 'min')} >= {SILENT_CHANNEL_AT_LEAST}"
    )


def by_labels(*labels: str) -> str:
    return f"({', '.join(labels)})"


DATA_AGE = recorded("pipeline", "data_age_seconds", "max")
FLOOR_OPEN = recorded("floor", "floor_open", "max")
WHILE_OPEN = f"and on (floor) {FLOOR_OPEN} == 1"
