"""The roster is read anew when its file changes; while it cannot be read, persons see nothing."""

import logging
import os
from pathlib import Path

import pytest

from floorpulse.access.judging import Judging
from floorpulse.access.roster_file import RosterFile
from tests.door import PEOPLE, pass_of

ANA = pass_of("rep", "ana")
WALL = pass_of("wall", "north")


async def test_a_change_of_the_file_holds_from_the_next_question_on(tmp_path: Path) -> None:
    file = tmp_path / "roster.yaml"
    file.write_text(PEOPLE)
    judge = Judging(RosterFile(file))

    ana = await judge(ANA)
    file.write_text(PEOPLE.replace("  ana:", "  ann:"))
    gone = await judge(ANA)
    file.write_text(PEOPLE)

    assert ana is not None
    assert ana.sees_rep("ana")
    assert gone is None
    assert await judge(ANA) is not None


async def test_a_change_that_keeps_the_time_and_the_size_of_the_file_holds_too(
    tmp_path: Path,
) -> None:
    file = tmp_path / "roster.yaml"
    file.write_text(PEOPLE)
    judge = Judging(RosterFile(file))
    assert await judge(ANA) is not None

    written = file.stat()
    file.write_text(PEOPLE.replace("  ana:", "  ann:"))
    os.utime(file, ns=(written.st_atime_ns, written.st_mtime_ns))

    assert file.stat().st_size == written.st_size
    assert await judge(ANA) is None


@pytest.mark.parametrize("mistake", ["reps: {ana: {team: nowhere}}", "\x00", None])
async def test_with_an_unreadable_roster_persons_see_nothing_and_walls_go_on(
    tmp_path: Path, mistake: str | None, caplog: pytest.LogCaptureFixture
) -> None:
    file = tmp_path / "roster.yaml"
    file.write_text(PEOPLE)
    judge = Judging(RosterFile(file))
    assert await judge(ANA) is not None

    if mistake is None:
        file.unlink()
    else:
        file.write_text(mistake)
    for _ in range(3):
        assert await judge(ANA) is None
        assert await judge(WALL) is not None

    errors = [record.getMessage() for record in caplog.records if record.levelno == logging.ERROR]
    assert len(errors) == 1
    assert errors[0].startswith("pages of persons are closed: ")
    assert "ana" not in caplog.text
    file.write_text(PEOPLE)
    assert await judge(ANA) is not None


async def test_before_a_first_roster_was_read_walls_see_nothing_either(tmp_path: Path) -> None:
    judge = Judging(RosterFile(tmp_path / "roster.yaml"))

    assert await judge(WALL) is None
