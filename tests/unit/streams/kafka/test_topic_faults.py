"""What is wrong with topics, as the brokers have them, and what they refuse to make."""

from types import SimpleNamespace

import pytest
from aiokafka.errors import (
    InvalidPartitionsError,
    InvalidReplicationFactorError,
    InvalidTopicError,
    PolicyViolationError,
)

from streams.kafka import admin
from streams.kafka.topics import Topics
from streams.settings import Settings

SETTINGS = Settings(partitions=2, lead_partitions=3)
SPECS = Topics(SETTINGS).specs()


def brokers_with(monkeypatch: pytest.MonkeyPatch, counts: dict[str, int]) -> None:
    async def partition_counts(settings: Settings) -> dict[str, int]:
        return {spec.name: spec.partitions for spec in SPECS} | counts

    async def topic_configs(settings: Settings, names: object) -> dict[str, dict[str, str]]:
        return {}

    monkeypatch.setattr(admin, "partition_counts", partition_counts)
    monkeypatch.setattr(admin, "topic_configs", topic_configs)


@pytest.mark.parametrize("name", ["dead-letters", "late"])
async def test_topics_that_nobody_counts_from_may_have_any_number_of_partitions(
    monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    brokers_with(monkeypatch, {f"floorpulse.{name}": 5})

    assert await admin.check_topics(SETTINGS, SPECS) == ([], [], [])


async def test_another_number_of_partitions_stops_a_topic_of_our_own(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    brokers_with(monkeypatch, {"floorpulse.credits": 5, "sales.calls": 5})

    faults = await admin.check_topics(SETTINGS, SPECS)

    assert [line.split(":")[0] for line in faults.stops] == [
        "topic floorpulse.credits has 5 partitions, not 2"
    ]
    assert len(faults.forwarded) == 1


@pytest.mark.parametrize(
    ("name", "error", "said"),
    [
        ("sales.calls", InvalidReplicationFactorError, ". FLOORPULSE_REPLICATION=7: set it to the"),
        ("sales.calls", InvalidPartitionsError, ". FLOORPULSE_PARTITIONS=2: set it to"),
        ("sales.lead-status", InvalidPartitionsError, ". FLOORPULSE_LEAD_PARTITIONS=3: set it to"),
        ("sales.calls", InvalidTopicError, ". FLOORPULSE_TOPIC_PREFIX=sales.: set it to"),
        ("floorpulse.late", InvalidTopicError, ". FLOORPULSE_APP_ID=floorpulse: set it to"),
        ("floorpulse.late", PolicyViolationError, ""),
    ],
)
async def test_what_brokers_refuse_is_a_line_that_names_the_setting(
    monkeypatch: pytest.MonkeyPatch, name: str, error: type, said: str
) -> None:
    async def partition_counts(settings: Settings) -> dict[str, int]:
        return {}

    async def ask(*_: object) -> SimpleNamespace:
        return SimpleNamespace(topic_errors=[(name, error.errno, "They say why.")])

    monkeypatch.setattr(admin, "partition_counts", partition_counts)
    monkeypatch.setattr(admin, "ask", ask)
    settings = Settings(partitions=2, lead_partitions=3, replication=7)

    with pytest.raises(admin.KafkaUnusableError) as refused:
        await admin.create_topics(settings, SPECS)

    start = f"topic {name} cannot be made: They say why{said}"
    assert str(refused.value).startswith(start)
    assert ("FLOORPULSE_" in str(refused.value)) == bool(said)
