"""Runbooks of the alerts about workers, and about alerting itself."""

from dashboards.alerting.pipeline import JOB
from dashboards.alerting.rules import unassigned_partitions
from dashboards.alerting.runbooks.runbook import (
    AGE,
    COMPOSE_LOGS,
    READY,
    READYZ,
    Query,
    Runbook,
)
from metrics.names import metric
from metrics.thresholds import REBALANCES

_UP = Query("Which workers Prometheus reaches (1), and which not (0).", f'up{{job="{JOB}"}}')
_HELD = Query("How many partitions each worker holds, by topic.", metric("assigned_partitions"))
_UNHELD = Query("Partitions that nobody holds, by topic.", f"{unassigned_partitions()} > 0")
_REBALANCES = Query(
    "Rebalances of the last hour, by worker.", f"increase({metric('rebalances')}_total[1h])"
)
_ON_CALL = "Whoever is on call."
_SAFE = "A restart is safe at any moment: what was counted once counts once."
_PLANNED = "During planned work on the workers."

WORKER_RUNBOOKS = {
    "KPIWorkerDown": Runbook(
        meaning=f'`up{{job="{JOB}"}}` of a worker is 0: Prometheus cannot scrape it.',
        impact="Its reps stand still for a session timeout (15 seconds by default) and a restore, "
        "then another worker counts them. With one worker, everything stands still, and the wall "
        "says how old its numbers are.",
        plumbing="Whether counting goes on is told by the age of the data.",
        queries=(_UP, _UNHELD, AGE),
        actions=(
            "`docker compose ps` and "
            f"{COMPOSE_LOGS}: a worker that stops by itself says why in its last line, with the "
            "setting to change.",
            "Exit code 70 is the watchdog: the worker stood still. Keep the stacks from its log.",
            f"`docker compose up --detach worker` starts it again. {_SAFE}",
            "Killed for memory? docs/performance.md has what a worker needs; start more of them.",
        ),
        decides=_ON_CALL,
        silence=_PLANNED,
        silence_for="30m",
        silence_by=("instance",),
        false_alarms="None by chance. A worker that is taken away for good is known to Prometheus "
        "until its targets are told otherwise.",
    ),
    "KPIWorkersAbsent": Runbook(
        meaning=f"Prometheus has not one target of the job `{JOB}`.",
        impact="Nothing is counted, or nobody sees it: all other alerts about it are blind.",
        plumbing="It may be Prometheus' own configuration: then the wall goes on.",
        queries=(
            Query("What Prometheus scrapes at all.", "count by (job) (up)"),
            Query("When a worker was last seen.", f'max_over_time(up{{job="{JOB}"}}[1d])'),
            AGE,
        ),
        actions=(
            "Open the wall: if its data is fresh, counting goes on and Prometheus is wrong. Write "
            "its files anew: `floorpulse alerting write DIRECTORY --workers HOST:PORT`.",
            "`docker compose ps`: if no worker runs, see [KPIWorkerDown](KPIWorkerDown.md).",
        ),
        decides=_ON_CALL,
        silence=_PLANNED,
        silence_for="30m",
        false_alarms="None by chance; for two minutes after Prometheus was started it waits.",
    ),
    "KPIPartitionsUnassigned": Runbook(
        meaning="Fewer partitions of a topic are held by workers than it has.",
        impact="The reps or leads of these partitions stand still in every number; their teams are "
        "marked as incomplete on the wall.",
        plumbing="Workers that join and leave hold nothing meanwhile: see whether it ends.",
        queries=(_UNHELD, _HELD, READY),
        actions=(
            f"{READYZ} of each worker: joining, or restoring?",
            "`floorpulse topics check` says whether topics are missing or have other partitions "
            "than the settings.",
            "Do all workers have the same `FLOORPULSE_APP_ID` and `FLOORPULSE_TOPIC_PREFIX`?",
            f"Restart the worker that hangs. {_SAFE}",
        ),
        decides=_ON_CALL,
        silence=_PLANNED,
        silence_for="30m",
        silence_by=("topic",),
        false_alarms="None by chance. A restore of more than two minutes fires it.",
    ),
    "KPIRecoveryStuck": Runbook(
        meaning=f"`{metric('worker_ready')}` of a worker has been 0 for as long as the rule holds: "
        "it is restoring, joining or waiting for Kafka.",
        impact="Its partitions are not counted. Their last numbers stay and grow old.",
        plumbing="A large state takes its time: rows grow while it restores.",
        queries=(
            READY,
            Query("Does it still restore? Rows held, by table.", metric("rows")),
            _REBALANCES,
        ),
        actions=(
            f"{READYZ} tells what it waits for.",
            "`waiting for Kafka`: are the brokers there? `floorpulse topics check`.",
            "`joining the group`: another worker hangs in the group; see "
            "[KPIRebalanceStorm](KPIRebalanceStorm.md).",
            "`restoring` while rows grow: wait. While they do not: keep the log "
            f"({COMPOSE_LOGS}) and restart it. {_SAFE}",
        ),
        decides=_ON_CALL,
        silence="While a large state is read back, and its rows grow.",
        silence_for="30m",
        silence_by=("instance",),
        false_alarms="None by chance. docs/performance.md has how long a restore takes.",
    ),
    "KPIRebalanceStorm": Runbook(
        meaning=f"A worker lived through more than {REBALANCES} rebalances in 15 minutes.",
        impact="Counting stands still during each, so numbers come in jerks.",
        plumbing="A worker comes and goes: killed for memory, restarted by a supervisor, or too "
        "slow to answer its group.",
        queries=(
            _REBALANCES,
            Query(
                "Which workers came and went in the last hour.", f'changes(up{{job="{JOB}"}}[1h])'
            ),
            Query("Did the group miss a worker's heartbeat (0)?", metric("worker_heartbeat")),
        ),
        actions=(
            f"`docker compose ps` shows which one restarts; {COMPOSE_LOGS} has its last line.",
            "Take the restarting one out, then mend it: the others can do without.",
            "None restarts? The machine is too slow for `FLOORPULSE_SESSION_TIMEOUT`: raise it, or "
            "give the machine less to do.",
        ),
        decides=_ON_CALL,
        silence="During a rolling restart of many workers.",
        silence_for="30m",
        false_alarms=f"A rolling restart of more than {REBALANCES // 2} workers fires it: each "
        "leaves and joins.",
    ),
    "KPIStateIncomplete": Runbook(
        meaning=f"`{metric('state_complete')}` of a worker is 0: records were lost before they "
        "were counted, and it was started with `--accept-incomplete`.",
        impact="Every number is marked as incomplete, on the wall too. No alert about people is "
        "told.",
        plumbing="Plumbing: a topic lost records that were not counted yet, or a changelog lost "
        "its beginning.",
        queries=(
            Query("Which workers.", f"{metric('state_complete')} == 0"),
            Query("Rows held, by table: how much is there?", metric("rows")),
            AGE,
        ),
        actions=(
            "Read the worker's log from its start: it names the topic, the partition and the "
            "offsets that are missing.",
            "`floorpulse topics check`: are changelogs compacted, and inputs kept for long enough?",
            "Have the sources send the missing days again, or `floorpulse replay FILE` from a "
            "file: what is there already counts once.",
            "Then restart the worker without `--accept-incomplete`. If it refuses, a changelog is "
            "incomplete, and its topic has to be restored.",
        ),
        decides="Whoever runs floorpulse, with the floor managers: their numbers are affected.",
        silence="When it is known and told to the floors, until the days have left the windows.",
        silence_for="72h",
        silence_by=("instance",),
        false_alarms="None: it is said by the worker itself.",
    ),
    "KPILedgerImbalance": Runbook(
        meaning=f"`{metric('ledger_imbalance_events')}` of a topic is not 0: events were received "
        "that are neither applied nor duplicate, superseded, late, rejected or forwarded.",
        impact="Some number may be wrong, and nothing else says so.",
        plumbing="A defect of ours, not of a feed and not of people.",
        queries=(
            Query("By how many events, and where.", f"{metric('ledger_imbalance_events')} != 0"),
            Query(
                "What was received since the workers' start, by topic.",
                f"sum by (topic) ({metric('events_received')}_total)",
            ),
            Query(
                "What was applied, by topic; docs/metrics.md lists the other outcomes.",
                f"sum by (topic) ({metric('events_applied')}_total)",
            ),
        ),
        actions=(
            "Keep the log and the figures of /metrics: "
            "`curl -s http://127.0.0.1:9464/metrics > metrics.txt`.",
            "Check a number: `floorpulse explain REP effective_touches today` compares its list "
            "with the read model, and fails where they differ.",
            f"Restart the worker; its rows are read back and counted anew. {_SAFE}",
            "Report the defect, with the log.",
        ),
        decides="Whoever runs floorpulse.",
        silence="When it is reported and the worker was restarted; the equation counts from its "
        "start.",
        silence_for="1h",
        silence_by=("topic",),
        false_alarms="None is known.",
    ),
    "Watchdog": Runbook(
        meaning="It fires always: the number compared is a constant.",
        impact="None. A receiver of its own hears it every minute, and raises the alarm when it "
        "hears nothing for 5 minutes: then no alert reaches anybody.",
        plumbing="If the alarm was raised: Prometheus, Alertmanager, or the way between them and "
        "the receiver.",
        queries=(
            Query("Does the rule fire?", 'ALERTS{alertname="Watchdog"}'),
            _UP,
            Query("Which alerts fire now.", 'ALERTS{alertstate="firing"}'),
        ),
        actions=(
            "`docker compose ps prometheus alertmanager`: do they run?",
            "`curl -s http://127.0.0.1:9090/-/ready` and `curl -s http://127.0.0.1:9093/-/ready`.",
            "`amtool alert query alertname=Watchdog --alertmanager.url=http://127.0.0.1:9093`: "
            "here, but not told? See `FLOORPULSE_ALERT_DEADMAN_WEBHOOK` and Alertmanager's log.",
            "Until it works, look at the wall: it shows the age of the data without them.",
        ),
        decides=_ON_CALL,
        silence="Never: silence it, and the far end raises the alarm.",
        false_alarms="None: it is meant to fire.",
    ),
}
