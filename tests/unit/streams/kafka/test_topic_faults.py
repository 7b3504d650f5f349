"""What is wrong with topics, as the brokers have them, and what they refuse to make."""

import pytest

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
