"""A worker: connects the processor to Kafka through Faust, keeps it going, and tells how it is."""

import asyncio
import gc
import logging
import os
import signal
import sys
import threading
import time
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from contextlib import suppress
from functools import partial
from typing import Any

from aiokafka import TopicPartition
from aiokafka.errors import KafkaError
from faust.types import TP

from metrics.exporter import RepRow, Snapshot
from streams.changelog.flush import Flusher
from streams.changelog.positions import ForeignRange
from streams.changelog.restore import Restorer
from streams.clock import DAY, Micros, system_clock
from streams.kafka.admin import check_topics
from streams.kafka.batches import KeyValue, TopicPlace, send_in_batches, until_durable
from streams.kafka.connection import KafkaUnusableError
from streams.kafka.group import check_group
from streams.kafka.progress import Lag, Place, Progress, Seen
from streams.kafka.reader import LogReader, read_apart
from streams.kafka.rights import check_rights, needs_of_worker
from streams.kafka.topics import Topics, partitioner
from streams.ledgers.rows import RowWrite, Table
from streams.processor import Processor, UnassignedSums
from streams.roster.file import RosterError, load_roster
from streams.roster.people import Roster
from streams.serving.publisher import Ownership, Serving
from streams.settings import Settings
from streams.worker.agents import Batch, Deliveries, declare_agents
from streams.worker.clocks import BrokerTime, Sweeps
from streams.worker.faust_app import create_app, rows_of
from streams.worker.faust_batches import BatchApp
from streams.worker.floor_status import FloorStatus
from streams.worker.http import Health, MetricsServer
from streams.worker.status import Standing, Status
from streams.worker.watchdog import Watchdog

log = logging.getLogger(__name__)

STOP_WITHIN = 8.0  # seconds
SWEPT_AT_ONCE = 20_000  # leads at which a sweep looks before other work goes on
LOG_APPEND_TIME = 1  # the type of a time stamp that the broker gave
LOOK_AT_LOGS = 3.0  # seconds between two looks whether the inputs are still those counted
SLICE = 50  # reps whose numbers are read before other work goes on


