"""No alert about people for a broken feed, outside their hours, or on a part of the numbers.

Every first case of such an alert, with one thing more that is wrong.
"""

from collections.abc import Iterator, Mapping

from tests.alerts.cases.disqualification import DISQUALIFICATION
from tests.alerts.cases.floors import FLOORS
from tests.alerts.cases.reps import REPS
from tests.alerts.story import Case
from tests.alerts.world import (
    CALLS,
    WORKERS,
    Series,
    behind,
    channel,
    name,
    on_workers,
    rep_series,
)

_MOST_ARE_SILENT = {
    **on_workers("floor_reps_on_shift", 4, floor="north"),
    **on_workers("floor_reps_silent", 4, 3, floor="north"),
}
_A_CHANNEL_IS_SILENT = channel("north", "email", 720, per_hour=60)
_UNTIL = name("complete_until_timestamp_seconds", WORKERS[1], topic=CALLS, partition="1")

# What holds alerts about outages back too.
BEHIND: Mapping[str, Series] = {
    "a partition is not counted": {_UNTIL: behind(61)},
    "nobody holds a partition": on_workers("assigned_partitions", 1, 0, topic=CALLS),
    "a partition is held and was never read": {_UNTIL: None},
}
GATES: Mapping[str, Series] = {
    "7 of 8 reps are silent": _MOST_ARE_SILENT,
    "a channel is silent": _A_CHANNEL_IS_SILENT,
    **BEHIND,
    "a worker has lost history": on_workers("state_complete", 1, 0),
    "the floor is closed": on_workers("floor_open", 0, floor="north"),
}
_OFF_SHIFT = {rep_series("rep_on_shift", "ana"): 0.0}


def _gated() -> Iterator[Case]:
    firing = [case for case in (*DISQUALIFICATION, *FLOORS, *REPS) if case.notices]
    first = {case.alert: case for case in reversed(firing) if case.rule.scope == "kpi"}
    for case in first.values():
        for title, gate in GATES.items():
            if title == "the floor is closed" and case.rule.is_personal:
                yield case.but("the rep is off shift", _OFF_SHIFT)
            else:
                yield case.but(title, gate)


def _elsewhere() -> Iterator[Case]:
    """What is wrong on another floor is not wrong here."""
    spike = next(case for case in DISQUALIFICATION if case.notices)
    south = channel("south", "email", 720, per_hour=60)
    yield Case(
        spike.alert,
        "a channel is silent on another floor",
        {**spike.change, **south},
        spike.notices,
        beside=("KPIChannelSilent",),
    )


GATED = (*_gated(), *_elsewhere())
