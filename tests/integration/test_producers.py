"""Events as other producers send them: compressed, and in transactions that end well or not."""

import asyncio
import json
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.record.util import calc_crc32c

from streams.kafka.topics import TABLES, Topics, partitioner
from streams.settings import Settings
from tests.build import NORTH, call
from tests.chaos.operating import configure
from tests.integration.conftest import Install
from tests.realkafka import Kafka
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


# Where a batch has its length, its sum, and from where on it is summed: the codec is in there.
LENGTH, LENGTH_END, SUM, ATTRIBUTES, CODEC = 8, 12, 17, 21, 22


def give_unknown_codec(data: Path, topic: str, partition: int) -> str:
    """Say of the newest batch in a stopped broker's log that it is of codec 5; where it is."""
    [segment] = (data / f"{topic}-{partition}").glob("*.log")
    log, at = bytearray(segment.read_bytes()), 0
    while (after := at + LENGTH_END + int.from_bytes(log[at + LENGTH : at + LENGTH_END])) < len(
        log
    ):
        at = after
    log[at + CODEC] = 5
    log[at + SUM : at + ATTRIBUTES] = calc_crc32c(bytes(log[at + ATTRIBUTES :])).to_bytes(4)
    segment.write_bytes(log)
    return f"{topic}/{partition}@{int.from_bytes(log[at : at + LENGTH])}"


@pytest.mark.parametrize("is_input", [True, False])
def test_an_unknown_codec_is_one_line_with_topic_offset_and_codec(
    own_kafka: Kafka, install_on_own_kafka: Install, is_input: bool
) -> None:
    processor = install_on_own_kafka(NORTH, CLOCK)
    worker = processor.ready(processor.start())
    for id_ in ("a", "b"):
        processor.replay([call(id=id_)])
        processor.settle()
    worker.stop()
    processor.replay([call(id="c")])
    topic = input_of(processor) if is_input else f"{processor.app_id}-touches-changelog"

    own_kafka.stop()
    place = give_unknown_codec(own_kafka.home / "data", topic, partitioner(4)("ana"))
    own_kafka.start()

    said = processor.start().last_words()
    assert f"unreadable batch at {place}: Unknown compression codec 0x05" in said


def test_what_a_transaction_aborted_is_in_no_answer_from_kafka(install_on_kafka: Install) -> None:
    """Beside the events: in changelogs and among the dead letters, as who copies topics leaves."""
    processor = install_on_kafka(NORTH, CLOCK)
    worker = processor.ready(processor.start())
    processor.replay([call(id="a")])
    asyncio.run(send(processor.brokers, input_of(processor), [b"not json"], "gzip"))
    processor.settle()
    worker.stop()
    topics = Topics(Settings(app_id=processor.app_id))
    ours = (*map(topics.changelog, TABLES), topics.dead_letters, topics.late)
    for topic in (input_of(processor), *ours):
        asyncio.run(transact(processor.brokers, topic, [b"no row", b"no event"], "abort"))

    explained = lines_of(processor, "explain", "ana", "touches", "today", "--at", CLOCK)
    assert explained[0]["value"] == 1
    assert [each["id"] for line in explained[1:] for each in line["events"]] == ["a"]
    days = ("--from", "2026-11-23", "--to", "2026-11-23", "--by", "rep")
    reported = [row for row in lines_of(processor, "report", *days) if row["rep"] == "ana"]
    assert {row["measures"]["touches_call"] for row in reported} == {1}
    assert not any("uncounted" in row["flaws"] for row in reported)
    listed = lines_of(processor, "dead-letters", "list")
    assert [letter["value"] for letter in listed] == ["not json"]
    assert lines_of(processor, "dead-letters", "list", "--late") == []
    assert "sent 1 records" in processor.command("dead-letters", "resend", "--yes")
    processor.ready(processor.start())
    processor.settle()
    assert processor.numbers()[TOUCHES_TODAY] == 1
    assert len(lines_of(processor, "dead-letters", "list")) == 2, "it was set aside once more"


def lines_of(processor: Installation, *command: str) -> list[dict]:
    return [
        json.loads(line)
        for line in processor.command(*command, "--format", "json").split("\n")[:-1]
    ]
