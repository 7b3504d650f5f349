"""Faust with batches: one event is all records of one partition that one fetch brought.

Stock Faust spends most of its time on each record's way through the loop, and commits past what is
in flight. What is replaced here, and what was measured, stands in docs/faust.md; tests/contract
shows each defect that is worked around, so that an upgrade shows when a part of this may go.
"""

import asyncio
import time
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import suppress
from typing import Any, ClassVar

import aiokafka
import faust
from aiokafka.errors import UnsupportedCodecError
from faust.transport.drivers import aiokafka as driver
from faust.types import TP
from faust.types.tuples import ConsumerMessage

from streams.kafka.reader import codec_error

FETCH_WAIT_MS = 250  # how long a broker may hold an empty fetch; bounds the age of "caught up"


class BatchMessage(ConsumerMessage):
    """A batch of one partition; its value is the list of records, its offset the last one's."""

    __slots__ = ()


class BatchSchema(faust.Schema):
    """Hands the batch on as it is."""

    def compile(self, app: faust.App, **_kwargs: Any) -> Callable[..., Awaitable[Any]]:
        """The decoder that the conductor calls for each message."""
        create_event = app.create_event

        async def decode(message: Any, *, propagate: bool = False) -> Any:
            return create_event(None, message.value, None, message)

        return decode


class _Thread(driver.AIOKafkaConsumerThread):
    """The consumer's thread; notes when the group last answered a heartbeat."""

    def _create_worker_consumer(self, transport: driver.Transport) -> aiokafka.AIOKafkaConsumer:
        consumer = super()._create_worker_consumer(transport)
        consumer._fetch_max_wait_ms = FETCH_WAIT_MS
        consumer._isolation_level = "read_committed"  # read when it starts
        return consumer

    def _stopped_set(self) -> None:
        with suppress(RuntimeError):  # after a crash the thread may have closed its loop already
            super()._stopped_set()

    async def on_start(self) -> None:
        await super().on_start()
        coordinator = self._ensure_consumer()._coordinator
        beat = coordinator._do_heartbeat

        async def noted() -> bool:
            answered: bool = await beat()
            if answered:
                self.consumer.heard_at = time.monotonic()
            return answered

        coordinator._do_heartbeat = noted


