"""Runbooks of the alerts about what the feeds bring, and what cannot be taken of it."""

from dashboards.alerting.rules import recorded
from dashboards.alerting.runbooks.runbook import COMPOSE_LOGS, MISSED, Query, Runbook, percent
from metrics.kpis import EFFECTIVE_TOUCHES
from metrics.names import metric
from metrics.thresholds import (
    COLLAPSE_AT_LEAST,
    COLLAPSE_RATIO,
    COLLAPSE_REPS,
    COLLAPSE_SILENT_AT_LEAST,
    COLLAPSE_SILENT_EXPECTED,
    COLLAPSE_SILENT_SHARE,
    COLLAPSE_SILENT_UNTARGETED,
    COLLAPSE_Z,
    FLOOD_AT_LEAST,
    FLOOD_SHARE,
    LATE_AT_LEAST,
    LATE_SHARE,
    SILENT_CHANNEL_AT_LEAST,
    SILENT_EXPECTED,
)

_RECEIVED = Query(
    "Events a minute that the workers receive, by topic.",
    f"sum by (topic) (rate({metric('events_received')}_total[5m])) * 60",
)
_REJECTED = Query(
    "Events that could not be read in the last hour, by topic and reason.",
    f"sum by (topic, reason) (increase({metric('events_rejected')}_total[1h])) > 0",
)
_ADAPTER = "those who run the adapter of the telephone system, the mail or the CRM"
_SEE = (
    "`floorpulse dead-letters list --limit 5` shows the reason, the place and the original bytes."
)

