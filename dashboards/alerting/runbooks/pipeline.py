"""Runbooks of the alerts about data that waits, readings that do not arrive, and rosters."""

from dashboards.alerting.rules import recorded
from dashboards.alerting.runbooks.runbook import (
    AGE,
    COMPOSE_LOGS,
    LAG_BY_PARTITION,
    READY,
    READYZ,
    Query,
    Runbook,
)
from metrics.names import metric
from metrics.thresholds import LAG, SERVING_STALE, STALE

_ON_CALL = "Whoever is on call."
_KEEPER = "Whoever keeps the roster."
_CHECK = "`floorpulse roster check roster.yaml` names every mistake with its line."
_APPLIED = Query(
    "Events a second that the workers take, by topic.",
    f"sum by (topic) (rate({metric('events_received')}_total[5m]))",
)
_COMPLETE = Query(
    "How far behind the clock each partition is, in seconds, the oldest ones.",
    f"topk(5, max({metric('clock_timestamp_seconds')})\n- on () group_right () "
    f"max without (instance) ({metric('complete_until_timestamp_seconds')}))",
)
_GROUP = (
    "`docker compose exec kafka /opt/kafka/bin/kafka-consumer-groups.sh --bootstrap-server "
    "kafka:19092 --describe --group floorpulse` shows the same from the broker's side."
)
_ROSTERS = Query("Which roster which worker has.", metric("roster_info"))

