"""Feeds that broke: for those who run the platform, and not as if people had stopped."""

from tests.alerts.cases.gates import BEHIND
from tests.alerts.story import Case, Notice, to
from tests.alerts.world import WORKERS, Series, channel, on_workers, presence, touches

_OUTAGE = to("platform", "page", "outage")
_QUIET = (
    Notice(
        {**_OUTAGE, "floor": "north"},
        "north: the whole floor went quiet",
        "Many reps went quiet together: suspect the telephony or the CRM feed before the people.",
    ),
)


def _silent(silent: int, on_shift: int) -> Series:
    """Reps of the north floor, of two workers."""
    return {
        **on_workers("floor_reps_scheduled", on_shift, floor="north"),
        **on_workers("floor_reps_on_shift", on_shift - 3, 3, floor="north"),
        **on_workers("floor_reps_silent", silent - 2, 2, floor="north"),
    }


def _calls(silent: int, per_hour: float) -> Series:
    """The telephone of the north floor."""
    return channel("north", "call", silent + 60, silent, per_hour=per_hour)


_LOST_HISTORY = on_workers("state_complete", 1, 0)


_SEVEN = {
    series: value
    for number in range(7)
    for series, value in presence(f"rep{number}", on_shift=1, silent=3600, per_hour=12).items()
}
_COLLAPSE = Case(
    "FloorActivityCollapse",
    "7 of 8 reps are silent, and no alert about any of them",
    {**_silent(7, 8), **_SEVEN},
    _QUIET,
)
_DUE = Case(
    "FloorActivityCollapse",
    "none of 26 expected in 15 minutes",
    {**touches("ana", "15m", 0, 13), **touches("ben", "15m", 0, 13)},
    _QUIET,
)
_MANY_DUE = Case(
    "FloorActivityCollapse",
    "59 of 120 expected in 15 minutes",
    {**touches("ana", "15m", 59, 60), **touches("ben", "15m", 0, 60)},
    _QUIET,
)
_COLLAPSES = (
    _COLLAPSE,
    _COLLAPSE.but("7 of 7 reps are silent", _silent(7, 7)),
    _COLLAPSE.but("6 of 10 reps are silent", _silent(6, 10)),
    _COLLAPSE.but("the floor is closed", on_workers("floor_open", 0, floor="north")),
    *(_COLLAPSE.but(title, change) for title, change in BEHIND.items()),
    Case(
        "FloorActivityCollapse",
        "7 of 8 reps are silent, and a worker has lost history",
        {**_COLLAPSE.change, **_LOST_HISTORY},
        _QUIET,
        beside=("KPIStateIncomplete",),
    ),
    _COLLAPSE.but("3 of 4 reps, for a moment exported by two workers", _silent(6, 8), lasts=2),
    _DUE,
    _DUE.but("none of 25 expected in 15 minutes", touches("ben", "15m", 0, 12)),
    _DUE.but(
        "none of 13, of a rep whom two workers export",
        {
            **touches("ana", "15m", 0, 13, worker=WORKERS[1]),
            **touches("ben", "15m", 0, 0),
        },
    ),
    _MANY_DUE,
    _MANY_DUE.but("60 of 120 expected in 15 minutes", touches("ben", "15m", 1, 60)),
)


def _no_calls(missed: str) -> tuple[Notice]:
    return (
        Notice(
            {**_OUTAGE, "floor": "north", "channel": "call"},
            "north: nothing comes in on channel call",
            f"{missed} effective touches were expected since the last one came in.",
        ),
    )


_SILENT = Case(
    "KPIChannelSilent", "2 minutes at 360 an hour", _calls(120, per_hour=360), _no_calls("12")
)
_CHANNELS = (
    _SILENT,
    _SILENT.but("2 minutes at 357 an hour", _calls(120, per_hour=357)),
    _SILENT.but("a minute at 7,200 an hour", _calls(60, per_hour=7200)),
    _SILENT.but("the floor is closed", on_workers("floor_open", 0, floor="north")),
    *(_SILENT.but(title, change) for title, change in BEHIND.items()),
    Case(
        "KPIChannelSilent",
        "2 minutes at 360 an hour, and a worker has lost history",
        {**_SILENT.change, **_LOST_HISTORY},
        _SILENT.notices,
    ),
    _SILENT.but(
        "of a worker whose reps had no shift since, nothing was missed",
        on_workers("channel_missed_touches", 12, 0, floor="north", channel="call"),
    ),
    Case(
        "KPIChannelSilent",
        "a silent telephone, and no alert about the rep who does not call",
        {**_calls(3600, per_hour=60), **presence("ana", on_shift=1, silent=3600, per_hour=12)},
        _no_calls("60"),
    ),
)

OUTAGES = (*_COLLAPSES, *_CHANNELS)
