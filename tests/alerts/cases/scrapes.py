"""Scrape configurations of others: a second job, labels that they add, labels that they take."""

from tests.alerts.cases.workers import UNASSIGNED
from tests.alerts.story import Case, Notice, to
from tests.alerts.world import CALLS, Series, decisions, name, on_workers, series_name, world

_SECOND_JOB = 'job="again"'


def scraped_again(series: Series, **labels: str) -> Series:
    """The same by a second job, with labels that this job adds."""
    added = "".join(f',{label}="{value}"' for label, value in labels.items())
    return {
        name.replace('job="floorpulse-worker"', _SECOND_JOB + added): value
        for name, value in series.items()
        if not name.startswith("up{")
    }


def _team_taken(team: str) -> str:
    return series_name(
        "floorpulse_touches",
        "w1:8001",
        floor="north",
        team="platform",
        exported_team=team,
        rep="ana",
        channel="call",
        window="today",
    )


_RENAMED = Case(
    "KPILabelsRenamed",
    "a target label team",
    {_team_taken("hunters"): 3, _team_taken("farmers"): 4},
    (
        Notice(
            {**to("platform", "page", "pipeline"), "label": "team"},
            "Prometheus has renamed our label team",
            "2 series have it as exported_team: numbers are mixed up. "
            "Set `honor_labels: true` in the scrape job.",
        ),
    ),
)

SCRAPES = (
    _RENAMED,
    _RENAMED.but(
        "a target label of no name of ours",
        {
            _team_taken("hunters"): None,
            _team_taken("farmers"): None,
            name("floor_open", floor="north", exported_region="eu"): 1,
        },
    ),
    Case(
        "DisqualificationSpike",
        "4 rejections are not 8, though a second job scrapes the same workers",
        {
            **decisions("ana", "4h", 4, 4),
            **decisions("ana", "1h", 4, 4),
            **scraped_again({**decisions("ana", "4h", 4, 4), **decisions("ana", "1h", 4, 4)}),
        },
        lasts=6,
        usual=scraped_again(world()),
    ),
    Case(
        "DisqualificationSpike",
        "4 rejections are not 8, though a second job adds a pod",
        {
            **decisions("ana", "4h", 4, 4),
            **decisions("ana", "1h", 4, 4),
            **scraped_again(
                {**decisions("ana", "4h", 4, 4), **decisions("ana", "1h", 4, 4)}, pod="w1-abc"
            ),
        },
        lasts=6,
        usual=scraped_again(world(), pod="w1-abc"),
    ),
    Case(
        "KPIPartitionsUnassigned",
        "a second job does not hide the partition without a worker",
        {
            **on_workers("assigned_partitions", 1, 0, topic=CALLS),
            **scraped_again(on_workers("assigned_partitions", 1, 0, topic=CALLS)),
        },
        UNASSIGNED.notices,
        usual=scraped_again(world()),
    ),
)
