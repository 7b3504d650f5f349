"""How numbers and spans are said on the wall."""

from collections.abc import Callable, Mapping

from metrics.kpis import Kpi

ABSENT = "–"
MOST_DIGITS = 6  # decimals of a percentage


def figure(kpi: Kpi, value: float | None, target: float | None) -> str:
    """The value of a KPI; what is shown is on the same side of its target."""
    if value is None:
        return ABSENT
    if not kpi.is_ratio:
        return count(value)
    if target is None:
        return percent(value)
    wanted = kpi.meets(value, target)
    return percent(value, lambda shown: kpi.meets(shown, target) == wanted)


def sample(kpi: Kpi, sums: Mapping[str, float]) -> str:
    """What a ratio is of, by sums of its window; empty of a count."""
    if not kpi.is_ratio:
        return ""
    return f"of {count(sum(sums.get(measure.name, 0) for measure in kpi.per))} {kpi.sample}"


def goal(kpi: Kpi, target: float | None) -> str:
    """The target of a KPI; empty where there is none."""
    if target is None:
        return ""
    side = {"at_least": "at least", "at_most": "at most", "near": "around"}[kpi.direction]
    if not kpi.is_ratio:
        return f"{side} {count(target)}"
    return f"{side} {percent(target, lambda shown: abs(shown - target) < 1e-9)}"


def percent(value: float, agrees: Callable[[float], bool] = lambda _shown: True) -> str:
    """A ratio in percent: a decimal below 10 %, and more where the shown value must *agree*."""
    digits = 1 if abs(value) < 0.1 else 0
    while digits < MOST_DIGITS and not agrees(round(value * 100, digits) / 100):
        digits += 1
    text = f"{value * 100:,.{digits}f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return f"{text}\u00a0%"


def count(value: float) -> str:
    """A number of things, as a whole one."""
    return f"{value:,.0f}"


def expected(value: float) -> str:
    """What is expected by now; a decimal below ten, where rounding would hide being behind."""
    if value <= 0:
        return "nothing expected yet"
    return f"of {value:.1f} expected by now" if value < 10 else f"of {count(value)} expected by now"


def span(seconds: float) -> str:
    """A span of time in its largest unit, rounded down."""
    for unit, name in ((86400, "d"), (3600, "h"), (60, "min")):
        if seconds >= unit:
            return f"{seconds // unit:.0f}\u00a0{name}"
    return f"{max(0.0, seconds) // 1:.0f}\u00a0s"


def data_age(seconds: float | None) -> str:
    """The age of the data, for the corner of a floor."""
    return "no data yet" if seconds is None else f"data {span(seconds)} old"
