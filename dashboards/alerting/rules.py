"""Recording rules, as data: reps summed to teams and floors, and what alerts ask."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from dashboards.alerting import states
from dashboards.alerting.promql import (
    DATA_AGE,
    LABELS,
    LEVELS,
    Level,
    by_labels,
    completeness,
    decided,
    one,
    over_workers,
    recorded,
    rejected,
    silent_channels,
    silent_floors,
    summed,
    target,
    unassigned_partitions,
    unread_partitions,
)
from metrics import wilson
from metrics.kpis import (
    APPOINTMENTS_ACCEPTED_CAPPED,
    CONTACTS,
    CONTACTS_CONVERTED,
    KPI,
    KPIS,
    LEADS_INBOUND,
    LEADS_OUTBOUND,
    MEASURES,
    Kpi,
)
from metrics.names import FamilyName, metric
from metrics.states import is_pace
from metrics.states_promql import bounds_of
from metrics.thresholds import BASELINE, BASELINE_AT_LEAST, STALE_AFTER, Z_99, Z_999


class Rule(NamedTuple):
    """A series that is recorded from others."""

    record: str
    expr: str


class Group(NamedTuple):
    """Rules that are evaluated in order, every *interval*."""

    name: str
    interval: str
    rules: Sequence[Rule]


def groups() -> tuple[Group, ...]:
    """Every recording rule, in groups by what they are for."""
    return (
        Group("floorpulse-sums", "15s", tuple(_sums())),
        Group("floorpulse-floors", "15s", tuple(_floors())),
        Group("floorpulse-kpis", "15s", tuple(_kpis())),
        Group("floorpulse-disqualification", "15s", tuple(_disqualification())),
        Group("floorpulse-conversion", "15s", tuple(_conversion())),
        Group("floorpulse-trust", "15s", tuple(_trust())),
        Group("floorpulse-states", "15s", tuple(_states())),
    )


def recorded_names() -> frozenset[str]:
    """The names of all recorded series."""
    return frozenset(rule.record for group in groups() for rule in group.rules)


def _sums() -> Iterator[Rule]:
    for measure in MEASURES:
        kept = ("window", "channel") if measure.channels else ("window",)
        team = recorded("team", measure, "sum")
        yield Rule(team, f"sum by {by_labels('floor', 'team', *kept)} ({one(measure)})")
        yield Rule(
            recorded("floor", measure, "sum"), f"sum by {by_labels('floor', *kept)} ({team})"
        )


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


def _states() -> Iterator[Rule]:
    """What ratios are of, their bounds and their states, in the window each is first read in."""
    for kpi in KPIS:
        for level in LEVELS if kpi.is_ratio else ():
            hits = summed(level, kpi.of, window=kpi.window)
            per = " + ".join(summed(level, measure, window=kpi.window) for measure in kpi.per)
            of = recorded(level, kpi, "of")
            yield Rule(of, per)
            bounds = None
            if not is_pace(kpi):
                bounds = recorded(level, kpi, "low95"), recorded(level, kpi, "high95")
                for name, expr in zip(bounds, bounds_of(hits, of), strict=True):
                    yield Rule(name, expr)
            expr = states.state(kpi, hits, of, ", ".join(LABELS[level]), bounds)
            yield Rule(recorded(level, kpi, "state"), expr)


def _ratio(level: Level, kpi: Kpi) -> str:
    per = " + ".join(summed(level, measure) for measure in kpi.per)
    return f"{summed(level, kpi.of)}\n/ ({per} > 0)"


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
            wilson.promql(rejected(level), decided(level), Z_999, "low"),
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


def _conversion() -> Iterator[Rule]:
    for level in LEVELS:
        converted, contacts = summed(level, CONTACTS_CONVERTED), summed(level, CONTACTS)
        yield Rule(
            recorded(level, KPI["contacts_to_leads"], "high99"),
            wilson.promql(converted, contacts, Z_99, "high"),
        )
    inbound = summed("floor", LEADS_INBOUND)
    known = f"({inbound} + {summed('floor', LEADS_OUTBOUND)})"
    low, high = (wilson.promql(inbound, known, Z_999, side) for side in wilson.SIDES)
    yield Rule(recorded("floor", KPI["inbound_share"], "low999"), low)
    yield Rule(recorded("floor", KPI["inbound_share"], "high999"), high)


def _missing() -> str:
    """How many topics lack partitions that are counted."""
    return f"count({unassigned_partitions()} > 0)\nor count({unread_partitions()} > 0)"


def _trust() -> Iterator[Rule]:
    clock = metric("clock_timestamp_seconds")
    yield Rule(DATA_AGE, f"max({clock}) - min({completeness()})")
    yield Rule(states.FEED_AGE, states.feed_ages())
    behind = recorded("pipeline", "behind", "count")
    yield Rule(
        behind,
        f"count({DATA_AGE} > {STALE_AFTER})\nor {_missing()}",
    )
    yield Rule(states.PARTS_MISSING, f"{_missing()}\nor count({metric('state_complete')} == 0)")
    yield Rule(
        recorded("pipeline", "untrusted", "count"),
        f"{behind}\nor count({metric('state_complete')} == 0)",
    )
    yield Rule(
        recorded("floor", "feed_suspect", "count"),
        f"count by (floor) ({silent_floors()})\nor count by (floor) ({silent_channels()})",
    )
