"""A worker: connects the processor to Kafka through Faust, and keeps it going."""

import asyncio
import gc
import logging
import os
import signal
import sys
import threading
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from functools import partial

from metrics.exporter import Exposition
from metrics.rows import RepRow
from streams.changelog.flush import Flusher
from streams.changelog.positions import Positions
from streams.changelog.restore import Restorer
from streams.clock import DAY
from streams.kafka.admin import check_topics
from streams.kafka.group import check_group
from streams.kafka.reader import LogReader, read_apart
from streams.kafka.records import use_light_records
from streams.kafka.rights import check_rights, naming_denials, needs_of_worker
from streams.kafka.topics import Topics, partitioner
from streams.ledgers.forgotten import Forgotten
from streams.measures.partition_sums import PartitionSums
from streams.processor import Processor
from streams.roster.people import Roster
from streams.serving.publisher import Serving
from streams.settings import Settings
from streams.worker.agents import Batch, Deliveries, declare_agents
from streams.worker.clocks import BrokerTime
from streams.worker.faust_app import create_app, rows_of
from streams.worker.faust_recovery import BatchApp
from streams.worker.floor_status import FloorStatus
from streams.worker.forgetting import Forgetting
from streams.worker.http import Health, MetricsServer
from streams.worker.rebalance import Rebalances
from streams.worker.roster_watch import RosterWatch
from streams.worker.sending import AppSender
from streams.worker.standing import Group
from streams.worker.status import Status
from streams.worker.sweep import Sweeper
from streams.worker.watchdog import Watchdog

log = logging.getLogger(__name__)

STOP_WITHIN = 8.0  # seconds
SLICE = 0.01  # seconds for which numbers of reps are read before other work goes on


class Worker:
    """One process of the consumer group."""

    def __init__(self, settings: Settings, roster: Roster, *, accept_incomplete: bool) -> None:
        self.settings = settings
        self.topics = Topics(settings)
        self.app: BatchApp = create_app(settings)
        self.health = Health()
        self.processor = _processor(settings, roster, self.app)
        self.reader = LogReader(settings)
        self.server = MetricsServer(self.health, self.exposition, settings.metrics_token)
        self.roster_watch = RosterWatch(settings.roster, settings.unassigned_zone, self.processor)
        positions, deliveries = Positions(), Deliveries()
        self.broker_time = broker_time = BrokerTime()
        self.restorer = restorer = Restorer(
            settings, self.processor, positions, self.reader, accept_incomplete=accept_incomplete
        )
        self.flusher: Flusher[Batch] = Flusher(
            self.processor,
            self.topics,
            positions,
            AppSender(self.app, broker_time),
            restorer.merge_foreign,
        )
        self.group = Group(settings, self.app, self.processor, restorer, deliveries, self.health)
        self.forgetting = Forgetting(
            self.topics, self.reader, self.processor, self.flusher, self.group
        )
        self.rebalances = self.app.hooks = Rebalances(
            self.app,
            self.topics,
            self.flusher,
            restorer,
            deliveries,
            self.group,
            self.health,
            self.forgetting,
        )
        self.sweeper = Sweeper(self.processor, self.flusher, restorer, self.group, broker_time)
        self.serving = Serving(
            settings, self.topics, self.processor, self.group.owned, lambda: broker_time.seconds
        )
        self.status = Status(
            self.topics,
            self.processor,
            self.flusher,
            restorer,
            self.serving,
            deliveries.received,
            self.group,
            FloorStatus(
                self.processor.board,
                is_personal=settings.rep_alerts,
                names_reps=settings.rep_series,
            ),
            broker_time,
        )
        declare_agents(self.app, self.topics, self.processor, self.flusher, deliveries)

    # -- life

    async def run(self, stopped: asyncio.Event) -> None:
        """Work until *stopped* is set; raises what made the worker stop by itself."""
        bind, port = self.settings.bind, self.settings.worker_port
        await self.server.start(bind, port, "FLOORPULSE_WORKER_PORT")
        log.info("metrics at http://%s:%d/metrics", bind, self.server.port)
        work = asyncio.create_task(self._work())
        asked = asyncio.create_task(stopped.wait())
        crashed = asyncio.create_task(self.app._crashed.wait())
        try:
            async with naming_denials(self._check_rights):
                await asyncio.wait({work, asked, crashed}, return_when=asyncio.FIRST_COMPLETED)
                if crashed.done():
                    raise self.app.crash_reason or RuntimeError("the worker crashed")
                if work.done():
                    await work
        finally:
            self.health.why_not, self.health.is_alive = "stopping", False
            _end_at_last(code=0 if asked.done() else 1)
            for task in (work, asked, crashed):
                task.cancel()
            await asyncio.gather(work, asked, crashed, return_exceptions=True)
            await self._stop()

    async def _work(self) -> None:
        self.health.why_not = "waiting for Kafka"
        await self._check_rights()
        faults = await check_topics(self.settings, self.topics.specs())
        faults.stop_if_unusable()
        for warning in faults.times:  # of inputs that are forwarded each assignment warns
            log.warning("%s", warning)
        await self.reader.start()
        await self.forgetting.begin()
        self.health.why_not = "joining the group"
        await self.app.start()
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self.flusher.run())
                group.create_task(self.serving.run())
                for seconds, chore in self._chores:
                    group.create_task(_every(seconds, chore))
        except ExceptionGroup as errors:
            raise errors.exceptions[0] from None

    async def _check_rights(self) -> None:
        await check_rights(self.settings, needs_of_worker(self.topics))
        await check_group(self.settings)

    async def _stop(self) -> None:
        """Write and commit what was taken, leave the group, stop serving; within STOP_WITHIN."""
        try:
            async with asyncio.timeout(STOP_WITHIN):
                if self.app.started and not self.app.crashed and not self.flusher.lock.locked():
                    self.app.consumer.stop_flow()
                    with suppress(TimeoutError):
                        async with asyncio.timeout(STOP_WITHIN / 2):
                            await self.flusher.flush()
                            await self.app.consumer.commit()
                await self.app.stop()
                await self.reader.stop()
        except TimeoutError:
            log.warning("did not leave the group in order: the others take over after a while")
        await self.server.stop()

    @property
    def _chores(self) -> list[tuple[float, Callable[[], Awaitable[None]]]]:
        """What is done again and again, and after how many seconds."""
        return [
            (1.0, self._tick),
            (2.0, self.roster_watch.look),
            (2.0, self.forgetting.look),
            (3.0, self.rebalances.look_at_logs),
            (60.0, self.rebalances.look_for_others),
            (30.0, self.sweeper.look),
        ]

    async def _tick(self) -> None:
        self.processor.advance()
        while self.processor.is_turning_back:
            await asyncio.sleep(0)
            self.processor.advance()
        self.group.update()
        if self.group.is_ready and self.broker_time.agrees:
            await self.restorer.follow_clock(self.flusher.write)

    # -- what is exported

    async def exposition(self) -> Exposition:
        """Everything to export now; the reps' numbers are read in slices."""
        self.processor.advance()
        families = self.status.families()
        rows: list[RepRow] = []
        if self.group.standing().has_heartbeat:
            sums, began = PartitionSums(), time.monotonic()
            are_named = self.settings.rep_series
            for rep_id in self.processor.board.rep_ids:
                rows.extend(self.processor.exported_rows([rep_id], sums, are_named=are_named))
                if time.monotonic() - began >= SLICE:
                    await asyncio.sleep(0)
                    began = time.monotonic()
            rows.extend(sums.rows())
        return Exposition(families, rows)


