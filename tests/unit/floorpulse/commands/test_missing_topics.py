"""Nothing is sent to an input that does not exist: brokers might make it, with other partitions."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from floorpulse.cli import main
from floorpulse.commands import dead_letters, replay, simulate
from streams.kafka import admin
from streams.kafka.connection import KafkaUnusableError
from streams.kafka.dead_letters import DeadLetter, DeadLetters, RecordPlace
from streams.settings import Settings
from tests.build import NORTH

CALLS_MISSING = "Error: topic sales.calls does not exist: run `floorpulse topics create`\n"
EVENT = '{"topic": "calls", "rep_id": "ana"}\n'


@pytest.fixture(autouse=True)
def _brokers_without_calls(monkeypatch: pytest.MonkeyPatch) -> None:
    async def partition_counts(settings: Settings) -> dict[str, int]:
        return {"sales.emails": 12, "sales.inmails": 12, "sales.lead-status": 12}

    async def all_is_allowed(*_: object) -> None:
        """As where brokers have no authorizer."""

    monkeypatch.setattr(admin, "partition_counts", partition_counts)
    for command in (dead_letters, replay, simulate):
        monkeypatch.setattr(command, "check_rights", all_is_allowed)
    for command in (replay, simulate):
        monkeypatch.setattr(command, "feeding", nobody_connects)
    monkeypatch.setattr(dead_letters, "resend", nobody_connects)


def nobody_connects(*_: object) -> None:
    raise AssertionError("a producer was made")


def test_replay_sends_nothing_to_a_topic_that_is_missing(tmp_path: Path) -> None:
    file = tmp_path / "events.jsonl"
    file.write_text(EVENT)

    result = CliRunner().invoke(main, ["replay", str(file)])

    assert result.exit_code == 1
    assert result.stderr.endswith(CALLS_MISSING)


def test_simulate_sends_nothing_while_a_topic_is_missing(tmp_path: Path) -> None:
    roster = tmp_path / "roster.yaml"
    roster.write_text(NORTH)

    result = CliRunner().invoke(main, ["simulate", "--no-live", "--roster", str(roster)])

    assert result.exit_code == 1
    assert result.stderr.endswith(CALLS_MISSING)


def test_dead_letters_are_not_sent_again_to_a_topic_that_is_missing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def read(_: DeadLetters) -> AsyncIterator[DeadLetter]:
        source = RecordPlace("sales.calls", 3, 7)
        place = RecordPlace("floorpulse.dead-letters", 3, 41)
        yield DeadLetter(1_000_000, "future", "", source, place, b"ana", EVENT.encode())

    monkeypatch.setattr(DeadLetters, "read", read)
    result = CliRunner().invoke(main, ["dead-letters", "resend", "--yes"])

    assert result.exit_code == 1
    assert result.stderr.endswith(CALLS_MISSING)


async def test_all_topics_that_are_missing_are_one_line() -> None:
    names = ["sales.emails", "sales.calls", "sales.texts"]
    with pytest.raises(KafkaUnusableError) as raised:
        await admin.counts_of(Settings(), names)

    line = "topics sales.calls, sales.texts do not exist: run `floorpulse topics create`"
    assert str(raised.value) == line
    assert await admin.counts_of(Settings(), names[:1]) == {"sales.emails": 12}
