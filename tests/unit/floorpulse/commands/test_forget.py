"""What `forget` and `--forgotten` refuse before they ask Kafka, and what a recount leaves out."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from floorpulse.cli import main
from streams.clock import parse_instant
from streams.ledgers.forgotten import ForgottenRecord, encode_line, hash_of
from tests.build import NORTH, call

AT = "2026-11-23T15:00:00+01:00"


def run(*args: str) -> Result:
    return CliRunner().invoke(main, args, env={"FLOORPULSE_BROKERS": "127.0.0.1:1"})


@pytest.mark.parametrize(
    ("args", "said"),
    [
        ([], "name one person"),
        (["--rep", "ana", "--contact", "k1"], "name one person"),
        (["--rep", "undefined"], "'undefined' is no id of a person"),
        (["--contact", " "], "' ' is no id of a person"),
        (["--rep", "a" * 257], "is no id of a person"),
        (["--list", "--rep", "ana"], "--list goes alone"),
    ],
)
def test_what_names_nobody_is_refused(args: list[str], said: str) -> None:
    done = run("forget", *args)

    assert done.exit_code == 2
    assert said in done.stderr


def line(app_id: str, person: str) -> bytes:
    hashed = hash_of(app_id, "rep", person)
    return encode_line(app_id, ForgottenRecord("rep", hashed, parse_instant(AT)))


def recounted(directory: Path, *lines: bytes) -> Result:
    events, roster, forgotten = (directory / name for name in ("e.jsonl", "r.yaml", "f.jsonl"))
    events.write_text(json.dumps(call("ana")) + "\n" + json.dumps(call("cem")))
    roster.write_text(NORTH)
    forgotten.write_bytes(b"\n".join(lines))
    options = ["--roster", str(roster), "--at", AT, "--strict", "--format", "json"]
    return run("recount", str(events), *options, "--forgotten", str(forgotten))


def test_a_recount_leaves_out_who_was_forgotten(tmp_path: Path) -> None:
    done = recounted(tmp_path, line("desk", "cem"))

    assert done.exit_code == 0
    touched = [json.loads(row) for row in done.stdout.splitlines()]
    assert {row["rep"] for row in touched if row["measure"] == "touches" and "rep" in row} == {
        "ana"
    }
    assert "1 events rejected: 1 forgotten in calls" in done.stderr


def test_a_list_of_several_installations_or_of_something_else_is_refused(tmp_path: Path) -> None:
    several = recounted(tmp_path, line("desk", "cem"), line("other", "cem"))
    other = recounted(tmp_path, b'{"id": "c1"}')

    assert "of several installations, desk, other" in several.stderr
    assert "not what `forget --list` prints" in other.stderr
    assert several.exit_code == other.exit_code == 1


def test_rows_are_without_them_already(tmp_path: Path) -> None:
    (tmp_path / "f.jsonl").touch()

    done = run("explain", "ana", "touches", "today", "--forgotten", str(tmp_path / "f.jsonl"))

    assert done.exit_code == 2
    assert "--forgotten is for --file" in done.stderr
