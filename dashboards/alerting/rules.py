"""Recording rules, as data: the series of the reps summed to teams and floors, and what alerts ask.

The greatest over the workers comes before any sum, since two of them may export a rep for a moment
while partitions move; ratios are formed last, from sums. Names follow Prometheus' own convention,
`level:metric:operation`.
"""

from collections.abc import Iterator, Sequence
from typing import Literal, NamedTuple

from metrics.kpis import (
    APPOINTMENTS_ACCEPTED_CAPPED,
    APPOINTMENTS_REJECTED_CAPPED,
    CONTACTS,
    CONTACTS_CONVERTED,
    EFFECTIVE_TOUCHES,
    EXPECTED_TOUCHES,
    KPI,
    KPIS,
    LEADS_INBOUND,
    LEADS_OUTBOUND,
    MEASURES,
    Kpi,
    Measure,
)
from metrics.names import NUMBER_LABELS, FamilyName, RecordedName, metric
from metrics.thresholds import (
    BASELINE,
    BASELINE_AT_LEAST,
    COLLAPSE_REPS,
    COLLAPSE_SILENT_SHARE,
    SILENT_CHANNEL_AT_LEAST,
    SILENT_EXPECTED,
    STALE_AFTER,
    Z_99,
    Z_999,
)

Side = Literal["low", "high"]
SIDES: tuple[Side, ...] = ("low", "high")
Level = Literal["rep", "team", "floor"]
LEVELS: tuple[Level, ...] = ("team", "floor")  # that are recorded; reps stay as they are exported
LABELS: dict[Level, tuple[str, ...]] = {
    "rep": ("floor", "team", "rep"),
    "team": ("floor", "team"),
    "floor": ("floor",),
}


class Rule(NamedTuple):
    """A series that is recorded from others."""

    record: str
    expr: str


class Group(NamedTuple):
    """Rules that are evaluated in order, every *interval*."""

    name: str
    interval: str
    rules: Sequence[Rule]


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
    outer = f" by {_by(*by)}" if by else ""
    inner = dict.fromkeys((*by, *of, "worker"))
    return f"sum{outer} (max by {_by(*inner)} ({series}))"


def completeness() -> str:
    """By topic and partition, the instant until which it is counted."""
    return f"max by (topic, partition) ({metric('complete_until_timestamp_seconds')})"


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


def wilson(hits: str, of: str, z: float, side: Side) -> str:
    """The one-sided bound of the share *hits* / *of*: the end of the Wilson score interval.

    Wilson, Probable inference, the law of succession, and statistical inference (1927), multiplied
    out so that nothing is divided twice.
    """
    sign = "-" if side == "low" else "+"
    half, quarter = round(z * z / 2, 4), round(z * z / 4, 4)
    spread = f"sqrt(clamp_min({hits} * ({of} - {hits}), 0) / ({of} > 0) + {quarter:g})"
    return f"({hits} + {half:g} {sign} {z:g} * {spread}) / ({of} + {2 * half:g})"


def groups() -> tuple[Group, ...]:
    """Every recording rule, in groups by what they are for."""
    return (
        Group("floorpulse-sums", "15s", tuple(_sums())),
        Group("floorpulse-floors", "15s", tuple(_floors())),
        Group("floorpulse-kpis", "15s", tuple(_kpis())),
        Group("floorpulse-disqualification", "15s", tuple(_disqualification())),
        Group("floorpulse-conversion", "15s", tuple(_conversion())),
        Group("floorpulse-trust", "15s", tuple(_trust())),
    )


def recorded_names() -> frozenset[str]:
    """The names of all recorded series."""
    return frozenset(rule.record for group in groups() for rule in group.rules)


def _sums() -> Iterator[Rule]:
    for measure in MEASURES:
        kept = ("window", "channel") if measure.channels else ("window",)
        team = recorded("team", measure, "sum")
        yield Rule(team, f"sum by {_by('floor', 'team', *kept)} ({one(measure)})")
        yield Rule(recorded("floor", measure, "sum"), f"sum by {_by('floor', *kept)} ({team})")


def _floors() -> Iterator[Rule]:
    labels: dict[FamilyName, str] = {"kpi_target": "floor, kpi", "floor_open": "floor"}
    for name, by in labels.items():
        yield Rule(recorded("floor", name, "max"), f"max by ({by}) ({metric(name)})")
    reps: tuple[FamilyName, ...] = ("floor_reps_on_shift", "floor_reps_silent")
    for name in reps:
        yield Rule(recorded("floor", name, "sum"), over_workers(metric(name), "floor"))
    channels: tuple[FamilyName, ...] = ("channel_silent_seconds", "channel_missed_touches")
    for name in channels:
        least = f"min by (floor, channel) ({metric(name)})"
        yield Rule(recorded("floor", name, "min"), least)


