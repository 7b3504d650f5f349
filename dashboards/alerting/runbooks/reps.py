"""Runbooks of the alerts about single reps, which are off unless FLOORPULSE_REP_ALERTS=1."""

from dashboards.alerting.rules import one, recorded, rejected, selector
from dashboards.alerting.runbooks.runbook import MISSED, Query, Runbook, above, explain, percent
from metrics.kpis import EFFECTIVE_TOUCHES, EXPECTED_TOUCHES
from metrics.thresholds import (
    PACE_REP_AT_LEAST,
    PACE_REP_RATIO,
    PACE_REP_Z,
    SILENT_EXPECTED,
    SILENT_REP_AT_LEAST,
    TREND_REP,
)

_DIGEST = (
    "The team lead reads it in a digest with the other reps of the team. It is never on the wall, "
    "never a page, and told to nobody else."
)
_DECIDES = "The team lead, together with the rep."
_SHARED = Query(
    "Is it the whole team? Pace by team today.",
    recorded("team", "pace", "ratio") + selector(window="today"),
)
_ROSTER = (
    "If the rep was ill, in training or on other hours, the roster is wrong, and so are the "
    "expectations: correct it, then `floorpulse roster check roster.yaml`."
)

REP_RUNBOOKS = {
    "RepDisqualificationTrend": Runbook(
        meaning=above(TREND_REP, "the target"),
        impact=_DIGEST,
        plumbing="A rep depends on the leads, the territory and the account managers he or she is "
        "given. Compare with the team, and look whether one decider made most of the rejections.",
        queries=(
            Query(
                "The share of the team in the same window: is it only this rep?",
                recorded("team", "disqualification_capped", "ratio")
                + selector(window=TREND_REP.window),
            ),
            Query(
                "What the alert counts of the rep, by window.",
                rejected("rep", rep="REP"),
            ),
            Query(
                "What is usual in the team.",
                recorded("team", "disqualification_usual", "ratio"),
            ),
        ),
        actions=(
            f"Open the number before anything else: {explain('appointments_rejected', '20d')} "
            "lists each rejection with its time, its lead and who made it.",
            "Read the reasons in the CRM. The same reason again and again is a briefing; the same "
            "decider is a talk with the account manager; the same campaign is the campaign.",
            "Only then talk with the rep, about appointments and not about the number.",
        ),
        decides=_DECIDES,
        silence="When it is being worked on: the window takes weeks to forget.",
        silence_for="240h",
        silence_by=("floor", "team", "rep"),
        false_alarms="Simulated among 100 reps: 0.3 a week where all have a true share of 3 %, 2.9 "
        "where all are exactly at 5 %. A rep at 25 % is found after 12 days in the median, one at "
        "10 % in a third of the cases within 40.",
    ),
    "RepPaceBehind": Runbook(
        meaning="Effective touches of the rep today are more than "
        f"{PACE_REP_Z:g} standard deviations of a Poisson count below what is expected by now, "
        f"and below {percent(PACE_REP_RATIO)} of it, with at least {PACE_REP_AT_LEAST} expected.",
        impact=_DIGEST,
        plumbing="Compare the channels of the rep: one that is at zero while the others run is a "
        "telephone or a mailbox that is not connected. A whole team behind is no matter of a rep.",
        queries=(
            Query(
                "Effective touches of the rep today, by channel.",
                one(EFFECTIVE_TOUCHES.name, rep="REP", window="today"),
            ),
            Query(
                "What is expected of the rep by now, by channel.",
                one(EXPECTED_TOUCHES.name, rep="REP", window="today"),
            ),
            _SHARED,
        ),
        actions=(
            f"Open the number: {explain('effective_touches', 'today')}. Calls without "
            "`talk_seconds` or with an unknown outcome are attempts and do not count.",
            _ROSTER,
            "Otherwise ask whether something keeps the rep from calling: a long demo, a "
            "complaint, a bad list. Touches are not all that a good day is made of.",
        ),
        decides=_DECIDES,
        silence="For a day on which the rep does other work; better, put it into the roster.",
        silence_for="8h",
        silence_by=("floor", "team", "rep"),
        false_alarms="Simulated among 100 reps exactly on target: 2.7 a week at a target of 12 an "
        "hour, 1.4 at 4 an hour. A rep at half the pace is found in 99 % of the days at 12 an "
        "hour, after 3 hours in the median, and in 46 % at 4 an hour.",
    ),
    "RepSilent": Runbook(
        meaning="The rep's newest touch is so long ago, in time of the shift, that "
        f"{SILENT_EXPECTED} effective touches were expected since, and at least "
        f"{SILENT_REP_AT_LEAST // 60} minutes.",
        impact=_DIGEST,
        plumbing="A person who stops at some minute and a telephone that lost its connection look "
        "the same. Ask for the telephone first. A long call comes in when "
        "it ends, with the time at which it began.",
        queries=(
            Query(
                "For how long the rep has been silent, in seconds of the shift.",
                one("rep_silent_seconds", rep="REP"),
            ),
            MISSED,
            Query(
                "How many reps of the floor are silent for three expected touches, and on shift.",
                f"{recorded('floor', 'floor_reps_silent', 'sum')}\n"
                f"/ ({recorded('floor', 'floor_reps_on_shift', 'sum')} > 0)",
            ),
        ),
        actions=(
            f"Look at what came last: {explain('touches', 'today')}.",
            _ROSTER,
            "Otherwise a friendly question is enough: is everything working?",
        ),
        decides=_DECIDES,
        silence="For hours that the rep spends on other work; better, put them into the roster.",
        silence_for="4h",
        silence_by=("floor", "team", "rep"),
        false_alarms="Simulated among 100 reps exactly on target: 0.14 a week at a target of 12 an "
        "hour. A break that is not in the roster is an alert every day.",
    ),
}
