"""The batch consumer delivers every record in order, and commits only what was acknowledged."""

import asyncio
from collections import deque
from types import SimpleNamespace
from typing import Any, NamedTuple

import pytest
from aiokafka.errors import IllegalStateError
from faust.tables.recovery import RebalanceAgain
from faust.types import TP

from streams.settings import Settings
from streams.worker.faust_app import create_app
from streams.worker.faust_batches import BatchConsumer

CALLS = TP("sales.calls", 3)


class Rec(NamedTuple):
    offset: int
    timestamp: int = 0
    timestamp_type: int = 0


@pytest.fixture(name="consumer")
def _consumer(monkeypatch: pytest.MonkeyPatch) -> BatchConsumer:
    app = create_app(Settings())
    consumer = app.consumer
    consumer.flow_active = True
    consumer._active_partitions = {CALLS}
    monkeypatch.setattr(type(consumer), "assignment", lambda _: {CALLS})
    return consumer


class Log:
    """A partition and where the client stands in it, as aiokafka keeps it."""

    def __init__(self, consumer: BatchConsumer, offsets: range | list[int]) -> None:
        self.offsets = list(offsets)
        self.position = self.offsets[0]
        consumer._getmany = self.fetch
        consumer._seek = self.seek
        consumer._position = lambda _: self.position

    async def fetch(self, active: set[TP], timeout: float) -> dict[TP, list[Rec]]:
        records = [Rec(offset) for offset in self.offsets if offset >= self.position][:10]
        if records and CALLS in active:
            self.position = records[-1].offset + 1
            return {CALLS: records}
        return {}

    async def seek(self, _tp: TP, offset: int) -> None:
        self.position = offset


async def drained(consumer: BatchConsumer) -> list[int]:
    """The offsets that one fetch delivers."""
    return [r.offset async for _, message in consumer.getmany(0.1) for r in message.value]


async def test_what_ends_in_the_mark_of_a_transaction_is_passed_over(
    consumer: BatchConsumer,
) -> None:
    log = Log(consumer, [0, 1, 2])
    await consumer.begin_at({CALLS: 0})

    await drained(consumer)
    assert consumer.passed_over(CALLS, 3) == 0
    assert consumer.passed_over(CALLS, 2) == 0, "2 is delivered and not taken yet"

    log.position = 4  # the client passes over the mark with its next fetch, and brings nothing
    await drained(consumer)
    assert consumer.passed_over(CALLS, 3) == 1
    assert consumer.passed_over(CALLS, 2) == 0


async def test_nothing_is_passed_over_by_what_is_still_to_be_delivered(
    consumer: BatchConsumer,
) -> None:
    log = Log(consumer, range(20))
    await consumer.begin_at({CALLS: 0})
    await drained(consumer)

    fetch = consumer._getmany

    async def fetch_while_paused(_active: set[TP], timeout: float) -> dict[TP, list[Rec]]:
        return await fetch({CALLS}, timeout)

    consumer._getmany = fetch_while_paused
    consumer._active_partitions = {TP("sales.emails", 0)}
    await drained(consumer)

    assert log.position == 20
    assert consumer.passed_over(CALLS, 10) == 0


async def test_what_was_fetched_and_not_delivered_is_fetched_again(consumer: BatchConsumer) -> None:
    Log(consumer, range(40))
    await consumer.begin_at({CALLS: 0})
    assert await drained(consumer) == [*range(10)]

    consumer._active_partitions = set()
    fetch = consumer._getmany

    async def fetch_while_paused(_active: set[TP], timeout: float) -> dict[TP, list[Rec]]:
        return await fetch({CALLS}, timeout)

    consumer._getmany = fetch_while_paused
    consumer._active_partitions = {TP("sales.emails", 0)}
    assert await drained(consumer) == []

    consumer._getmany = fetch
    consumer._active_partitions = {CALLS}
    assert await drained(consumer) == [*range(10, 20)]


