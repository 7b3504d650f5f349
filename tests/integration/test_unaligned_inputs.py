"""Inputs with another number of partitions than was set: every record is forwarded, none lost.

Faust assigns topics by their number of partitions, so the same number may be another worker's.
"""

import asyncio
import json
import subprocess

import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewPartitions

from tests.build import NORTH, call, email, inmail, status
from tests.chaos.operating import make_anew
from tests.integration.conftest import Install
from tests.running import FLOORPULSE, Installation, recounted, until, without_expected

CLOCK = "2026-11-23T15:30:00+01:00"
REPS = tuple(f"rep-{number}" for number in range(23))  # in all partitions
ROSTER = NORTH + "".join(f"  {rep}: {{team: farmers}}\n" for rep in REPS)


def events(batch: str) -> list[dict]:
    """Events of every kind, of reps and leads in all partitions."""
    made: list[dict] = []
    for number, rep in enumerate(REPS):
        lead, minute = f"L-{batch}-{number}", f"{number:02}"
        at = f"2026-11-23T10:{minute}:00+01:00"
        made += [
            call(rep, id=f"c-{batch}", at=at),
            email(rep, id=f"e-{batch}", at=at),
            inmail(rep, id=f"i-{batch}", at=at),
            status("created", at, rep, lead, origin="inbound"),
            status("delivered", f"2026-11-23T11:{minute}:00+01:00", rep, lead),
        ]
    return made


async def send(processor: Installation, some: list[dict]) -> None:
    """Send events as a source that knows how many partitions there are now."""
    async with AIOKafkaProducer(bootstrap_servers=processor.brokers) as producer:
        for event in some:
            value = {name: of for name, of in event.items() if name != "topic"}
            key = event.get("lead_id", event["rep_id"])
            topic = f"{processor.app_id}.in.{event['topic']}"
            await producer.send(topic, json.dumps(value).encode(), key=key.encode())


async def add_partitions(processor: Installation, topic: str, count: int) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=processor.brokers)
    await admin.start()
    try:
        name = f"{processor.app_id}.in.{topic}"
        answer = await admin.create_partitions({name: NewPartitions(count)})
        assert answer.topic_errors[0][1] == 0, answer
    finally:
        await admin.close()


def assert_recount(processor: Installation, sent: list[dict]) -> None:
    """What the workers export equals the independent recount of all that was sent."""
    expected = recounted(sent, ROSTER, CLOCK)
    assert len(expected) > 100
    assert without_expected(processor.numbers()) == expected


def forwarded(processor: Installation, topic: str) -> float:
    name = f"{processor.app_id}.in.{topic}"
    return sum(w.total("floorpulse_events_forwarded_total", topic=name) for w in processor.alive)


def partitions_read(processor: Installation, topic: str) -> float:
    name = f"{processor.app_id}.in.{topic}"
    return sum(w.total("floorpulse_assigned_partitions", topic=name) for w in processor.alive)


@pytest.mark.parametrize("count", [6, 8])
def test_partitions_added_under_two_workers_change_no_number(
    install_on_kafka: Install, count: int
) -> None:
    processor = install_on_kafka(ROSTER, CLOCK)
    for _ in range(2):
        processor.ready(processor.start())
    until(
        "both have partitions",
        lambda: all(w.total("floorpulse_assigned_partitions") for w in processor.alive),
    )
    before, meanwhile, after = events("before"), events("meanwhile"), events("after")
    asyncio.run(send(processor, before))
    assert_recount(processor, before)
    assert forwarded(processor, "calls") == forwarded(processor, "lead-status") == 0

    for topic in ("calls", "lead-status"):
        asyncio.run(add_partitions(processor, topic, count))
    asyncio.run(send(processor, meanwhile))
    for topic in ("calls", "lead-status"):
        until("the new partitions are read", lambda t=topic: partitions_read(processor, t) == count)
    seen = {topic: forwarded(processor, topic) for topic in ("calls", "emails", "lead-status")}
    asyncio.run(send(processor, [*after, *before]))

    assert_recount(processor, [*before, *meanwhile, *after])
    assert forwarded(processor, "calls") >= seen["calls"] + 2 * len(REPS), "every one"
    assert forwarded(processor, "lead-status") >= seen["lead-status"] + 4 * len(REPS)
    assert forwarded(processor, "emails") == 0
    assert all(w.total("floorpulse_ledger_imbalance_events") == 0 for w in processor.alive)
    assert all(w.total("floorpulse_state_complete") == 1 for w in processor.alive)
    said = "".join(worker.log.read_text() for worker in processor.workers)
    assert f"in.calls has {count} partitions, not 4, and none can be taken away" in said
    processor.alive[0].kill()
    processor.ready(processor.start())
    assert_recount(processor, [*before, *meanwhile, *after])


@pytest.mark.parametrize("count", [1, 3, 7])
def test_an_input_that_a_producer_made_is_counted_and_both_commands_say_what_to_do(
    install_on_kafka: Install, count: int
) -> None:
    processor = install_on_kafka(ROSTER, CLOCK)
    for topic in ("calls", "lead-status"):
        asyncio.run(make_anew(processor.brokers, f"{processor.app_id}.in.{topic}", count))
    sent = events("first")
    asyncio.run(send(processor, sent))
    for _ in range(2):
        processor.ready(processor.start())

    assert_recount(processor, sent)
    assert forwarded(processor, "calls") == len(REPS)
    assert forwarded(processor, "lead-status") == 2 * len(REPS)
    for command in ("create", "check"):
        done = subprocess.run(
            [FLOORPULSE, "topics", command],
            env=processor.env,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 1
        assert f"in.calls has {count} partition" in done.stderr
        assert ("--alter" in done.stderr) == (count < 4)
        assert "delete the topic if it is empty" in done.stderr
        assert "FLOORPULSE_PARTITIONS" not in done.stderr
