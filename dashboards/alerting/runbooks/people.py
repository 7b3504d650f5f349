"""Runbooks of the alerts about floors and teams."""

from dashboards.alerting.rules import decided, recorded, rejected, selector, summed
from dashboards.alerting.runbooks.runbook import (
    Query,
    Runbook,
    above,
    clean_up,
    confidence,
    explain,
    percent,
    target,
    whose,
    within,
)
from metrics.kpis import (
    COHORT_OVERDUE,
    COHORT_PENDING,
    CONTACTS,
    CONTACTS_CONVERTED,
    KPI,
    LEADS_INBOUND,
    LEADS_OUTBOUND,
    MIX_TOLERANCE,
)
from metrics.names import metric
from metrics.thresholds import (
    BASELINE,
    BASELINE_AT_LEAST,
    CONVERSION_AT_LEAST,
    CONVERSION_WINDOW,
    DRIFT_FLOOR,
    DRIFT_TEAM,
    MIX_WINDOW,
    OVERDUE_AT_LEAST,
    SPIKE_FLOOR,
    SPIKE_TEAM,
    SPOTLESS_AT_LEAST,
    SPOTLESS_WINDOW,
    Z_99,
    Z_999,
)

_USUAL = (
    f"what is usual (the target, or {BASELINE:g} times the own share of the 20 open days before "
    f"today if that is more and rests on {BASELINE_AT_LEAST} decisions)"
)
_Z_999 = confidence(Z_999)
_FEED = (
    "Ask first whether the CRM changed: a new reason that is mapped to rejected, an import, a "
    "clean-up of old appointments, one account manager who decides a backlog."
)
_SPIKES_TOGETHER = (
    "While it fires, those of teams and reps about the same are held back: they would say it again."
)


def _open_rejections(window: str) -> str:
    return (
        f"Open the numbers: {explain('appointments_rejected', window)} lists every rejection with "
        "its time, its lead and who made it. Look the leads up in the CRM: one account manager, "
        "one campaign, one reason?"
    )


def _spotless_by_chance(share: float) -> str:
    return f"{100 * (1 - share) ** SPOTLESS_AT_LEAST:.2g} %"


