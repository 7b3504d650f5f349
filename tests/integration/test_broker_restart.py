"""A broker that is restarted under a worker whose sends are under way."""

import asyncio
import json
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from aiokafka import AIOKafkaProducer

from tests.build import NORTH, call
from tests.integration.conftest import Install
from tests.realkafka import Kafka
from tests.running import (
    Installation,
    RunningWorker,
    recounted,
    until,
    without_expected,
)

CLOCK = "2026-11-23T15:30:00+01:00"
REPS = tuple(f"rep-{number}" for number in range(11))  # in all partitions
ROSTER = NORTH + "".join(f"  {rep}: {{team: farmers}}\n" for rep in REPS)


@contextmanager
def incoming(processor: Installation, sent: list[dict]) -> Iterator[None]:
    """A hundred calls a second come in, noted in *sent*, until the block ends."""
    ended = threading.Event()

    async def send() -> None:
        topic = f"{processor.app_id}.in.calls"
        async with AIOKafkaProducer(
            bootstrap_servers=processor.brokers, request_timeout_ms=120_000, acks="all"
        ) as producer:
            while not ended.is_set():
                event = call(REPS[len(sent) % len(REPS)], id=f"c{len(sent)}")
                value = json.dumps({k: v for k, v in event.items() if k != "topic"}).encode()
                sent.append(event)
                await producer.send(topic, value, key=event["rep_id"].encode())
                await asyncio.sleep(0.01)
            await producer.flush()

    thread = threading.Thread(target=lambda: asyncio.run(send()))
    thread.start()
    yield
    ended.set()
    thread.join()


@pytest.mark.parametrize(("end", "away"), [(signal.SIGTERM, 0.2), (signal.SIGKILL, 35.0)])
def test_a_worker_goes_on_with_right_numbers_when_its_broker_is_restarted(
    own_kafka: Kafka, install_on_own_kafka: Install, end: signal.Signals, away: float
) -> None:
    """The longer time is more than the 30 s for which the client itself tries."""
    processor = install_on_own_kafka(ROSTER, CLOCK)
    worker = processor.ready(processor.start())
    assert " ERROR " not in worker.log.read_text(), "an ordinary first start"
    sent: list[dict] = []
    with incoming(processor, sent):
        until_taken(worker, 100)
        own_kafka.stop(end)
        time.sleep(away)
        own_kafka.start()
        until_taken(worker, worker.total("floorpulse_events_received_total") + 100)

    assert without_expected(processor.numbers()) == recounted(sent, ROSTER, CLOCK)
    assert worker.process.poll() is None, "it was the same worker"
    assert worker.total("floorpulse_ledger_imbalance_events") == 0


def until_taken(worker: RunningWorker, count: float) -> None:
    def is_taken() -> bool:
        assert worker.process.poll() is None, worker.log.read_text()[-3000:]
        return worker.total("floorpulse_events_received_total") >= count

    until(f"{count:.0f} events are taken", is_taken, within=90)
