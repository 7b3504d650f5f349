"""Alerts about floors, teams and reps: only when their numbers are to be believed.

None fires while a floor is closed, a feed is suspect or data is missing, and none on tiny samples:
the bounds and the least counts are those of `thresholds`.
"""

from textwrap import indent

from dashboards.alerting.alert import Alert
from dashboards.alerting.promql import (
    FLOOR_OPEN,
    LABELS,
    WHILE_OPEN,
    Level,
    behind,
    decided,
    one,
    recorded,
    rejected,
    selector,
    summed,
    target,
)
from metrics import wilson
from metrics.kpis import COHORT_OVERDUE, CONTACTS, KPI, MIX_TOLERANCE
from metrics.thresholds import (
    CONVERSION_AT_LEAST,
    CONVERSION_WINDOW,
    DRIFT_FLOOR,
    DRIFT_TEAM,
    MIX_WINDOW,
    OVERDUE_AT_LEAST,
    PACE_REP_AT_LEAST,
    PACE_REP_RATIO,
    PACE_REP_Z,
    SILENT_EXPECTED,
    SILENT_REP_AT_LEAST,
    SPIKE_FLOOR,
    SPIKE_TEAM,
    SPOTLESS_AT_LEAST,
    SPOTLESS_WINDOW,
    TREND_REP,
    Z_999,
    Share,
)

_BELIEVED = (
    f"unless on (floor) {recorded('floor', 'feed_suspect', 'count')}\n"
    f"unless on () {recorded('pipeline', 'untrusted', 'count')}"
)
_ON_SHIFT = f"and on (floor, team, rep) {one('rep_on_shift')} == 1"


def _gated(condition: str, gate: str = WHILE_OPEN) -> str:
    return f"(\n{condition}\n)\n{gate}\n{_BELIEVED}"


def _above(level: Level, share: Share, reference: str) -> str:
    """The lower bound of the share of rejections, where *share* says that it is too much.

    What has other labels is compared by those of the level alone.
    """
    on = f"on ({', '.join(LABELS[level])})"
    ratio = recorded(level, "disqualification_capped", "ratio") + selector(window=share.window)
    bound = recorded(level, "disqualification_capped", "low999") + selector(window=share.window)
    times = f"{share.times:g} * {target('disqualification')}"
    return (
        f"  {bound}\n    > {reference}\n"
        f"  and {ratio}\n    > on (floor) group_left () ({times})\n"
        f"  and {rejected(level, window=share.window)} >= {share.at_least}\n"
        f"  and {on} {rejected(level, window=share.recent)} >= {share.fresh}"
    )


def _usual(level: Level) -> str:
    on = f"on ({', '.join(LABELS[level])})"
    return f"{on} group_left () {recorded(level, 'disqualification_usual', 'ratio')}"


def _target(kpi: str) -> str:
    return f"on (floor) group_left () {target(kpi)}"


def _trend() -> str:
    """A rep's share over 20 days: computed here, since series of reps are not recorded."""
    hits, of = rejected("rep", window=TREND_REP.window), decided("rep", window=TREND_REP.window)
    return (
        f"  {wilson.promql(hits, of, Z_999, 'low')}\n    > {_target('disqualification')}\n"
        f"  and {hits} >= {TREND_REP.at_least}\n"
        f"  and on (floor, team, rep) {rejected('rep', window=TREND_REP.recent)}"
        f" >= {TREND_REP.fresh}"
    )


def _behind() -> str:
    too_few = behind("rep", "today", z=PACE_REP_Z, ratio=PACE_REP_RATIO, at_least=PACE_REP_AT_LEAST)
    return indent(too_few, "  ")


def _silent() -> str:
    silent = one("rep_silent_seconds")
    return (
        f"  {silent} >= {SILENT_REP_AT_LEAST}\n"
        f"  and {silent} / 3600 * {one('rep_expected_per_hour')} >= {SILENT_EXPECTED}"
    )


def _conversion() -> str:
    window = selector(window=CONVERSION_WINDOW)
    return "\n  or\n".join(
        f"  {recorded(level, KPI['contacts_to_leads'], 'high99')}{window}\n"
        f"    < {_target('contacts_to_leads')}\n"
        f"  and {summed(level, CONTACTS, window=CONVERSION_WINDOW)} >= {CONVERSION_AT_LEAST}"
        for level in ("floor", "team")
    )


def _mix() -> str:
    low, high = (
        recorded("floor", KPI["inbound_share"], f"{side}999") + selector(window=MIX_WINDOW)
        for side in ("low", "high")
    )
    middle = target("inbound_share")
    return (
        f"  {low} > on (floor) group_left () ({middle} + {MIX_TOLERANCE:g})\n"
        f"  or\n"
        f"  {high} < on (floor) group_left () ({middle} - {MIX_TOLERANCE:g})"
    )


def _spotless() -> str:
    none = f"{rejected('floor', window=SPOTLESS_WINDOW)} == 0"
    return f"  {decided('floor', window=SPOTLESS_WINDOW)} >= {SPOTLESS_AT_LEAST}\n  and {none}"


