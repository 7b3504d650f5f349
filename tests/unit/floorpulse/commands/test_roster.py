"""`roster draft` writes what `check` accepts, and `missing` says who is not in it."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from floorpulse.cli import main as cli
from streams.roster.file import load_roster, parse_roster
from tests.build import NORTH, call, email, status

DRAFT = ("--floor", "north", "--zone", "Europe/Amsterdam")
STRANGE = [
    "10861",
    "yes",
    "a: b",
    "#1",
    'say "hi"',
    "back\\slash",
    "tab\there",
    "bell\x07",
    "delete\x7f",
    "next\x85line",
    "line\u2028separator",
    "\ufeffmark",
    "Zo\xeb",
    "\U0001f600",
    "\ufffe",
    "\x01" * 256,
    " blanks around ",
    "{",
    "line\nbreak",
]


def run(*arguments: object) -> Result:
    clock = {"FLOORPULSE_CLOCK": "2026-11-23T15:00:00+01:00"}
    return CliRunner(env=clock).invoke(cli, ["roster", *map(str, arguments)])


def events_file(directory: Path, *events: dict) -> Path:
    file = directory / "events.jsonl"
    file.write_text("\n".join(map(json.dumps, events)))
    return file


def test_a_draft_is_accepted_by_the_check_whatever_the_ids(tmp_path: Path) -> None:
    events = events_file(tmp_path, *(call(rep=rep) for rep in STRANGE))
    roster = tmp_path / "roster.yaml"

    drafted = run("draft", events, "--floor", 'a "floor"\u2028', "--zone", "Europe/Amsterdam")
    roster.write_text(drafted.stdout)

    assert drafted.exit_code == 0, drafted.output
    assert run("check", roster).exit_code == 0
    read = load_roster(roster)
    assert set(read.reps) == set(STRANGE)
    assert set(read.floors) == set(read.teams) == {'a "floor"\u2028'}


def test_a_draft_leaves_out_who_cannot_be_on_a_roster_and_says_so(tmp_path: Path) -> None:
    events = events_file(
        tmp_path,
        call(rep="unassigned"),
        call(),
        status("created", "2026-11-23T09:00:00+01:00", rep=None),
    )

    drafted = run("draft", events, *DRAFT)

    assert set(parse_roster(drafted.stdout.encode()).reps) == {"ana"}
    assert "left out: 'unassigned' is kept for reps who are not on the roster" in drafted.stderr


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--floor", "unassigned", "--zone", "Europe/Oslo"), "'unassigned' is kept for"),
        (("--floor", "", "--zone", "Europe/Oslo"), "'' is not a name"),
        (("--floor", "north", "--zone", "localtime"), "'localtime' is not a time zone"),
        ((*DRAFT, "--holidays", "XX"), "'XX' has no holiday calendar"),
    ],
)
def test_a_draft_refuses_what_the_check_would(
    tmp_path: Path, options: tuple[str, ...], message: str
) -> None:
    drafted = run("draft", events_file(tmp_path, call()), *options)

    assert drafted.exit_code == 2
    assert message in drafted.stderr


MISSING = (
    *(call(rep="zoe", id=f"c{number}", at="2026-11-23T10:04:17+01:00") for number in range(3)),
    call(rep="zoe", id="c0", version=2, at="2026-11-20T10:04:17+01:00"),
    call(rep="zoe", id="c7", retracted=True),
    call(rep="hubspot"),
    call(rep="ana"),
    email(rep="yes", at="2026-11-22T10:41:00+01:00"),
    status("created", "2026-11-23T11:00:00+01:00", rep="zoe"),
    status("delivered", "2026-11-23T12:00:00+01:00", rep="zoe"),
    status("created", "2026-11-23T13:00:00+01:00", rep=None, lead="L2"),
)


def missing(directory: Path, roster: str, *events: dict) -> Result:
    path = directory / "roster.yaml"
    path.write_text(roster)
    return run("missing", "--file", events_file(directory, *events), "--roster", path)


def test_who_is_missing_is_printed_as_lines_for_the_roster(tmp_path: Path) -> None:
    said = missing(tmp_path, NORTH + "systems: {hubspot: {floor: north}}\n", *MISSING)

    assert said.exit_code == 0, said.output
    zoe, nobody, yes = said.stdout.splitlines()
    assert zoe == (
        '  "zoe": {team: TEAM}  # 3 touches, 1 leads, the newest of 2026-11-23T11:00:00Z'
    )
    assert nobody.startswith("# nobody: SYSTEM  # 0 touches, 1 leads, the newest of 2026-11-23T12")
    assert yes.startswith('  "yes": {team: TEAM}  # 1 touches, 0 leads')
    assert "TEAM is one of hunters, farmers, sailors" in said.stderr
    pasted = NORTH + said.stdout.replace("TEAM", "farmers")
    assert set(parse_roster(pasted.encode()).reps) == {"ana", "bob", "cem", "zoe", "yes"}


def test_the_only_team_is_written_out(tmp_path: Path) -> None:
    one = 'floors: {f: {zone: UTC, hours: {mon: "08:00-09:00"}}}\nteams: {t: {floor: f}}\n'

    assert missing(tmp_path, one, call()).stdout.startswith('  "ana": {team: "t"}  # 1 touches')


def test_nobody_is_missing_where_the_roster_names_all(tmp_path: Path) -> None:
    systems = "systems: {hubspot: {floor: north}}\nnobody: hubspot\n"
    unlisted = {"zoe", "yes"}

    said = missing(tmp_path, NORTH + systems, *(e for e in MISSING if e["rep_id"] not in unlisted))

    assert said.stdout == ""
    assert "Everybody who is counted is on the roster" in said.stderr


def test_check_counts_the_people_who_see_reps(tmp_path: Path) -> None:
    file = tmp_path / "roster.yaml"
    for people, counted in (("", "3 reps; sha"), ("a@x: {role: auditor}", "1 people who see reps")):
        file.write_text(f"{NORTH}people:\n  {people}\n" if people else NORTH)
        assert counted in run("check", file).stdout
