"""A changed roster is taken; a bad one is reported once, and the old one stays."""

import os
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from streams.clock import micros
from streams.worker.roster_watch import RosterWatch
from tests.build import NORTH, MovingDesk, call
from tests.strategies import NOW


class Case:
    """A roster file, whose every change is a second later, and who watches it."""

    def __init__(self, home: Path) -> None:
        self.file = home / "roster.yaml"
        self.seconds = 1_000_000_000
        self.processor = MovingDesk(micros(NOW))
        self.watch = RosterWatch(self.file, ZoneInfo("UTC"), self.processor)

    @property
    def sha256(self) -> str:
        return self.processor.board.roster.sha256

    def write(self, text: str) -> None:
        self.seconds += 1
        self.file.write_text(text)
        os.utime(self.file, (self.seconds, self.seconds))


async def test_a_roster_that_changed_is_taken(tmp_path: Path) -> None:
    case = Case(tmp_path)
    before = case.sha256

    case.write(NORTH + "  eve: {name: Eve, team: hunters}\n")
    await case.watch.look()

    assert case.sha256 != before
    assert "eve" in case.processor.board.roster.reps


async def test_a_bad_roster_is_reported_once_and_the_old_one_stays(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    case = Case(tmp_path)
    before = case.sha256

    for text in ("teams: nonsense", "teams: nonsense", "floors: nonsense"):
        case.write(text)
        await case.watch.look()
        await case.watch.look()

    assert case.sha256 == before
    problems = [record.getMessage() for record in caplog.records]
    assert len(problems) == 2, problems
    assert all("the roster stays as it was" in problem for problem in problems)


async def test_a_roster_that_is_gone_and_comes_back_is_taken(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    case = Case(tmp_path)
    await case.watch.look()
    assert str(case.file) in caplog.text

    case.write(NORTH + "  eve: {name: Eve, team: hunters}\n")
    await case.watch.look()

    assert "eve" in case.processor.board.roster.reps


async def test_reps_with_numbers_who_left_the_roster_are_named_with_what_to_write(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    case = Case(tmp_path)
    case.write(NORTH)
    await case.watch.look()
    case.processor.deliver(call(rep="ana", at=NOW.isoformat()), call(rep="cem", at=NOW.isoformat()))
    left = NORTH.replace("  ana: {name: Ana, team: hunters}\n", "").replace(
        "  cem: {team", "  dan: {team"
    )

    case.write(left + "systems: {cem: {floor: north}}\n")
    await case.watch.look()

    (warning,) = [record.getMessage() for record in caplog.records if record.levelname == "WARNING"]
    assert "lost reps with numbers: ana;" in warning
    assert "with `to:` and the last day" in warning


async def test_nothing_is_said_of_reps_who_left_the_roster_without_numbers(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    case = Case(tmp_path)

    case.write(NORTH.replace("  ana: {name: Ana, team: hunters}\n", ""))
    await case.watch.look()

    assert "lost reps" not in caplog.text
