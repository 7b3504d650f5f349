"""Disqualification of floors and teams: jumps, drifts, and not one rejection.

Bounds were worked out with the textbook's form of the Wilson interval, not with ours.
"""

from tests.alerts.story import Case, Notice, to
from tests.alerts.world import WORKERS, decisions

_SLO = "disqualification"
_JUMPED = to("floor-manager", "page", "kpi", slo=_SLO, level="floor")
_TEAM_JUMPED = to("team-lead", "ticket", "kpi", slo=_SLO, level="team")
_DRIFTED = to("floor-manager", "ticket", "kpi", slo=_SLO)
_SPOTLESS = to("floor-manager", "info", "kpi")


def _bound(share: str, when: str) -> str:
    return (
        f"The share of rejections is at least {share} with 99.9 % confidence, "
        f"in the appointments decided in the last {when}."
    )


def _jumped(share: str) -> tuple[Notice]:
    labels = {**_JUMPED, "floor": "north", "window": "4h"}
    return (Notice(labels, "north: disqualification jumped", _bound(share, "4 hours")),)


def _team_jumped(share: str) -> tuple[Notice]:
    labels = {**_TEAM_JUMPED, "floor": "north", "team": "hunters", "window": "2d"}
    text = _bound(share, "2 open days")
    return (Notice(labels, "hunters (north): disqualification jumped", text),)


def _drifted(place: str, share: str, **labels: str) -> tuple[Notice]:
    summary = f"{place}: disqualification above target for days"
    return (Notice({**_DRIFTED, **labels, "window": "5d"}, summary, _bound(share, "5 open days")),)


# 5 of 20 on the whole floor, one of them in the last hour
_JUMP = {
    **decisions("ana", "4h", rejected=2, accepted=7),
    **decisions("ben", "4h", rejected=3, accepted=8),
    **decisions("ben", "1h", rejected=1, accepted=0),
}
_USUAL_10 = decisions("ben", "20d", rejected=20, accepted=180)
_USUAL_30 = decisions("ben", "20d", rejected=60, accepted=140)

_SPIKE = Case("DisqualificationSpike", "5 of 20 in 4 hours", _JUMP, _jumped("7.172%"))
_ABOVE_TWICE = Case(
    "DisqualificationSpike",
    "10.5 % of many",
    {**_JUMP, **decisions("ana", "4h", 18, 171)},
    _jumped("5.513%"),
)
_ABOVE_USUAL = Case(
    "DisqualificationSpike",
    "clearly more than 1.5 times the usual 10 %",
    {**_JUMP, **decisions("ana", "4h", 19, 50)},
    _jumped("15.12%"),
    usual=_USUAL_10,
)
_NEW_FLOOR = Case(
    "DisqualificationSpike",
    "19 decisions before are no baseline, and those of today are none",
    {
        **_JUMP,
        **decisions("ben", "today", rejected=30, accepted=11),
        **decisions("ben", "20d", rejected=36, accepted=24),
    },
    _jumped("7.172%"),
)

_SPIKES = (
    _SPIKE,
    _SPIKE.but("2 of 6", {**decisions("ana", "4h", 1, 1), **decisions("ben", "4h", 1, 3)}),
    _SPIKE.but("4 of 13", {**decisions("ana", "4h", 1, 1), **decisions("ben", "4h", 3, 8)}),
    _SPIKE.but("none of them in the last hour", decisions("ben", "1h", 0, 1)),
    _SPIKE.but(
        "4 of 13, of a rep whom two workers export",
        {
            **decisions("ana", "4h", 4, 9),
            **decisions("ana", "4h", 4, 9, worker=WORKERS[1]),
            **decisions("ben", "4h", 0, 0),
        },
    ),
    _ABOVE_TWICE,
    _ABOVE_TWICE.but("10 % of many", decisions("ana", "4h", 17, 172)),
    _ABOVE_USUAL,
    _ABOVE_USUAL.but("within 1.5 times the usual 10 %", decisions("ana", "4h", 18, 51)),
    _NEW_FLOOR,
    _NEW_FLOOR.but(
        "20 decisions before are a baseline", decisions("ben", "20d", rejected=36, accepted=25)
    ),
    Case(
        "DisqualificationSpike",
        "a floor with 30 % for weeks, now at 35 %",
        {**_JUMP, **decisions("ana", "4h", 25, 44)},
        usual=_USUAL_30,
        lasts=10,
    ),
)