class Worker:
    """One process of the consumer group."""

    def __init__(self, settings: Settings, roster: Roster, *, accept_incomplete: bool) -> None:
        self.settings = settings
        self.topics = Topics(settings)
        self.app: BatchApp = create_app(settings)
        self.app.hooks = self
        self.processor = Processor(
            settings.clock,
            roster,
            lambda table: rows_of(self.app, table),
            partition_of_rep=partitioner(settings.partitions),
            partition_of_lead=partitioner(settings.lead_partitions),
            flood_limit=settings.flood_limit,
            leads_kept=settings.leads_kept_days * DAY,
        )
        self.reader = LogReader(settings)
        self.flusher: Flusher[Batch] = Flusher(
            self.processor,
            self.topics,
            self._send,
            self._send_together,
            self._acknowledge,
            self._merge_foreign,
        )
        self.restorer = Restorer(
            settings,
            self.processor,
            self.flusher.positions,
            self.reader,
            accept_incomplete=accept_incomplete,
        )
        self.deliveries = Deliveries()
        self.broker_time = BrokerTime()
        self.sweeps = Sweeps()
        self.progress = Progress(settings.clock)
        self.lag = Lag()
        self.health = Health()
        self.serving = Serving(settings, self.topics, self.processor, self.owned)
        self.server = MetricsServer(self.health, self.snapshot)
        self.status = Status(
            settings.clock,
            self.topics,
            self.processor,
            self.flusher,
            self.restorer,
            self.progress,
            self.serving,
            self.deliveries.received,
            self.standing,
            FloorStatus(self.processor.board, is_personal=settings.rep_alerts),
        )
        declare_agents(self.app, self.topics, self.processor, self.flusher, self.deliveries)
        self._roster_read = 0  # when the file taken last was written
        self._roster_trouble = ""
        self._generation = 0  # of the group, since when the partitions held are ours

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
        await check_rights(self.settings, needs_of_worker(self.topics))
        await check_group(self.settings)
        wrong = await check_topics(self.settings, self.topics.specs())
        if wrong:
            raise KafkaUnusableError("\n".join(wrong))
        await self.reader.start()
        self.health.why_not = "joining the group"
        await self.app.start()
        try:
            async with asyncio.TaskGroup() as group:
                for chore in self._chores():
                    group.create_task(chore)
        except ExceptionGroup as errors:
            raise errors.exceptions[0] from None

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

    def _chores(self) -> list[Coroutine[Any, Any, None]]:
        return [
            self.flusher.run(),
            self.serving.run(),
            self._every(1.0, self._tick),
            self._every(2.0, self._reload_roster),
            self._every(60.0, self._look_for_others),
            self._every(LOOK_AT_LOGS, self._look_at_logs),
            self._every(30.0, self._sweep),
        ]

    async def _every(self, seconds: float, chore: Callable[[], Awaitable[None]]) -> None:
        while True:
            await asyncio.sleep(seconds)
            await chore()

    # -- rebalance (see engine.RebalanceHooks)

    async def before_revoke(self) -> None:
        """Write and acknowledge everything taken so far.

        First heal what a woken old owner wrote: its return is what mostly brings a rebalance, and
        compaction may have left its rows alone in the log, which the next owner would believe.
        """
        await self._look_for_others()
        await self.flusher.flush()

    async def restore(self, assigned: set[TP]) -> None:
        """Forget what went, restore what came."""
        self.health.why_not = "restoring"
        async with self.flusher.lock:
            self.flusher.forget()
            self.deliveries.next_offset.clear()
            await self.restorer.restore(assigned)
        gc.collect()
        gc.freeze()

    async def check_inputs(self, committed: Mapping[TP, int]) -> Mapping[TP, int]:
        """Where delivery begins; nothing before it was lost."""
        sources = [
            TopicPartition(topic, partition)
            for topic, partition in self.app.consumer.assignment()
            if topic in self.topics.sources
        ]
        starts = await self.restorer.check_inputs(sources, committed)
        await self.restorer.write_losses(self.flusher.write)
        self.deliveries.next_offset.update(starts)
        return {TP(topic, partition): start for (topic, partition), start in starts.items()}

    def on_flow(self) -> None:
        """Ready."""
        self._generation = self.app.consumer.group_generation
        self.health.why_not = None
        self.flusher.wake()

    # -- sending

    async def _send(
        self,
        topic: str,
        key: bytes | None,
        value: bytes | None,
        partition: int | None,
        headers: Sequence[tuple[str, bytes]],
    ) -> Awaitable[object]:
        async def submit() -> Awaitable[object]:
            sent: Awaitable[object] = await self.app.producer.send(
                topic, key, value, partition, None, list(headers)
            )
            return sent

        return until_durable(await submit(), submit)

    async def _send_together(
        self, records: Mapping[TopicPlace, Sequence[KeyValue]]
    ) -> Mapping[TopicPlace, Sequence[range]]:
        producer: Any = self.app.producer
        client = producer._ensure_producer()  # Faust's own has no batches
        batches = await asyncio.gather(
            *(
                send_in_batches(client, *place, pairs, on_written=self._note_time)
                for place, pairs in records.items()
            )
        )
        return dict(zip(records, batches, strict=True))

    def _note_time(self, sent_at: Micros, written: Any) -> None:
        if written.timestamp_type == LOG_APPEND_TIME:
            self.broker_time.note(sent_at, system_clock(), written.timestamp * 1000)

    async def _acknowledge(self, batch: Batch) -> None:
        stream, event = batch
        await stream.ack(event)

    async def _merge_foreign(self, ranges: list[ForeignRange]) -> None:
        await self.restorer.merge_foreign(ranges)

    # -- chores

    async def _tick(self) -> None:
        self.processor.advance()
        while self.processor.is_turning_back:
            await asyncio.sleep(0)
            self.processor.advance()
        seen = self._seen()
        self.progress.update(seen)
        self.lag.update(seen, self._committed(), time.monotonic())

    async def _look_for_others(self) -> None:
        if self.health.why_not is None:
            await self.flusher.look_for_others(self.restorer.foreign_ends)

    async def _look_at_logs(self) -> None:
        """Raise IncompleteError, or begin anew if that is accepted, when a log is another."""
        if self.health.why_not is not None:
            return
        taken = {TopicPartition(*place): at for place, at in self.deliveries.next_offset.items()}
        try:
            losses = await self.restorer.find_losses(taken)
        except (KafkaError, OSError):
            return  # the brokers are away: asked again
        if self.health.why_not is not None or not losses:
            return
        if not self.restorer.accept_incomplete:
            raise losses[0]
        self.app.consumer.rejoin()  # what is lost is noted, and logged, as at a start

    async def _sweep(self) -> None:
        """Once a day, and an hour after a start, drop what is not kept any more."""
        self.sweeps.look(time.monotonic(), self.settings.clock())
        due = self.sweeps.due(time.monotonic())
        if due is None:
            return
        while self._may_sweep:
            await self.flusher.write(lambda: self._take_expired(due))
            if not self.processor.is_sweeping:
                self.sweeps.swept(time.monotonic())
                return
            await asyncio.sleep(0)

    @property
    def _may_sweep(self) -> bool:
        """Not while leads may still change that look expired, nor by a clock that is in doubt."""
        caught_up = self.progress.caught_up(self._seen(), self.topics.keyed_by_lead)
        is_ready = self.health.why_not is None and caught_up == self.restorer.owned["leads"]
        return is_ready and self.broker_time.agrees

    def _take_expired(self, due: Micros) -> list[tuple[Table, RowWrite]]:
        """The tombstones of what was expired at *due*."""
        if not self._may_sweep:  # another flush or a rebalance came first
            return []
        return self.processor.expire(self.restorer.owned["leads"], SWEPT_AT_ONCE, now=due)

    async def _reload_roster(self) -> None:
        """Take a changed roster; a bad one is told and the old one kept."""
        path = self.settings.roster
        try:
            changed_at = path.stat().st_mtime_ns
            if changed_at == self._roster_read:
                return
            roster = await asyncio.to_thread(load_roster, path, self.settings.unassigned_zone)
        except (OSError, RosterError) as error:
            told = f"the roster stays as it was: {error}"
            if told != self._roster_trouble:
                log.error("%s", told)
            self._roster_trouble = told
            return
        self._roster_read, self._roster_trouble = changed_at, ""
        if roster.sha256 == self.processor.board.roster.sha256:
            return
        count = 0
        for _ in self.processor.reload(roster):
            count += 1
            await asyncio.sleep(0)
        log.info("roster %s taken: %d reps changed", roster.sha256[:12], count)

    # -- telling

    def _seen(self) -> dict[Place, Seen]:
        consumer = self.app.consumer
        newest = self.processor.intake.newest
        found = {}
        for topic, partition in consumer.assignment():
            if topic not in self.topics.sources:
                continue
            place = (topic, partition)
            end, polled_at = consumer.polled(TP(topic, partition))
            taken = self.deliveries.next_offset.get(place)
            kind = self.topics.kind_of.get(topic)
            last = None if kind is None else newest.get((kind, partition))
            passed_over = consumer.passed_over(TP(topic, partition), taken or 0)
            found[place] = Seen(end, polled_at, taken, last, passed_over)
        return found

    def _committed(self) -> dict[Place, int]:
        committed = self.app.consumer.committed()
        return {(topic, partition): at for (topic, partition), at in committed.items()}

    def standing(self) -> Standing:
        """Where this worker stands with its group."""
        if not self.app.started or self.app._consumer is None:
            return Standing(False, False, 0, 0, {}, {}, {})
        consumer = self.app.consumer
        quiet = time.monotonic() - consumer.heard_at
        return Standing(
            is_ready=self.health.why_not is None,
            has_heartbeat=quiet < self.settings.session_timeout,
            rebalances=self.app.rebalancing_count,
            commit_failures=consumer.commit_failures,
            seen=self._seen(),
            committed=self._committed(),
            lag_seconds=self.lag.seconds(time.monotonic()),
        )

    def owned(self) -> Ownership | None:
        """What may be published now; None while others may own it."""
        standing = self.standing()
        if not standing.is_ready or not standing.has_heartbeat:
            return None
        return Ownership(
            generation=self._generation,
            rep_partitions=self.processor.held,
            lead_partitions=frozenset(self.restorer.owned["leads"]),
            complete_until=self.progress.complete_until,
            is_complete=self.restorer.is_complete,
        )

    async def snapshot(self) -> Snapshot:
        """Everything to export now; the reps' numbers are read in slices."""
        self.processor.advance()
        families = self.status.families()
        rows: list[RepRow] = []
        if self.standing().has_heartbeat:
            sums, reps = UnassignedSums(), self.processor.board.rep_ids
            for start in range(0, len(reps), SLICE):
                some = self.processor.exported_rows(reps[start : start + SLICE], sums)
                rows.extend(RepRow(*row) for row in some)
                await asyncio.sleep(0)
            rows.extend(RepRow(*row, partition=str(number)) for number, row in sums.rows())
        return Snapshot(families, rows)


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
    asyncio.run(_main(settings, roster, accept_incomplete))


async def _main(settings: Settings, roster: Roster, accept_incomplete: bool) -> None:
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopped.set)
    worker = Worker(settings, roster, accept_incomplete=accept_incomplete)
    watching = asyncio.create_task(Watchdog(worker.standing, partial(read_apart, settings)).run())
    try:
        await worker.run(stopped)
    finally:
        watching.cancel()
