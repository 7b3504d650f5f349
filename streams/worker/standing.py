"""Where a worker stands with its consumer group, and how far it has read its partitions."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal, get_args

from faust.types import TP

from streams.changelog.restore import Restorer
from streams.kafka.progress import Lag, Progress, Seen
from streams.kafka.topics import Place, Topics
from streams.processor import Processor
from streams.serving.publisher import Ownership
from streams.settings import Settings
from streams.worker.agents import Deliveries
from streams.worker.faust_recovery import BatchApp
from streams.worker.http import Health


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a worker stands with its group."""

    is_ready: bool
    has_heartbeat: bool
    rebalances: int
    commit_failures: int
    seen: Mapping[Place, Seen]
    committed: Mapping[Place, int]
    lag_seconds: Mapping[Place, float]


NOT_STARTED = Standing(
    is_ready=False,
    has_heartbeat=False,
    rebalances=0,
    commit_failures=0,
    seen={},
    committed={},
    lag_seconds={},
)


RebalanceStep = Literal["give up", "join", "restore", "begin"]
REBALANCE_STEPS: tuple[RebalanceStep, ...] = get_args(RebalanceStep)


class RebalanceSteps:
    """How long each step of a rebalance took, in seconds, once all were gone through.

    A rebalance that another one overtakes counts for nothing.
    """

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._since = monotonic()
        self._taken: dict[RebalanceStep, float] = {}
        self.seconds: Mapping[RebalanceStep, float] = dict.fromkeys(REBALANCE_STEPS, 0.0)

    def start(self) -> None:
        """The first step begins."""
        self._since = self._monotonic()
        self._taken = {}

    def end(self, step: RebalanceStep) -> None:
        """A step is done, and the next one begins."""
        now = self._monotonic()
        self._taken[step] = now - self._since
        self._since = now
        if step == REBALANCE_STEPS[-1]:
            self.seconds = self._taken


class Group:
    """The consumer group as one worker sees it."""

    def __init__(
        self,
        settings: Settings,
        app: BatchApp,
        processor: Processor,
        restorer: Restorer,
        deliveries: Deliveries,
        health: Health,
    ) -> None:
        self._session_timeout = settings.session_timeout
        self._topics = Topics(settings)
        self._app = app
        self._processor = processor
        self._restorer = restorer
        self._deliveries = deliveries
        self._health = health
        self._generation = 0  # of the group, since when the partitions owned are ours
        self._lag = Lag()
        self.progress = Progress(settings.clock)
        self.rebalance = RebalanceSteps()

    @property
    def is_ready(self) -> bool:
        """Whether records of all assigned partitions are being delivered and counted."""
        return self._health.why_not is None

    def begin(self) -> None:
        """Be ready, as a member of the group's generation of now."""
        self._generation = self._app.consumer.group_generation
        self.rebalance.end("begin")
        self._health.why_not = None

    def update(self) -> None:
        """Note how far the partitions were read and committed; once a second."""
        seen = self._seen()
        self.progress.update(seen)
        self._lag.update(seen, self._committed(), time.monotonic())

    def standing(self) -> Standing:
        """Where this worker stands with its group."""
        if not self._app.started or self._app._consumer is None:
            return NOT_STARTED
        consumer = self._app.consumer
        quiet = time.monotonic() - consumer.heard_at
        return Standing(
            is_ready=self.is_ready,
            has_heartbeat=quiet < self._session_timeout,
            rebalances=self._app.rebalancing_count,
            commit_failures=consumer.commit_failures,
            seen=self._seen(),
            committed=self._committed(),
            lag_seconds=self._lag.seconds(time.monotonic()),
        )

    def owned(self) -> Ownership | None:
        """What may be published now; None while others may own it."""
        standing = self.standing()
        if not standing.is_ready or not standing.has_heartbeat:
            return None
        return Ownership(
            generation=self._generation,
            rep_partitions=self._processor.shown,
            lead_partitions=frozenset(self._restorer.owned["leads"]),
            complete_until={p: self.progress.complete_until.get(p) for p in standing.seen},
            is_complete=self._restorer.is_complete,
        )

    @property
    def are_leads_caught_up(self) -> bool:
        """Whether all changes of all owned leads are taken that the brokers have."""
        if self._topics.leads in self._processor.intake.unaligned:
            return False  # other workers forward them: how far they are, nobody says
        caught_up = self.progress.caught_up(self._seen(), self._topics.keyed_by_lead)
        return caught_up == self._restorer.owned["leads"]

    def _seen(self) -> dict[Place, Seen]:
        sources = set(self._topics.sources)
        return {
            place: self._seen_of(*place)
            for place in self._app.consumer.assignment()
            if place.topic in sources
        }

    def _seen_of(self, topic: str, partition: int) -> Seen:
        consumer, place = self._app.consumer, TP(topic, partition)
        end, polled_at = consumer.polled(place)
        taken = self._deliveries.next_offset.get(place)
        intake = self._processor.intake
        kind = None if topic in intake.unaligned else self._topics.kind_of.get(topic)
        return Seen(
            end=end,
            polled_at=polled_at,
            taken=taken,
            newest=intake.newest.get((kind, partition)) if kind else None,
            passed_over=consumer.passed_over(place, taken or 0),
        )

    def _committed(self) -> dict[Place, int]:
        committed = self._app.consumer.committed()
        return {(topic, partition): at for (topic, partition), at in committed.items()}