_TEAM_JUMP = {
    **decisions("ana", "2d", rejected=5, accepted=15),
    **decisions("ana", "today", rejected=2, accepted=3),
}
_TEAM = Case("DisqualificationSpikeTeam", "5 of 20 in 2 days", _TEAM_JUMP, _team_jumped("7.172%"))
_TEAM_ABOVE_TWICE = Case(
    "DisqualificationSpikeTeam",
    "10.5 % of many",
    {**_TEAM_JUMP, **decisions("ana", "2d", 21, 179)},
    _team_jumped("5.513%"),
)
_TEAMS = (
    _TEAM,
    _TEAM.but("4 of 13", decisions("ana", "2d", 4, 9)),
    _TEAM.but("one of them today", decisions("ana", "today", 1, 4)),
    _TEAM.but("a team that is usually there", decisions("ana", "20d", 8, 17)),
    _TEAM_ABOVE_TWICE,
    _TEAM_ABOVE_TWICE.but("10 % of many", decisions("ana", "2d", 20, 180)),
)

# 12 of 80 on the floor, in teams of which neither is above for sure
_DRIFT = {
    **decisions("ana", "5d", rejected=6, accepted=34),
    **decisions("ben", "5d", rejected=6, accepted=34),
    **decisions("ben", "today", rejected=1, accepted=9),
}
_TEAM_DRIFT = {
    **decisions("ana", "5d", rejected=6, accepted=24),
    **decisions("ana", "today", rejected=1, accepted=5),
}
_FLOOR_ABOVE = Case(
    "DisqualificationDrift", "12 of 80", _DRIFT, _drifted("north", "6.49%", floor="north")
)
_TEAM_ABOVE = Case(
    "DisqualificationDrift",
    "6 of 30 in a team",
    _TEAM_DRIFT,
    _drifted("north hunters", "6.297%", floor="north", team="hunters"),
)
_MANY = Case(
    "DisqualificationDrift",
    "7.6 % of many",
    {**_DRIFT, **decisions("ana", "5d", 38, 462), **decisions("ben", "5d", 38, 462)},
    _drifted("north", "5.393%", floor="north"),
)
_DRIFTS = (
    _FLOOR_ABOVE,
    _FLOOR_ABOVE.but("11 of 70", decisions("ana", "5d", 5, 25)),
    _FLOOR_ABOVE.but("none of them today", decisions("ben", "today", 0, 10)),
    _MANY,
    _MANY.but("7.5 % of many", decisions("ana", "5d", 37, 463)),
    _TEAM_ABOVE,
    _TEAM_ABOVE.but("5 of 20 in a team", decisions("ana", "5d", 5, 15)),
    _TEAM_ABOVE.but("none of them today in a team", decisions("ana", "today", 0, 6)),
)

_CLEAN = Case(
    "DisqualificationSuspiciouslyLow",
    "none of 100",
    {**decisions("ana", "5d", 0, 55), **decisions("ben", "5d", 0, 45)},
    (
        Notice(
            {**_SPOTLESS, "floor": "north", "window": "5d"},
            "north: not one rejection in 5 open days",
            "100 appointments were decided and none was rejected: rubber stamping, or the "
            "rejections do not arrive.",
        ),
    ),
)
_CLEANS = (
    _CLEAN,
    _CLEAN.but("none of 99", decisions("ben", "5d", 0, 44)),
    _CLEAN.but("one of 101", decisions("ben", "5d", 1, 45)),
)

DISQUALIFICATION = (*_SPIKES, *_TEAMS, *_DRIFTS, *_CLEANS)
