"""What the installed Faust does wrong today, one test for each thing that is worked around.

A test that fails after an upgrade says that Faust changed there: read its release notes, and take
out, or mend, the lines of ours that the test names. None of them needs a broker.
"""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any, NamedTuple

import faust
import pytest
from faust.tables.recovery import Recovery
from faust.transport.drivers import aiokafka as driver
from faust.types import TP
from mode.threads import MethodQueue, ServiceThread

CALLS = TP("sales.calls", 3)


@pytest.fixture(name="app")
async def _app(tmp_path: Any) -> faust.App:
    app = faust.App("contract", broker="kafka://127.0.0.1:9", store="memory://", datadir=tmp_path)
    app.loop = asyncio.get_running_loop()
    app.consumer.assignment = lambda: {CALLS}
    return app


class Message(NamedTuple):
    topic: str
    partition: int
    offset: int
    key: bytes | None = None
    value: bytes | None = None


async def nothing(*_args: Any, **_kwargs: Any) -> None:
    """What is not looked at."""


# -- files


async def test_it_makes_folders_though_its_tables_are_in_memory(
    app: faust.App, tmp_path: Any
) -> None:
    """`BatchApp._create_directories` may go."""
    await app.on_first_start()

    assert list(tmp_path.iterdir())


# -- offsets and commits


@pytest.mark.parametrize(
    ("committed", "acked", "due"), [(2585, [2586, 2587], 2588), (None, [5, 6], 7), (0, [5, 6], 7)]
)
def test_it_commits_over_a_record_that_is_in_flight(
    app: faust.App, committed: int | None, acked: list[int], due: int
) -> None:
    """`BatchConsumer._filter_committable_offsets`, with `_inflight` and `_done`, may go."""
    app.consumer._committed_offset[CALLS] = committed
    app.consumer._acked[CALLS] = list(acked)
    app.consumer._acked_index[CALLS] = set(acked)

    assert app.consumer._new_offset(CALLS) == due


async def test_it_advances_over_one_gap_a_commit_only(app: faust.App) -> None:
    """`BatchConsumer._add_gap` may go: batches are gaps, and the offset that ends one is in it."""
    consumer = app.consumer
    consumer._committed_offset[CALLS] = 0
    for before, arrived in ((0, 9), (9, 19), (19, 29)):
        await consumer._add_gap(CALLS, before + 1, arrived)
        consumer._acked[CALLS].append(arrived)

    assert consumer._new_offset(CALLS) == 10, "30 were acknowledged"


async def test_a_commit_that_was_refused_is_noted_as_done(app: faust.App) -> None:
    """`BatchConsumer._commit_offsets` may go."""

    async def refuse(_offsets: Any) -> bool:
        return False

    app.consumer._commit = refuse
    app.producer.flush = nothing
    app.consumer._committed_offset[CALLS] = 2585

    assert await app.consumer._commit_offsets({CALLS: 2600}) is False
    assert app.consumer._committed_offset[CALLS] == 2600


async def test_acknowledgements_are_forgotten_before_partitions_go(app: faust.App) -> None:
    """`BatchConsumer.on_partitions_revoked` may go: the app could commit them in its callback."""
    consumer = app.consumer
    consumer._acked[CALLS] = [5, 6]
    consumer._acked_index[CALLS] = {5, 6}
    left: list[Any] = []

    async def revoked(_partitions: Any) -> None:
        left.extend(consumer._filter_tps_with_pending_acks())

    consumer._on_partitions_revoked = revoked
    await consumer.on_partitions_revoked({CALLS})

    assert left == []


async def test_transactions_commit_offsets_before_what_is_still_in_the_buffer(
    app: faust.App,
) -> None:
    """`processing_guarantee` could be `exactly_once`, and merging rows would be one of two ways."""
    done: list[str] = []

    async def note_flush() -> None:
        done.append("flush")

    async def note_commit(*_args: Any, **_kwargs: Any) -> bool:
        done.append("commit")
        return True

    consumer = app.consumer
    consumer.in_transaction = True
    app.producer.flush, consumer.transactions.commit = note_flush, note_commit
    await consumer._commit_offsets({CALLS: 5})

    assert done == ["commit"]


# -- delivery


async def test_what_was_fetched_and_is_not_delivered_is_passed_over(app: faust.App) -> None:
    """`BatchConsumer._missed` and `_seek_missed` may go."""
    consumer = app.consumer
    sought: list[Any] = []

    async def fetch(**_kwargs: Any) -> dict[TP, list[Message]]:
        consumer._active_partitions.discard(CALLS)  # its buffer is full, or it was paused
        return {CALLS: [Message(*CALLS, 7)]}

    async def seek(*args: Any) -> None:
        sought.append(args)

    consumer._active_partitions = {CALLS, TP("sales.emails", 0)}
    consumer._getmany, consumer._seek, consumer.seek_to_committed = fetch, seek, seek

    assert [record async for record in consumer.getmany(0.1)] == []
    assert sought == []


