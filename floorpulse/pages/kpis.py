"""The generated parts of docs/kpis.md and of README.md, from the catalogue."""

from collections.abc import Sequence

from dashboards.formulas import formula, promql, target
from dashboards.markdown import codes, table
from metrics.kpis import KPIS, MEASURES, Kpi, Measure
from metrics.names import metric
from metrics.states import STATES
from metrics.windows import WINDOWS, Window


def overview(kpis: Sequence[Kpi] = KPIS) -> str:
    """The KPIs, as a table."""
    return table(("KPI", "Formula", "Target", "First read in"), map(_row, kpis))


def _row(kpi: Kpi) -> tuple[str, ...]:
    link = f"[{kpi.title}](#{kpi.title.lower().replace(' ', '-')})"
    return link, f"`{formula(kpi)}`", target(kpi), f"`{kpi.window}`"


def summary() -> str:
    """The KPIs in a sentence, as a table."""
    rows = ((kpi.title, kpi.help, f"`{formula(kpi)}`", target(kpi)) for kpi in KPIS)
    return table(("KPI", "Is", "Formula", "Target"), rows)


def states() -> str:
    """The states that a KPI can be in, as a table."""
    rows = ((f"{state.shape} {state.words}", state.meaning) for state in STATES)
    return table(("State", "Means"), rows)


def sections(kpis: Sequence[Kpi] = KPIS) -> str:
    """A section for each KPI: what it is, and how to ask Prometheus for it."""
    return "\n\n".join(map(_section, kpis))


def _section(kpi: Kpi) -> str:
    return f"""\
### {kpi.title}

`{kpi.name}`: {kpi.help}

- Formula: `{formula(kpi)}`
- Target: {target(kpi)}
- Windows: {codes(kpi.windows)}; read first in `{kpi.window}`

By team:

```promql
{promql(kpi, ("floor", "team"))}
```

By floor:

```promql
{promql(kpi, ("floor",))}
```"""


def measures() -> str:
    """The measures, as a table."""
    return table(("Measure", "Counts", "Windows", "Channels", "Series"), map(_measure, MEASURES))


def _measure(measure: Measure) -> tuple[str, ...]:
    windows, channels = codes(measure.windows), codes(measure.channels)
    return f"`{measure.name}`", measure.help, windows, channels, f"`{metric(measure)}`"


def windows() -> str:
    """The windows, as a table."""
    return table(("Window", "Is", "Contains"), map(_window, WINDOWS))


def _window(window: Window) -> tuple[str, ...]:
    if window.minutes:
        covers = f"the minutes b with now - {window.minutes} min < b <= now"
    elif window.open_days:
        covers = (
            f"the last {window.open_days} open days of the rep's floor, with the closed days in "
            "between, until now; today counts when it is open"
        )
    elif window.calendar_days == 1:
        covers = "the rep's business day that contains now, until now"
    else:
        covers = f"today and the {window.calendar_days - 1} calendar days before it, until now"
    return f"`{window.name}`", window.title, covers
