"""The page of the exported metrics, collected from the code that exports them."""

import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path

from dashboards.kpi_page import table
from metrics.exporter import Family, label_names, series_of
from metrics.kpis import Measure
from metrics.names import metric
from streams.roster.people import Roster
from streams.settings import Settings
from streams.worker.process import Worker

INTRODUCTION = """\
# Exported metrics

Each worker serves these at `/metrics`, as text or as OpenMetrics. A counter counts from the start
of the worker. `worker` names the process: take the greatest by it before you sum, and a second
scrape job changes nothing. What belongs to a floor is exported by every worker with the same value;
what belongs to a partition, and to the reps in it, by the one that has it.

Compare event times with `floorpulse_clock_timestamp_seconds` and not with `time()`, since the clock
may be moved. At rest, `received = applied + duplicate + superseded + late + rejected + forwarded`
for each topic; `floorpulse_ledger_imbalance_events` is the difference.

## The worker"""

ABOUT_MEASURES = """\
## The numbers of the reps

Gauges with the labels `floor`, `team`, `rep` and `window`, and `channel` where channels are named.
Zeros are exported too, so that a silent rep is seen. A worker that heard nothing from its group for
one session timeout exports none of them. [kpis.md](kpis.md) defines them and makes KPIs of them."""


def metrics_page(families: Iterable[Family], measures: Sequence[Measure]) -> str:
    """The text of docs/metrics.md, without the lines that say where it comes from."""
    own = table(("Series", "Type", "Labels", "Meaning"), map(_family, families))
    reps = table(("Series", "Channels", "Windows", "What it counts"), map(_measure, measures))
    return f"{INTRODUCTION}\n\n{own}\n\n{ABOUT_MEASURES}\n\n{reps}\n"


def _family(family: Family) -> tuple[str, ...]:
    labels = _names(label_names(family))
    return f"`{series_of(family)}`", family.type, labels, family.documentation


def _measure(measure: Measure) -> tuple[str, ...]:
    series = f"`{metric(measure)}`"
    return series, _names(measure.channels), _names(measure.windows), measure.help


def _names(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names) or "-"


def exported_families() -> Sequence[Family]:
    """Every family of the worker's own, as reported by a worker that was not started."""
    with tempfile.TemporaryDirectory() as home:
        file = Path(home, "roster.yaml")
        file.touch()  # the worker notes when it was changed; its content is given beside it
        settings = Settings(roster=file)
        roster = Roster({}, {}, {}, unassigned_zone=settings.unassigned_zone)
        idle = Worker(settings, roster, accept_incomplete=False)
        return idle.status.families()
