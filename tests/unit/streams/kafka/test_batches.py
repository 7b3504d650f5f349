"""Records go in the client's own batches, in order; their offsets follow from the first one's."""

import itertools
from typing import NamedTuple

import pytest
from aiokafka.errors import (
    KafkaError,
    KafkaTimeoutError,
    MessageSizeTooLargeError,
    NotLeaderForPartitionError,
)
from aiokafka.producer.message_accumulator import BatchBuilder
from aiokafka.record import MemoryRecords

from streams.kafka.batches import send_in_batches

BATCH_BYTES = 1000


class Metadata(NamedTuple):
    offset: int


class Producer:
    """The client's batches; a foreign record is written before every batch but the first."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, int, list[tuple[bytes, bytes | None]]]] = []
        self.were_closed: list[bool] = []
        self.fails_at: int | None = None
        self.error: Exception = ConnectionError("no leader")
        self.refusals: dict[int, list[KafkaError]] = {}  # by the number of batches sent before
        self.refused: list[BatchBuilder] = []
        self.end = 40

    def create_batch(self) -> BatchBuilder:
        return BatchBuilder(BATCH_BYTES, 0)

    async def send_batch(self, batch, topic, *, partition):
        number = len(self.sent)
        assert batch not in self.refused, "a batch is made anew"
        if self.refusals.get(number):
            self.refused.append(batch)
            raise self.refusals[number].pop()
        self.were_closed.append(batch.closed())
        records = [*MemoryRecords(bytes(batch._build())).next_batch()]
        self.sent.append((topic, partition, [(record.key, record.value) for record in records]))
        start = self.end
        self.end += len(records) + 1

        async def durable() -> Metadata:
            if number == self.fails_at:
                raise self.error
            return Metadata(start)

        return durable()


RECORDS = [(b"key %d" % number, b"v" * 250) for number in range(8)]


async def test_one_batch_holds_what_fits_and_a_tombstone_stays_one() -> None:
    producer = Producer()

    offsets = await send_in_batches(producer, "rows", 3, [(b"one", b"row"), (b"two", None)])

    assert producer.sent == [("rows", 3, [(b"one", b"row"), (b"two", None)])]
    assert offsets == [range(40, 42)]


async def test_a_full_batch_is_followed_by_another_and_no_record_is_lost() -> None:
    producer = Producer()

    offsets = await send_in_batches(producer, "rows", 0, RECORDS)

    assert [record for _, _, batch in producer.sent for record in batch] == RECORDS
    assert offsets == [range(40, 43), range(44, 47), range(48, 50)]
    assert all(producer.were_closed)


async def test_a_row_larger_than_a_batch_goes_alone() -> None:
    producer = Producer()
    giant = (b"giant", b"v" * 3 * BATCH_BYTES)

    await send_in_batches(producer, "rows", 0, [RECORDS[0], giant, RECORDS[1]])

    assert [batch for _, _, batch in producer.sent] == [[RECORDS[0]], [giant], [RECORDS[1]]]


@pytest.mark.parametrize("failing", range(3))
async def test_a_batch_that_fails_is_raised(failing: int) -> None:
    producer = Producer()
    producer.fails_at = failing

    with pytest.raises(ConnectionError):
        await send_in_batches(producer, "rows", 0, RECORDS)


@pytest.mark.parametrize("failing", range(3))
async def test_a_batch_that_meets_no_leader_is_sent_again(failing: int) -> None:
    producer = Producer()
    producer.fails_at, producer.error = failing, NotLeaderForPartitionError()

    offsets = await send_in_batches(producer, "rows", 0, RECORDS, pause=0)

    (*first, again) = [batch for _, _, batch in producer.sent]
    assert [record for batch in first for record in batch] == RECORDS
    assert again == first[failing]
    assert offsets[failing] == range(51, 51 + len(again))


@pytest.mark.parametrize("refused", range(3))
@pytest.mark.parametrize("error", [KafkaTimeoutError(), NotLeaderForPartitionError()])
async def test_a_batch_that_waits_too_long_for_another_is_handed_over_again(
    refused: int, error: KafkaError
) -> None:
    producer = Producer()
    producer.refusals[refused] = [error, error]

    offsets = await send_in_batches(producer, "rows", 0, RECORDS, pause=0)

    assert len(producer.refused) == 2
    assert [record for _, _, batch in producer.sent for record in batch] == RECORDS
    assert offsets == [range(40, 43), range(44, 47), range(48, 50)]


async def test_a_batch_that_is_sent_again_may_wait_for_another_too() -> None:
    producer = Producer()
    producer.fails_at, producer.error = 0, NotLeaderForPartitionError()
    producer.refusals[3] = [KafkaTimeoutError()]

    offsets = await send_in_batches(producer, "rows", 0, RECORDS, pause=0)

    assert len(producer.refused) == 1
    assert [batch for _, _, batch in producer.sent][3] == RECORDS[:3]
    assert offsets[0] == range(51, 54)


async def test_what_does_not_pass_by_itself_is_raised_by_the_submit() -> None:
    producer = Producer()
    producer.refusals[1] = [MessageSizeTooLargeError()]

    with pytest.raises(MessageSizeTooLargeError):
        await send_in_batches(producer, "rows", 0, RECORDS, pause=0)


class SlowBatch(BatchBuilder):
    """A batch that is filled by a machine that stops for a second before every record."""

    clock = itertools.count(1_000_000, 1_000)

    def append(self, *, timestamp: int | None, key: bytes | None, value: bytes | None):
        timestamp = next(self.clock) if timestamp is None else timestamp
        return super().append(timestamp=timestamp, key=key, value=value)


async def test_a_batch_that_was_full_takes_the_same_records_when_it_is_made_anew_slowly() -> None:
    producer = Producer()
    producer.refusals[0] = [KafkaTimeoutError()]
    batches = iter([BatchBuilder(BATCH_BYTES, 0), SlowBatch(BATCH_BYTES, 0)])
    producer.create_batch = lambda: next(batches)  # type: ignore[method-assign]
    full = [(b"a", b"v" * 300), (b"b", b"v" * 300), (b"c", b"v" * 308)]  # to the last byte

    await send_in_batches(producer, "rows", 0, full, pause=0)

    assert [batch for _, _, batch in producer.sent] == [full]