PEOPLE_RUNBOOKS = {
    "DisqualificationSpike": Runbook(
        meaning=above(SPIKE_FLOOR, _USUAL),
        impact="Account managers turn down what the floor delivers, now. The wall shows it in the "
        f"disqualification tile of the floor. {_SPIKES_TOGETHER}",
        plumbing=_FEED,
        queries=(
            Query(
                "How many were rejected, by team: one team or all of them?",
                rejected("team", window=SPIKE_FLOOR.window),
            ),
            clean_up("floor", SPIKE_FLOOR.window),
            whose(SPIKE_FLOOR.window),
        ),
        actions=(
            "Compare the teams. One team alone is a matter of its leads or its briefing; all at "
            "once is the list, the campaign, the product or the other side.",
            _open_rejections(SPIKE_FLOOR.window),
            "Call the account manager who rejects most, and ask for two or three examples.",
            "Stop the list or the campaign that they have in common, until it is understood.",
        ),
        decides="The floor manager, with the head of the account managers.",
        silence="When the cause is known and mended, until what was rejected has left the window; "
        "before a planned clean-up of old appointments.",
        silence_for="4h",
        silence_by=("floor",),
        false_alarms="Simulated with 100 reps: 0.009 a week at a true share of 3 %, 0.028 at "
        "exactly 5 %. A jump to 25 % is found after 1.6 hours of shift in the median, one to 15 % "
        "after 3.3.",
    ),
    "DisqualificationSpikeTeam": Runbook(
        meaning=above(SPIKE_TEAM, _USUAL),
        impact="What one team delivers is turned down. The team's row on the wall shows it.",
        plumbing=f"{_FEED} If other teams of the floor rise too, it is not about this team.",
        queries=(
            Query(
                "How many were rejected, by team: this one alone?",
                rejected("team", window=SPIKE_TEAM.window),
            ),
            clean_up("team", SPIKE_TEAM.window),
            whose(SPIKE_TEAM.window),
        ),
        actions=(
            _open_rejections(SPIKE_TEAM.window),
            "Ask the account managers for the reasons, then listen with the team to some of the "
            "calls. A changed script, list or product is more often the cause than a person.",
            "Agree with the account managers on what makes an appointment an opportunity.",
        ),
        decides="The team lead; the floor manager when lists or campaigns have to stop.",
        silence="When the cause is known, until the days of it have left the window.",
        silence_for="16h",
        silence_by=("floor", "team"),
        false_alarms="Simulated with 10 teams of 10 reps, over all of them: 0.03 a week at a true "
        "share of 3 %, 0.12 where all are exactly at 5 %. A jump to 25 % is found after 1.3 days "
        "in the median, one to 15 % in 72 % of the cases, after 2.3.",
    ),
    "DisqualificationDrift": Runbook(
        meaning=above(DRIFT_FLOOR, "the target")
        + f" For a team: {DRIFT_TEAM.times:g} times, at least {DRIFT_TEAM.at_least} rejected.",
        impact="The target is missed for days, not by a bad hour. Without a team in the alert it "
        "is the whole floor.",
        plumbing=f"{_FEED} A floor that was always at 30 % fires this until its target is set to "
        "what it wants to reach first (`kpi_targets` in the roster).",
        queries=(
            Query(
                "The share of rejections as alerts count it, by team.",
                recorded("team", "disqualification_capped", "ratio")
                + selector(window=DRIFT_TEAM.window),
            ),
            Query(
                "Is it new? What is usual on the floor: above its target, it was high before.",
                recorded("floor", "disqualification_usual", "ratio"),
            ),
            whose(DRIFT_TEAM.window),
        ),
        actions=(
            "Compare with the share by delivery in Grafana or on the wall: are old appointments "
            "decided now, or are new ones worse?",
            _open_rejections(DRIFT_TEAM.window),
            "Take it to the weekly meeting with the account managers: criteria, lists, briefing.",
            "If the target is not within reach, set one that is: `kpi_targets` in the roster, then "
            "`floorpulse roster check roster.yaml`.",
        ),
        decides="The floor manager.",
        silence="When it is being worked on and the meeting has a date.",
        silence_for="72h",
        silence_by=("floor",),
        false_alarms="Simulated with 10 teams of 10 reps, over all of them: 0.005 a week at a true "
        "share of 3 %, 0.35 where all are exactly at 5 %; for the floor 0.01 at 5 %, none at 3 %.",
    ),
    "DisqualificationSuspiciouslyLow": Runbook(
        meaning=f"At least {SPOTLESS_AT_LEAST} appointments were decided "
        f"{within(SPOTLESS_WINDOW)}, and not one of them was rejected.",
        impact="The disqualification tile shows 0 % and looks perfect. Either nobody looks at what "
        "is delivered, or rejections do not arrive: then every share of it is too low.",
        plumbing="Suspect the feed first: the CRM may send rejections with a status that is not "
        "mapped, which is counted but changes nothing.",
        queries=(
            Query(
                "Values that the contract does not know, by field: a status among them?",
                f"sum by (kind, field) (increase({metric('unmapped_values')}_total[1d])) > 0",
            ),
            Query(
                "Events of lead changes that cannot be read, by reason.",
                f"sum by (topic, reason) (increase({metric('events_rejected')}_total[1d])) > 0",
            ),
            Query(
                "When the floor last had a rejection: in the longer windows?",
                rejected("floor"),
            ),
        ),
        actions=(
            "Find one appointment that an account manager did reject, and look for it: "
            f"{explain('appointments_rejected', SPOTLESS_WINDOW)}.",
            "If it is not there, mend the mapping of the CRM's feed; the changes can be sent "
            "again, each counts once. `floorpulse dead-letters list --topic lead-status` shows "
            "those that could not be read.",
            "If none exists, ask the account managers whether anybody decides.",
        ),
        decides="The floor manager; those who run the CRM's feed when rejections are lost.",
        silence="When the floor really has none, and is glad of it.",
        silence_for="120h",
        silence_by=("floor",),
        false_alarms=f"By chance, {SPOTLESS_AT_LEAST} decisions are without a rejection in "
        f"{_spotless_by_chance(0.05)} of all stretches at a true share of 5 %, in "
        f"{_spotless_by_chance(0.03)} at 3 % and in {_spotless_by_chance(0.01)} at 1 %: a very "
        "good floor sees it often.",
    ),
    "DecisionsOverdue": Runbook(
        meaning=f"At least {OVERDUE_AT_LEAST} appointments delivered {within('90d')} are "
        "undecided for more than the floor's agreed open days (`decide_within_days`).",
        impact="Disqualification by delivery is not known yet, and the live share tells of those "
        "decided only: both may turn when the rest is decided.",
        plumbing="Decisions that were made and do not arrive look the same. If the floor decides "
        "nothing at all since some hour, suspect the CRM's feed.",
        queries=(
            Query("How many are overdue, by team.", summed("team", COHORT_OVERDUE, window="90d")),
            Query(
                "How many wait, the overdue ones among them.",
                summed("floor", COHORT_PENDING, window="90d"),
            ),
            Query(
                "Do decisions arrive at all? By floor, as alerts count them.",
                decided("floor", window="today"),
            ),
        ),
        actions=(
            f"List them: {explain('cohort_overdue', '90d')} names each appointment.",
            "Hand the list to the account managers, oldest first.",
            "If one was decided in the CRM, look for its change: `floorpulse dead-letters list "
            "--topic lead-status`, then the feed.",
            "If the agreed days do not fit the floor, change `decide_within_days` in the roster.",
        ),
        decides="The floor manager, with the head of the account managers.",
        silence="While the account managers work through the list, or are away.",
        silence_for="24h",
        silence_by=("floor",),
        false_alarms="None by chance: it counts. How often it fires depends on the agreed days.",
    ),
    "ContactsToLeadsLow": Runbook(
        meaning=f"The upper bound, with {confidence(Z_99)} confidence, of the share of contacts "
        f"{within(CONVERSION_WINDOW)} that became leads is below the target (the catalogue's "
        f"is {target('contacts_to_leads')}), on at least {CONVERSION_AT_LEAST} contacts.",
        impact="Much talk makes few leads, for weeks. Without a team in the alert it is the whole "
        "floor.",
        plumbing="Leads that an automatic user creates belong to no rep's contact, and leads "
        "without `contact_id` are converted from nobody: both make the share too low while the "
        "floor does well.",
        queries=(
            Query(
                "Contacts and those converted, by team: the share.",
                recorded("team", "contacts_to_leads", "ratio") + selector(window=CONVERSION_WINDOW),
            ),
            Query(
                "Converted contacts by team, in all windows: did they stop at some day?",
                summed("team", CONTACTS_CONVERTED),
            ),
            Query(
                "Contacts by team: did their number jump, as after the import of a list?",
                summed("team", CONTACTS),
            ),
        ),
        actions=(
            f"Open a number: {explain('contacts_converted', CONVERSION_WINDOW)}; what is left out "
            "is listed with the reason.",
            "Take a created lead from the CRM and check that its event carries the rep and the "
            "`contact_id`.",
            "Compare the teams, then the lists they work on: the list is the usual cause.",
        ),
        decides="The floor manager, with marketing when it is the list.",
        silence="When the cause is known; it takes weeks to leave the window.",
        silence_for="168h",
        silence_by=("floor",),
        false_alarms=f"A floor or team exactly at its target is below the {confidence(Z_99)} bound "
        "in about one of a hundred independent stretches of 20 days; one above it, hardly ever.",
    ),
    "InboundOutboundMixOff": Runbook(
        meaning=f"With {_Z_999} confidence, the share of inbound leads {within(MIX_WINDOW)} is "
        f"more than {MIX_TOLERANCE * 100:g} points off the target (the catalogue's is "
        f"{target('inbound_share')}).",
        impact="The floor lives on marketing alone, or marketing brings too little. The tile of "
        "the inbound share shows it.",
        plumbing="A web form or a campaign that stopped sending leads looks like a lazy marketing; "
        "an import whose leads all have one origin looks like a busy one. Leads of other or "
        "unknown origin are in neither number.",
        queries=(
            Query("Inbound leads, by team.", summed("team", LEADS_INBOUND, window=MIX_WINDOW)),
            Query("Outbound leads, by team.", summed("team", LEADS_OUTBOUND, window=MIX_WINDOW)),
            Query(
                "The share, in all windows: since when?",
                recorded("floor", "inbound_share", "ratio"),
            ),
        ),
        actions=(
            "Compare the windows: a share that is off today but not before is an import or a feed.",
            f"Open a number: {explain('leads_inbound', MIX_WINDOW)}.",
            "Below the target, ask marketing which forms and campaigns run; above it, ask what "
            "keeps the reps from calling out.",
            "If the floor wants another mix, set `inbound_share` in its `kpi_targets`.",
        ),
        decides="The floor manager, with marketing.",
        silence="During a campaign that is meant to change the mix.",
        silence_for="120h",
        silence_by=("floor",),
        false_alarms=f"A floor whose true share is at the edge, {MIX_TOLERANCE * 100:g} points off "
        "the target, passes the bound in about one of a thousand independent stretches; one "
        f"nearer to {percent(KPI['inbound_share'].target or 0)}, practically never.",
    ),
}
