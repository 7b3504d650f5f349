"""`floorpulse report` on files: a real month against recount, its three forms, its refusals."""

import csv
import datetime as dt
import io
import json
import re
from itertools import zip_longest
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from click.testing import CliRunner, Result

from floorpulse.cli import main
from tests.build import LOAN_DESK, NORTH, call, status

ZONE = ZoneInfo("Europe/Amsterdam")
OCTOBER = "2011-10-31T15:00:00+01:00"
AT = "2026-11-23T15:00:00+01:00"


def run(*arguments: object) -> Result:
    return CliRunner().invoke(main, list(map(str, arguments)))


def lines(result: Result) -> list[dict]:
    assert result.exit_code == 0, result.output
    return [json.loads(line) for line in result.stdout.splitlines()]


@pytest.fixture(scope="module", name="desk")
def _desk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    drafted = run("roster", "draft", LOAN_DESK, "--floor", "desk", "--zone", ZONE.key)
    path = tmp_path_factory.mktemp("desk") / "roster.yaml"
    path.write_text(drafted.stdout)
    return path


def recounted(desk: Path, at: str, window: str) -> dict[tuple[str, str], float]:
    """By rep and measure (with its channel), what recount has in a window, less what is zero."""
    recounted = lines(run("recount", LOAN_DESK, "--roster", desk, "--at", at, "--format", "json"))
    return {
        (row["rep"], "_".join(filter(None, (row["measure"], row.get("channel"))))): row["value"]
        for row in recounted
        if (row["level"], row["window"]) == ("rep", window)
    }


def reported(desk: Path, first: str, last: str, at: str) -> dict[str | None, dict]:
    """By day, None for the period: as `recounted`."""
    asked = ("--by", "rep", "--format", "json", "--file", LOAN_DESK, "--roster", desk, "--at", at)
    days: dict[str | None, dict] = {}
    for row in lines(run("report", "--from", first, "--to", last, *asked)):
        numbers = {(row["rep"], name): value for name, value in row["measures"].items() if value}
        days.setdefault(row["day"], {}).update(numbers)
    return days


@pytest.mark.parametrize("day", ["2011-10-14", "2011-10-30"])
def test_a_day_of_a_real_month_is_recount_s_today_at_its_end(desk: Path, day: str) -> None:
    end = dt.datetime.fromisoformat(f"{day}T23:59:59").replace(tzinfo=ZONE).isoformat()

    numbers = reported(desk, day, day, end)

    assert sum(numbers[day].values()) > 50
    assert numbers[day] == numbers[None] == recounted(desk, end, "today")


def test_the_total_of_a_real_month_is_recount_s_longest_window(desk: Path) -> None:
    numbers = reported(desk, "2011-10-04", "2011-10-31", OCTOBER)

    total = {key: n for key, n in numbers[None].items() if n}
    assert len(total) > 100
    assert total == recounted(desk, OCTOBER, "20d")


@pytest.fixture(name="ask")
def _ask(tmp_path: Path):
    roster, file = tmp_path / "roster.yaml", tmp_path / "events.jsonl"
    roster.write_text(NORTH)
    events = [
        call(id="c1", contact_id="k1", at="2026-11-20T10:00:00+01:00"),
        call(id="c2", contact_id="k1"),
        call("=zoe"),
        status("created", "2026-11-23T11:00:00+01:00", contact_id="k1", origin="inbound"),
    ]
    file.write_text("\n".join(map(json.dumps, events)))

    def ask(*args: str, first: str = "2026-11-20", last: str = "2026-11-23") -> Result:
        source = ("--file", file, "--roster", roster, "--at", AT)
        return run("report", "--from", first, "--to", last, *source, *args)

    return ask


SHOWN = (
    *("day", "Contacts to leads", "Disqualification", "Disqualification by delivery"),
    *("Inbound share", "Effective touchpoints", "Pace", "Leads won", "note"),
)


def test_the_table_has_days_total_and_targets_of_each_group(ask) -> None:
    heads, *rows = (re.split(" {2,}", line) for line in ask("--by", "team").stdout.splitlines())

    groups = [dict(zip_longest(heads, row, fillvalue="")) for row in rows]
    assert heads[:3] == ["floor", "team", "day"]
    assert [[g[name] for name in SHOWN] for g in groups if g["team"] == "hunters"] == [
        ["Fri 2026-11-20", "0.0%", "-", "-", "-", "1", "1.7%", "-", ""],
        ["Sat 2026-11-21", "-", "-", "-", "-", "0", "0.0%", "-", ""],
        ["Mon 2026-11-23", "100.0%", "-", "-", "100.0%", "1", "2.4%", "0.0%", "not over yet"],
        ["total", "100.0%", "-", "-", "100.0%", "2", "1.6%", "0.0%", "not over yet"],
        ["target", "10.0%", "7.0%", "5.0%", "60.0%", "-", "100.0%", "-", ""],
    ]


def test_csv_has_every_measure_and_no_name_that_a_spreadsheet_takes_for_a_formula(ask) -> None:
    rows = list(csv.DictReader(io.StringIO(ask("--by", "rep", "--format", "csv").stdout)))

    ana = [row for row in rows if row["rep"] == "ana"]
    assert [row["day"] for row in ana] == ["2026-11-20", "2026-11-21", "2026-11-23", "total"]
    assert [row["touches_call"] for row in ana] == ["1", "0", "1", "2"]
    assert [row["kpi_contacts_to_leads"] for row in ana] == ["0.0", "", "1.0", "1.0"]
    assert {row["rep"] for row in rows if row["floor"] == "unassigned"} == {"'=zoe"}


def test_json_says_null_where_a_ratio_has_nothing_to_divide_by(ask) -> None:
    friday, *_, total = [row for row in lines(ask("--format", "json")) if row["floor"] == "north"]

    assert (friday["day"], total["day"], total["flaws"]) == ("2026-11-20", None, ["so_far"])
    assert (friday["kpis"]["inbound_share"], total["kpis"]["inbound_share"]) == (None, 1.0)
    assert total["measures"]["contacts"] == 1
    assert "team" not in total


def test_days_from_before_touches_are_kept_say_so_and_are_not_low(ask) -> None:
    line = ask(first="2026-09-01", last="2026-09-01").stdout.splitlines()[1].split(maxsplit=10)

    assert line[4:10] == ["-"] * 6
    assert line[10].endswith("touches are kept for 60 days")


@pytest.mark.parametrize(
    ("first", "last", "message"),
    [
        ("2026-11-23", "2026-11-20", "--from 2026-11-23 is after --to 2026-11-20"),
        ("2026-11-23", "2026-11-25", "--to 2026-11-25 is in the future"),
        ("23.11.2026", "2026-11-25", "'23.11.2026' is not a date: write it as 2026-11-23"),
        ("2026-02-30", "2026-11-25", "'2026-02-30' is not a date"),
    ],
)
def test_bad_dates_are_refused_with_what_to_write(ask, first: str, last: str, message: str) -> None:
    result = ask(first=first, last=last)

    assert result.exit_code != 0
    assert message in result.stderr
