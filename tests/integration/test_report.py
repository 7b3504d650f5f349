"""`report` and `compare` read the changelogs, without a worker, and say what a file would."""

import json
from pathlib import Path

import pytest

from floorpulse.commands.compare import compare
from floorpulse.commands.report import report
from streams.changelog.lost_history import LOST_HISTORY_KEY, LostHistory, encode_lost_history
from streams.clock import parse_instant
from tests.build import NORTH, call, email, record, status
from tests.integration.conftest import Install
from tests.letterbox import Desktop

CLOCK = "2026-11-23T15:00:00+01:00"
DAYS = ("--from", "2026-11-18", "--to", "2026-11-23", "--by", "rep")
EVENTS = [
    call(id="c1", contact_id="k1"),
    call("bob", id="c1", at="2026-11-18T23:17:00+01:00"),
    call("zoe", id="c3", at="2026-11-20T11:17:00+01:00"),
    call(id="c1", version=2, at="2026-11-20T11:17:00+01:00", contact_id="k1"),
    email(id="e1", contact_id="k2"),
    status("created", "2026-11-23T11:00:00+01:00", contact_id="k2", id="s1"),
    status("delivered", "2026-11-20T12:00:00+01:00", id="d1"),
    status("accepted", "2026-11-23T13:00:00+01:00", rep="am", id="a1"),
]


@pytest.fixture(name="desktop")
def _desktop(tmp_path: Path) -> Desktop:
    """An installation in which a worker wrote the rows of `EVENTS`."""
    path = tmp_path / "roster.yaml"
    path.write_text(NORTH)
    desktop = Desktop("days", path, CLOCK)
    desktop.make_topics()
    desktop.write_rows(EVENTS)
    return desktop


def lines(desktop: Desktop, *args: str) -> list[dict]:
    result = desktop.run(report, *DAYS, *args, "--format", "json")
    assert result.exit_code == 0, result.output
    return [json.loads(line) for line in result.stdout.splitlines()]


def test_the_changelogs_and_the_file_give_the_same_days(desktop: Desktop, tmp_path: Path) -> None:
    file = tmp_path / "events.jsonl"
    file.write_text("\n".join(map(json.dumps, EVENTS)))

    from_changelogs = lines(desktop)

    totals = {row["rep"]: row["measures"]["touches_call"] for row in from_changelogs}
    assert {rep: n for rep, n in totals.items() if n} == {"ana": 1, "bob": 1, "zoe": 1}
    assert from_changelogs == lines(desktop, "--file", str(file), "--at", CLOCK)


@pytest.mark.parametrize("table", ["touches", "leads", "credits"])
def test_days_from_before_a_loss_are_marked(desktop: Desktop, table: str) -> None:
    lost = LostHistory(parse_instant("2026-11-20T12:00:00+01:00"), {"in.calls": 7})
    topic = desktop.topics.changelog(table)
    desktop.broker.write(topic, LOST_HISTORY_KEY, encode_lost_history(lost), partition=2)

    days = lines(desktop)

    marked = {row["day"] for row in days if "lost" in row["flaws"]}
    assert marked == {"2026-11-18", "2026-11-19", "2026-11-20", None}
    assert {row["day"] for row in days} - marked == {"2026-11-21", "2026-11-23"}


@pytest.mark.parametrize("at", ["2026-11-20T10:00:00+01:00", "2026-11-20 10:00:00+0100"])
def test_days_since_the_first_event_that_no_worker_has_read_are_marked(
    desktop: Desktop, at: str
) -> None:
    assert not any("uncounted" in row["flaws"] for row in lines(desktop))
    desktop.broker.write("in.calls", b"ana", record(call(at=at)).value, partition=1)

    days = lines(desktop)

    marked = {row["day"] for row in days if "uncounted" in row["flaws"]}
    assert marked == {"2026-11-20", "2026-11-21", "2026-11-23", None}
    assert {row["day"] for row in days} - marked == {"2026-11-18", "2026-11-19"}


def test_two_rosters_are_compared_from_the_changelogs_as_from_the_file(
    desktop: Desktop, tmp_path: Path
) -> None:
    file, proposal = tmp_path / "events.jsonl", tmp_path / "proposal.yaml"
    file.write_text("\n".join(map(json.dumps, EVENTS)))
    other = NORTH.replace("ana: {name: Ana, team: hunters}", "ana: {name: Ana, team: farmers}")
    proposal.write_text(other.replace("talk_seconds: 60", "talk_seconds: 600"))
    rosters = (desktop.env["FLOORPULSE_ROSTER"], str(proposal))
    from_file = ("--file", str(file), "--at", CLOCK)
    question = ("--explain", "ana", "effective_touches", "5d")

    for asked in (("--format", "json"), ("--window", "5d"), question):
        result = desktop.run(compare, *rosters, *asked)

        assert result.exit_code == 0, result.output
        assert len(result.stdout.splitlines()) > 4
        assert result.stdout == desktop.run(compare, *rosters, *asked, *from_file).stdout


def test_a_comparison_says_that_workers_have_events_yet_to_count(desktop: Desktop) -> None:
    roster = desktop.env["FLOORPULSE_ROSTER"]
    counted = desktop.run(compare, roster, roster)
    for number in (17, 18):
        desktop.broker.write("in.calls", b"ana", record(call(id=f"c{number}")).value, partition=1)

    waiting = desktop.run(compare, roster, roster)

    assert "incomplete" not in counted.stderr
    assert "incomplete: 2 events are not counted yet\n" in waiting.stderr


def test_words_that_rows_cannot_show_are_mentioned(desktop: Desktop, tmp_path: Path) -> None:
    proposal = tmp_path / "proposal.yaml"
    proposal.write_text(NORTH + "words: {call.outcome: {connected: human}}\n")

    result = desktop.run(compare, desktop.env["FLOORPULSE_ROSTER"], str(proposal))

    assert result.exit_code == 0, result.output
    assert "`words` differ: rows are as they were read; compare with --file" in result.stderr


def test_a_report_of_what_workers_counted_is_that_of_the_file(
    install: Install, tmp_path: Path
) -> None:
    file = tmp_path / "events.jsonl"
    file.write_text("\n".join(map(json.dumps, EVENTS)))
    running = install(NORTH, CLOCK)
    running.ready(running.start())
    running.replay(EVENTS)
    running.settle()

    asked = ("report", *DAYS, "--format", "json")
    rows = [json.loads(line) for line in running.command(*asked).splitlines()]
    counted = running.command(*asked, "--file", str(file), "--at", CLOCK).splitlines()

    assert rows == [json.loads(line) for line in counted]
    assert not any("uncounted" in row["flaws"] for row in rows)
