"""The KPIs of a floor or a team as figures to show, each from sums formed before."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from dashboards.wall.language import say
from dashboards.wall.lines import NO_LINE, NO_LINES, Line, days_of_point
from dashboards.wall.words import count, expected, figure, goal, percent, sample
from metrics.channels import FEEDS
from metrics.kpis import COHORT_DELIVERED, COHORT_PENDING, KPIS, Kpi, Measure
from metrics.readings import sums_in
from metrics.states import STALE, State, feeds_of, state
from metrics.windows import WINDOW_TITLES

# What the sums behind a KPI are called, beside each other.
MEASURE_TITLES = {
    "contacts": "contacts",
    "contacts_converted": "became leads",
    "appointments_accepted": "accepted",
    "appointments_rejected": "rejected",
    "cohort_delivered": "delivered",
    "cohort_rejected": "rejected",
    "cohort_pending": "undecided",
    "leads_inbound": "inbound",
    "leads_outbound": "outbound",
    "effective_touches": "effective",
    "expected_touches": "expected by now",
    "leads_created": "leads",
    "cohort_leads_won": "won",
}

# Of a ratio of what began on a day.
OPEN_END = "What began of late may still come to something."

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
class Trust:
    """How far numbers can be believed: whether all are old, a part is missing, the floor is open.

    `late` has in words what is wrong with the feeds that are late or silent, by feed.
    """

    is_old: bool = False
    is_whole: bool = True
    is_open: bool = True
    late: Mapping[str, str] = field(default_factory=dict)

    def is_stale(self, kpi: Kpi) -> bool:
        """Whether a KPI rests on what is late or silent."""
        return self.is_old or not feeds_of(kpi).isdisjoint(self.late)

    def state(self, kpi: Kpi, sums: Mapping[str, float], target: float | None) -> State | None:
        """The state of a KPI that is a ratio, by sums of its window."""
        return state(
            kpi,
            kpi.counted(sums),
            kpi.sample_size(sums),
            target,
            is_stale=self.is_stale(kpi),
            is_whole=self.is_whole,
            is_open=self.is_open,
        )

    def words(self, kpi: Kpi, judged: State | None) -> str:
        """A state in words; a stale one with the feeds that are late, unless all of them are."""
        if judged is None:
            return ""
        late = [self.late[feed] for feed in self.late if feed in feeds_of(kpi)]
        if judged is not STALE or not late or self.is_old or len(self.late) == len(FEEDS):
            return say(judged.words)
        return say("{state}: {why}", state=say(judged.words), why=", ".join(late))


@dataclass(frozen=True, slots=True)
class Figure:
    """One KPI of a floor or a team.

    `value` is None where the denominator is empty, with the `reason`; `sample` is what a ratio is
    of. `state` is one of `metrics.states`, empty where there is none, with its `shape` and in words
    as the `verdict`. `sums` are the raw sums behind it, and `sum_texts` the same as they
    are shown. `line` is how it was through time, and `line_title` in words which. One that
    `is_tile` has a tile of its own; the others stand `beside` one.
    """

    name: str
    title: str
    window: str
    unit: str
    value: float | None
    text: str
    sample: str
    reason: str
    target: float | None
    goal: str
    state: str
    shape: str
    verdict: str
    beside: str
    line: Line
    line_title: str
    is_tile: bool
    sums: Mapping[str, float]
    sum_texts: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Definition:
    """What a KPI counts, in a sentence, and what the sums behind it are called."""

    help: str
    measures: Mapping[str, str]


def definitions(kpis: Sequence[Kpi] = KPIS) -> dict[str, Definition]:
    """By the names of the KPIs."""
    return {
        kpi.name: Definition(
            say(kpi.help),
            {
                measure.name: say(MEASURE_TITLES[measure.name])
                for measure in _measures(kpi, pace_of(kpi, kpis))
            },
        )
        for kpi in kpis
    }


def pace_of(kpi: Kpi, kpis: Sequence[Kpi] = KPIS) -> Kpi | None:
    """The ratio that says how a count stands against what is expected by now."""
    if kpi.is_ratio:
        return None
    same = (other for other in kpis if other.is_ratio and other.of is kpi.of)
    return next((other for other in same if other.window == kpi.window), None)


def figures(
    values: Sequence[float],
    targets: Mapping[str, float],
    trust: Trust,
    lines: Mapping[str, Line] = NO_LINES,
    *,
    kpis: Sequence[Kpi] = KPIS,
) -> list[Figure]:
    """The figures of summed *values*, with the *targets* that the floor sets by itself.

    *lines* are by the names of the KPIs that have one.
    """
    sums = {window: sums_in(window, values) for window in {kpi.window for kpi in kpis}}
    return [
        _figure(kpi, kpis, sums[kpi.window], targets, trust, lines.get(kpi.name, NO_LINE))
        for kpi in kpis
    ]


def _figure(
    kpi: Kpi,
    kpis: Sequence[Kpi],
    sums: Mapping[str, float],
    targets: Mapping[str, float],
    trust: Trust,
    line: Line,
) -> Figure:
    pace = pace_of(kpi, kpis)
    value, target = kpi.value(sums), targets.get(kpi.name, kpi.target)
    # A count without a target of its own is judged by its pace.
    by = pace if pace is not None and target is None else kpi
    judged = trust.state(by, sums, targets.get(by.name, by.target))
    shown_sums = {measure.name: sums.get(measure.name, 0) for measure in _measures(kpi, pace)}
    return Figure(
        name=kpi.name,
        title=say(kpi.title),
        window=say(WINDOW_TITLES[kpi.window]),
        unit="ratio" if kpi.is_ratio else "count",
        value=value,
        text=figure(kpi, value, target),
        sample="" if value is None else sample(kpi, sums),
        reason=say(NOTHING.get(kpi.per[0].name, "nothing counted yet")) if value is None else "",
        target=target,
        goal=goal(kpi, target) if target is not None else _expected(pace, sums),
        state=judged.name if judged else "",
        shape=judged.shape if judged else "",
        verdict=trust.words(by, judged),
        beside=", ".join(_beside(kpi, kpis, sums, targets)),
        line=line,
        line_title=_line_title(kpi) if line.path else "",
        is_tile=not kpi.beside,
        sums=shown_sums,
        sum_texts={name: count(value) for name, value in shown_sums.items()},
    )


def _line_title(kpi: Kpi) -> str:
    if not kpi.is_ratio:
        return say("today by hour")
    if days_of_point(kpi) == 1:
        return say("last 20 open days")
    said = say("last 20 open days, five to a point")
    return f"{said}. {say(OPEN_END)}" if kpi.is_open_ended else said


def _expected(pace: Kpi | None, sums: Mapping[str, float]) -> str:
    return "" if pace is None else expected(pace.sample_size(sums))


def _beside(
    kpi: Kpi, kpis: Sequence[Kpi], sums: Mapping[str, float], targets: Mapping[str, float]
) -> Iterator[str]:
    """What stands in the tile of a KPI beside it: other KPIs, and what is undecided."""
    for other in kpis:
        if other.beside == kpi.name and (value := other.value(sums)) is not None:
            shown = figure(other, value, targets.get(other.name, other.target))
            is_pace = other is pace_of(kpi, kpis)
            yield say("pace {percent}", percent=shown) if is_pace else f"{say(other.title)} {shown}"
    delivered = sums.get(COHORT_DELIVERED.name, 0)
    if kpi.per == (COHORT_DELIVERED,) and delivered > 0:
        pending = percent(sums.get(COHORT_PENDING.name, 0) / delivered)
        yield say("{percent} pending", percent=pending)


def _measures(kpi: Kpi, pace: Kpi | None) -> list[Measure]:
    pending = (COHORT_PENDING,) if kpi.per == (COHORT_DELIVERED,) else ()
    named = (kpi.of, *kpi.per, *(pace.per if pace else ()), *pending)
    return list(dict.fromkeys(named))