def _kpis() -> Iterator[Rule]:
    for kpi in KPIS:
        if kpi.is_ratio:
            for level in LEVELS:
                yield Rule(recorded(level, kpi, "ratio"), _ratio(level, kpi))


def _ratio(level: Level, kpi: Kpi) -> str:
    per = " + ".join(summed(level, measure) for measure in kpi.per)
    return f"{summed(level, kpi.of)}\n/ ({per} > 0)"


# -- disqualification, as alerts see it: at most two decisions per decider and ten minutes


def rejected(level: Level, **labels: str) -> str:
    """Rejections that alerts count."""
    return summed(level, APPOINTMENTS_REJECTED_CAPPED, **labels)


def decided(level: Level, **labels: str) -> str:
    """Decisions that alerts count."""
    if level != "rep":
        return recorded(level, "appointments_decided_capped", "sum") + selector(**labels)
    accepted = summed(level, APPOINTMENTS_ACCEPTED_CAPPED, **labels)
    return f"({rejected(level, **labels)} + {accepted})"


def _disqualification() -> Iterator[Rule]:
    for level in LEVELS:
        yield Rule(
            recorded(level, "appointments_decided_capped", "sum"),
            f"{rejected(level)} + {summed(level, APPOINTMENTS_ACCEPTED_CAPPED)}",
        )
        yield Rule(
            recorded(level, "disqualification_capped", "ratio"),
            f"{rejected(level)} / ({decided(level)} > 0)",
        )
        yield Rule(
            recorded(level, "disqualification_capped", "low999"),
            wilson(rejected(level), decided(level), Z_999, "low"),
        )
        yield Rule(recorded(level, "disqualification_usual", "ratio"), _usual(level))


def _usual(level: Level) -> str:
    """The target, or BASELINE times the share of the 20 open days before today if that is more."""
    before = [
        f"({of(level, window='20d')} - ignoring (window) {of(level, window='today')})"
        for of in (rejected, decided)
    ]
    baseline = f"{before[0]} / ({before[1]} >= {BASELINE_AT_LEAST})"
    aim = target("disqualification")
    everywhere = f"sum without (window) ({decided(level, window='today')}) * 0"
    return (
        f"{BASELINE:g} * ({baseline}) > on (floor) group_left () {aim}\n"
        f"or\n{everywhere} + on (floor) group_left () {aim}"
    )


# -- the other shares


def _conversion() -> Iterator[Rule]:
    for level in LEVELS:
        converted, contacts = summed(level, CONTACTS_CONVERTED), summed(level, CONTACTS)
        yield Rule(
            recorded(level, KPI["contacts_to_leads"], "high99"),
            wilson(converted, contacts, Z_99, "high"),
        )
    inbound = summed("floor", LEADS_INBOUND)
    known = f"({inbound} + {summed('floor', LEADS_OUTBOUND)})"
    low, high = (wilson(inbound, known, Z_999, side) for side in SIDES)
    yield Rule(recorded("floor", KPI["inbound_share"], "low999"), low)
    yield Rule(recorded("floor", KPI["inbound_share"], "high999"), high)


def shortfall(level: Level, window: str) -> tuple[str, str, str]:
    """Of the touches in *window*: (E - C) / sqrt(E), C / E and E, by what is expected (E)."""
    done = summed(level, EFFECTIVE_TOUCHES, window=window)
    due = summed(level, EXPECTED_TOUCHES, window=window)
    return f"({due} - {done}) / sqrt({due} > 0)", f"{done} / ({due} > 0)", due


# -- what may be believed


def _trust() -> Iterator[Rule]:
    clock = metric("clock_timestamp_seconds")
    age = recorded("pipeline", "data_age_seconds", "max")
    yield Rule(age, f"max({clock}) - min({completeness()})")
    behind = recorded("pipeline", "behind", "count")
    yield Rule(
        behind,
        f"count({age} > {STALE_AFTER})\n"
        f"or count({unassigned_partitions()} > 0)\n"
        f"or count({unread_partitions()} > 0)",
    )
    yield Rule(
        recorded("pipeline", "untrusted", "count"),
        f"{behind}\nor count({metric('state_complete')} == 0)",
    )
    yield Rule(
        recorded("floor", "feed_suspect", "count"),
        f"count by (floor) ({silent_floors()})\nor count by (floor) ({silent_channels()})",
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


def _by(*labels: str) -> str:
    return f"({', '.join(labels)})"
