"""Events as other producers send them: compressed, and in transactions that end well or not."""

import asyncio
import json
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

import pytest
from aiokafka import AIOKafkaProducer

from streams.kafka.topics import TABLES, Topics
from streams.settings import Settings
from tests.build import NORTH, call
from tests.chaos.operating import configure
from tests.integration.conftest import Install
from tests.running import Installation, until

CLOCK = "2026-11-23T15:30:00+01:00"
TOUCHES_TODAY = ("ana", "hunters", "touches", "today", "call")
CODECS = ("gzip", "snappy", "lz4", "zstd")


def calls(*ids: str) -> list[bytes]:
    return [json.dumps(call(id=id_)).encode() for id_ in ids]


async def send(brokers: str, topic: str, values: Sequence[bytes], codec: str) -> None:
    async with AIOKafkaProducer(bootstrap_servers=brokers, compression_type=codec) as producer:
        for value in values:
            await producer.send_and_wait(topic, value, key=b"ana")


async def transact(
    brokers: str, topic: str, values: Sequence[bytes], end: str, name: str = "dialer"
) -> None:
    """Send values in a transaction and *end* it: commit, abort, or leave it open."""
    producer = AIOKafkaProducer(bootstrap_servers=brokers, transactional_id=name)
    await producer.start()
    await producer.begin_transaction()
    for value in values:
        await producer.send_and_wait(topic, value, key=b"ana")
    if end == "commit":
        await producer.commit_transaction()
    elif end == "abort":
        await producer.abort_transaction()
    with suppress(Exception):  # one that is open is aborted by the broker, in the end
        await (producer._sender.close() if end == "open" else producer.stop())
        await producer.client.close()


def input_of(processor: Installation) -> str:
    return f"{processor.app_id}.in.calls"


def until_touches(processor: Installation, count: int) -> None:
    until(
        f"{count} touches are counted",
        lambda: processor.numbers().get(TOUCHES_TODAY) == count,
    )


def test_every_codec_of_kafka_is_read_from_inputs_and_changelogs(install_on_kafka: Install) -> None:
    processor = install_on_kafka(NORTH, CLOCK)
    topics = Topics(Settings(app_id=processor.app_id, topic_prefix=f"{processor.app_id}.in."))
    for number, codec in enumerate(CODECS):
        inner = [*map(topics.changelog, TABLES), topics.credits]
        config: dict[str, Any] = {"compression.type": codec}
        compacted = {"cleanup.policy": "compact", **config}
        asyncio.run(configure(processor.brokers, inner, compacted))
        worker = processor.ready(processor.start())
        asyncio.run(
            send(processor.brokers, input_of(processor), calls(f"{codec}1", f"{codec}2"), codec)
        )
        until_touches(processor, 2 * number + 2)
        processor.settle()
        worker.stop()
    processor.ready(processor.start())

    assert processor.numbers()[TOUCHES_TODAY] == 8


def test_of_transactions_only_those_that_were_committed_count(install_on_kafka: Install) -> None:
    processor = install_on_kafka(NORTH, CLOCK)
    worker = processor.ready(processor.start())
    topic = input_of(processor)
    asyncio.run(transact(processor.brokers, topic, calls(*"abcdefg"), "abort"))
    asyncio.run(transact(processor.brokers, topic, calls("h"), "commit"))

    until_touches(processor, 1)
    until("nothing lags", lambda: worker.total("floorpulse_consumer_lag_records") == 0)
    assert worker.total("floorpulse_events_received_total") == 1
    worker.kill()
    processor.ready(processor.start())
    assert processor.numbers()[TOUCHES_TODAY] == 1


def test_an_open_transaction_holds_up_neither_a_restore_nor_what_is_complete(
    install_on_kafka: Install,
) -> None:
    processor = install_on_kafka(NORTH, CLOCK)
    processor.ready(processor.start()).kill()
    topic = input_of(processor)
    asyncio.run(send(processor.brokers, topic, calls("a"), "gzip"))
    asyncio.run(transact(processor.brokers, topic, calls("b", "c"), "open"))
    worker = processor.ready(processor.start())

    until_touches(processor, 1)
    until("nothing lags", lambda: worker.total("floorpulse_consumer_lag_records") == 0)
    assert worker.total("floorpulse_state_complete") == 1


@pytest.mark.parametrize("codec", CODECS)
def test_the_codec_of_an_input_topic_may_be_the_broker_s(
    install_on_kafka: Install, codec: str
) -> None:
    processor = install_on_kafka(NORTH, CLOCK)
    asyncio.run(configure(processor.brokers, [input_of(processor)], {"compression.type": codec}))
    processor.ready(processor.start())
    processor.replay([call(id="c1"), call(id="c2")])

    assert processor.numbers()[TOUCHES_TODAY] == 2
