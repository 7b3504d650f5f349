"""`simulate` against a broker: what is written, how far ahead of its readers, and how it ends."""

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from aiokafka import AIOKafkaConsumer

from floorpulse.demo.embedded import embedded
from floorpulse.simulator.sending import OVERHEAD, PIECE
from floorpulse.simulator.stream import World, events, history_start
from streams.clock import SECOND, parse_instant, system_clock
from streams.events.contract import KIND_OF
from streams.roster.file import load_roster
from tests.running import PATIENCE

pytestmark = pytest.mark.integration

NOW = "2026-11-24T15:00:00Z"
ROSTER = Path(__file__).parents[2] / "floorpulse" / "demo" / "demo-roster.yaml"
TOPICS = [f"sales.{topic}" for topic in KIND_OF]


@pytest.fixture
def brokers() -> Iterator[str]:
    with embedded(TOPICS) as parts:
        yield parts.brokers


def simulate(brokers: str, clock: str, *options: str) -> "subprocess.Popen[str]":
    settings = {
        "FLOORPULSE_BROKERS": brokers,
        "FLOORPULSE_ROSTER": str(ROSTER),
        "FLOORPULSE_CLOCK": clock,
    }
    command = "from floorpulse.commands.simulate import simulate; simulate()"
    return subprocess.Popen(
        [sys.executable, "-c", command, *options],
        env={**os.environ, **settings},
        stderr=subprocess.PIPE,
        text=True,
    )


def expected(days: int, now: str) -> "Counter[str]":
    roster, at = load_roster(ROSTER, ZoneInfo("UTC")), parse_instant(now)
    happened = events(World(roster, 1), history_start(roster, days, at), at)
    return Counter(f"sales.{event.topic}" for event in happened)


async def read(brokers: str, count: int, group: str | None = None) -> "Counter[str]":
    """Count records by topic until there are *count*; a *group* commits, one batch at a time."""
    counts: Counter[str] = Counter()
    consumer = AIOKafkaConsumer(
        *TOPICS,
        bootstrap_servers=brokers,
        group_id=group,
        auto_offset_reset="earliest",
        enable_auto_commit=False,
    )
    await consumer.start()
    try:
        async with asyncio.timeout(PATIENCE):
            while counts.total() < count:
                batches = await consumer.getmany(timeout_ms=100)
                for place, records in batches.items():
                    counts[place.topic] += len(records)
                if group is not None:
                    await _check_backlog(consumer)
                    await consumer.commit()
    finally:
        await consumer.stop()
    return counts


async def _check_backlog(consumer: AIOKafkaConsumer) -> None:
    """A record has some 200 bytes; far fewer may be unread than the broker would hold."""
    ends = await consumer.end_offsets(consumer.assignment())
    for place, end in ends.items():
        unread = end - (await consumer.committed(place) or 0)
        assert unread * (150 + OVERHEAD) <= 2 * PIECE * 1.1, place


async def test_the_history_of_two_days_is_written_whole_and_a_frozen_clock_ends_it(
    brokers: str,
) -> None:
    days = expected(2, NOW)

    run = simulate(brokers, NOW, "--days", "2")
    said = run.communicate(timeout=PATIENCE)[1]

    assert run.returncode == 0, said
    assert f"wrote {days.total()} events" in said
    assert "the clock stands still" in said
    assert await read(brokers, days.total()) == days


async def test_with_keep_up_no_more_is_ever_unread_than_the_broker_holds(brokers: str) -> None:
    days = expected(12, NOW)

    run = simulate(brokers, NOW, "--days", "12", "--keep-up", "--no-live")
    counted = await read(brokers, days.total(), group="floorpulse")
    said = run.communicate(timeout=PATIENCE)[1]

    assert run.returncode == 0, said
    assert counted == days


async def test_live_events_come_when_they_happen_and_a_signal_ends_it(brokers: str) -> None:
    shift = (parse_instant(NOW) - system_clock()) // SECOND  # both floors are at work
    run = simulate(brokers, str(shift) if shift < 0 else f"+{shift}", "--days", "0")
    consumer = AIOKafkaConsumer(*TOPICS, bootstrap_servers=brokers, auto_offset_reset="latest")
    assert run.stderr is not None
    while "live:" not in run.stderr.readline():
        assert run.poll() is None
    await consumer.start()
    try:
        record = await asyncio.wait_for(consumer.getone(), PATIENCE)
    finally:
        await consumer.stop()
        run.send_signal(signal.SIGTERM)

    at = parse_instant(json.loads(record.value)["at"])
    sent_at = record.timestamp * 1000 + shift * SECOND
    assert 0 <= sent_at - at < 30 * SECOND
    assert run.wait(PATIENCE) == 0
    assert "Traceback" not in run.stderr.read()