FEED_RUNBOOKS = {
    "FloorActivityCollapse": Runbook(
        meaning="Effective touches of the whole floor in the last 15 minutes are more than "
        f"{COLLAPSE_Z:g} standard deviations below what was expected and below "
        f"{percent(COLLAPSE_RATIO)} of it (at least {COLLAPSE_AT_LEAST} expected), or more than "
        f"{percent(COLLAPSE_SILENT_SHARE)} of at least {COLLAPSE_REPS} reps on shift have been "
        f"silent for {COLLAPSE_SILENT_EXPECTED} expected touches and {COLLAPSE_SILENT_AT_LEAST} "
        f"minutes ({COLLAPSE_SILENT_UNTARGETED} minutes without a target).",
        impact="Every number of the floor stands still, and paces fall. Alerts about its people "
        "are held back.",
        plumbing="Independent people do not stop together: suspect the telephone system, the CRM "
        "feed, the network. What else stops all of them is known on the floor: a fire drill, a "
        "meeting. If one channel alone is silent, it is its feed.",
        queries=(
            MISSED,
            _RECEIVED,
            Query(
                "Touches of the last 15 minutes, by floor and channel: other floors too?",
                f"{recorded('floor', EFFECTIVE_TOUCHES.name, 'sum')}" + '{window="15m"}',
            ),
        ),
        actions=(
            "Call the floor: are people working, and do the telephones?",
            "If they work: is anything received at all? If not, look at the adapters; if only "
            "from other floors, at this floor's.",
            "Mend the feed. Events that come late count at their own time, so nothing is lost "
            "as long as the adapter sends them after all.",
            "If it was a meeting or a drill, it ends by itself; put regular ones into the roster "
            "as `breaks`, and `floorpulse roster check roster.yaml`.",
        ),
        decides="Whoever is on call; the floor manager when the floor stands still for a reason.",
        silence="During an announced stop of the whole floor.",
        silence_for="2h",
        silence_by=("floor",),
        false_alarms=f"None in the simulation. A rep misses {COLLAPSE_SILENT_EXPECTED} expected "
        "touches with a probability of 5 %, on a busy floor or a slow one, and most of the floor "
        "at once practically never.",
    ),
    "KPIChannelSilent": Runbook(
        meaning=f"{SILENT_EXPECTED} effective touches were expected on a channel of an open floor "
        f"since its newest touch, and that is at least {SILENT_CHANNEL_AT_LEAST} seconds ago.",
        impact="Calls, e-mails or InMails of the floor are missing in every number. Alerts about "
        "its people are held back.",
        plumbing="A whole channel falls silent for that long by chance six times in a million. "
        "What is left: the feed, or a channel that the floor does not use although the roster has "
        "targets for it.",
        queries=(
            MISSED,
            _RECEIVED,
            Query(
                "When each channel last brought a touch, in seconds before the workers' clock.",
                f"max({metric('clock_timestamp_seconds')})\n- on () group_right () "
                f"max by (floor, channel) ({metric('channel_last_event_timestamp_seconds')})",
            ),
        ),
        actions=(
            "Is the topic of the channel written to? Compare what is received by topic.",
            "If not, look at the adapter: its log, its credentials, the other side's status page.",
            "If events come in but are no touches, see `floorpulse dead-letters list --limit 5`, "
            "and whether `outcome` and `direction` still have the words of the contract.",
            "If the floor does not use the channel, take its target out of the roster.",
        ),
        decides=f"Whoever is on call, with {_ADAPTER}.",
        silence="While the other side has an outage that is announced; the numbers are wrong "
        "meanwhile, so tell the floor.",
        silence_for="2h",
        silence_by=("floor", "channel"),
        false_alarms="By chance six in a million stretches. In practice: meetings of the whole "
        "floor that are not in the roster, and targets for channels that are not used. A channel "
        "without a target is never called silent.",
    ),
    "KPILateEventsDropped": Runbook(
        meaning=f"More than {percent(LATE_SHARE)} of the events of 15 minutes, and more than "
        f"{LATE_AT_LEAST}, are touches from before what is kept, and are not counted.",
        impact="Old days stay as they are. Today's numbers are not affected.",
        plumbing="An adapter that sends its history again, or one whose clock or zone is wrong.",
        queries=(
            Query(
                "Late events of the last hour, by topic.",
                f"sum by (topic) (increase({metric('events_late')}_total[1h]))",
            ),
            _RECEIVED,
            Query(
                "The newest event time taken from each topic, in seconds before the clock.",
                f"max({metric('clock_timestamp_seconds')})\n- on () group_right () "
                f"max by (topic) ({metric('watermark_timestamp_seconds')})",
            ),
        ),
        actions=(
            "`floorpulse dead-letters list --late --limit 5` shows what is late: one source, one "
            "day?",
            "If it is a replay of old days, all is well: they are beyond what is kept.",
            "If the times are wrong (a year, a zone), mend the adapter and send those events "
            "again with a higher version.",
        ),
        decides=f"Whoever is on call; {_ADAPTER} for the rest.",
        silence="While a known replay of old days runs.",
        silence_for="4h",
        false_alarms="None by chance. Every replay of old days fires it.",
    ),
    "KPIDeadLetterFlood": Runbook(
        meaning=f"More than {percent(FLOOD_SHARE)} of the events of 5 minutes, and more than "
        f"{FLOOD_AT_LEAST}, cannot be read.",
        impact="They are missing in every number. When it gets worse, workers stop by themselves "
        "(`FLOORPULSE_FLOOD_LIMIT`), so that the topic is not drained into the dead letters.",
        plumbing="A producer was changed: another format, another field, another encoding.",
        queries=(
            _REJECTED,
            _RECEIVED,
            Query("Which workers answer (1) and which do not (0).", "up"),
        ),
        actions=(
            _SEE,
            "Find out what was released just before, and take it back.",
            "A worker that stopped says so in its last line ("
            f"{COMPOSE_LOGS}). It goes on where it was once the producer is mended. To let the "
            "bad events pass, start it with `FLOORPULSE_FLOOD_LIMIT=off`.",
            "When the cause was on our side, as a clock that was behind, send the letters again: "
            "`floorpulse dead-letters resend --reason future`. What a producer wrote wrongly it "
            "has to send again itself.",
        ),
        decides=f"Whoever is on call, with {_ADAPTER}.",
        silence="Not while numbers are wrong. When the bad events are known, and their feed is "
        "stopped.",
        silence_for="1h",
        false_alarms="None by chance: it counts.",
    ),
    "KPIDeadLetters": Runbook(
        meaning="At least one event of a topic could not be read in the last 15 minutes, for a "
        "reason that is named.",
        impact="That event is missing in the numbers until it is sent again in a readable form. "
        "Everything else is counted.",
        plumbing="It is about one producer. A single letter now and then may be one odd record.",
        queries=(
            _REJECTED,
            Query(
                "The same over a day, by topic: is it new?",
                f"sum by (topic) (increase({metric('events_rejected')}_total[1d]))",
            ),
            _RECEIVED,
        ),
        actions=(
            _SEE,
            "Compare with the contract (docs/events.md), which has an example of every reason.",
            "`future` is a clock that is ahead; `lead_full` is a lead with 512 changes, often a "
            "loop in a CRM workflow; the others are a producer to mend.",
            "After mending what was wrong on our side: `floorpulse dead-letters resend --reason "
            "future --since 2026-11-23T00:00:00+01:00`. Harmless to repeat.",
        ),
        decides=f"Whoever runs floorpulse, with {_ADAPTER}.",
        silence="When the producer is known and a date for mending it is set; by topic and reason, "
        "so that another one is still told.",
        silence_for="72h",
        silence_by=("topic", "reason"),
        false_alarms="None by chance: it counts.",
    ),
}
