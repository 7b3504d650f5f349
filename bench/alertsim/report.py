"""The tables: what is simulated for each, and how it reads."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from statistics import median
from textwrap import fill
from typing import Any, NamedTuple

from bench.alertsim import scenarios
from bench.alertsim.counts import Shape
from bench.alertsim.firing import SHIFT, WEEK, interval
from bench.alertsim.scenarios import Fired, Found, Key

LARGE, SMALL = Shape(100, 10), Shape(12, 2)
SHAPES = {"100 reps": LARGE, "12 reps": SMALL}

SPIKE = ("DisqualificationSpike", "floor")
SPIKE_TEAM = ("DisqualificationSpikeTeam", "team")
DRIFT = ("DisqualificationDrift", "floor")
DRIFT_TEAM = ("DisqualificationDrift", "team")
TREND = ("RepDisqualificationTrend", "rep")
SPOTLESS = ("DisqualificationSuspiciouslyLow", "floor")
DISQUALIFICATION = (SPIKE, SPIKE_TEAM, DRIFT, DRIFT_TEAM, TREND)
ACTIVITY = (
    ("FloorActivityCollapse", "floor"),
    ("KPIChannelSilent", "channel"),
    ("RepPaceBehind", "rep"),
    ("RepSilent", "rep"),
)
LOW = "ContactsToLeadsLow"
MIX = "InboundOutboundMixOff"
LEADS = {LOW: ((LOW, "floor"), (LOW, "team")), MIX: ((MIX, "floor"),)}


class Sizes(NamedTuple):
    """How much is simulated: open days of good weeks, and how often a bad thing happens."""

    decision_days: int
    lead_days: int
    touch_days: int
    jumps: int
    shifts: int


class Cell(NamedTuple):
    """A simulation to be done: a function and its arguments, the first of them a seed."""

    do: Callable[..., Any]
    arguments: tuple[Any, ...]


def done(cell: Cell) -> Any:
    """Do it; its seed differs from all others, so that none depends on their order."""
    seed, *others = cell.arguments
    return cell.do(f"{seed} {cell.do.__name__} {others}", *others)


def tables(
    seed: str, sizes: Sizes, mapped: Callable[..., Iterator[Any]]
) -> Iterator[Iterator[str]]:
    """All tables, as lines of Markdown; *mapped* is `map`, or that of a pool of processes."""

    def work(do: Callable[..., Any], columns: Iterable[tuple[Any, ...]]) -> list[Any]:
        return list(mapped(done, [Cell(do, (seed, *column)) for column in columns]))

    yield _good_decisions(work, sizes)
    yield _batches(work, sizes)
    yield _jumps(work, sizes)
    yield _good_touches(work, sizes)
    yield _bad_touches(work, sizes)
    yield _good_leads(work, sizes)
    yield _bad_leads(work, sizes)


Work = Callable[[Callable[..., Any], Iterable[tuple[Any, ...]]], list[Any]]


# -- what stands in a cell


def rate(fired: Fired, key: Key) -> str:
    """Firings per floor and week, with the interval; those of new stories, where fewer."""
    weeks = fired.days / WEEK
    count, new = fired.firings[key], fired.new[key]
    low, high = (_short(end / weeks) for end in interval(count))
    fewer = f"; {_short(new / weeks)} new" if new < count else ""
    return f"{_short(count / weeks)} ({low}-{high}){fewer}"


def _short(value: float) -> str:
    if value == 0:
        return "0"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}" if value >= 0.1 else f"{value:.3f}"


def shifts(detected: dict[Key, Found], key: Key) -> str:
    """The share that was found, and the median time of those, in shifts or hours of shift."""
    return _found(
        detected, key, lambda after: f"{after / SHIFT:.1f} d" if after >= SHIFT else _h(after)
    )


def minutes(detected: dict[Key, Found], key: Key) -> str:
    """The same in minutes."""
    return _found(detected, key, lambda after: f"{after:.0f} min")


def _h(after: float) -> str:
    return f"{after / 60:.1f} h"


def _found(detected: dict[Key, Found], key: Key, time: Callable[[float], str]) -> str:
    if key not in detected or not detected[key].after:
        return "0 %"
    times = detected[key].after
    return f"{_percent(len(times) / detected[key].of)}, {time(median(times))}"


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %"


def table(title: str, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """A table in Markdown, under a sentence of its own."""
    yield f"\n{fill(title, 120)}\n"
    yield f"| {' | '.join(columns)} |"
    yield f"|{'---|' * len(columns)}"
    for row in rows:
        yield f"| {' | '.join(row)} |"


def _name(key: Key) -> str:
    alert, level = key
    return f"{alert}, {level}"


# -- the tables


def _good_decisions(work: Work, sizes: Sizes) -> Iterator[str]:
    shares = (0.03, 0.05, 0.3)
    cells = [(shape, share) for shape in SHAPES.values() for share in shares]
    floors = work(
        scenarios.good_decisions,
        [(shape, share, "none", sizes.decision_days) for shape, share in cells],
    )
    yield from table(
        "Firings per floor and week while the true share of rejections is what it always was:",
        ["alert", *(f"{name}, {_percent(share)}" for name in SHAPES for share in shares)],
        (
            [_name(key), *(rate(fired, key) for fired in floors)]
            for key in (*DISQUALIFICATION, SPOTLESS)
        ),
    )


def _batches(work: Work, sizes: Sizes) -> Iterator[str]:
    kinds = ("of one rep", "of one rep, not capped", "over the floor")
    cells = [(shape, kind) for shape in SHAPES.values() for kind in kinds]
    floors = work(
        scenarios.good_decisions,
        [(shape, 0.03, kind, sizes.decision_days) for shape, kind in cells],
    )
    yield from table(
        "The same at 3 %, where 40 % of the decisions come in batches of 8 with one verdict:",
        ["alert", *(f"{name}, {kind}" for name in SHAPES for kind in kinds)],
        ([_name(key), *(rate(fired, key) for fired in floors)] for key in DISQUALIFICATION),
    )


def _jumps(work: Work, sizes: Sizes) -> Iterator[str]:
    shares = (0.10, 0.15, 0.25)
    cells = [(shape, share) for shape in SHAPES.values() for share in shares]
    times = {LARGE: sizes.jumps, SMALL: 4 * sizes.jumps}
    floors = work(
        scenarios.decisions_jump,
        [(shape, 0.03, share, "none", times[shape]) for shape, share in cells],
    )
    yield from table(
        f"The true share jumps from 3 % at any minute of a day: found within {scenarios.WATCHED} "
        "shifts, and the median time (hours or days of shift):",
        ["alert", *(f"{name}, {_percent(share)}" for name in SHAPES for share in shares)],
        ([_name(key), *(shifts(detected, key) for detected in floors)] for key in DISQUALIFICATION),
    )


def _good_touches(work: Work, sizes: Sizes) -> Iterator[str]:
    cells = [(shape, per_hour) for shape in SHAPES.values() for per_hour in (12, 4)]
    floors = work(
        scenarios.good_touches, [(shape, rate, sizes.touch_days) for shape, rate in cells]
    )
    yield from table(
        "Firings per floor and week while every rep is exactly on target, by touches an hour:",
        ["alert", *(f"{name}, {rate} an hour" for name in SHAPES for rate in (12, 4))],
        ([_name(key), *(rate(fired, key) for fired in floors)] for key in ACTIVITY),
    )


def _bad_touches(work: Work, sizes: Sizes) -> Iterator[str]:
    parts = work(
        scenarios.pace,
        [(rate, part, sizes.shifts) for part in (0.5, 0.3) for rate in (12, 4)],
    )
    stop = work(
        scenarios.stops,
        [(shape, rate, sizes.touch_days) for shape in SHAPES.values() for rate in (12, 4)],
    )
    yield from table(
        "Found within the shift, and the median time: of a rep who does a part of the target all "
        "day, since the shift began; of a rep, or a whole floor with all its channels, who stop in "
        "the first half of it, since then:",
        ["", "12 an hour", "4 an hour"],
        [
            [
                "RepPaceBehind, 50 % of the target",
                *(minutes(detected, ACTIVITY[2]) for detected in parts[:2]),
            ],
            [
                "RepPaceBehind, 30 % of the target",
                *(minutes(detected, ACTIVITY[2]) for detected in parts[2:]),
            ],
            ["RepSilent", *(minutes(detected, ACTIVITY[3]) for detected in stop[:2])],
            *(
                [f"{alert}, {name}", *(minutes(detected, (alert, level)) for detected in two)]
                for alert, level in (ACTIVITY[0], ("KPIChannelSilent", "call"))
                for name, two in zip(SHAPES, (stop[:2], stop[2:]), strict=True)
            ),
        ],
    )


def _good_leads(work: Work, sizes: Sizes) -> Iterator[str]:
    shares = ((LOW, 0.10), (LOW, 0.12), (LOW, 0.15), (MIX, 0.6), (MIX, 0.7))
    cells = [(shape, *share) for share in shares for shape in SHAPES.values()]
    floors = iter(work(scenarios.good_leads, [(*cell, sizes.lead_days) for cell in cells]))
    yield from table(
        "Firings per floor and week by the true share of contacts that become leads, or of inbound "
        "leads:",
        ["alert", *SHAPES],
        (
            [f"{_name(key)}, {_percent(share)}", *(rate(fired, key) for fired in two)]
            for (alert, share), two in zip(shares, _pairs(floors), strict=True)
            for key in LEADS[alert]
        ),
    )


def _bad_leads(work: Work, sizes: Sizes) -> Iterator[str]:
    jumps = ((LOW, 0.12, 0.05), (MIX, 0.6, 0.8), (MIX, 0.6, 0.4))
    cells = [(shape, *jump) for jump in jumps for shape in SHAPES.values()]
    floors = iter(work(scenarios.leads_jump, [(*cell, sizes.jumps) for cell in cells]))
    yield from table(
        "These shares jump: found within 40 shifts, and the median time:",
        ["alert", *SHAPES],
        (
            [
                f"{_name(key)}, {_percent(before)} to {_percent(after)}",
                *(shifts(detected, key) for detected in two),
            ]
            for (alert, before, after), two in zip(jumps, _pairs(floors), strict=True)
            for key in LEADS[alert]
        ),
    )


def _pairs(columns: Iterator[Any]) -> Iterator[tuple[Any, Any]]:
    """One for each shape of a floor."""
    return zip(columns, columns, strict=True)
