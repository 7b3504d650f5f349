"""Logs that are no longer those that were counted: made anew, or put back from a copy."""

import asyncio
import shutil
from pathlib import Path

import pytest

from streams.kafka.topics import TABLES
from tests.build import NORTH, call
from tests.chaos.operating import make_anew
from tests.integration.conftest import Install
from tests.realkafka import Kafka
from tests.running import Installation, RunningWorker, until

CLOCK = "2026-11-23T15:30:00+01:00"
TOUCHES_TODAY = ("ana", "hunters", "touches", "today", "call")


def input_of(processor: Installation) -> str:
    return f"{processor.app_id}.in.calls"


def replayed(processor: Installation, *ids: str) -> None:
    processor.replay([call(id=id_) for id_ in ids])


def until_touches(processor: Installation, count: int) -> None:
    until(f"{count} touches are counted", lambda: processor.numbers().get(TOUCHES_TODAY) == count)


def test_an_input_made_anew_under_a_running_worker_is_seen_at_once(
    install_on_kafka: Install,
) -> None:
    processor = install_on_kafka(NORTH, CLOCK)
    worker = processor.ready(processor.start())
    replayed(processor, "a", "b")
    until_touches(processor, 2)

    asyncio.run(make_anew(processor.brokers, input_of(processor)))

    said = worker.last_words()
    assert f"incomplete: {input_of(processor)}/" in said
    assert "deleted" in said
    assert "--accept-incomplete" in said


def test_an_input_made_anew_is_counted_on_where_that_is_accepted(install_on_kafka: Install) -> None:
    processor = install_on_kafka(NORTH, CLOCK)
    worker = processor.ready(processor.start("--accept-incomplete"))
    replayed(processor, "a", "b")
    until_touches(processor, 2)

    asyncio.run(make_anew(processor.brokers, input_of(processor)))

    until("it is marked", lambda: worker.total("floorpulse_state_complete") == 0)
    replayed(processor, "c", "d", "e")
    until_touches(processor, 5)
    assert worker.total("floorpulse_state_complete") == 0


def test_an_input_made_anew_and_longer_than_before_is_known_by_its_id(
    install_on_kafka: Install,
) -> None:
    processor = install_on_kafka(NORTH, CLOCK)
    worker = processor.ready(processor.start())
    replayed(processor, "a", "b")
    processor.settle()
    worker.stop()
    asyncio.run(make_anew(processor.brokers, input_of(processor)))
    replayed(processor, "c", "d", "e", "f")

    assert "was deleted and made anew" in processor.start().last_words()
    worker = processor.ready(processor.start("--accept-incomplete"))
    until_touches(processor, 6)
    assert worker.total("floorpulse_state_complete") == 0
    processor.settle()
    worker.stop()
    worker = processor.ready(processor.start())
    assert worker.total("floorpulse_state_complete") == 0
    assert processor.numbers()[TOUCHES_TODAY] == 6


def changelog_of(processor: Installation) -> str:
    return f"{processor.app_id}-touches-changelog"


def make_changelog_anew(processor: Installation, table: str = "touches") -> None:
    topic, config = f"{processor.app_id}-{table}-changelog", {"cleanup.policy": "compact"}
    asyncio.run(make_anew(processor.brokers, topic, config=config))


def marked_where_accepted(processor: Installation, worker: RunningWorker) -> RunningWorker:
    """The worker that marks its numbers; one that looked while there was no topic had stopped."""

    def is_marked() -> bool:
        nonlocal worker
        if worker.process.poll() is not None:
            assert "is gone: the topic was deleted" in worker.last_words()
            worker = processor.ready(processor.start("--accept-incomplete"))
        return worker.total("floorpulse_state_complete") == 0

    until("it is marked", is_marked)
    return worker


def assert_counts_on_if_accepted(processor: Installation, count: int) -> None:
    """Whoever starts next stops too; if it is accepted, what the inputs hold counts, marked."""
    assert changelog_of(processor) in processor.start().last_words()
    worker = processor.ready(processor.start("--accept-incomplete"))
    until_touches(processor, count)
    assert worker.total("floorpulse_state_complete") == 0
    processor.settle()
    worker.stop()
    worker = processor.ready(processor.start())
    assert processor.numbers()[TOUCHES_TODAY] == count
    assert worker.total("floorpulse_state_complete") == 0