_PLACE = "{{ $labels.floor }}{{ with $labels.team }} {{ . }}{{ end }}"  # a floor, or a team of it
_DISQUALIFICATION = {"slo": "disqualification"}
_BOUND = (
    "The share of rejections is at least {{ $value | humanizePercentage }} with 99.9 % confidence"
)

PEOPLE_ALERTS = (
    Alert(
        name="DisqualificationSpike",
        expr=_gated(_above("floor", SPIKE_FLOOR, _usual("floor"))),
        severity="page",
        audience="floor-manager",
        scope="kpi",
        summary="{{ $labels.floor }}: disqualification jumped",
        description=f"{_BOUND}, in the appointments decided in the last 4 hours.",
        hold="2m",
        keep="15m",
        topic={**_DISQUALIFICATION, "level": "floor"},
    ),
    Alert(
        name="DisqualificationSpikeTeam",
        expr=_gated(_above("team", SPIKE_TEAM, _usual("team"))),
        severity="ticket",
        audience="team-lead",
        scope="kpi",
        summary="{{ $labels.team }} ({{ $labels.floor }}): disqualification jumped",
        description=f"{_BOUND}, in the appointments decided in the last 2 open days.",
        hold="2m",
        keep="30m",
        topic={**_DISQUALIFICATION, "level": "team"},
    ),
    Alert(
        name="DisqualificationDrift",
        expr=_gated(
            f"{_above('floor', DRIFT_FLOOR, _target('disqualification'))}\n"
            f"  or\n{_above('team', DRIFT_TEAM, _target('disqualification'))}"
        ),
        severity="ticket",
        audience="floor-manager",
        scope="kpi",
        summary=f"{_PLACE}: disqualification above target for days",
        description=f"{_BOUND}, in the appointments decided in the last 5 open days.",
        hold="10m",
        keep="1h",
        topic=_DISQUALIFICATION,
    ),
    Alert(
        name="DisqualificationSuspiciouslyLow",
        expr=_gated(_spotless()),
        severity="info",
        audience="floor-manager",
        scope="kpi",
        summary="{{ $labels.floor }}: not one rejection in 5 open days",
        description="{{ $value }} appointments were decided and none was rejected: rubber "
        "stamping, or the rejections do not arrive.",
        hold="1h",
    ),
    Alert(
        name="DecisionsOverdue",
        expr=_gated(f"  {summed('floor', COHORT_OVERDUE, window='90d')} >= {OVERDUE_AT_LEAST}"),
        severity="ticket",
        audience="floor-manager",
        scope="kpi",
        summary="{{ $labels.floor }}: {{ $value }} appointments wait for a decision",
        description="{{ $value }} appointments are undecided for more than the floor's agreed open "
        "days: until they are decided, disqualification looks better or worse than it is.",
        hold="1h",
        keep="1h",
    ),
    Alert(
        name="ContactsToLeadsLow",
        expr=_gated(_conversion()),
        severity="ticket",
        audience="floor-manager",
        scope="kpi",
        summary=f"{_PLACE}: few contacts become leads",
        description="At most {{ $value | humanizePercentage }} of the contacts of the last 20 open "
        "days became leads, with 99 % confidence.",
        hold="15m",
        keep="30m",
    ),
    Alert(
        name="InboundOutboundMixOff",
        expr=_gated(_mix()),
        severity="ticket",
        audience="floor-manager",
        scope="kpi",
        summary="{{ $labels.floor }}: the mix of inbound and outbound leads is off",
        description="The nearest share of inbound leads that the last 5 open days allow, with "
        "99.9 % confidence, is {{ $value | humanizePercentage }}: over 10 points off the target.",
        hold="30m",
        keep="1h",
    ),
    Alert(
        name="RepDisqualificationTrend",
        expr=_gated(_trend(), _ON_SHIFT),
        severity="info",
        audience="team-lead",
        scope="kpi",
        summary="{{ $labels.rep }} ({{ $labels.team }}): disqualification above target for weeks",
        description=f"{_BOUND}, in the appointments decided in the last 20 open days.",
        hold="10m",
        topic={**_DISQUALIFICATION, "level": "rep"},
    ),
    Alert(
        name="RepPaceBehind",
        expr=_gated(_behind(), _ON_SHIFT),
        severity="info",
        audience="team-lead",
        scope="kpi",
        summary="{{ $labels.rep }} ({{ $labels.team }}): behind pace today",
        description="Effective touches are {{ $value | humanize }} standard deviations below what "
        "is expected by now, and below 70 % of it.",
        hold="10m",
        topic={"level": "rep"},
    ),
    Alert(
        name="RepSilent",
        expr=_gated(_silent(), _ON_SHIFT),
        severity="info",
        audience="team-lead",
        scope="kpi",
        summary="{{ $labels.rep }} ({{ $labels.team }}): no touch for a while",
        description="Nothing on any channel for {{ $value | humanizeDuration }} of the shift, "
        f"in which {SILENT_EXPECTED} effective touches or more were expected.",
        hold="1m",
        topic={"level": "rep"},
    ),
    Alert(
        name="FloorClosed",
        expr=f"{FLOOR_OPEN} == 0",
        severity="none",
        audience="nobody",
        scope="hours",
        summary="{{ $labels.floor }} is closed",
        description="Sent to nobody. While it fires, alerts about people of the floor are muted.",
    ),
)
