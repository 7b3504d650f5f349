"""What `forget` and `--forgotten` refuse before they ask Kafka, and what a recount leaves out."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from floorpulse.cli import main
from floorpulse.traces import Lifetime
from streams.clock import MINUTE, parse_instant
from streams.kafka.topics import Topics
from streams.ledgers.forgotten import ForgottenRecord, encode_line, hash_of
from streams.settings import Settings
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
        (["--rep", "\udcffana"], "is no id of a person"),  # bytes that are no UTF-8
        (["--list", "--rep", "ana"], "--list goes alone"),
    ],
)
def test_what_names_nobody_is_refused(args: list[str], said: str) -> None:
    done = run("forget", *args)

    assert done.exit_code == 2
    assert said in done.stderr


def test_a_system_is_nobody_to_forget(tmp_path: Path) -> None:
    roster = tmp_path / "roster.yaml"
    roster.write_text(NORTH + "systems:\n  crm: {floor: south}\n")
    env = {"FLOORPULSE_BROKERS": "127.0.0.1:1", "FLOORPULSE_ROSTER": str(roster)}

    done = CliRunner().invoke(main, ["forget", "--rep", "crm", "--yes"], env=env)

    assert done.exit_code == 1
    assert f"'crm' is a system on {roster}, and no person" in done.stderr


def test_somebody_is_forgotten_up_to_the_moment_of_the_answer(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    instants = iter([parse_instant(AT), parse_instant(AT) + MINUTE])
    settings = Settings(app_id="desk", clock=lambda: next(instants))
    remembered: list[ForgottenRecord] = []

    async def note(_: Settings, record: ForgottenRecord) -> None:
        remembered.append(record)

    async def checked(_: Settings) -> dict[str, Lifetime]:
        return {spec.name: Lifetime(None, None) for spec in Topics(settings).specs()}

    for name, value in (
        ("settings_of_env", lambda: settings),
        ("remember", note),
        ("_checked", checked),
    ):
        monkeypatch.setattr(f"floorpulse.commands.forget.{name}", value)

    done = CliRunner().invoke(main, ["forget", "--rep", "ana"], input="y\n")

    assert done.exit_code == 0, done.output
    assert "It is 2026-11-23T14:00:00Z. Forget rep 'ana' for good?" in done.output
    assert "forgotten up to 2026-11-23T14:01:00Z" in done.output
    assert [record.until for record in remembered] == [parse_instant(AT) + MINUTE]


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