def _processor(settings: Settings, roster: Roster, app: BatchApp) -> Processor:
    """The pure parts, with rows where Faust keeps those of its tables."""
    return Processor(
        settings.clock,
        roster,
        lambda table: rows_of(app, table),
        partition_of_rep=partitioner(settings.partitions),
        partition_of_lead=partitioner(settings.lead_partitions),
        flood_limit=settings.flood_limit,
        leads_kept=settings.leads_kept_days * DAY,
        forgotten=Forgotten(settings.app_id),
    )


async def _every(seconds: float, chore: Callable[[], Awaitable[None]]) -> None:
    while True:
        await asyncio.sleep(seconds)
        await chore()


def _end_at_last(code: int) -> None:
    """See that the process ends, in order or not: a client that hangs must not hold a restart up.

    As after a kill, what is not durable is delivered again.
    """

    def end() -> None:
        log.warning("the worker did not end in order within %.0f s, ending it", STOP_WITHIN + 1)
        os._exit(code)

    last = threading.Timer(STOP_WITHIN + 1, end)
    last.daemon = True
    last.start()


def run_worker(settings: Settings, roster: Roster, *, accept_incomplete: bool) -> None:
    """Run a worker until SIGTERM or SIGINT; raises what made it stop by itself."""
    # The ledgers hold millions of small objects, and the consumer's thread wants the interpreter
    # often: both defaults cost a third of the throughput.
    gc.set_threshold(200_000, 20, 100)
    sys.setswitchinterval(0.02)
    use_light_records()
    asyncio.run(_main(settings, roster, accept_incomplete))


async def _main(settings: Settings, roster: Roster, accept_incomplete: bool) -> None:
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopped.set)
    worker = Worker(settings, roster, accept_incomplete=accept_incomplete)
    watching = asyncio.create_task(
        Watchdog(worker.group.standing, partial(read_apart, settings)).run()
    )
    try:
        await worker.run(stopped)
    finally:
        watching.cancel()
