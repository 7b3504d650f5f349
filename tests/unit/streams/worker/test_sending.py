"""What a worker learns of the brokers' time from its own sends."""

from types import SimpleNamespace
from typing import NamedTuple

import pytest
from aiokafka.errors import (
    InvalidTimestampError,
    KafkaError,
    KafkaTimeoutError,
    MessageSizeTooLargeError,
)
from aiokafka.producer.message_accumulator import BatchBuilder
from faust.exceptions import ProducerSendError

from streams.clock import HOUR, SECOND, parse_instant
from streams.kafka.connection import KafkaUnusableError
from streams.worker.clocks import BrokerTime
from streams.worker.sending import AppSender

NOON = parse_instant("2026-11-23T12:00:00+01:00")
CREATE_TIME, LOG_APPEND_TIME = 0, 1


class Written(NamedTuple):
    """What the client says of a batch; `timestamp` in milliseconds."""

    timestamp: int
    timestamp_type: int
    offset: int = 7


class Client:
    def __init__(self, answer: Written | Exception) -> None:
        self.answer = answer

    def create_batch(self) -> BatchBuilder:
        return BatchBuilder(1000, 0)

    async def send_batch(self, batch, topic, *, partition):
        async def durable() -> Written:
            if isinstance(self.answer, Exception):
                raise self.answer
            return self.answer

        return durable()


async def send(answer: Written | Exception) -> BrokerTime:
    """Send a row by a clock that is an hour ahead."""
    broker_time = BrokerTime(lambda: NOON + HOUR)
    app = SimpleNamespace(producer=SimpleNamespace(_ensure_producer=lambda: Client(answer)))
    await AppSender(app, broker_time).send_together({("rows", 3): [(b"key", b"row")]})
    return broker_time


async def test_the_time_at_which_a_broker_appends_is_its_word() -> None:
    broker_time = await send(Written(NOON // 1000, LOG_APPEND_TIME))
    assert broker_time.seconds is not None
    assert 0 < broker_time.seconds <= HOUR / SECOND, "an hour, but for what the send took"
    assert not broker_time.agrees


@pytest.mark.parametrize(
    "answer",
    [Written(NOON // 1000, CREATE_TIME), Written(17_000, LOG_APPEND_TIME)],
    ids=["of a producer", "of 1970, as the embedded broker's"],
)
async def test_other_times_are_no_broker_s_word(answer: Written) -> None:
    broker_time = await send(answer)
    assert broker_time.seconds is None
    assert broker_time.agrees


async def test_a_clock_that_brokers_refuse_is_named_with_the_topic() -> None:
    with pytest.raises(KafkaUnusableError, match="refuses what is sent to rows: this machine's"):
        await send(InvalidTimestampError())


class FaustProducer:
    """Refuses what it is given, as Faust's producer does, until there is no error left."""

    def __init__(self, errors: list[KafkaError]) -> None:
        self.errors = errors
        self.sent: list[bytes] = []

    async def send(self, topic, key, value, partition, timestamp, headers):
        if self.errors:
            raise ProducerSendError("Error while sending") from self.errors.pop()
        self.sent.append(value)

        async def durable() -> int:
            return len(self.sent)

        return durable()


async def send_one(errors: list[KafkaError]) -> list[bytes]:
    producer = FaustProducer(errors)
    sender = AppSender(SimpleNamespace(producer=producer), BrokerTime(lambda: NOON))
    assert await (await sender.send("dead", b"key", b"event", None, [])) == 1
    return producer.sent


async def test_a_record_that_waits_too_long_for_a_batch_is_handed_over_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def sleep(seconds: float) -> None: ...

    monkeypatch.setattr("streams.kafka.batches.asyncio.sleep", sleep)
    assert await send_one([KafkaTimeoutError(), KafkaTimeoutError()]) == [b"event"]


async def test_a_record_that_is_too_large_is_not_tried_again() -> None:
    errors: list[KafkaError] = [KafkaTimeoutError(), MessageSizeTooLargeError()]
    with pytest.raises(MessageSizeTooLargeError):
        await send_one(errors)
    assert len(errors) == 1
