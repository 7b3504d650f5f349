"""Faust's recovery, tables and app by batch: restored through the worker's own reader.

Each defect that is worked around is in docs/faust.md and in tests/contract.
"""

from collections.abc import Mapping
from typing import Protocol

import faust
from aiokafka.errors import IllegalStateError
from faust.tables.manager import TableManager
from faust.tables.recovery import RebalanceAgain, Recovery, ServiceStopped
from faust.types import TP
from mode import Service

from streams.worker.faust_batches import BatchConsumer, BatchTransport


class RebalanceHooks(Protocol):
    """What the worker does when partitions come and go."""

    async def before_revoke(self) -> None:
        """Make everything taken so far durable and acknowledge it."""

    async def restore(self, assigned: set[TP]) -> None:
        """Forget what is not *assigned* any more, and restore what is new.

        May be cancelled when another rebalance begins, and is then called again.
        """

    async def check_inputs(self, committed: Mapping[TP, int]) -> Mapping[TP, int]:
        """Where delivery of each input begins; raises when something due is gone."""

    def on_flow(self) -> None:
        """Records of all assigned partitions are delivered from now on."""


class BatchRecovery(Recovery):
    """Restores through the worker's own reader, before any record is delivered.

    Stock recovery resumes the flow before it seeks to the committed offsets, delivers some records
    twice, and applies changelogs record by record. Here the flow stays stopped until all is ready.
    """

    @Service.task
    async def _restart_recovery(self) -> None:
        while not self.should_stop:
            if await self.wait_for_stopped(self.signal_recovery_start):
                return
            self.signal_recovery_start.clear()
            generation = self._generation_id
            self._set_recovery_started()
            try:
                await self._wait(self.app.hooks.restore(self.app.consumer.assignment()))
                await self._wait(self.on_recovery_completed(generation))
            except RebalanceAgain:
                continue
            except ServiceStopped:
                return

    async def crash(self, reason: BaseException) -> None:
        """End the app, which raises the reason: it is reported once, and there."""
        self._crash(reason)
        self.app._crash(reason)

    @Service.task
    async def _slurp_changelogs(self) -> None:
        """No changelog record comes through Faust's consumer: its partitions stay paused."""

    @Service.task
    async def _publish_stats(self) -> None:
        """The worker exports its own progress."""

    async def on_recovery_completed(self, generation_id: int = 0) -> None:
        """Seek to what is committed, and only then let records flow."""
        app, consumer = self.app, self.app.consumer
        await app.on_rebalance_complete.send()
        self._set_recovery_ended()
        if app.consumer_generation_id != generation_id:
            return
        if consumer.assignment():
            try:
                await consumer.perform_seek()
            except IllegalStateError:  # other partitions were assigned while it sought
                raise RebalanceAgain from None
            await consumer.begin_at(await app.hooks.check_inputs(consumer.committed()))
        changelogs = self.tables.changelog_topics
        consumer.resume_partitions(
            {tp for tp in consumer.assignment() if tp.topic not in changelogs}
        )
        app.flow_control.resume()
        consumer.resume_flow()
        await app._fetcher.maybe_start()
        self.completed.set()
        self.tables.on_actives_ready()
        self.tables.on_standbys_ready()
        app.on_rebalance_end()
        app.hooks.on_flow()


class BatchTables(TableManager):
    """Tables restored by `BatchRecovery`."""

    @property
    def recovery(self) -> Recovery:
        """The recovery service."""
        if self._recovery is None:
            self._recovery = BatchRecovery(self.app, self, beacon=self.beacon, loop=self.loop)
        return self._recovery


class BatchApp(faust.App):
    """A Faust app whose consumer and recovery work by batch; `hooks` is set before it starts."""

    hooks: RebalanceHooks
    consumer: BatchConsumer

    def _create_directories(self) -> None:
        """None: nothing is kept on disk, so a worker that is killed leaves nothing behind."""

    def _new_transport(self) -> BatchTransport:
        return BatchTransport(self.conf.broker_consumer, self)
