"""State that is old, newer, damaged or another product's: read, or refused in one line at start."""

import asyncio
from collections.abc import Mapping

import msgspec
import pytest
from aiokafka import AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, RecordsToDelete

from streams.kafka.topics import partitioner
from streams.ledgers.rows import SCHEMA, Table
from tests.build import NORTH, call
from tests.integration.conftest import Install
from tests.oldrows import old_rows
from tests.running import Installation

CLOCK = "2026-11-23T15:30:00+01:00"
OWNER = {"touches": "ana", "leads": "L1", "credits": "ana"}
PARTITION = {table: partitioner(4)(owner) for table, owner in OWNER.items()}


def append(processor: Installation, rows: list[tuple[Table, bytes, bytes]]) -> None:
    """Write records to the changelogs."""

    async def send() -> None:
        producer = AIOKafkaProducer(bootstrap_servers=processor.brokers)
        await producer.start()
        for table, key, value in rows:
            topic = f"{processor.app_id}-{table}-changelog"
            await producer.send_and_wait(topic, value, key=key, partition=PARTITION[table])
        await producer.stop()

    asyncio.run(send())


def delete(brokers: str, before: Mapping[TopicPartition, int]) -> None:
    """Let records go, as retention does."""

    async def send() -> None:
        admin = AIOKafkaAdminClient(bootstrap_servers=brokers)
        await admin.start()
        records = {place: RecordsToDelete(before_offset=end) for place, end in before.items()}
        await admin.delete_records(records)
        await admin.close()

    asyncio.run(send())


def test_rows_of_older_versions_are_counted(install_on_kafka: Install) -> None:
    processor = install_on_kafka(NORTH, CLOCK)
    append(
        processor, [(r.table, r.key, r.value) for n in range(1, SCHEMA + 1) for r in old_rows(n)]
    )
    worker = processor.ready(processor.start())

    numbers = processor.numbers()

    assert numbers["ana", "hunters", "effective_touches", "today", "call"] == 1
    assert numbers["ana", "hunters", "touches", "today", "inmail"] == 1
    assert numbers["ana", "hunters", "leads_inbound", "today", None] == 1
    assert worker.total("floorpulse_state_complete") == 1


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        (
            msgspec.msgpack.encode((SCHEMA + 1, [])),
            f"a row of schema {SCHEMA + 1}; this version reads up to {SCHEMA}: run the newer",
        ),
        (b"{}", "(Expected `array`, got `int`): restore the topic"),
    ],
)
def test_a_row_that_cannot_be_read_stops_the_start(
    install_on_kafka: Install, bad: bytes, message: str
) -> None:
    processor = install_on_kafka(NORTH, CLOCK)
    good = [(row.table, row.key, row.value) for row in old_rows(SCHEMA)]
    append(processor, [*good, ("leads", b"L1", bad)])

    said = processor.start().last_words()

    where = f"{processor.app_id}-leads-changelog/{PARTITION['leads']}@1"
    assert said.startswith(f"Error: unreadable row at {where} {message}"), said


def test_another_app_id_that_lacks_history_stops_or_is_marked_for_good(
    install_on_kafka: Install,
) -> None:
    processor = install_on_kafka(NORTH, CLOCK)
    processor.replay([call(id="c1"), call(id="c2")])
    calls = TopicPartition(f"{processor.app_id}.in.calls", PARTITION["touches"])
    delete(processor.brokers, {calls: 1})
    processor.extra["TOPIC_PREFIX"] = f"{processor.app_id}.in."
    processor.app_id = f"{processor.app_id}b"

    assert "9 more do not exist: run `floorpulse topics create`" in processor.start().last_words()
    processor.command("topics", "create")
    said = processor.start().last_words()
    assert f"{calls.topic}/{calls.partition} begins at offset 1" in said
    assert f"nothing of it was read before for FLOORPULSE_APP_ID={processor.app_id}" in said
    assert "--accept-incomplete" in said

    first = processor.ready(processor.start("--accept-incomplete"))
    assert processor.numbers()["ana", "hunters", "touches", "today", "call"] == 1
    assert first.total("floorpulse_state_complete") == 0
    assert first.total("floorpulse_foreign_changelog_records_total") == 0
    first.kill()

    second = processor.ready(processor.start())
    assert processor.numbers()["ana", "hunters", "touches", "today", "call"] == 1
    assert second.total("floorpulse_state_complete") == 0
