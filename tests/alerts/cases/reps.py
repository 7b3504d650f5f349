"""Single reps: to the team lead only, and only where the series of reps on shift are exported."""

from tests.alerts.story import START, Case, Notice, to
from tests.alerts.world import WORKERS, decisions, presence, rep_series, touches

_LEAD = to("team-lead", "info", "kpi", level="rep")
_ANA = {**_LEAD, "floor": "north", "team": "hunters", "rep": "ana"}
_OFF = {rep_series("rep_on_shift", "ana"): None}


def _for_weeks(share: str) -> tuple[Notice]:
    return (
        Notice(
            {**_ANA, "slo": "disqualification", "window": "20d"},
            "ana (hunters): disqualification above target for weeks",
            f"The share of rejections is at least {share} with 99.9 % confidence, in the "
            "appointments decided in the last 20 open days.",
        ),
    )


def _slow(deviations: str) -> tuple[Notice]:
    return (
        Notice(
            {**_ANA, "window": "today"},
            "ana (hunters): behind pace today",
            f"Effective touches are {deviations} standard deviations below what is expected by "
            "now, and below 70 % of it.",
        ),
    )


def _quiet(duration: str) -> tuple[Notice]:
    return (
        Notice(
            _ANA,
            "ana (hunters): no touch for a while",
            f"Nothing on any channel for {duration} of the shift, in which 12 effective touches "
            "or more were expected.",
        ),
    )


_TREND = Case(
    "RepDisqualificationTrend",
    "4 of 19 in 20 days",
    {**decisions("ana", "20d", 4, 15), **decisions("ana", "5d", 1, 3)},
    _for_weeks("5.247%"),
)
_TRENDS = (
    _TREND,
    _TREND.but("4 of 20 in 20 days", decisions("ana", "20d", 4, 16)),
    _TREND.but("3 of 8 in 20 days", decisions("ana", "20d", 3, 5)),
    _TREND.but("none of them in 5 days", decisions("ana", "5d", 0, 4)),
    _TREND.but("series of reps are off", _OFF),
)

_PACE = Case("RepPaceBehind", "none of 10 expected", touches("ana", "today", 0, 10), _slow("3.162"))
_HALF = Case("RepPaceBehind", "17 of 36 expected", touches("ana", "today", 17, 36), _slow("3.167"))
_MOST = Case(
    "RepPaceBehind", "83 of 120 expected", touches("ana", "today", 83, 120), _slow("3.378")
)
_PACES = (
    _PACE,
    _PACE.but("none of 9.75 expected", touches("ana", "today", 0, 9.75)),
    _PACE.but("series of reps are off", _OFF),
    _HALF,
    _HALF.but("18 of 36 expected", touches("ana", "today", 18, 36)),
    _MOST,
    _MOST.but("84 of 120 expected", touches("ana", "today", 84, 120)),
)

_SILENT = Case(
    "RepSilent",
    "20 minutes at 36 an hour",
    presence("ana", on_shift=1, silent=1200, per_hour=36),
    _quiet("20m 0s"),
)
_SLOWLY = Case(
    "RepSilent",
    "an hour at 12 an hour",
    presence("ana", 1, lambda minute: min(60 * (minute - START), 3660), 12),
    _quiet("1h 1m 0s"),
    onset=60,
)
_SILENTS = (
    _SILENT,
    _SILENT.but("19 minutes at 60 an hour", presence("ana", 1, 1140, 60)),
    _SILENT.but("an hour at 11.9 an hour", presence("ana", 1, 3600, 11.9)),
    _SILENT.but("series of reps are off", _OFF),
    _SLOWLY,
    Case(
        "RepSilent",
        "a rep whom two workers export fires once",
        {
            **presence("ana", 1, 1200, 36),
            **presence("ana", 1, 1200, 36, worker=WORKERS[1]),
        },
        _quiet("20m 0s"),
    ),
)

REPS = (*_TRENDS, *_PACES, *_SILENTS)