class BatchConsumer(driver.Consumer):
    """Delivers batches, and commits exactly what was acknowledged without a gap."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self._inflight: dict[TP, deque[int]] = {}
        self._done: dict[TP, int] = {}  # by partition, what may be committed
        self._next: dict[TP, int] = {}  # by partition, the offset that has to come next
        self._fetching: asyncio.Task[dict[TP, list[Any]]] | None = None
        self._passed: dict[TP, int] = {}  # by partition, up to where it is delivered or passed over
        self._missed: set[TP] = set()  # fetched and not delivered: to be fetched again
        self._is_hole: dict[TP, int] = {}  # by partition, an offset that a second fetch lacked too
        self._going_on: set[asyncio.Task[None]] = set()  # work that outlives a rebalance's patience
        self.heard_at = 0.0
        self.commit_failures = 0
        super().__init__(*args, **kwargs)

    def _new_consumer_thread(self) -> driver.AIOKafkaConsumerThread:
        return _Thread(self, loop=self.loop, beacon=self.beacon)

    # -- delivery

    async def perform_seek(self) -> None:
        """Go back to what is committed; whatever was in flight is delivered again."""
        await super().perform_seek()
        for noted in (self._inflight, self._done, self._acked, self._acked_index, self._is_hole):
            noted.clear()
        self._passed.clear()
        self.heard_at = time.monotonic()

    def verify_event_path(self, now: float, tp: TP) -> None:
        """Nothing: the watchdog sees what stands still; Faust asserts while offsets are reset."""

    async def begin_at(self, offsets: Mapping[TP, int]) -> None:
        """Note the offset with which delivery of each partition begins.

        Where it lies before what is committed, since a log is another or was shortened, the group
        is taken back to it.
        """
        self._next = dict(offsets)
        back = {tp: at for tp, at in offsets.items() if (self._committed_offset.get(tp) or 0) > at}
        self._missed.update(back)
        for tp, at in back.items():  # what lies before it, Faust drops
            self._read_offset[tp] = at - 1 if at else None
        if back and await self._commit(back):
            self._committed_offset.update(back)

    def rejoin(self) -> None:
        """Have the group assign, and this worker restore and check, all anew."""
        consumer = self._thread._ensure_consumer()
        for do in (consumer._client.force_metadata_update, consumer._coordinator.request_rejoin):
            self._thread.thread_loop.call_soon_threadsafe(do)

    async def getmany(self, timeout: float) -> AsyncIterator[tuple[TP, BatchMessage]]:
        """One message for each partition that the fetch brought records of."""
        generation = self.app.consumer_generation_id  # before the await: stale batches are dropped
        if not self.flow_active:
            await self.wait(self.can_resume_flow)
        active = self._get_active_partitions()
        if not active:
            await asyncio.sleep(0.01)  # stock Faust sleeps for a second
            return
        fetched = await self._fetch(active, timeout)
        positions = {tp: self._position(tp) for tp in active}  # no fetch is under way here
        for tp in active - fetched.keys():
            self._passed[tp] = positions[tp]
        for tp, records in fetched.items():
            # The client takes for delivered what it handed out: what is not delivered after all has
            # to be fetched again, or it would be passed over.
            is_current = self.flow_active and self.app.consumer_generation_id == generation
            if not is_current or not (tp in active or tp in self._buffered_partitions):
                self._missed.add(tp)
                continue
            message = self._batch(tp, records, generation)
            if message is not None:
                self._passed[tp] = positions.get(tp, 0)
                yield tp, message

    def _position(self, tp: TP) -> int:
        """Up to where the client has handed records out, or passed over what is none."""
        subscribed = self._thread._ensure_consumer()._subscription.subscription
        assignment = subscribed.assignment if subscribed is not None else None
        state = assignment.state_value(tp) if assignment is not None else None
        return state.position if state is not None and state.has_valid_position else 0

    async def _fetch(self, active: set[TP], timeout: float) -> dict[TP, list[Any]]:
        """Fetch, one at a time: a fetch that was cancelled here goes on in the client's thread."""
        if self._fetching is not None:
            await asyncio.wait({self._fetching})
            if self._fetching.exception() is None:
                self._missed.update(self._fetching.result())
        await self._seek_missed()
        self._fetching = asyncio.create_task(self._getmany(active, timeout))
        try:
            fetched = await asyncio.shield(self._fetching)
        except UnsupportedCodecError as error:
            raise codec_error(self._thread._ensure_consumer(), error) from None
        self._fetching = None
        return fetched

    async def _seek_missed(self) -> None:
        missed, self._missed = self._missed, set()
        for tp in missed & self.assignment():
            if tp in self._next:
                await self._seek(tp, self._next[tp])

    def _batch(self, tp: TP, records: list[Any], generation: int) -> BatchMessage | None:
        due = self._next.get(tp, 0)
        if records[0].offset < due:
            records = [record for record in records if record.offset >= due]
            if not records:
                return None
        if records[0].offset > due and self._is_hole.get(tp) != due:
            self._is_hole[tp] = due  # unless a second fetch finds what is due
            self._missed.add(tp)
            return None
        last = records[-1]
        self._next[tp] = last.offset + 1
        self._inflight.setdefault(tp, deque()).append(last.offset)
        return BatchMessage(
            tp.topic,
            tp.partition,
            last.offset,
            (last.timestamp or 0) / 1000,
            last.timestamp_type,
            headers=None,
            key=None,
            value=records,
            checksum=None,
            serialized_key_size=0,
            serialized_value_size=0,
            tp=tp,
            generation_id=generation,
        )

    async def _add_gap(self, tp: TP, offset_from: int, offset_to: int) -> None:
        """Batches look like gaps between offsets; there is nothing to fill in."""

    # -- commits

    def _filter_committable_offsets(self, tps: Any) -> dict[TP, int]:
        """What was acknowledged without a gap and is not committed yet."""
        for tp, offsets in self._inflight.items():
            acked = self._acked_index[tp]
            while offsets and offsets[0] in acked:
                offset = offsets.popleft()
                acked.discard(offset)
                self._done[tp] = offset + 1
            self._acked[tp].clear()
        return {tp: offset for tp, offset in self._done.items() if self._should_commit(tp, offset)}

    async def _commit_offsets(
        self, offsets: Mapping[TP, int], start_new_transaction: bool = True
    ) -> bool:
        """Commit; offsets that the group did not take are tried again with the next commit."""
        assigned = self.assignment()
        offsets = {tp: offset for tp, offset in offsets.items() if tp in assigned}
        if not offsets:
            return False
        if not await self._commit(offsets):
            self.commit_failures += 1
            return False
        self._committed_offset.update(offsets)
        self.app.monitor.on_tp_commit(offsets)
        return True

    def committed(self) -> dict[TP, int]:
        """The offsets that the group holds for this worker."""
        return {tp: at for tp, at in self._committed_offset.items() if at is not None}

    @property
    def group_generation(self) -> int:
        """The generation of the consumer group in which this worker holds its partitions."""
        return int(self._thread._ensure_consumer()._coordinator.generation)

    def polled(self, tp: TP) -> tuple[int | None, float | None]:
        """The last stable end of a partition as the brokers last said, and when, in Unix seconds.

        Beyond it lie records of open transactions, which are not delivered before they end.
        """
        consumer = self._thread._consumer
        if consumer is None or tp not in consumer.assignment():
            return None, None
        at = consumer.last_poll_timestamp(tp)
        stable, end = consumer.last_stable_offset(tp), consumer.highwater(tp)
        is_known = stable is not None and stable >= 0  # not by brokers before 0.11
        return stable if is_known else end, None if at is None else at / 1000

    def passed_over(self, tp: TP, taken: int) -> int:
        """How many offsets after those *taken* hold no record: the marks of transactions.

        0 while what was delivered is not all taken.
        """
        return max(0, self._passed.get(tp, 0) - taken) if taken == self._next.get(tp) else 0

    # -- rebalance

    async def on_partitions_revoked(self, revoked: set[TP]) -> None:
        """Faust forgets acknowledgements before it commits them; so flush and commit first.

        What is not done in time goes on by itself: a flush that was begun must not be cancelled,
        since what it took from the processor would never be written. The restore waits for it.

        What is acknowledged after that is delivered again: a commit that waits behind the join
        comes with a generation that is over, and makes this worker join once more.
        """
        for done in (self.app.hooks.before_revoke, self.commit):
            with suppress(TimeoutError):
                async with asyncio.timeout(5):
                    going_on = asyncio.create_task(self._go_on(done()))
                    self._going_on.add(going_on)  # the loop holds tasks only weakly
                    going_on.add_done_callback(self._going_on.discard)
                    await asyncio.shield(going_on)
        self._inflight.clear()
        self._done.clear()
        await super().on_partitions_revoked(revoked)

    async def _go_on(self, work: Awaitable[object]) -> None:
        """Do work that may outlive the one who waits for it; its failure ends the worker."""
        try:
            await work
        except Exception as error:
            await self.app.crash(error)
            raise


class BatchTransport(driver.Transport):
    """Kafka through `BatchConsumer`."""

    Consumer: ClassVar[type[BatchConsumer]] = BatchConsumer
