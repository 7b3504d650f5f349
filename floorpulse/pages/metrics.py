"""The generated parts of docs/metrics.md, from what a worker exports."""

import tempfile
from collections.abc import Sequence
from pathlib import Path

from dashboards.markdown import codes, table
from metrics.exporter import Family, label_names, series_of
from metrics.kpis import MEASURES, Measure
from metrics.names import metric
from streams.roster.people import Roster
from streams.settings import Settings
from streams.worker.process import Worker


def own_series() -> str:
    """The series of the worker's own, as a table."""
    return table(("Series", "Type", "Labels", "Meaning"), map(_family, exported_families()))


def rep_series() -> str:
    """The series of the reps, as a table."""
    return table(("Series", "Channels", "Windows", "What it counts"), map(_measure, MEASURES))


def _family(family: Family) -> tuple[str, ...]:
    labels = codes(label_names(family))
    return f"`{series_of(family)}`", family.type, labels, family.documentation


def _measure(measure: Measure) -> tuple[str, ...]:
    return f"`{metric(measure)}`", codes(measure.channels), codes(measure.windows), measure.help


def exported_families() -> Sequence[Family]:
    """Every family of the worker's own, as reported by a worker that was not started."""
    with tempfile.TemporaryDirectory() as home:
        file = Path(home, "roster.yaml")
        file.touch()  # the worker notes when it was changed; its content is given beside it
        settings = Settings(roster=file)
        roster = Roster({}, {}, {}, unassigned_zone=settings.unassigned_zone)
        idle = Worker(settings, roster, accept_incomplete=False)
        return idle.status.families()
