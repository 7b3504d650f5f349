"""`report` reads the changelogs of all reps, without a worker, and says what a file would."""

import json
from pathlib import Path

import pytest

from floorpulse.commands.report import report
from streams.changelog.lost_history import LOST_HISTORY_KEY, LostHistory, encode_lost_history
from streams.clock import parse_instant
from tests.build import NORTH, call, email, status
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
