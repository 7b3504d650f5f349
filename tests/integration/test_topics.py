"""`topics create` and `topics check` on real Kafka."""

import asyncio
import subprocess

from tests.build import NORTH
from tests.chaos.operating import configure
from tests.integration.conftest import Install
from tests.running import FLOORPULSE, Installation


def test_topics_are_made_once_and_a_wrong_policy_is_named(install_on_kafka: Install) -> None:
    processor = install_on_kafka(NORTH, "2026-11-23T15:30:00+01:00")
    assert "14 topics are as they have to be" in processor.command("topics", "check")
    again = processor.command("topics", "create").splitlines()
    assert {line.split()[0] for line in again} == {"exists"}

    changelog = f"{processor.app_id}-touches-changelog"
    policy = {"cleanup.policy": "compact,delete"}
    asyncio.run(configure(processor.brokers, [changelog], policy))
    checked = check(processor)

    assert checked.returncode == 1
    assert f"{changelog} has cleanup.policy=compact,delete" in checked.stderr


def test_topics_with_the_times_of_producers_are_named(install_on_kafka: Install) -> None:
    processor = install_on_kafka(NORTH, "2026-11-23T15:30:00+01:00")
    credits, calls = f"{processor.app_id}.credits", f"{processor.app_id}.in.calls"
    for topic, policy in ((credits, "compact"), (calls, "delete")):
        config = {"cleanup.policy": policy, "message.timestamp.type": "CreateTime"}
        asyncio.run(configure(processor.brokers, [topic], config))

    checked = check(processor)
    worker = processor.ready(processor.start())

    assert checked.returncode == 0
    assert len(checked.stderr.splitlines()) == 2
    said = worker.log.read_text()
    for line in (
        f"topic {calls} has the times of producers",
        f"topics {credits} have the times of the workers",
    ):
        assert f"warning: {line}" in checked.stderr
        assert f"WARNING streams.worker.process: {line}" in said
    assert " ERROR " not in said


def check(processor: Installation) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [FLOORPULSE, "topics", "check"],
        env=processor.env,
        capture_output=True,
        text=True,
        check=False,
    )
