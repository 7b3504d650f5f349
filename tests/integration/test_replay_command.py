"""`floorpulse replay`: what it sends, and what it says of lines that workers reject."""

import json
from pathlib import Path

import pytest

from floorpulse.commands.replay import replay
from tests.build import NORTH, call, status
from tests.letterbox import Desktop

BAD = ["no JSON", '{"topic": "faxes"}', "[1]"]
REJECTED = [
    json.dumps(call(id="null")),
    json.dumps(call(id="c2", at="2026-11-23T10:00:00")),
    json.dumps(call(id="c3", rep_id=None)),
]
GOOD = [
    json.dumps(call(id="c4")),
    json.dumps(status("created", "2026-11-23T11:00:00+01:00", rep=None)),
    json.dumps(
        call(id="c5", at="2026-11-24T10:00:00+01:00")
    ),  # of the future, which is no bad line
]


@pytest.fixture(name="desktop", scope="module")
def _desktop(tmp_path_factory: pytest.TempPathFactory) -> Desktop:
    path = tmp_path_factory.mktemp("replay") / "roster.yaml"
    path.write_text(NORTH)
    desktop = Desktop("replay", path, "2026-11-23T15:00:00+01:00")
    desktop.make_topics()
    return desktop


def test_bad_lines_are_passed_over_and_rejected_events_sent_and_counted(
    desktop: Desktop, tmp_path: Path
) -> None:
    file = tmp_path / "events.jsonl"
    file.write_text("\n".join([*BAD, *REJECTED, *GOOD]))

    result = desktop.run(replay, str(file))

    assert result.exit_code == 0, result.output
    assert "3 lines passed over: 1 not_an_object, 1 not_json, 1 unknown_topic" in result.stderr
    assert (
        "3 events that workers reject: 1 naive_timestamp, 1 no_rep, 1 placeholder" in result.stderr
    )
    sent = [json.loads(each.value)["id"] for each in desktop.records("in.calls")]
    assert sorted(sent) == ["c2", "c3", "c4", "c5", "null"]
    assert len(desktop.records("in.lead-status")) == 1


@pytest.mark.parametrize(
    ("line", "reason"), [(BAD[1], "unknown_topic"), (REJECTED[0], "placeholder")]
)
def test_a_strict_replay_sends_nothing_where_a_line_is_bad(
    desktop: Desktop, tmp_path: Path, line: str, reason: str
) -> None:
    file = tmp_path / "events.jsonl"
    file.write_text("\n".join([GOOD[0], "", line]))
    before = len(desktop.records("in.calls"))

    result = desktop.run(replay, str(file), "--strict")

    assert result.exit_code == 1
    assert f"line 3: {reason}" in result.stderr
    assert len(desktop.records("in.calls")) == before


def test_a_strict_replay_takes_good_lines(desktop: Desktop, tmp_path: Path) -> None:
    file = tmp_path / "events.jsonl"
    file.write_text("\n".join(GOOD))

    assert desktop.run(replay, str(file), "--strict").exit_code == 0


def test_late_and_future_events_are_mentioned_in_whatever_form_their_instants_are(
    desktop: Desktop, tmp_path: Path
) -> None:
    times = ["2026-09-01 10:00:00+0100", "2026-11-24t10:00:00+01:00", "2026-11-23 10:00:00Z"]
    file = tmp_path / "events.jsonl"
    file.write_text("\n".join(json.dumps(call(id=f"t{n}", at=at)) for n, at in enumerate(times)))

    result = desktop.run(replay, str(file))

    assert result.exit_code == 0, result.output
    assert "2 of 3 events are late or in the future at 2026-11-23T" in result.stderr
