"""Runbooks of the alerts about the workers as one consumer group."""

from dashboards.alerting.pipeline import JOB
from dashboards.alerting.rules import unread_partitions
from dashboards.alerting.runbooks.runbook import AGE, COMPOSE_LOGS, READY, READYZ, Query, Runbook
from metrics.names import metric

_ON_CALL = "Whoever is on call."
_SEEN = Query(
    "How many workers Prometheus reached, hour by hour.", f'count(up{{job="{JOB}"}} == 1)'
)
_HEARD = Query("Which workers the group answers (1) and which not (0).", metric("worker_heartbeat"))
_UNREAD = Query("Partitions held and never read, by topic.", f"{unread_partitions()} > 0")

GROUP_RUNBOOKS = {
    "KPIWorkersNotReady": Runbook(
        meaning=f"Workers are known to Prometheus, and `{metric('worker_ready')}` of not one of "
        "them was 1 within the last 5 minutes: they stop as soon as they start, or never get on.",
        impact="Nothing is counted. Restarts hide it from alerts that ask for a steady trouble.",
        plumbing="It is always plumbing: a setting, a topic, a broker, the roster.",
        queries=(
            READY,
            Query("How often each came and went.", f'changes(up{{job="{JOB}"}}[30m])'),
            AGE,
        ),
        actions=(
            f"{COMPOSE_LOGS}: the last line of a worker that stops says why, and what to change.",
            f"{READYZ} of one that goes on tells what it waits for.",
            "`floorpulse topics check` and `floorpulse roster check ROSTER` tell of both.",
        ),
        decides=_ON_CALL,
        silence="During planned work on the workers.",
        silence_for="30m",
        false_alarms="None by chance. A first restore of more than 10 minutes fires it.",
    ),
    "KPIWorkersFewer": Runbook(
        meaning="Fewer workers answer Prometheus than at some minute of the last hour.",
        impact="None yet: the others hold the partitions, with more to do each.",
        plumbing="Where workers are found by name, one that is gone leaves no target behind, and "
        "[KPIWorkerDown](KPIWorkerDown.md) does not fire.",
        queries=(_SEEN, Query("What each holds.", metric("assigned_partitions")), AGE),
        actions=(
            "`docker compose ps --all`: which one ended, and with which code?",
            f"{COMPOSE_LOGS}: its last line says why.",
            "Wanted? Then there is nothing to do: it ends by itself within an hour.",
        ),
        decides=_ON_CALL,
        silence="After a wanted scale-down.",
        silence_for="1h",
        false_alarms="None by chance; every scale-down fires it for a while.",
    ),
    "KPIWorkerUnheard": Runbook(
        meaning=f"`{metric('worker_heartbeat')}` of a ready worker is 0: its group did not answer "
        "within one session timeout.",
        impact="It may have lost its partitions without knowing: so it exports no rep, writes no "
        "reading, and counts as holding nothing. What others took over is right there.",
        plumbing="One worker: its network. All of them: the group coordinator, a broker, is away.",
        queries=(_HEARD, READY, AGE),
        actions=(
            "Are the brokers there? `floorpulse topics check` asks them.",
            f"{COMPOSE_LOGS}: heartbeats that fail are told by the client.",
            "Restart the worker when the brokers are well and it does not come back by itself.",
        ),
        decides=_ON_CALL,
        silence="During planned work on Kafka.",
        silence_for="30m",
        silence_by=("instance",),
        false_alarms="None by chance.",
    ),
    "KPIPartitionsUnread": Runbook(
        meaning="Workers hold partitions of which they were never told anything: no answer to a "
        "fetch came since they took them.",
        impact="The reps or leads of these partitions stand still; alerts about people rest.",
        plumbing="A partition without a leader cannot be read: a broker is away.",
        queries=(
            _UNREAD,
            Query(
                "Up to when each partition is counted; those that lack here are the ones.",
                f"max without (instance) ({metric('complete_until_timestamp_seconds')})",
            ),
            READY,
        ),
        actions=(
            "Start the broker that is away. `floorpulse topics check` tells which topics it lacks.",
            f"{COMPOSE_LOGS}: the client names the partition and the broker.",
        ),
        decides=_ON_CALL,
        silence="During planned work on Kafka.",
        silence_for="30m",
        silence_by=("topic",),
        false_alarms="None by chance.",
    ),
}
