"""What the reader of logs says of a batch that it cannot read, and when it has read all."""

import time
from types import SimpleNamespace

import pytest
from aiokafka import TopicPartition
from aiokafka.consumer.fetcher import PartitionRecords
from aiokafka.errors import (
    InvalidRequestError,
    NotLeaderForPartitionError,
    UnknownTopicOrPartitionError,
    UnsupportedCodecError,
)
from aiokafka.record.default_records import DefaultRecordBatchBuilder
from aiokafka.record.memory_records import MemoryRecords

from streams.kafka.reader import LogReader, codec_error
from streams.settings import Settings

CALLS = TopicPartition("sales.calls", 2)
RECORDS = [SimpleNamespace(offset=0), SimpleNamespace(offset=1)]
ATTRIBUTES = 22  # the offset of the lower byte of a batch's attributes


def test_a_batch_of_an_unknown_codec_is_named() -> None:
    builder = DefaultRecordBatchBuilder(2, 0, 0, -1, -1, -1, 1000)
    builder.append(0, timestamp=1, key=b"ana", value=b"{}", headers=[])
    batch = bytearray(builder.build())
    batch[ATTRIBUTES] = 5
    records = PartitionRecords(
        CALLS, MemoryRecords(bytes(batch)), [], 41, None, None, False, "read_committed"
    )
    with pytest.raises(UnsupportedCodecError) as raised:
        next(records)
    fetched = {CALLS: SimpleNamespace(_partition_records=records)}

    error = codec_error(SimpleNamespace(_fetcher=SimpleNamespace(_records=fetched)), raised.value)

    assert str(error).startswith("unreadable batch at sales.calls/2@41: Unknown compression codec")
    assert "0x05" in str(error)
    assert "\n" not in str(error)


@pytest.mark.parametrize(("hours", "is_end"), [(0, True), (-13, False), (13, False)])
def test_a_poll_of_before_the_clock_leapt_does_not_end_a_restore(hours: int, is_end: bool) -> None:
    reader, polled_at = LogReader(Settings()), (time.time() + 3600 * hours) * 1000
    reader._consumer = SimpleNamespace(last_poll_timestamp=lambda place: polled_at)

    assert reader._reached_ends({CALLS: 7}) is is_end


async def test_all_topics_are_known_to_the_client_before_it_asks_for_offsets() -> None:
    known: set[str] = set()
    asked_with: list[set[str]] = []

    async def offsets(places: list[TopicPartition]) -> dict[TopicPartition, int]:
        asked_with.append(set(known))
        return dict.fromkeys(places, 0)

    reader, places = LogReader(Settings()), [CALLS, TopicPartition("sales.emails", 2)]
    reader._consumer = SimpleNamespace(
        _client=SimpleNamespace(add_topic=known.add),
        beginning_offsets=offsets,
        end_offsets=offsets,
    )
    for ask in (reader.beginnings, reader.ends):
        known.clear()
        await ask(places)

    assert asked_with == [{"sales.calls", "sales.emails"}] * 2


class Consumer:
    """Brings what is in *looks*, one at each look, and then nothing; brokers always answer."""

    def __init__(self, looks: list[list[SimpleNamespace]]) -> None:
        self.looks = looks
        self.next = 0

    def assign(self, places: list[TopicPartition]) -> None: ...

    def seek(self, place: TopicPartition, offset: int) -> None: ...

    def assignment(self) -> set[TopicPartition]:
        return {CALLS}

    def pause(self, *places: TopicPartition) -> None: ...

    async def getmany(self, *places, timeout_ms: int, max_records: int):
        records = self.looks.pop(0) if self.looks else []
        if records:
            self.next = records[-1].offset + 1
        return {CALLS: records} if records else {}

    async def position(self, place: TopicPartition) -> int:
        return self.next

    def last_poll_timestamp(self, place: TopicPartition) -> float:
        return time.time() * 1000


async def offsets_read(looks: list[list[SimpleNamespace]]) -> list[int]:
    """What a caller gets of two records by these looks."""
    reader = LogReader(Settings())
    reader._consumer = Consumer(looks)
    return [record.offset async for _, some in reader.read({CALLS: (0, 2)}) for record in some]


async def test_a_slow_caller_gets_the_records_that_came_meanwhile(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now = time.monotonic()
    monkeypatch.setattr(
        "streams.kafka.reader.time", SimpleNamespace(monotonic=lambda: now, time=time.time)
    )
    reader, offsets = LogReader(Settings()), []
    reader._consumer = Consumer([[RECORDS[0]], [RECORDS[1]]])

    async for _, records in reader.read({CALLS: (0, 2)}):
        now += 60  # as of a machine that sleeps while the caller merges
        offsets += [record.offset for record in records]

    assert offsets == [0, 1]


@pytest.mark.parametrize(("empty", "offsets"), [(-1, [0, 1]), (0, [0])])
async def test_a_stretch_ends_after_looks_in_a_row_that_bring_nothing(
    empty: int, offsets: list[int]
) -> None:
    nothing: list[list[SimpleNamespace]] = [[]] * (LogReader.EMPTY + empty)
    assert await offsets_read([[RECORDS[0]], *nothing, [RECORDS[1]]]) == offsets


async def test_empty_looks_before_a_record_do_not_count() -> None:
    nothing: list[list[SimpleNamespace]] = [[]] * (LogReader.EMPTY - 1)
    assert await offsets_read([*nothing, [RECORDS[0]], *nothing, [RECORDS[1]]]) == [0, 1]


def reader_of_ends(monkeypatch: pytest.MonkeyPatch, *codes: int) -> LogReader:
    """A reader whose brokers answer with these codes about one end, which is 9, without pauses."""
    left = list(codes)

    async def send(node: int, request: object) -> SimpleNamespace:
        return SimpleNamespace(topics=[(CALLS.topic, [(CALLS.partition, left.pop(0), 0, 9)])])

    async def sleep(seconds: float) -> None: ...

    monkeypatch.setattr("streams.kafka.connection.asyncio.sleep", sleep)
    cluster = SimpleNamespace(leader_for_partition=lambda place: 1)
    reader = LogReader(Settings())
    reader._consumer = SimpleNamespace(_client=SimpleNamespace(cluster=cluster, send=send))
    return reader


async def test_ends_are_asked_again_after_errors_that_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    reader = reader_of_ends(monkeypatch, NotLeaderForPartitionError.errno, 0)
    assert await reader.high_watermarks([CALLS]) == {CALLS: 9}


async def test_a_partition_that_is_gone_has_no_end(monkeypatch: pytest.MonkeyPatch) -> None:
    reader = reader_of_ends(monkeypatch, UnknownTopicOrPartitionError.errno)
    assert await reader.high_watermarks([CALLS]) == {}


async def test_another_error_is_no_end_that_is_not_known(monkeypatch: pytest.MonkeyPatch) -> None:
    reader = reader_of_ends(monkeypatch, InvalidRequestError.errno)
    with pytest.raises(InvalidRequestError, match=r"the end of sales\.calls/2 is not given"):
        await reader.high_watermarks([CALLS])
