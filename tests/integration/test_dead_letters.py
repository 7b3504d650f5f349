"""What workers set aside is listed, and goes back where it came from."""

import asyncio
import base64
import json
from pathlib import Path

import pytest

from floorpulse.commands.dead_letters import dead_letters
from streams.audit.recount import LineRecord
from streams.clock import parse_instant
from streams.kafka.dead_letters import DeadLetters, Selection
from streams.kafka.topics import partitioner
from streams.processor import Processor
from tests.build import NORTH, call, record, roster
from tests.letterbox import PARTITIONS, Desktop

CLOCK = "2026-11-23T15:00:00+01:00"
NOT_UTF8 = b'{"id": "\xff"}'
FUTURE = record(call(id="f1", at="2026-11-24T15:00:00+01:00")).value
LATE = record(call(id="l1", at="2026-01-02T15:00:00+01:00")).value


@pytest.fixture(name="desktop", scope="module")
def _desktop(tmp_path_factory: pytest.TempPathFactory) -> Desktop:
    """An installation whose worker was sent what it cannot take."""
    path = tmp_path_factory.mktemp("letters") / "roster.yaml"
    path.write_text(NORTH)
    desktop = Desktop("letters", path, CLOCK)
    desktop.make_topics()
    _set_aside(desktop)
    return desktop


def _set_aside(desktop: Desktop) -> None:
    partition_of = partitioner(PARTITIONS)
    processor = Processor(
        lambda: parse_instant(CLOCK),
        roster(),
        lambda _: {},
        partition_of_rep=partition_of,
        partition_of_lead=partition_of,
    )
    values = (b"[1]", NOT_UTF8, FUTURE, LATE)
    for offset, value in enumerate(values):
        processor.take("call", [LineRecord("in.calls", value, offset, 2, key=b"by hand")])
    processor.take("lead", [LineRecord("in.lead-status", b"{}", 7, 1)])
    processor.take_copies([LineRecord("letters.credits", b"no row", 5, 3, key=b"no key")])
    for to, _, key, value, headers in processor.take_writes().outgoing:
        desktop.broker.write(desktop.topics.destination(to), key, value, headers=headers)


def listed(desktop: Desktop, *args: str) -> list[dict]:
    result = desktop.run(dead_letters, "list", "--format", "json", *args)
    assert result.exit_code == 0, result.output
    return [json.loads(line) for line in result.stdout.splitlines()]


def test_letters_are_counted_by_topic_and_reason(desktop: Desktop) -> None:
    printed = desktop.run(dead_letters, "list", "--limit", "1").stdout
    counts, newest = printed.split("\n\n")

    assert [line.split() for line in counts.splitlines()[1:]] == [
        ["in.calls", "future", "1"],
        ["in.calls", "not_an_object", "1"],
        ["in.calls", "not_json", "1"],
        ["in.lead-status", "missing_field", "1"],
        ["letters.credits", "wrong_type", "1"],
    ]
    assert len(newest.splitlines()) == 2


def test_a_letter_keeps_its_place_its_reason_and_its_bytes(desktop: Desktop) -> None:
    [future] = listed(desktop, "--reason", "future")
    [not_utf8] = listed(desktop, "--reason", "not_json", "--topic", "calls")

    assert (future["topic"], future["partition"], future["offset"]) == ("in.calls", 2, 2)
    assert future["value"].encode() == FUTURE
    assert future["key"] == "by hand"
    assert "more than 5 minutes ahead" in future["detail"]
    assert base64.b64decode(not_utf8["value_base64"]) == NOT_UTF8
    assert "value" not in not_utf8


def test_late_events_are_listed_from_their_own_topic(desktop: Desktop) -> None:
    [late] = listed(desktop, "--late")

    assert (late["reason"], late["detail"]) == ("late", "2026-01-02T14:00:00Z")
    assert late["value"].encode() == LATE


def test_nothing_is_sent_before_the_answer(desktop: Desktop) -> None:
    result = desktop.run(dead_letters, "resend", answer="n\n")

    assert result.exit_code == 1
    assert "to send: 3 to in.calls, 1 to in.lead-status" in result.stdout
    assert "1 not sent: came from letters.credits" in result.stderr
    assert desktop.records("in.calls") == []


def test_what_is_sent_again_is_the_original_with_the_right_key(desktop: Desktop) -> None:
    result = desktop.run(dead_letters, "resend", "--topic", "calls", "--yes")

    assert result.exit_code == 0, result.output
    assert "sent 3 records" in result.stdout
    sent = {record.value: record for record in desktop.records("in.calls")}
    assert set(sent) == {b"[1]", NOT_UTF8, FUTURE}
    assert sent[FUTURE].key == b"ana", "keyed by its rep, not as somebody wrote it by hand"
    assert sent[FUTURE].partition == partitioner(PARTITIONS)("ana")
    assert sent[NOT_UTF8].key == b"by hand", "bytes that name no rep keep the key they had"
    assert dict(sent[FUTURE].headers)["resent-from"].startswith(b"letters.dead-letters/0/")
    assert desktop.records("in.lead-status") == []
    assert desktop.records("letters.credits") == []


def test_a_second_pass_reads_the_same_letters_whatever_came_meanwhile(tmp_path: Path) -> None:
    desktop = Desktop("passes", tmp_path / "none", CLOCK)
    desktop.make_topics()
    letters = DeadLetters(desktop.settings, desktop.topics.late, Selection())

    async def values() -> list[bytes | None]:
        return [letter.value async for letter in letters.read()]

    desktop.broker.write(desktop.topics.late, b"k", b"before")
    first = asyncio.run(values())
    desktop.broker.write(desktop.topics.late, b"k", b"meanwhile")

    assert first == asyncio.run(values()) == [b"before"]


def test_what_was_set_aside_before_is_not_meant_by_since(desktop: Desktop) -> None:
    result = desktop.run(dead_letters, "resend", "--since", "2100-01-01T00:00:00Z")

    assert result.stdout == "nothing to send\n"


def test_a_topic_that_is_not_read_is_answered_with_those_that_are(desktop: Desktop) -> None:
    result = desktop.run(dead_letters, "list", "--topic", "chats")

    assert result.exit_code == 2
    assert "in.calls, in.emails" in result.stderr


def test_a_missing_topic_of_dead_letters_is_one_line(tmp_path: Path) -> None:
    result = Desktop("empty", tmp_path / "none", CLOCK).run(dead_letters, "list")

    assert result.exit_code == 1
    assert "topic empty.dead-letters does not exist" in result.stderr