@pytest.mark.parametrize("is_live", [True, False])
def test_a_changelog_made_anew_is_a_loss(install_on_kafka: Install, is_live: bool) -> None:
    processor = install_on_kafka(NORTH, CLOCK)
    worker = processor.ready(processor.start())
    replayed(processor, "a", "b")
    until_touches(processor, 2)
    processor.settle()
    if not is_live:
        worker.stop()

    make_changelog_anew(processor)

    if is_live:
        said = worker.last_words()
        assert f"incomplete: {changelog_of(processor)}/" in said
        assert "made anew" in said
    assert_counts_on_if_accepted(processor, 2)


def test_all_changelogs_made_anew_while_no_worker_runs_are_a_loss(
    install_on_kafka: Install,
) -> None:
    processor = install_on_kafka(NORTH, CLOCK)
    worker = processor.ready(processor.start())
    replayed(processor, "a", "b")
    until_touches(processor, 2)
    processor.settle()
    worker.stop()

    for table in TABLES:
        make_changelog_anew(processor, table)

    assert "is empty, and records were counted into it" in processor.start().last_words()
    assert_counts_on_if_accepted(processor, 2)


def test_a_changelog_made_anew_is_written_again_where_that_is_accepted(
    install_on_kafka: Install,
) -> None:
    processor = install_on_kafka(NORTH, CLOCK)
    worker = processor.ready(processor.start("--accept-incomplete"))
    replayed(processor, "a", "b")
    until_touches(processor, 2)

    make_changelog_anew(processor)

    worker = marked_where_accepted(processor, worker)
    replayed(processor, "c")
    until_touches(processor, 3)
    processor.settle()
    worker.kill()
    processor.ready(processor.start())
    assert processor.numbers()[TOUCHES_TODAY] == 3, "all of it stands in the new one"


def count_twelve_after_a_copy(kafka: Kafka, processor: Installation, copy: Path) -> None:
    """Two calls are counted, then the brokers' logs copied, and then ten more calls counted."""
    replayed(processor, "a", "b")
    processor.settle()
    kafka.stop()
    shutil.copytree(kafka.home / "data", copy)
    kafka.start()
    replayed(processor, *(f"n{number}" for number in range(10)))
    until_touches(processor, 12)
    processor.settle()


def put_back(kafka: Kafka, topic: str, copy: Path) -> None:
    """Exchange the logs of a topic for their older copy, while the broker is stopped."""
    kafka.stop()
    for old in copy.glob(f"{topic}-*"):
        now = kafka.home / "data" / old.name
        shutil.rmtree(now)
        shutil.copytree(old, now)
    for name in ("recovery-point-offset-checkpoint", "replication-offset-checkpoint"):
        shutil.copy(copy / name, kafka.home / "data" / name)
    kafka.start()


@pytest.mark.parametrize("is_live", [False, True])
def test_an_older_copy_of_the_log_is_a_loss(
    own_kafka: Kafka, install_on_own_kafka: Install, tmp_path: Path, is_live: bool
) -> None:
    processor = install_on_own_kafka(NORTH, CLOCK)
    worker = processor.ready(processor.start())
    count_twelve_after_a_copy(own_kafka, processor, tmp_path / "copy")
    if not is_live:
        worker.stop()

    put_back(own_kafka, input_of(processor), tmp_path / "copy")

    if not is_live:
        worker = processor.start()
    assert "ends at offset 2, before the 12 that is due next" in worker.last_words()
    replayed(processor, "z1", "z2")
    worker = processor.ready(processor.start("--accept-incomplete"))
    until_touches(processor, 14)
    assert worker.total("floorpulse_state_complete") == 0


def test_an_older_copy_of_a_changelog_under_a_live_worker_is_a_loss(
    own_kafka: Kafka, install_on_own_kafka: Install, tmp_path: Path
) -> None:
    processor = install_on_own_kafka(NORTH, CLOCK)
    worker = processor.ready(processor.start())
    count_twelve_after_a_copy(own_kafka, processor, tmp_path / "copy")

    put_back(own_kafka, changelog_of(processor), tmp_path / "copy")

    said = worker.last_words()
    assert f"incomplete: {changelog_of(processor)}/" in said
    assert "its log was shortened" in said
    assert_counts_on_if_accepted(processor, 12)
