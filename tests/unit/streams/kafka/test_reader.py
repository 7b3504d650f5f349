"""What the reader of logs says of a batch that it cannot read, and when it has read all."""

import time
from types import SimpleNamespace

import pytest
from aiokafka import TopicPartition
from aiokafka.consumer.fetcher import PartitionRecords
from aiokafka.errors import UnsupportedCodecError
from aiokafka.record.default_records import DefaultRecordBatchBuilder
from aiokafka.record.memory_records import MemoryRecords

from streams.kafka.reader import LogReader, codec_error
from streams.settings import Settings

CALLS = TopicPartition("sales.calls", 2)
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
