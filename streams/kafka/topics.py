"""The topics: their names, partitions and policies, and who belongs to which partition."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from aiokafka.partitioner import murmur2

from metrics.channels import INTERNAL_TOPICS
from streams.events.contract import KIND_OF, Destination, Kind
from streams.ledgers.rows import Table
from streams.settings import Settings

Place = tuple[str, int]  # a topic and one of its partitions
TABLES: tuple[Table, ...] = ("touches", "leads", "credits")
DAY_MS = 86_400_000
INPUT_RETENTION_MS = 7 * DAY_MS
LETTERS_RETENTION_MS = 30 * DAY_MS
LOOKS_RETENTION_MS = 400 * DAY_MS
# What a woken old owner wrote stays until the owner has read it and written what is better again.
COMPACTION_LAG_MS = 600_000
# What was written anew without somebody who was forgotten is on no disk for longer than that.
MAX_COMPACTION_LAG_MS = 7 * DAY_MS


@dataclass(frozen=True, slots=True)
class TopicSpec:
    """How a topic has to be: `retention_ms` is None where the topic is compacted.

    Where not `is_counted`, the topic may have any number of partitions.
    """

    name: str
    partitions: int
    cleanup: Literal["delete", "compact"]
    retention_ms: int | None = None
    is_input: bool = False
    is_counted: bool = True
    setting: str = "FLOORPULSE_PARTITIONS"

    @property
    def config(self) -> dict[str, str]:
        """The topic's settings on the broker.

        Records have the brokers' time. By producers' times, retention would delete history before
        it is read; and a clock that leaps shows by the time that brokers give to what it sends.
        """
        config = {"cleanup.policy": self.cleanup, "message.timestamp.type": "LogAppendTime"}
        if self.retention_ms is None:
            lag, most = str(COMPACTION_LAG_MS), str(MAX_COMPACTION_LAG_MS)
            return {**config, "min.compaction.lag.ms": lag, "max.compaction.lag.ms": most}
        return {**config, "retention.ms": str(self.retention_ms)}

    def wrong_count(self, count: int) -> str:
        """What to do about a topic that has *count* partitions instead."""
        anew = "delete the topic if it is empty and run `floorpulse topics create`"
        plural = "" if count == 1 else "s"
        wrong = f"topic {self.name} has {count} partition{plural}, not {self.partitions}"
        if not self.is_input:
            return (
                f"{wrong}: set {self.setting} to the number that the topics of this "
                f"FLOORPULSE_APP_ID were made with, or {anew}"
            )
        meanwhile = "until then every record of it is forwarded to the right partition"
        if count > self.partitions:
            return f"{wrong}, and none can be taken away: {anew}; {meanwhile}"
        add = f"kafka-topics.sh --alter --topic {self.name} --partitions {self.partitions}"
        return f"{wrong}: add partitions ({add}), or {anew}; {meanwhile}"


class Topics:
    """The names of an installation's topics."""

    def __init__(self, settings: Settings) -> None:
        app_id = self.app_id = settings.app_id
        self.partitions = settings.partitions
        self.lead_partitions = settings.lead_partitions
        self.kind_of: dict[str, Kind] = {
            settings.topic_prefix + name: kind for name, kind in KIND_OF.items()
        }
        self.touches = tuple(name for name, kind in self.kind_of.items() if kind != "lead")
        self.leads = next(name for name, kind in self.kind_of.items() if kind == "lead")
        self.misrouted_touches = f"{app_id}.misrouted-touches"
        self.misrouted_leads = f"{app_id}.misrouted-leads"
        self.credits = f"{app_id}.credits"
        self.dead_letters = f"{app_id}.dead-letters"
        self.late = f"{app_id}.late"
        self.looks = f"{app_id}.looks"
        self.forgotten = f"{app_id}.forgotten"

    @property
    def inputs(self) -> tuple[str, ...]:
        """The topics of the contract."""
        return tuple(self.kind_of)

    @property
    def sources(self) -> tuple[str, ...]:
        """Every topic that agents read."""
        return (*self.inputs, self.misrouted_touches, self.misrouted_leads, self.credits)

    @property
    def keyed_by_lead(self) -> tuple[str, ...]:
        """The sources that are partitioned by lead."""
        return (self.leads, self.misrouted_leads)

    def carrying(self, feed: str) -> frozenset[str]:
        """The topics that carry a feed: its input, what was forwarded, and the copies of leads."""
        inputs = (topic for topic, kind in self.kind_of.items() if kind == feed)
        return frozenset((*inputs, *(f"{self.app_id}.{name}" for name in INTERNAL_TOPICS[feed])))

    def destination(self, name: Destination) -> str:
        """The topic that records are sent on to."""
        return {
            "dead-letters": self.dead_letters,
            "late": self.late,
            "misrouted-touches": self.misrouted_touches,
            "misrouted-leads": self.misrouted_leads,
        }[name]

    def changelog(self, table: Table) -> str:
        """The changelog of a table, as Faust names it."""
        return f"{self.app_id}-{table}-changelog"

    def specs(self) -> list[TopicSpec]:
        """How every topic has to be."""
        reps, leads = self.partitions, self.lead_partitions
        by_lead = "FLOORPULSE_LEAD_PARTITIONS"
        kept, letters = INPUT_RETENTION_MS, LETTERS_RETENTION_MS
        return [
            *(TopicSpec(name, reps, "delete", kept, is_input=True) for name in self.touches),
            TopicSpec(self.leads, leads, "delete", kept, is_input=True, setting=by_lead),
            TopicSpec(self.misrouted_touches, reps, "delete", kept),
            TopicSpec(self.misrouted_leads, leads, "delete", kept, setting=by_lead),
            TopicSpec(self.credits, reps, "compact"),
            TopicSpec(self.dead_letters, reps, "delete", letters, is_counted=False),
            TopicSpec(self.late, reps, "delete", letters, is_counted=False),
            TopicSpec(self.looks, reps, "delete", LOOKS_RETENTION_MS, is_counted=False),
            TopicSpec(self.forgotten, 1, "compact", is_counted=False),
            TopicSpec(self.changelog("touches"), reps, "compact"),
            TopicSpec(self.changelog("leads"), leads, "compact", setting=by_lead),
            TopicSpec(self.changelog("credits"), reps, "compact"),
        ]


def partitioner(partitions: int) -> Callable[[str], int]:
    """Which of *partitions* an id belongs to: murmur2 of its bytes, as Kafka's own clients do."""

    @lru_cache(maxsize=100_000)
    def partition_of(owner_id: str) -> int:
        return int(murmur2(owner_id.encode()) & 0x7FFFFFFF) % partitions

    return partition_of