async def test_a_fetch_that_was_cancelled_loses_nothing(consumer: BatchConsumer) -> None:
    """It goes on in the client's thread, and the client takes what it brings for delivered."""
    log = Log(consumer, range(20))
    await consumer.begin_at({CALLS: 0})
    slow, fetch = asyncio.Event(), log.fetch

    async def fetch_slowly(active: set[TP], timeout: float) -> dict[TP, list[Rec]]:
        await slow.wait()
        return await fetch(active, timeout)

    consumer._getmany = fetch_slowly
    cancelled = asyncio.create_task(drained(consumer))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    cancelled.cancel()
    await asyncio.gather(cancelled, return_exceptions=True)
    slow.set()

    assert await drained(consumer) == [*range(10)]


async def test_a_hole_is_believed_after_a_second_fetch_only(consumer: BatchConsumer) -> None:
    Log(consumer, [7, 8, 9])
    await consumer.begin_at({CALLS: 4})

    assert await drained(consumer) == []
    assert await drained(consumer) == [7, 8, 9]


async def test_records_before_what_is_due_are_left_out(consumer: BatchConsumer) -> None:
    Log(consumer, range(6))
    await consumer.begin_at({CALLS: 4})

    assert await drained(consumer) == [4, 5]


def test_nothing_is_committed_over_a_batch_in_flight(consumer: BatchConsumer) -> None:
    consumer._inflight[CALLS] = deque([9, 19, 29])
    consumer._acked_index[CALLS] = {19}
    assert consumer._filter_committable_offsets({CALLS}) == {}

    consumer._acked_index[CALLS].add(9)
    assert consumer._filter_committable_offsets({CALLS}) == {CALLS: 20}


async def test_a_commit_that_was_not_taken_is_tried_again(consumer: BatchConsumer) -> None:
    answers = [False, True]

    async def commit(_offsets: dict[TP, int]) -> bool:
        return answers.pop(0)

    consumer._commit = commit
    consumer._inflight[CALLS] = deque([9])
    consumer._acked_index[CALLS] = {9}
    due = consumer._filter_committable_offsets({CALLS})

    assert not await consumer._commit_offsets(due)
    assert consumer.commit_failures == 1
    again = consumer._filter_committable_offsets({CALLS})
    assert again == due
    assert await consumer._commit_offsets(again)
    assert consumer.committed() == {CALLS: 10}
    assert consumer._filter_committable_offsets({CALLS}) == {}


async def test_what_is_acknowledged_after_partitions_went_is_not_committed(
    consumer: BatchConsumer,
) -> None:
    committed: list[dict[TP, int]] = []

    async def refuse(offsets: dict[TP, int]) -> bool:
        committed.append(offsets)
        return False

    async def before_revoke() -> None:
        consumer._acked_index[CALLS] = {4}

    consumer._commit = refuse
    consumer.app.hooks = SimpleNamespace(before_revoke=before_revoke)
    consumer._inflight[CALLS] = deque([4, 7])
    await consumer.on_partitions_revoked({CALLS})
    consumer._acked_index[CALLS] = {7}
    await consumer.commit()

    assert committed == [{CALLS: 5}]


async def test_a_thread_that_ended_in_a_crash_can_be_stopped(consumer: BatchConsumer) -> None:
    thread = consumer._new_consumer_thread()
    thread.thread_loop.close()

    assert thread._stopped_set() is None


async def test_a_seek_that_another_rebalance_overtakes_begins_anew(consumer: BatchConsumer) -> None:
    """It ended the worker: what went in between is no partition of the client any more."""

    async def seek() -> None:
        raise IllegalStateError("No current assignment for partition")

    consumer.perform_seek = seek
    app: Any = consumer.app
    app.finalize()

    with pytest.raises(RebalanceAgain):
        await app.tables.recovery.on_recovery_completed(app.consumer_generation_id)
