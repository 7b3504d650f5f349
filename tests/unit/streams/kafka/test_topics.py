"""What is said of a topic with another number of partitions than was set."""

import pytest

from streams.kafka.topics import Topics
from streams.settings import Settings

SPECS = {spec.name: spec for spec in Topics(Settings(partitions=12, lead_partitions=5)).specs()}


def test_an_input_with_too_few_partitions_can_be_given_more() -> None:
    said = SPECS["sales.calls"].wrong_count(1)

    assert said.startswith("topic sales.calls has 1 partition, not 12: add partitions (")
    assert "kafka-topics.sh --alter --topic sales.calls --partitions 12)" in said
    assert "or delete the topic if it is empty and run `floorpulse topics create`" in said
    assert "forwarded" in said


def test_an_input_with_too_many_partitions_keeps_them_or_is_deleted() -> None:
    said = SPECS["sales.lead-status"].wrong_count(12)

    assert "topic sales.lead-status has 12 partitions, not 5" in said
    assert "--alter" not in said
    assert "delete the topic if it is empty" in said
    assert "forwarded" in said


@pytest.mark.parametrize("name", sorted(SPECS))
@pytest.mark.parametrize("count", [1, 24])
def test_no_setting_is_said_to_follow_a_topic(name: str, count: int) -> None:
    said = SPECS[name].wrong_count(count)

    assert f"PARTITIONS to {count}" not in said
    assert f"PARTITIONS={count}" not in said
    if not SPECS[name].is_input and SPECS[name].is_counted:
        setting = "FLOORPULSE_LEAD_PARTITIONS" if "lead" in name else "FLOORPULSE_PARTITIONS"
        assert setting in said
