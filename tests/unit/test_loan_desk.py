"""A month of a real loan desk, counted and compared with the independent recount."""

import gzip
import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from floorpulse.cli import main
from tests import oracle
from tests.build import LOAN_DESK


@pytest.fixture(scope="module", name="desk")
def _desk(tmp_path_factory) -> str:
    args = [str(LOAN_DESK), "--floor", "desk", "--zone", "Europe/Amsterdam", "--holidays", "NL"]
    drafted = CliRunner().invoke(main, ["roster", "draft", *args])
    assert drafted.exit_code == 0, drafted.output
    path = tmp_path_factory.mktemp("desk") / "roster.yaml"
    path.write_text(drafted.stdout)
    return str(path)


def test_the_drafted_roster_holds_every_rep_and_passes_the_check(desk: str) -> None:
    checked = CliRunner().invoke(main, ["roster", "check", desk])

    assert checked.exit_code == 0
    assert "1 floors, 1 teams, 48 reps" in checked.output


@pytest.mark.parametrize("at", ["2011-10-14T11:20:00+02:00", "2011-10-31T15:00:00+01:00"])
def test_recount_of_the_month_equals_the_independent_one(desk: str, at: str) -> None:
    args = [str(LOAN_DESK), "--roster", desk, "--at", at, "--format", "json"]
    printed = CliRunner().invoke(main, ["recount", *args])
    rows = [json.loads(line) for line in printed.stdout.splitlines()]

    events = [json.loads(line) for line in gzip.decompress(LOAN_DESK.read_bytes()).splitlines()]
    now = oracle.instant(at)
    expected = oracle.recount(events, Path(desk).read_text(), now, with_expected=False)

    names = ("rep", "team", "measure", "window", "channel")
    assert {
        tuple(row.get(n) for n in names): row["value"] for row in rows if row["level"] == "rep"
    } == expected
    floor = sum(
        v for (_, _, what, when, _), v in expected.items() if (what, when) == ("touches", "5d")
    )
    assert floor == sum(
        row["value"]
        for row in rows
        if row["level"] == "floor" and (row["measure"], row["window"]) == ("touches", "5d")
    )


def test_the_table_shows_the_kpis_with_their_targets(desk: str) -> None:
    args = [str(LOAN_DESK), "--roster", desk, "--at", "2011-10-31T15:00:00+01:00"]

    table = CliRunner().invoke(main, ["recount", *args]).stdout.splitlines()

    assert table[0].split() == ["floor", "team", "KPI", "window", "value", "target"]
    assert ["desk", "all", "Disqualification", "5d", "31.2%", "5.0%"] in [r.split() for r in table]
