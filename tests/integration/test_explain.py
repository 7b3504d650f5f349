"""`explain` reads the changelogs of a rep, without a worker, and says what a file would."""

import asyncio
import json
import socket
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from dashboards.wall import explanation as wall
from dashboards.wall.explanation import Asked, NoAnswerError
from floorpulse.access.explaining import Explaining
from floorpulse.access.roster_file import RosterFile
from floorpulse.commands.explain import explain
from floorpulse.commands.roster import roster as roster_commands
from tests.build import NORTH, call, email, status
from tests.letterbox import Desktop

CLOCK = "2026-11-23T15:00:00+01:00"
EVENTS = [
    call(id="c1", version=1, contact_id="k1"),
    call(id="c2", at="2026-11-23T11:17:00+01:00", version=1),
    call(rep="bob", id="c1"),
    call(id="c2", at="2026-11-23T14:58:00+01:00", version=2, talk_seconds=41),
    email(id="e1", contact_id="k2"),
    call(id="c1", version=2, retracted=True),
    status("created", "2026-11-23T11:00:00+01:00", contact_id="k2", id="s1"),
    status("delivered", "2026-11-23T12:00:00+01:00", id="d1"),
    status("accepted", "2026-11-23T13:00:00+01:00", rep="am", id="a1"),
]
QUESTIONS = (
    ("effective_touches", "today"),
    ("touches", "15m"),
    ("contacts_converted", "today"),
    ("appointments_accepted", "4h"),
    ("expected_touches", "5d"),
)


@pytest.fixture(name="desktop", scope="module")
def _desktop(tmp_path_factory: pytest.TempPathFactory) -> Desktop:
    """An installation in which a worker wrote the rows of `EVENTS`, a flush after each event."""
    path = tmp_path_factory.mktemp("explain") / "roster.yaml"
    path.write_text(NORTH)
    desktop = Desktop("why", path, CLOCK)
    desktop.make_topics()
    desktop.write_rows(EVENTS)
    return desktop


def lines(desktop: Desktop, *args: str) -> list[dict]:
    result = desktop.run(explain, *args, "--format", "json")
    assert result.exit_code == 0, result.output
    return [json.loads(line) for line in result.stdout.splitlines()]


@pytest.mark.parametrize("question", QUESTIONS)
def test_the_changelogs_and_the_file_give_the_same_answer(
    desktop: Desktop, tmp_path: Path, question: tuple[str, str]
) -> None:
    file = tmp_path / "events.jsonl"
    file.write_text("\n".join(map(json.dumps, EVENTS)))

    from_changelogs = lines(desktop, "ana", *question)

    assert from_changelogs[0]["value"] > 0
    assert from_changelogs == lines(desktop, "ana", *question, "--file", str(file), "--at", CLOCK)


def test_a_window_that_ended_before_is_explained_from_the_rows_of_now(desktop: Desktop) -> None:
    number, *rest = lines(desktop, "ana", "touches", "1h", "--at", "2026-11-23T11:20:00+01:00")

    assert number["value"] == 1
    assert [_summed_up(line) for line in rest] == [
        ("e1", "counted"),
        ("c1", "outside_window"),
        ("c2", "moved"),
        ("c2", "outside_window"),
    ]


@pytest.mark.parametrize("question", QUESTIONS)
async def test_the_wall_is_given_what_the_command_prints(
    desktop: Desktop, question: tuple[str, str]
) -> None:
    explain = Explaining(desktop.settings, RosterFile(desktop.settings.roster))
    shown = wall.read(await explain(Asked("ana", *question, None)))
    number, *rest = await asyncio.to_thread(lines, desktop, "ana", *question)

    assert shown.value == number["value"] > 0
    printed = [_summed_up(line) for line in rest if line["kind"] == "left_out"]
    assert [(left.event["id"], left.reason) for left in shown.left_out] == printed
    assert len(shown.counted) == sum(line["kind"] == "counted" for line in rest)
    assert len(shown.scheduled) == sum(line["kind"] == "scheduled" for line in rest)
    with pytest.raises(NoAnswerError):
        await explain(Asked("anne", *question, None))


async def test_a_reading_that_is_cancelled_ends_at_once(desktop: Desktop) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:  # takes connections, answers nothing
        settings = replace(desktop.settings, brokers=(f"127.0.0.1:{silent.getsockname()[1]}",))
        task = asyncio.create_task(
            Explaining(settings, RosterFile(settings.roster))(
                Asked("ana", "touches", "today", None)
            )
        )
        await asyncio.to_thread(silent.accept)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        names = ("asyncio_", "ThreadPoolExecutor")
        running = [one for one in threading.enumerate() if one.name.startswith(names)]
        assert running, "a pool of threads"
        await asyncio.wait_for(asyncio.get_running_loop().shutdown_default_executor(), 10)


def test_a_rep_without_rows_is_answered_with_near_names(desktop: Desktop) -> None:
    result = desktop.run(explain, "anne", "touches", "today")

    assert result.exit_code == 1
    assert "'anne' is not on the roster and has no events; did you mean ana" in result.stderr


def test_who_is_not_on_the_roster_is_found_in_all_partitions(desktop: Desktop) -> None:
    result = desktop.run(roster_commands, "missing")

    assert result.exit_code == 0, result.output
    assert result.stdout == (
        '  "am": {team: TEAM}  # 0 touches, 1 leads, the newest of 2026-11-23T12:00:00Z\n'
    )


def test_missing_changelogs_are_one_line(desktop: Desktop) -> None:
    desktop.env["FLOORPULSE_APP_ID"] = "another"
    try:
        result = desktop.run(explain, "ana", "touches", "today")
    finally:
        desktop.env["FLOORPULSE_APP_ID"] = "why"

    assert result.exit_code == 1
    assert "topic another.forgotten and 2 more do not exist" in result.stderr


def _summed_up(line: dict) -> tuple[str, str]:
    if line["kind"] == "counted":
        return line["events"][0]["id"], "counted"
    return line["event"]["id"], line["reason"]
