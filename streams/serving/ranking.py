"""Who of a partition may be among a floor's best of the day."""

from collections.abc import Iterable, Mapping, Sequence
from heapq import nlargest

from metrics.kpis import EFFECTIVE_TOUCHES
from metrics.names import SERIES
from metrics.readings import BEST_OF, RankedRep
from metrics.rows import RepRow
from streams.clock import Minute
from streams.roster.people import Roster

_TODAY = [
    index
    for index, series in enumerate(SERIES)
    if series.measure == EFFECTIVE_TOUCHES.name and series.window == "today"
]


def best_of(
    rows: Mapping[str, Iterable[RepRow]], roster: Roster, minute: Minute
) -> Sequence[RankedRep]:
    """By floor the first of the reps with *rows* who are ranked on it and have touched somebody."""
    floors: dict[str, list[RankedRep]] = {}
    for rep_id, own in rows.items():
        rep = roster.rep(rep_id)
        if not rep.is_ranked or not rep.is_employed(rep.days.day_of(minute)):
            continue
        floor = rep.membership_at(minute).floor.name
        touches = sum(row.values[index] for row in own if row.floor == floor for index in _TODAY)
        if touches > 0:
            floors.setdefault(floor, []).append(RankedRep(floor, rep.name, int(touches)))
    return [
        ranked
        for reps in floors.values()
        for ranked in nlargest(BEST_OF, reps, key=lambda ranked: ranked.touches)
    ]
