"""What a runbook is, and what many of them say."""

from dataclasses import dataclass
from statistics import NormalDist
from typing import NamedTuple

from dashboards.alerting.rules import Level, recorded, rejected, summed
from metrics.kpis import APPOINTMENTS_REJECTED, KPI, WINDOWS
from metrics.names import metric
from metrics.thresholds import SILENT_EXPECTED, STALE, Z_999, Share

TITLES = {window.name: window.title for window in WINDOWS}


class Query(NamedTuple):
    """A question to Prometheus, and what its answer tells."""

    tells: str
    expr: str


@dataclass(frozen=True, slots=True)
class Runbook:
    """What to do when an alert fires: the prose beside what the alert itself says.

    All of it is Markdown of a line: code, bold and links. `meaning` is one sentence with the number
    that is compared. `silence_by` are labels of the alert that tell one of its kind from another.
    """

    meaning: str
    impact: str  # who sees what wrong
    plumbing: str  # how to tell whether it is about people or about what counts them
    queries: tuple[Query, Query, Query]
    actions: tuple[str, ...]
    decides: str
    silence: str  # when
    false_alarms: str
    silence_for: str = ""  # how long, as amtool takes it; empty where it is never silenced
    silence_by: tuple[str, ...] = ()


def confidence(z: float) -> str:
    """What a one-sided bound of the normal distribution is called."""
    return f"{100 * NormalDist().cdf(z):.3g} %"


def within(window: str) -> str:
    """A window, in a sentence."""
    return "today" if window == "today" else f"in the {TITLES[window]}"


def percent(share: float) -> str:
    """A share, in a sentence."""
    return f"{100 * share:g} %"


def target(kpi: str) -> str:
    """The catalogue's target of a KPI, which a floor may replace by its own."""
    told = KPI[kpi].target
    if told is None:
        raise ValueError(f"{kpi} has no target but that of each floor")
    return percent(told)


AGE = Query(
    f"How old the data is, in seconds: above {STALE} nothing about people is told; "
    "no value: no worker answers.",
    recorded("pipeline", "data_age_seconds", "max"),
)
MISSED = Query(
    f"What each channel should have brought since its last touch: {SILENT_EXPECTED} is no chance.",
    recorded("floor", "channel_missed_touches", "min"),
)
READY = Query("Which workers count (1) and which do not (0).", metric("worker_ready"))
LAG_BY_PARTITION = Query(
    "How many records wait, by partition: one of them, or all?",
    f"{metric('consumer_lag_records')} > 0",
)


def clean_up(level: Level, window: str) -> Query:
    """Tells a clean-up in the CRM from many decisions of many people."""
    every = summed(level, APPOINTMENTS_REJECTED, window=window)
    return Query(
        "Rejections beyond two per decider and ten minutes, which the alert leaves out: many of "
        "them are a clean-up in the CRM.",
        f"{every} - {rejected(level, window=window)}",
    )


def whose(window: str) -> Query:
    """Whose events have to be opened."""
    series = f'{metric(APPOINTMENTS_REJECTED.name)}{{window="{window}"}}'
    return Query(
        "Whose appointments were rejected: to know which events to open, not to rank anybody.",
        f"sum by (floor, team, rep) (max without (instance) ({series})) > 0",
    )


def explain(measure: str, window: str) -> str:
    """The command that opens a number into its events."""
    return f"`floorpulse explain REP {measure} {window}`"


def above(share: Share, reference: str) -> str:
    """When a share of rejections is too high, in words."""
    return (
        f"The lower bound, with {confidence(Z_999)} confidence, of the share of rejections among "
        f"the appointments decided {within(share.window)} is above {reference}; the share itself "
        f"is above {share.times:g} times the target, at least {share.at_least} were rejected, and "
        f"at least {share.fresh} of them {within(share.recent)}."
    )


COMPOSE_LOGS = "`docker compose logs --since 30m worker`"
READYZ = "`curl -s http://127.0.0.1:9464/readyz`"
