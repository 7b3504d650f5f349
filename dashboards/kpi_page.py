"""The page of the catalogue: every KPI with its PromQL, every measure, every window.

A pure function of what is in `metrics.kpis`: a KPI that is added there stands here as well.
"""

from collections.abc import Iterable, Iterator, Sequence

from metrics.kpis import MIX_TOLERANCE, WINDOWS, Kpi, Measure, Window
from metrics.names import NUMBER_LABELS, metric

INTRODUCTION = """\
# KPIs and measures

A measure is a number per rep, team held and window; the workers export it as one series. A KPI is
one measure against another. Both are defined once, in `metrics/kpis.py`."""

ABOUT_THE_QUERIES = """\
Targets are the catalogue's unless a floor sets its own (`kpi_targets` in the roster). Those in
force are exported by floor and KPI: `max by (floor, kpi) (floorpulse_kpi_target)`.

The queries first take the greatest by our own labels, since two workers may export a rep for a
moment while partitions move, and a scrape may add labels. Then they sum, and divide last. An empty
denominator gives no value. Put another window into the label where the KPI has it."""

HOW_IT_IS_COUNTED = """\
## How it is counted

- **A touch** is an outbound call, e-mail or InMail, or an inbound call that a human answered;
  neither automated nor retracted. It is **effective** when it reached somebody. A call: a human
  answered, and the talk lasted 60 seconds or the disposition is on the floor's list. An e-mail:
  outbound, and sent, replied or auto-replied. An InMail: outbound, and sent, accepted or replied.
  The roster sets the list and the seconds (`effective`), for all floors or for one. Voicemail is an
  attempt.
- **A contact** is a `contact_id` with an effective touch of the rep in the window. It is converted
  when the same rep, in the same team and window, created a lead for it.
- **An appointment** is one unit. `delivered` opens it when none is undecided. `accepted` and
  `rejected` decide it, and the last decision counts; the same decision again changes nothing, nor
  its time. `cancelled` withdraws an undecided one, `no_show` and `rescheduled` change nothing. A
  decision with no delivery before it counts nowhere.
- **`merged` and `reopened`.** A lead that was `merged` contributes nothing until it is `reopened`.
  `reopened` takes back the merge; where there is none, the sale or the loss; where there is none,
  the decision or the withdrawal of the last appointment, which is undecided again. Said twice with
  nothing in between it is one.
- **Two clocks.** The live measures count an appointment when it is decided, the cohort measures
  when it was delivered. So the live ratio moves at once, and the cohort ratio is complete once all
  that was delivered is decided; what is pending is counted beside it.
- **Credit** goes to the rep who made the touch, created the lead or delivered the appointment, in
  the team and on the floor held at that time, whenever the decision falls. A rep who changed teams
  has a row for each team held.
- **Expected touches** are the rep's scheduled minutes in the window times the rate of the target.
  Nothing is expected on holidays, in absences and on days without hours.
- **Teams and floors** are sums over reps: a contact reached by two reps counts once for each.
  Ratios are formed from sums; ratios of reps are never averaged.
- **Time** is the event's own time against the clock. A correction or a retraction acts at once, in
  every window that holds the event: a number may go down."""

ABOUT_MEASURES = """\
## Measures

Every series has the labels `floor`, `team`, `rep` and `window`; those with channels also have
`channel`. All are gauges: they may go down."""

ABOUT_WINDOWS = """\
## Windows

`now` is the clock, floored to the minute. The current minute counts."""


def kpi_page(kpis: Sequence[Kpi], measures: Sequence[Measure]) -> str:
    """The text of docs/kpis.md, without the lines that say where it comes from."""
    heads = ("Measure", "Counts", "Windows", "Channels", "Series")
    parts = (
        INTRODUCTION,
        "## KPIs",
        table(("KPI", "Formula", "Target", "First read in"), map(_row, kpis)),
        ABOUT_THE_QUERIES,
        *(part for kpi in kpis for part in _kpi(kpi)),
        HOW_IT_IS_COUNTED,
        ABOUT_MEASURES,
        table(heads, map(_measure, measures)),
        ABOUT_WINDOWS,
        table(("Window", "Is", "Holds"), map(_window, WINDOWS)),
    )
    return "\n\n".join(parts) + "\n"


def _row(kpi: Kpi) -> tuple[str, ...]:
    link = f"[{kpi.title}](#{kpi.title.lower().replace(' ', '-')})"
    return link, f"`{formula(kpi)}`", target(kpi), f"`{kpi.window}`"


def _kpi(kpi: Kpi) -> Iterator[str]:
    yield f"### {kpi.title}"
    yield f"`{kpi.name}`: {kpi.help}"
    yield (
        f"- Formula: `{formula(kpi)}`\n"
        f"- Target: {target(kpi)}\n"
        f"- Windows: {_names(kpi.windows)}; read first in `{kpi.window}`"
    )
    yield f"By team:\n\n```promql\n{promql(kpi, ('floor', 'team'))}\n```"
    yield f"By floor:\n\n```promql\n{promql(kpi, ('floor',))}\n```"


def formula(kpi: Kpi) -> str:
    """The KPI in names of measures."""
    if not kpi.is_ratio:
        return kpi.of.name
    per = " + ".join(measure.name for measure in kpi.per)
    return f"{kpi.of.name} / ({per})" if len(kpi.per) > 1 else f"{kpi.of.name} / {per}"


def target(kpi: Kpi) -> str:
    """The catalogue's target, and which side of it is good."""
    if kpi.target is None:
        better = {"at_least": "more is better", "at_most": "less is better", "near": "a mix"}
        own = "each floor may set its own" if kpi.is_ratio else "none"
        return f"{own}; {better[kpi.direction]}"
    target = f"{kpi.target * 100:g} %" if kpi.is_ratio else f"{kpi.target:g}"
    if kpi.direction == "near":
        return f"around {target}, within {MIX_TOLERANCE * 100:g} points"
    return f"{kpi.direction.replace('_', ' ')} {target}"


def promql(kpi: Kpi, by: Sequence[str]) -> str:
    """The KPI in the window it is first read in, by the labels *by*, over the exported series."""
    of = _sum(kpi.of, kpi.window, by)
    if not kpi.is_ratio:
        return of
    per = "\n  + ".join(_sum(measure, kpi.window, by) for measure in kpi.per)
    return f"{of}\n/ (\n  {per}\n  > 0\n)"


def _sum(measure: Measure, window: str, by: Sequence[str]) -> str:
    series = f'{metric(measure)}{{window="{window}"}}'
    return f"sum by ({', '.join(by)}) (max by ({NUMBER_LABELS}) ({series}))"


def _measure(measure: Measure) -> tuple[str, ...]:
    channels = _names(measure.channels) or "-"
    series = f"`{metric(measure)}`"
    return f"`{measure.name}`", measure.help, _names(measure.windows), channels, series


def _window(window: Window) -> tuple[str, ...]:
    if window.minutes:
        holds = f"the minutes b with now - {window.minutes} min < b <= now"
    elif window.open_days:
        holds = (
            f"the last {window.open_days} open days of the rep's floor, with the closed days in "
            "between, until now; today counts when it is open"
        )
    elif window.calendar_days == 1:
        holds = "the rep's business day that contains now, until now"
    else:
        holds = f"today and the {window.calendar_days - 1} calendar days before it, until now"
    return f"`{window.name}`", window.title, holds


def _names(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table in Markdown."""
    ruled = (heads, ["---"] * len(heads), *rows)
    return "\n".join(f"| {' | '.join(map(_cell, row))} |" for row in ruled)


def _cell(text: str) -> str:
    return text.replace("|", r"\|")
