"""A worker whose machine's clock leaps, by faketime, on real Kafka."""

import asyncio
from pathlib import Path

import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition

from streams.clock import DAY, MINUTE, SECOND, Micros, iso, parse_instant, system_clock
from streams.kafka.topics import TABLES
from tests.build import NORTH, call, status
from tests.chaos.operating import configure
from tests.faketime import HOW, LIBRARY, Leaps
from tests.integration.conftest import Install
from tests.integration.test_retention import lose_inputs
from tests.running import Installation, RunningWorker, recounted, until, without_expected
from tests.scrape import Numbers

pytestmark = pytest.mark.skipif(LIBRARY is None, reason=HOW)

AFTERNOON = parse_instant("2026-11-23T15:30:00+01:00")
FIFTEEN_MINUTES = ("ana", "hunters", "touches", "15m", "call")
LEAPS = {"+13h": 13 * 3600, "+41d": 41 * 86_400, "+365d": 365 * 86_400}


def ago(time: Micros) -> str:
    return iso(AFTERNOON - time)


EVENTS = [
    call(id="now", at=ago(2 * MINUTE)),
    call(id="soon", at=ago(30 * MINUTE)),
    call(id="old", at=ago(55 * DAY)),
    status("created", ago(300 * DAY), lead="L1"),
    status("delivered", ago(DAY), lead="L2"),
]


@pytest.fixture
def leaps(tmp_path: Path) -> Leaps:
    return Leaps(tmp_path / "leap")


@pytest.fixture
def processor(leaps: Leaps, install_on_kafka: Install) -> Installation:
    """An installation whose clock goes on from that afternoon."""
    shift = (AFTERNOON - system_clock()) / SECOND
    return install_on_kafka(NORTH, f"{shift:+.0f}")


def start(processor: Installation, leaps: Leaps, *options: str) -> RunningWorker:
    with leaps.environment():
        return processor.ready(processor.start(*options))


def until_offset(worker: RunningWorker, seconds: float) -> None:
    """Wait until the worker says that its clock is so far ahead of the brokers'."""
    until(
        f"the clock is {seconds} s ahead",
        lambda: abs(worker.total("floorpulse_clock_offset_seconds") - seconds) < 30,
    )


def counted(processor: Installation) -> Numbers:
    """The numbers that are not zero."""
    return {key: value for key, value in without_expected(processor.numbers()).items() if value}


def until_counted(processor: Installation, events: list[dict]) -> None:
    """Wait until the numbers are those of an independent recount."""
    due = {k: v for k, v in recounted(events, NORTH, iso(AFTERNOON)).items() if v}
    until("the numbers are those of the recount", lambda: counted(processor) == due)


async def tombstones(processor: Installation) -> int:
    """How many rows the worker deleted from its changelogs."""
    consumer = AIOKafkaConsumer(bootstrap_servers=processor.brokers)
    await consumer.start()
    try:
        topics = [f"{processor.app_id}-{table}-changelog" for table in TABLES]
        consumer.assign([TopicPartition(topic, p) for topic in topics for p in range(4)])
        await consumer.seek_to_beginning()
        ends, deleted, read = await consumer.end_offsets(consumer.assignment()), 0, 0
        while read < sum(ends.values()):
            for records in (await consumer.getmany(timeout_ms=500)).values():
                read += len(records)
                deleted += sum(record.value is None for record in records)
        return deleted
    finally:
        await consumer.stop()


def test_a_leap_and_back_loses_nothing(processor: Installation, leaps: Leaps) -> None:
    worker = start(processor, leaps)
    processor.replay(EVENTS)
    until_counted(processor, EVENTS)
    until_offset(worker, 0)

    events = list(EVENTS)
    for leap, seconds in LEAPS.items():
        leaps.to(leap)
        until_offset(worker, seconds)
        until("the windows are others", lambda: FIFTEEN_MINUTES not in counted(processor))
        events.append(call(id=f"meanwhile {leap}", at=ago(3 * MINUTE)))
        processor.replay(events)
        processor.settle()
        leaps.to("+0")
        until_offset(worker, 0)
        processor.command("dead-letters", "resend", "--late", "--yes")
        until_counted(processor, events)
    assert worker.process.poll() is None
    assert asyncio.run(tombstones(processor)) == 0


def test_a_worker_that_starts_with_a_wrong_clock_loses_nothing(
    processor: Installation, leaps: Leaps
) -> None:
    worker = start(processor, leaps)
    processor.replay(EVENTS)
    until_counted(processor, EVENTS)
    worker.stop()

    leaps.to("+365d")
    worker = start(processor, leaps)
    replayed = [*EVENTS, call(id="meanwhile", at=iso(AFTERNOON + 365 * DAY))]
    processor.replay(replayed)
    until_offset(worker, 365 * 86_400)
    leaps.to("+0")

    until_offset(worker, 0)
    until_counted(processor, EVENTS)
    assert asyncio.run(tombstones(processor)) == 0


def test_a_loss_accepted_by_a_machine_without_a_clock_is_marked_once_it_has_one(
    processor: Installation, leaps: Leaps
) -> None:
    worker = start(processor, leaps)
    processor.replay(EVENTS)
    processor.settle()
    worker.stop()
    processor.replay(EVENTS)
    lose_inputs(processor)

    leaps.to("-20000d")
    worker = start(processor, leaps, "--accept-incomplete")
    assert worker.total("floorpulse_state_complete") == 0
    leaps.to("+0")
    until_offset(worker, 0)

    until("the loss is of today", lambda: worker.total("floorpulse_state_complete") == 0)
    worker.stop()
    worker = start(processor, leaps)
    assert worker.total("floorpulse_state_complete") == 0


def test_a_clock_that_kafka_refuses_ends_a_worker_with_one_line(
    processor: Installation, leaps: Leaps
) -> None:
    changelog = f"{processor.app_id}-touches-changelog"
    times_of_producers = {"cleanup.policy": "compact", "message.timestamp.type": "CreateTime"}
    asyncio.run(configure(processor.brokers, [changelog], times_of_producers))
    worker = start(processor, leaps)
    leaps.to("+13h")
    processor.replay(EVENTS)

    refused = f"Kafka refuses what is sent to {changelog}: this machine's clock is at "
    assert refused in worker.last_words()

    leaps.to("+0")
    start(processor, leaps)
    until_counted(processor, EVENTS)