PIPELINE_RUNBOOKS = {
    "KPIConsumerLag": Runbook(
        meaning=f"The oldest record of a topic that is not counted yet has waited for more than "
        f"{LAG} seconds.",
        impact="Numbers are older than they look; the wall shows the age of the data.",
        plumbing="All partitions behind: too many events, or a slow worker. One partition: see "
        "[KPIPartitionStalled](KPIPartitionStalled.md).",
        queries=(LAG_BY_PARTITION, _APPLIED, READY),
        actions=(
            "Does the lag shrink? After a restart or a replay it is caught up: wait.",
            "Are all workers ready and busy? Start another: `WORKERS=2` in `.env`, then `docker "
            "compose up --detach`; at most as many as there are partitions.",
            "Is the machine out of processor time or memory? docs/performance.md has what a worker "
            "can take.",
            _GROUP,
        ),
        decides=_ON_CALL,
        silence="While a backlog that was expected is caught up.",
        silence_for="1h",
        silence_by=("topic",),
        false_alarms="None by chance. Every replay of recorded days fires it.",
    ),
    "KPIPartitionStalled": Runbook(
        meaning="Records of a partition waited during all of the last 10 minutes, and its "
        "committed offset did not move.",
        impact="The reps or leads of this partition stand still, while all others go on.",
        plumbing="If the worker takes records of its other partitions, it is this partition: its "
        "leader, or what is in it.",
        queries=(
            LAG_BY_PARTITION,
            Query(
                "What was committed in 10 minutes, by partition.",
                f"delta({metric('committed_offset')}[10m])",
            ),
            Query(
                "Commits that the group did not take.",
                f"increase({metric('commit_failures')}_total[15m])",
            ),
        ),
        actions=(
            f"{COMPOSE_LOGS}: errors of Kafka, of the flush, of the watchdog?",
            _GROUP,
            "Has the partition a leader? `floorpulse topics check`.",
            "Restart the worker that holds it: it reads its rows back and goes on after the last "
            "commit. A restart is safe at any moment.",
        ),
        decides=_ON_CALL,
        silence="When the broker is being mended.",
        silence_for="30m",
        silence_by=("topic", "partition"),
        false_alarms="None is known.",
    ),
    "KPIStaleData": Runbook(
        meaning=f"`{recorded('pipeline', 'data_age_seconds', 'max')}` is above {STALE} while a "
        "floor is open: the partition that is furthest behind is complete only until then.",
        impact="The floor's numbers are old. The wall greys them and says how old they are.",
        plumbing="If all partitions are behind, Kafka or all workers; if one, its worker.",
        queries=(_COMPLETE, AGE, READY),
        actions=(
            f"{READYZ}: is the worker ready? If not, see [KPIRecoveryStuck](KPIRecoveryStuck.md).",
            "Ready and behind: see [KPIConsumerLag](KPIConsumerLag.md).",
            "Ready, no lag, and old all the same: does the worker poll? "
            f"{COMPOSE_LOGS}. Are the machines' clocks right? Is `FLOORPULSE_CLOCK` set?",
        ),
        decides=_ON_CALL,
        silence="While a backlog is caught up; the wall goes on telling the age.",
        silence_for="30m",
        silence_by=("floor",),
        false_alarms="None by chance.",
    ),
    "KPIServingStale": Runbook(
        meaning="The last write of a ready worker to Redis is more than "
        f"{SERVING_STALE} seconds ago while a floor is open.",
        impact="The wall and the rep pages stand still, or show teams as incomplete. Counting, "
        "Prometheus and alerts go on.",
        plumbing="All workers: Redis. One worker: its way to Redis.",
        queries=(
            Query("Whether the last readings were written (1).", metric("redis_up")),
            Query(
                "How long ago the last write was, in seconds.",
                f"time() - {metric('redis_last_write_timestamp_seconds')}",
            ),
            Query(
                "Parts that Redis refused, since a newer version was there.",
                f"increase({metric('redis_refused_writes')}_total[15m]) > 0",
            ),
        ),
        actions=(
            "`docker compose ps valkey` and `docker compose logs --since 30m valkey`: does it run, "
            "is it out of memory?",
            "Do `FLOORPULSE_REDIS_URL` and the password fit? The worker's log has its answer.",
            "Start it again, empty if need be: the workers write everything anew within a minute.",
        ),
        decides=_ON_CALL,
        silence="During planned work on Redis.",
        silence_for="30m",
        silence_by=("instance",),
        false_alarms="None by chance.",
    ),
    "KPIShiftCalendarMissing": Runbook(
        meaning=f"There is no series `{metric('floor_open')}`: no worker tells which floors are "
        "open.",
        impact="Nothing fires that depends on opening hours: all alerts about people, silent "
        "channels, old data.",
        plumbing="No worker that answers, or a roster without floors.",
        queries=(
            Query("Which workers answer (1) and which do not (0).", "up"),
            _ROSTERS,
            READY,
        ),
        actions=(
            "No worker? [KPIWorkersAbsent](KPIWorkersAbsent.md), "
            "[KPIWorkerDown](KPIWorkerDown.md).",
            f"Has the roster any floor? `FLOORPULSE_ROSTER` names the file. {_CHECK}",
            "Correct it: the workers take a changed roster within seconds.",
        ),
        decides=_ON_CALL,
        silence="Never for long: alerts about people are off meanwhile.",
        silence_for="15m",
        false_alarms="None by chance.",
    ),
    "KPIRepSeriesMissing": Runbook(
        meaning="The roster has more reps of a floor on shift than the workers export.",
        impact="Their numbers are missing, and the sums of teams and floors are too small.",
        plumbing="Partitions without a worker, or a worker whose group does not answer, which "
        "then exports no rep.",
        queries=(
            Query(
                "On shift by the roster, and exported.",
                f"max by (floor) ({metric('floor_reps_scheduled')})\n"
                f"- sum by (floor) ({metric('floor_reps_on_shift')})",
            ),
            Query("Did the group answer the worker's heartbeat (1)?", metric("worker_heartbeat")),
            Query("How many partitions each worker holds.", metric("assigned_partitions")),
        ),
        actions=(
            "[KPIPartitionsUnassigned](KPIPartitionsUnassigned.md) fires too: go there.",
            "A worker without heartbeat: is it cut off from Kafka? It comes back by itself; "
            "else restart it.",
            "Have the workers different rosters? [KPIRostersDiffer](KPIRostersDiffer.md).",
        ),
        decides=_ON_CALL,
        silence="During planned work on the workers.",
        silence_for="30m",
        silence_by=("floor",),
        false_alarms="None by chance. A restore that takes longer than the rule waits fires it.",
    ),
    "KPIRostersDiffer": Runbook(
        meaning="The workers use more than one version of the roster, by its digest.",
        impact="Targets, hours and teams depend on which worker counts the rep.",
        plumbing="A file that was changed on one machine, or that one worker refused: then it "
        "keeps the last good one.",
        queries=(
            _ROSTERS,
            Query("How many versions.", f"count(count by (sha256) ({metric('roster_info')}))"),
            Query("How many reps each worker has on shift.", metric("floor_reps_scheduled")),
        ),
        actions=(
            "`sha256sum roster.yaml` on each machine: which one is right?",
            f"{_CHECK} A refused file is in the worker's log.",
            "Give all workers the same file; they take it within seconds.",
        ),
        decides=_KEEPER,
        silence="While a new roster is rolled out.",
        silence_for="30m",
        false_alarms="None by chance.",
    ),
    "KPIRepsUnassigned": Runbook(
        meaning="At least one rep with events is not on the roster.",
        impact="They are counted under floor and team `unassigned`: nothing is lost, but no team "
        "has it, and nothing is expected of them.",
        plumbing="A new rep, a mistyped id, or a system user that writes events.",
        queries=(
            Query("Who.", f"max by (rep) ({metric('rep_unassigned')})"),
            Query(
                "What they did today.",
                f"sum by (rep) (max without (instance) ({metric('touches')}"
                '{floor="unassigned",window="today"})) > 0',
            ),
            _ROSTERS,
        ),
        actions=(
            "See what it is: `floorpulse explain REP touches today`.",
            f"Put the rep on the roster. {_CHECK} Past days are counted anew under the team.",
            "A system user: have the adapter send the person's id, or live with it.",
        ),
        decides=_KEEPER,
        silence="When those named are system users that stay.",
        silence_for="720h",
        false_alarms="None by chance.",
    ),
    "FloorClosed": Runbook(
        meaning=f"`{recorded('floor', 'floor_open', 'max')}` is 0: by its roster, the floor has no "
        "hours now.",
        impact="Nobody is told. While it fires, alerts about the floor's people are held back.",
        plumbing="It is right at night, on holidays and on closed days. If it fires "
        "while people work, the roster is wrong.",
        queries=(
            Query(
                "Which floors are open (1) and closed (0).",
                recorded("floor", "floor_open", "max"),
            ),
            Query(
                "How many reps the roster has on shift now.",
                f"max by (floor) ({metric('floor_reps_scheduled')})",
            ),
            _ROSTERS,
        ),
        actions=(
            "If people work: look at `zone`, `hours`, `holidays` and `closed` of the "
            "floor in the roster, and correct them.",
            "`floorpulse roster check roster.yaml`; the workers take the changed file within "
            "seconds.",
        ),
        decides=_KEEPER,
        silence="Never: it is told to nobody.",
        false_alarms="None: it is a fact of the roster.",
    ),
}