async def test_a_call_into_the_clients_thread_goes_on_after_it_was_cancelled() -> None:
    """The `shield` in `BatchConsumer._fetch` may go, and the wait for the fetch before."""
    queue = MethodQueue(loop=asyncio.get_running_loop())
    begun, go_on, done = asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def fetch() -> str:
        begun.set()
        await go_on.wait()
        done.set()
        return "records"

    await queue.start()
    promise = await queue.call(asyncio.get_running_loop().create_future(), fetch)
    await asyncio.wait_for(begun.wait(), 1)
    promise.cancel()
    go_on.set()
    await asyncio.wait_for(done.wait(), 1)
    await queue.stop()

    assert promise.cancelled()


async def test_a_thread_that_crashed_cannot_be_stopped() -> None:
    """`_Thread._stopped_set` may go."""

    class Crashing(ServiceThread):
        wait_for_thread = False

        async def on_thread_started(self) -> None:
            raise ValueError("crashed")

        def on_crash(self, msg: str, *fmt: Any, **kwargs: Any) -> None:
            """Not reported: it is what is wanted."""

        def _start_thread(self) -> None:
            with suppress(ValueError):
                super()._start_thread()

    thread = Crashing()
    await thread.start()
    await asyncio.to_thread(thread._thread.is_stopped.wait)

    with pytest.raises(RuntimeError, match="loop is closed"):
        await thread.stop()


async def test_it_sleeps_for_a_second_when_every_buffer_is_full(app: faust.App) -> None:
    """The wait for active partitions in `BatchConsumer.getmany` may go."""
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)

    app.consumer.sleep = sleep
    app.consumer._active_partitions = set()

    assert await app.consumer._wait_next_records(0.1) == ({}, set())
    assert slept == [1]


async def test_each_record_costs_several_tasks(app: faust.App) -> None:
    """`BatchMessage` and `BatchSchema` may go: one event could be one record again."""
    consumer, loop = app.consumer, asyncio.get_running_loop()
    started = 0
    records = 50

    def count(loop: Any, coro: Any, **kwargs: Any) -> asyncio.Task[Any]:
        nonlocal started
        started += 1
        return asyncio.Task(coro, loop=loop, **kwargs)

    async def getmany(timeout: float) -> AsyncIterator[tuple[TP, Message]]:
        for offset in range(records):
            yield CALLS, Message(*CALLS, offset)
        consumer._stopped.set()

    consumer.getmany, consumer.callback = getmany, nothing
    loop.set_task_factory(count)
    try:
        await consumer._drain_messages(app._fetcher)
    finally:
        loop.set_task_factory(None)

    assert started >= 2 * records


async def test_an_event_that_failed_is_acknowledged(app: faust.App) -> None:
    """`noack` in `agents.consume` may go, and `agent_supervisor` in `app.create_app`."""
    taken: list[Any] = []

    @app.agent(app.topic("sales.calls", value_type=bytes, value_serializer="raw"))
    async def fail(stream: Any) -> None:
        async for event in stream.events():
            taken.append(event)
            raise ValueError("a bug")

    async with fail.test_context() as agent:
        with pytest.raises(ValueError, match="a bug"):
            await agent.put(b"an event")

    (event,) = taken
    assert event.message.acked
    assert app.conf.agent_supervisor.__name__ == "OneForOneSupervisor"
    assert not app.crashed


async def test_an_empty_fetch_may_wait_for_a_second_and_a_half(app: faust.App) -> None:
    """`_Thread._create_worker_consumer` may go, when there is a setting for it."""
    thread = driver.AIOKafkaConsumerThread(app.consumer, loop=asyncio.get_running_loop())

    client = thread._create_worker_consumer(app.transport)

    assert client._fetch_max_wait_ms == 1500


# -- sends


async def test_a_failed_send_is_a_line_in_the_log(
    app: faust.App, caplog: pytest.LogCaptureFixture
) -> None:
    """Rows could be sent by `table[key] = row` instead of `Worker._send` and awaited futures."""
    topic = app.topic("changelog", value_serializer="raw")
    message = topic.as_future_message(key=None, value=b"row")
    sent: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
    sent.set_exception(ConnectionError("no leader"))

    topic._on_published(sent, message=message, producer=app.producer, state=None)

    assert "no leader" in caplog.text
    assert isinstance(message.exception(), ConnectionError)
    assert not app.crashed


async def test_a_flush_gives_up_with_a_full_buffer(app: faust.App) -> None:
    """As above: the flush before a commit says nothing of what is durable."""
    buffer = app.producer.buffer
    buffer._started.set()
    buffer.pending.put_nowait(app.topic("changelog").as_future_message(value=b"row"))
    started = time.monotonic()

    await buffer.flush()

    assert buffer.size == 1
    assert time.monotonic() - started < 1


# -- restore


