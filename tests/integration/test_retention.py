"""What a worker does when the inputs have lost records while nobody counted."""

import asyncio

from streams.kafka.topics import Topics
from streams.settings import Settings
from tests.build import NORTH, call
from tests.chaos.operating import outlive_retention
from tests.integration.conftest import Install
from tests.running import Installation

CLOCK = "2026-11-23T15:30:00+01:00"
TOUCHES_TODAY = ("ana", "hunters", "touches", "today", "call")


def lose_inputs(processor: Installation) -> None:
    """Have the broker delete all that the inputs hold."""
    topics = Topics(
        Settings(topic_prefix=f"{processor.app_id}.in.", partitions=4, lead_partitions=4)
    )
    inputs = [spec for spec in topics.specs() if spec.name in topics.inputs]
    asyncio.run(outlive_retention(processor.brokers, inputs))


def test_after_an_absence_beyond_retention_the_numbers_are_what_they_were(
    install_on_kafka: Install,
) -> None:
    processor = install_on_kafka(NORTH, CLOCK)
    worker = processor.ready(processor.start())
    processor.replay([call(id=f"c{n}", at=f"2026-11-23T10:{n}:00+01:00") for n in range(10, 17)])
    assert processor.numbers()[TOUCHES_TODAY] == 7
    worker.stop()

    lose_inputs(processor)
    processor.ready(processor.start())

    assert processor.numbers()[TOUCHES_TODAY] == 7
    processor.replay([call(id="c17", at="2026-11-23T10:17:00+01:00")])
    assert processor.numbers()[TOUCHES_TODAY] == 8


def test_a_worker_whose_next_event_is_gone_stops_with_one_line(install_on_kafka: Install) -> None:
    processor = install_on_kafka(NORTH, CLOCK)
    worker = processor.ready(processor.start())
    processor.replay([call(id="c1")])
    processor.settle()
    worker.stop()
    processor.replay([call(id="c2"), call(id="c3")])

    lose_inputs(processor)
    worker = processor.start()

    said = worker.last_words()
    assert "begins at offset 3, after the 1 that is due next" in said
    assert "--accept-incomplete" in said
