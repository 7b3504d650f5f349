"""How numbers and spans are said on the wall."""

from collections.abc import Callable, Mapping
from datetime import date

from dashboards.wall.language import decimal_mark, number, say
from metrics.kpis import Kpi

ABSENT = "–"
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
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
    return say("of {count} {what}", count=count(kpi.sample_size(sums)), what=say(kpi.sample))


def goal(kpi: Kpi, target: float | None) -> str:
    """The target of a KPI; empty where there is none."""
    if target is None:
        return ""
    side = say({"at_least": "at least", "at_most": "at most", "near": "around"}[kpi.direction])
    if not kpi.is_ratio:
        return f"{side} {count(target)}"
    return f"{side} {percent(target, lambda shown: abs(shown - target) < 1e-9)}"


def percent(value: float, agrees: Callable[[float], bool] = lambda _shown: True) -> str:
    """A ratio in percent: a decimal below 10 %, and more where the shown value must *agree*."""
    digits = 1 if abs(value) < 0.1 else 0
    while digits < MOST_DIGITS and not agrees(round(value * 100, digits) / 100):
        digits += 1
    text, mark = number(value * 100, digits), decimal_mark()
    if mark in text and digits:
        text = text.rstrip("0").rstrip(mark)
    return f"{text}\u00a0%"


def count(value: float) -> str:
    """A number of things, as a whole one."""
    return number(value)


def expected(value: float) -> str:
    """What is expected by now; a decimal below ten, where rounding would hide being behind."""
    if value <= 0:
        return say("nothing expected yet")
    return say("of {count} expected by now", count=number(value, 1 if value < 10 else 0))


def span(seconds: float) -> str:
    """A span of time in its largest unit, rounded down."""
    for unit, name in ((86400, "d"), (3600, "h"), (60, "min")):
        if seconds >= unit:
            return say(f"{{number}}\u00a0{name}", number=f"{seconds // unit:.0f}")
    return say("{number}\u00a0s", number=f"{max(0.0, seconds) // 1:.0f}")


def data_age(seconds: float | None) -> str:
    """The age of the data, for the corner of a floor."""
    return say("no data yet") if seconds is None else say("data {span} old", span=span(seconds))


def day_and_month(day: date) -> str:
    """A date of the last months, without its year."""
    return f"{day.day} {say(MONTHS[day.month - 1])}"
