"""Light records have what the client's own have, in the same batches and from the same offsets."""

from typing import Any

import pytest
from aiokafka import TopicPartition
from aiokafka.consumer import fetcher
from aiokafka.consumer.subscription_state import Assignment
from aiokafka.errors import CorruptRecordException
from aiokafka.record.default_records import DefaultRecordBatchBuilder
from aiokafka.record.memory_records import MemoryRecords

from streams.kafka.records import PartitionRecords, Record, use_light_records

CALLS = TopicPartition("sales.calls", 3)
READ_COMMITTED = 1
FIRST = 7  # the offset at which a fetch begins, in the middle of the first batch


@pytest.fixture(autouse=True)
def _client_as_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetcher, "PartitionRecords", fetcher.PartitionRecords)


def log() -> bytes:
    """Two batches of four records from offset 5 on, between which compaction took two."""
    records = [
        (b"ana", b'{"id": "1"}', []),
        (b"ben", None, []),
        (None, b"no key", [("kind", b"call"), ("kind", b"email")]),
        (b"", b"", [("empty", None)]),
    ]
    built = b""
    for base in (5, 11):
        batch = DefaultRecordBatchBuilder(2, 0, 0, -1, -1, -1, 1 << 16)
        for number, (key, value, headers) in enumerate(records):
            batch.append(number, 1_764_000_000_000 + number, key, value, headers)
        made = bytearray(batch.build())
        made[:8] = base.to_bytes(8, "big")  # which the checksum leaves out
        built += made
    return built


def looks(kind: type, at_most: int | None) -> list[tuple[list[Any], int]]:
    """What each look hands out, and where the client then stands."""
    assignment = Assignment({CALLS})
    assignment.state_value(CALLS).seek(FIRST)
    records = kind(CALLS, MemoryRecords(log()), [], FIRST, None, None, True, READ_COMMITTED)
    result = fetcher.FetchResult(CALLS, assignment=assignment, partition_records=records, backoff=0)
    taken = []
    while result.has_more():
        taken.append((result.getall(at_most), assignment.state_value(CALLS).position))
    return taken


@pytest.mark.parametrize("at_most", [None, 1, 3, 6, 100])
async def test_they_are_what_the_client_makes(at_most: int | None) -> None:
    theirs = looks(fetcher.PartitionRecords, at_most)

    ours = looks(PartitionRecords, at_most)

    assert [record.offset for some, _ in ours for record in some] == [7, 8, 11, 12, 13, 14]
    assert [(list(map(fields, some)), at) for some, at in ours] == [
        (list(map(fields, some)), at) for some, at in theirs
    ]


def fields(record: Any) -> dict[str, Any]:
    values = {name: getattr(record, name) for name in Record.__struct_fields__}
    return {**values, "headers": tuple(record.headers)}


async def test_a_damaged_batch_is_not_handed_out(monkeypatch: pytest.MonkeyPatch) -> None:
    damaged = log()[:-1] + b"!"
    monkeypatch.setattr(f"{__name__}.log", lambda: damaged)

    with pytest.raises(CorruptRecordException):
        looks(PartitionRecords, None)


async def test_the_consumers_of_a_worker_make_them() -> None:
    """What a consumer calls to unpack a fetch is looked up where it is replaced here."""
    use_light_records()

    assert fetcher.PartitionRecords is PartitionRecords
    assert "PartitionRecords" in fetcher.Fetcher._proc_fetch_request.__code__.co_names
