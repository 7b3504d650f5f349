"""What CRMs really send and floors really work: a recount of each directory gives its rows."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from floorpulse.cli import main as cli

HERE = Path(__file__).parent
CASES = sorted(path.parent for path in HERE.glob("*/expected.json"))
COUNTED = [case for case in CASES if (case / "events.jsonl").exists()]
CHECKED = [case for case in CASES if case not in COUNTED]
LABELS = ("level", "floor", "team", "rep", "window", "measure", "channel")


def expected_of(case: Path) -> dict:
    return json.loads((case / "expected.json").read_text())


def run(*arguments: object) -> Result:
    return CliRunner().invoke(cli, [str(argument) for argument in arguments])


@pytest.mark.parametrize("case", COUNTED, ids=lambda case: case.name)
def test_a_recount_gives_the_rows_of_the_case(case: Path) -> None:
    expected = expected_of(case)
    roster = case / "roster.yaml"

    result = run(
        *("recount", case / "events.jsonl", "--roster", roster),
        *("--at", expected["at"], "--format", "json"),
    )

    assert result.exit_code == 0, result.output
    rows = [json.loads(line) for line in result.stdout.splitlines()]
    tolerance = expected.get("tolerance", 1e-9)
    for row in expected["rows"]:
        wanted = {name: row[name] for name in LABELS if name in row}
        counted = sum(r["value"] for r in rows if wanted.items() <= r.items())
        assert counted == pytest.approx(row["value"], abs=tolerance), row
    for word in expected["stderr"]:
        assert word in result.stderr


@pytest.mark.parametrize("case", CHECKED, ids=lambda case: case.name)
def test_a_check_of_the_roster_says_what_the_case_expects(case: Path) -> None:
    expected = expected_of(case)

    result = run("roster", "check", case / "roster.yaml")

    assert (result.exit_code == 0) == (expected["check"] == "accepted"), result.output
    for word in expected["words"]:
        assert word in result.output


def test_there_are_cases_of_both_kinds() -> None:
    assert len(COUNTED) >= 19
    assert len(CHECKED) >= 2
