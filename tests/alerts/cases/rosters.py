"""Rosters: calendars, and reps who should have numbers or should be known."""

from tests.alerts.story import Case, Notice, to
from tests.alerts.world import FLOORS, WORKERS, Series, name, on_workers

_PAGE = to("platform", "page", "pipeline")
_TICKET = to("platform", "ticket", "pipeline")


def _calendars(*floors: str) -> Series:
    """The floors whose hours are exported."""
    return {
        name("floor_open", worker, floor=floor): 1 if floor in floors else None
        for worker in WORKERS
        for floor in FLOORS
    }


def _roster(*digests: str) -> Series:
    """The roster of each worker, instead of the usual one."""
    old = {name("roster_info", worker, sha256="a1b2"): None for worker in WORKERS}
    new = zip(WORKERS, digests, strict=True)
    return {**old, **{name("roster_info", worker, sha256=digest): 1 for worker, digest in new}}


_NO_CALENDAR = Case(
    "KPIShiftCalendarMissing",
    "no floor",
    _calendars(),
    (Notice(_PAGE, "no floor has a calendar", "Without it every alert about people is off."),),
)
_MISSING = Case(
    "KPIRepSeriesMissing",
    "8 of 9 reps",
    on_workers("floor_reps_on_shift", 5, 3, floor="north"),
    (
        Notice(
            {**_PAGE, "floor": "north"},
            "1 reps on shift in north have no numbers",
            "The roster has them on shift, and no worker exports them.",
        ),
    ),
)
_DIFFER = Case(
    "KPIRostersDiffer",
    "one worker has a new one",
    _roster("a1b2", "c3d4"),
    (
        Notice(
            _TICKET,
            "the workers have different rosters",
            "2 versions of the roster are in use: give all workers the same file.",
        ),
    ),
)
_STRANGER = Case(
    "KPIRepsUnassigned",
    "41 reps of two partitions, of which the old owner still exports one",
    {
        **on_workers("unassigned_reps", 25, 24, partition="0"),
        name("unassigned_reps", WORKERS[1], partition="1"): 16,
        **on_workers("rep_unassigned", 1, rep="zoe"),
    },
    (
        Notice(
            to("platform", "info", "pipeline"),
            "41 reps with events are not on the roster",
            "They are counted under `unassigned`, for no team. `floorpulse roster missing` prints "
            "them as lines for the roster.",
        ),
    ),
)

ROSTERS = (
    _NO_CALENDAR,
    _NO_CALENDAR.but("one floor of two", _calendars("south")),
    _MISSING,
    _MISSING.but("9 of 9 reps", on_workers("floor_reps_on_shift", 6, 3, floor="north")),
    _DIFFER,
    _DIFFER.but("both workers have a new one", _roster("c3d4", "c3d4")),
    _STRANGER,
    _STRANGER.but(
        "until the roster has them, within 15 minutes",
        {},
        lasts=15,
    ),
    _STRANGER.but(
        "none, and one named by a worker that has yet to read the new roster",
        {
            **on_workers("unassigned_reps", 0, partition="0"),
            name("unassigned_reps", WORKERS[1], partition="1"): 0,
        },
    ),
)