async def test_recovery_lets_records_flow_before_it_seeks(
    app: faust.App, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`BatchRecovery.on_recovery_completed` may go: records came twice after each restore."""
    app.finalize()
    consumer, done = app.consumer, []

    async def seek() -> None:
        done.append("seek")

    consumer.perform_seek = seek
    consumer.resume_partitions = lambda _: done.append("resume partitions")
    consumer.flow_active = True
    monkeypatch.setattr(type(app._fetcher), "maybe_start", nothing)
    app.on_rebalance_end = lambda: None
    app.assignor.assigned_standbys = set

    recovery = Recovery(app, app.tables, loop=asyncio.get_running_loop())
    await recovery.on_recovery_completed(app.consumer_generation_id)

    assert done == ["resume partitions", "seek"]


def test_the_last_row_of_a_changelog_wins_whoever_wrote_it(app: faust.App) -> None:
    """`BatchRecovery._restart_recovery` and `Restorer` may go, if rows could merge in the table."""
    table = rows(app)

    table.apply_changelog_batch([change(b"ana", b"newer"), change(b"ana", b"a woken old owner's")])

    assert table[b"ana"] == b"a woken old owner's"


async def test_a_table_keeps_the_rows_it_wrote_of_partitions_that_went(app: faust.App) -> None:
    """`drop_partitions` of the ledgers may go."""
    table = rows(app)
    table.data[b"written here"] = b"row"
    table.apply_changelog_batch([change(b"restored", b"row")])

    await table.on_recovery_completed(set(), set())

    assert list(table.data) == [b"written here"]


# -- windowed tables: all of them say why `app._add_table` makes plain ones


def test_the_expiry_heap_grows_with_every_write(app: faust.App) -> None:
    """Two windows, and a thousand entries to expire them."""
    table = windowed(app)

    for number in range(1000):
        table._set_key(("ana", table.window.current(time.time() - 100 + number / 100)), number)

    assert len(table._partition_timestamps[0]) == 1000


async def test_a_late_event_starts_its_window_anew(app: faust.App) -> None:
    """41 touches of a window that expired are 1 with the next."""
    table = windowed(app)
    window = table.window.current(time.time() - 7300)
    table._set_key(("ana", window), 41)

    await table._del_old_keys()

    assert table._get_key(("ana", window)) + 1 == 1


async def test_windows_close_in_one_partition_only(app: faust.App) -> None:
    """The one whose window is the newest."""
    closed: list[Any] = []
    table = windowed(app, on_window_close=lambda key, _value: closed.append(key))
    partitions = iter((1, 0))
    table.partition_for_key = lambda _key: next(partitions)
    table.send_changelog = lambda partition, *_args, **_kwargs: sent(partition)
    for age in (7100, 7300):
        table._set_key(("ana", table.window.current(time.time() - age)), 41)

    await table._del_old_keys()

    assert list(table.data) == []
    assert len(closed) == 1


async def test_a_window_that_was_restored_never_expires(app: faust.App) -> None:
    """It is there until the next restart, and after that again."""
    table = windowed(app)
    key = ("ana", table.window.current(time.time() - 7300))
    table.apply_changelog_batch([change(key, 41)])

    await table._del_old_keys()

    assert list(table.data) == [key]


# -- defaults that `app.create_app` does not keep; docs/faust.md names them


@pytest.mark.parametrize(
    ("setting", "default"),
    [
        ("web_enabled", True),
        ("web_bind", "0.0.0.0"),
        ("web_tables_enabled", True),
        ("topic_allow_declare", True),
        ("topic_disable_leader", False),
        ("topic_partitions", 8),
        ("table_standby_replicas", 1),
        ("stream_wait_empty", True),
        ("stream_buffer_maxsize", 4096),
        ("broker_max_poll_records", None),
        ("broker_commit_interval", 2.8),
        ("broker_session_timeout", 60.0),
        ("broker_heartbeat_interval", 3.0),
        ("broker_rebalance_timeout", 60.0),
        ("broker_request_timeout", 90.0),
        ("producer_linger", 0.0),
        ("producer_max_batch_size", 16_384),
        ("producer_request_timeout", 1200.0),
    ],
)
def test_a_default_is_what_it_was(app: faust.App, setting: str, default: object) -> None:
    """The line of that setting in `app.create_app` may go, or has another reason now."""
    assert getattr(app.conf, setting) == default


# -- builders


def rows(app: faust.App) -> Any:
    """A table like ours."""
    schema = faust.Schema(
        key_type=bytes, value_type=bytes, key_serializer="raw", value_serializer="raw"
    )
    return app.Table("rows", partitions=4, schema=schema)


def windowed(app: faust.App, **options: Any) -> Any:
    """Windows of a minute, kept for an hour, whose changelog is not looked at."""
    table = app.Table("windows", default=int, partitions=2, **options)
    table.tumbling(60, expires=3600)
    table.send_changelog = lambda *_args, **_kwargs: sent(0)
    table.partition_for_key = lambda _key: 0
    return table


class Sent(NamedTuple):
    message: Message


def sent(partition: int) -> Sent:
    return Sent(Message("changelog", partition, 0))


class Change(NamedTuple):
    """An event of a changelog."""

    key: Any
    value: Any
    message: Message


def change(key: Any, value: Any) -> Change:
    return Change(key, value, Message("changelog", 3, 0, value=b"there"))
