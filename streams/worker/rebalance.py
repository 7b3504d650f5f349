"""What a worker does when partitions come and go, and when others write or exchange its logs."""

import gc
from collections.abc import Mapping

from aiokafka import TopicPartition
from aiokafka.errors import KafkaError
from faust.types import TP

from streams.changelog.flush import Flusher
from streams.changelog.lost_history import IncompleteError
from streams.changelog.restore import Restorer
from streams.kafka.topics import Topics
from streams.worker.agents import Batch, Deliveries
from streams.worker.faust_recovery import BatchApp, RebalanceHooks
from streams.worker.forgetting import Forgetting
from streams.worker.http import Health
from streams.worker.standing import Group


class Rebalances(RebalanceHooks):
    """Makes durable what was taken before partitions go, and restores what comes."""

    def __init__(
        self,
        app: BatchApp,
        topics: Topics,
        flusher: Flusher[Batch],
        restorer: Restorer,
        deliveries: Deliveries,
        group: Group,
        health: Health,
        forgetting: Forgetting,
    ) -> None:
        self._app = app
        self._topics = topics
        self._flusher = flusher
        self._restorer = restorer
        self._deliveries = deliveries
        self._group = group
        self._health = health
        self._forgetting = forgetting

    async def before_revoke(self) -> None:
        """Write and acknowledge everything taken so far.

        First heal what a woken old owner wrote: its return is what mostly brings a rebalance, and
        compaction may have left its rows alone in the log, which the next owner would believe.
        """
        self._group.rebalance.start()
        await self.look_for_others()
        await self._flusher.flush()
        self._group.rebalance.end("give up")

    async def restore(self, assigned: set[TP]) -> None:
        """Forget what went, restore what came, but for people who were forgotten."""
        self._health.why_not = "restoring"
        self._group.rebalance.end("join")
        async with self._flusher.lock:
            self._flusher.forget()
            self._deliveries.next_offset.clear()
            await self._forgetting.read()
            await self._restorer.restore(assigned)
        gc.collect()
        gc.freeze()
        self._group.rebalance.end("restore")

    async def check_inputs(self, committed: Mapping[TP, int]) -> Mapping[TP, int]:
        """Where delivery begins; nothing before it was lost."""
        sources = [
            TopicPartition(topic, partition)
            for topic, partition in self._app.consumer.assignment()
            if topic in self._topics.sources
        ]
        try:
            starts = await self._restorer.sources.check(sources, committed)
        except IncompleteError:
            await self._restorer.write_losses(self._flusher.write)  # so that a restart knows
            raise
        await self._restorer.write_losses(self._flusher.write)
        self._deliveries.next_offset.update(starts)
        return {TP(topic, partition): start for (topic, partition), start in starts.items()}

    def on_flow(self) -> None:
        """Ready."""
        self._group.begin()
        self._flusher.wake()

    # -- what others do meanwhile

    async def look_for_others(self) -> None:
        """Merge what others wrote to our changelogs, and write again what is better here."""
        if self._group.is_ready:
            await self._flusher.look_for_others(self._restorer.foreign_ends)

    async def look_at_logs(self) -> None:
        """Raise IncompleteError, or begin anew if that is accepted, when a source is another log.

        With a changelog that is another, begin anew: the check there notes it and raises.
        """
        if not self._group.is_ready:
            return
        taken = {TopicPartition(*place): at for place, at in self._deliveries.next_offset.items()}
        try:
            losses = await self._restorer.sources.find_losses(taken)
            gone = await self._restorer.find_gone()
        except (KafkaError, OSError):
            return  # the brokers are away: asked again
        if not self._group.is_ready or not (losses or gone):
            return
        if losses and not self._restorer.accept_incomplete:
            raise losses[0]
        self._app.consumer.rejoin()  # what is lost is noted, and logged, as at a start
