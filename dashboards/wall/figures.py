"""The KPIs of a floor or a team as figures to show, each from sums formed before."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from dashboards.wall.words import Tone, Verdict, expected, figure, goal, percent, verdict
from metrics.kpis import COHORT_DELIVERED, COHORT_PENDING, KPIS, WINDOWS, Kpi, Measure
from metrics.readings import sums_in

WINDOW_TITLES = {window.name: window.title for window in WINDOWS}

# Why a ratio is absent, by the first measure of its denominator.
NOTHING = {
    "contacts": "no contacts yet",
    "appointments_accepted": "no decisions yet",
    "cohort_delivered": "nothing delivered yet",
    "leads_inbound": "no leads of known origin yet",
    "expected_touches": "nothing expected yet",
    "leads_created": "no leads yet",
}


@dataclass(frozen=True, slots=True)
class Figure:
    """One KPI of a floor or a team.

    `value` is None where the denominator is empty, with the `reason`; `meets` is None where there
    is no value, no target, or a part is missing from the sums. `sums` are the raw sums behind it.
    One that `is_tile` has a tile of its own; the others are told `beside` one.
    """

    name: str
    title: str
    window: str
    unit: str
    value: float | None
    text: str
    reason: str
    target: float | None
    goal: str
    meets: bool | None
    tone: Tone
    sign: str
    verdict: str
    beside: str
    is_tile: bool
    sums: Mapping[str, float]


def pace_of(kpi: Kpi, kpis: Sequence[Kpi] = KPIS) -> Kpi | None:
    """The ratio that says how a count stands against what is expected by now."""
    if kpi.is_ratio:
        return None
    same = (each for each in kpis if each.is_ratio and each.of is kpi.of)
    return next((each for each in same if each.window == kpi.window), None)


def figures(
    values: Sequence[float],
    targets: Mapping[str, float],
    *,
    is_whole: bool,
    kpis: Sequence[Kpi] = KPIS,
) -> list[Figure]:
    """The figures of summed *values*, with the *targets* that the floor sets by itself.

    Where a part is missing (not *is_whole*) nothing is thought of the numbers.
    """
    sums = {window: sums_in(window, values) for window in {kpi.window for kpi in kpis}}
    paces = {kpi: pace for kpi in kpis if (pace := pace_of(kpi, kpis)) is not None}
    return [_figure(kpi, paces, sums[kpi.window], targets, is_whole) for kpi in kpis]


def _figure(
    kpi: Kpi,
    paces: Mapping[Kpi, Kpi],
    sums: Mapping[str, float],
    targets: Mapping[str, float],
    is_whole: bool,
) -> Figure:
    pace = paces.get(kpi)
    value, target = kpi.value(sums), targets.get(kpi.name, kpi.target)
    thought = _verdict(kpi, pace, sums, targets) if is_whole else Verdict()
    return Figure(
        name=kpi.name,
        title=kpi.title,
        window=WINDOW_TITLES[kpi.window],
        unit="ratio" if kpi.is_ratio else "count",
        value=value,
        text=figure(kpi, value, target),
        reason=NOTHING.get(kpi.per[0].name, "nothing counted yet") if value is None else "",
        target=target,
        goal=goal(kpi, target) if target is not None else _expected(pace, sums),
        meets=_meets(kpi, value, target) if is_whole else None,
        tone=thought.tone,
        sign=thought.sign,
        verdict=thought.words,
        beside=_beside(kpi, pace, sums, targets),
        is_tile=kpi not in paces.values(),
        sums={measure.name: sums.get(measure.name, 0) for measure in _measures(kpi, pace)},
    )


def _meets(kpi: Kpi, value: float | None, target: float | None) -> bool | None:
    return None if value is None or target is None else kpi.meets(value, target)


def _verdict(
    kpi: Kpi, pace: Kpi | None, sums: Mapping[str, float], targets: Mapping[str, float]
) -> Verdict:
    """A count without a target of its own is judged by its pace."""
    target = targets.get(kpi.name, kpi.target)
    if target is None and pace is not None:
        return verdict(pace, pace.value(sums), targets.get(pace.name, pace.target))
    return verdict(kpi, kpi.value(sums), target)


def _expected(pace: Kpi | None, sums: Mapping[str, float]) -> str:
    if pace is None:
        return ""
    return expected(sum(sums.get(measure.name, 0) for measure in pace.per))


def _beside(
    kpi: Kpi, pace: Kpi | None, sums: Mapping[str, float], targets: Mapping[str, float]
) -> str:
    if pace is not None and (value := pace.value(sums)) is not None:
        shown = figure(pace, value, targets.get(pace.name, pace.target))
        return f"{pace.title.lower()} {shown}"
    delivered = sums.get(COHORT_DELIVERED.name, 0)
    if kpi.per == (COHORT_DELIVERED,) and delivered > 0:
        return f"{percent(sums.get(COHORT_PENDING.name, 0) / delivered)} pending"
    return ""


def _measures(kpi: Kpi, pace: Kpi | None) -> list[Measure]:
    pending = (COHORT_PENDING,) if kpi.per == (COHORT_DELIVERED,) else ()
    named = (kpi.of, *kpi.per, *(pace.per if pace else ()), *pending)
    return list(dict.fromkeys(named))
