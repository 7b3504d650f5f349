"""`floorpulse explain` on a file: what it prints, and what it says when it cannot answer."""

import gzip
import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from floorpulse.cli import main
from tests.build import NORTH, call, email, status

EVENTS = [
    call(id="c1", contact_id="k1"),
    call(id="c2", talk_seconds=41),
    call(id="c0", at="2026-10-30T10:00:00+01:00"),
    email(id="e1", automated=True),
    status("delivered", "2026-11-23T09:00:00+01:00", id="d1"),
    status("accepted", "2026-11-23T11:00:00+01:00", rep="am", id="a1"),
]


@pytest.fixture(name="ask")
def _ask(tmp_path: Path):
    roster = tmp_path / "roster.yaml"
    roster.write_text(NORTH)
    file = tmp_path / "events.jsonl.gz"

    def ask(*args: str, events: list[dict] = EVENTS) -> Result:
        file.write_bytes(gzip.compress("\n".join(map(json.dumps, events)).encode()))
        options = [
            "--file",
            str(file),
            "--at",
            "2026-11-23T15:00:00+01:00",
            "--roster",
            str(roster),
        ]
        return CliRunner().invoke(main, ["explain", *args, *options])

    return ask


def test_the_number_comes_first_with_its_window_and_rule(ask) -> None:
    lines = ask("ana", "effective_touches", "today").stdout.splitlines()

    assert lines[0] == "1  effective_touches of ana (Ana), today"
    assert lines[2] == (
        "window: from Mon 2026-11-23 00:00 until Mon 2026-11-23 15:01, Europe/Amsterdam"
    )
    assert lines[3].startswith("team hunters on north: effective rule ")
    assert lines[3].endswith("(talk of 60 s, or callback, or meeting)")


def test_the_table_lists_what_counts_and_what_does_not(ask) -> None:
    printed = ask("ana", "effective_touches", "today").stdout

    assert "COUNTED: 1" in printed
    assert "LEFT OUT: 3 (1 outside the window, 1 not effective, 1 automated)" in printed
    assert "not effective: talk 41 s of 60" in printed


def test_json_is_an_object_a_line_and_says_the_same(ask) -> None:
    result = ask("ana", "effective_touches", "today", "--channel", "call", "--format", "json")
    number, *rest = map(json.loads, result.stdout.splitlines())

    assert (number["kind"], number["value"], number["channel"]) == ("number", 1, "call")
    assert (number["rep"], number["name"]) == ("ana", "Ana")
    assert (number["start"], number["end"]) == (
        "2026-11-23T00:00:00+01:00",
        "2026-11-23T15:01:00+01:00",
    )
    assert [(line["kind"], _id(line), line.get("reason")) for line in rest] == [
        ("counted", "c1", None),
        ("left_out", "c0", "outside_window"),
        ("left_out", "c2", "not_effective"),
    ]


def test_who_got_the_credit_instead_is_named(ask) -> None:
    events = [
        status("delivered", "2026-11-23T09:00:00+01:00", rep="ana", id="d1"),
        status("accepted", "2026-11-23T11:00:00+01:00", rep="bob", id="a1"),
    ]

    printed = ask("bob", "appointments_accepted", "20d", events=events).stdout

    assert "credited to another rep: ana (Ana)" in printed


def test_what_is_unknown_is_absent_and_what_is_zero_is_shown(ask) -> None:
    zero = call(id="c1", talk_seconds=0, contact_id=None)

    line = ask("ana", "touches", "today", "--format", "json", events=[zero]).stdout.splitlines()[1]

    event = json.loads(line)["events"][0]
    assert event["talk_seconds"] == 0
    assert "contact_id" not in event


def test_an_appointment_shows_who_decided_and_what_was_delivered(ask) -> None:
    result = ask("ana", "appointments_accepted", "today", "--format", "json")

    unit = json.loads(result.stdout.splitlines()[1])
    assert [(event["id"], event["rep_id"]) for event in unit["events"]] == [
        ("a1", "am"),
        ("d1", "ana"),
    ]


def test_an_expectation_prints_its_stretches_and_rates(ask) -> None:
    printed = ask("ana", "expected_touches", "today", "--channel", "call").stdout

    assert "SCHEDULED: 2" in printed
    assert "Mon 2026-11-23 13:00  Mon 2026-11-23 15:01  hunters  121" in printed
    assert "hunters, call: 361 minutes x 4.70588 an hour = 28.3137" in printed


def test_the_cutoff_of_overdue_is_named(ask) -> None:
    printed = ask("ana", "cohort_overdue", "20d").stdout

    # Open days are the 23rd, 21st, 20th and 18th: the 19th is closed, the 22nd a Sunday.
    assert "overdue: delivered before 2026-11-18, more than 3 open days ago" in printed


def test_a_table_shows_only_the_nearest_events_outside_the_window(ask) -> None:
    far = [call(id=f"f{day}", at=f"2026-11-{day:02}T10:00:00+01:00") for day in range(1, 16)]

    printed = ask("ana", "touches", "today", events=far).stdout

    assert "LEFT OUT: 15 (15 outside the window)" in printed
    assert "5 more outside the window; --format json lists them" in printed
    assert "f15" in printed
    assert "f5 " not in printed


def test_events_that_a_worker_would_not_take_are_mentioned(ask) -> None:
    events = [call(at="2026-01-01T10:00:00Z"), call(at="2026-12-01T10:00:00Z")]

    result = ask("ana", "touches", "today", events=events)

    assert "1 events of the file are late" in result.stderr
    assert "1 events of the file are rejected" in result.stderr


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        (("anna", "touches", "today"), "did you mean ana"),
        (("ana", "touch", "today"), "it is one of touches, effective_touches"),
        (("ana", "leads_won", "15m"), "it has 1h, 4h, today, 2d, 5d, 20d, 90d"),
        (("ana", "touches", "today", "--team", "farmers"), "never in team"),
    ],
)
def test_a_question_without_an_answer_names_what_can_be_asked(
    ask, asked: tuple, message: str
) -> None:
    result = ask(*asked)

    assert result.exit_code == 1
    assert message in result.stderr


def test_a_file_without_an_instant_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "events.jsonl"
    file.write_text("")

    result = CliRunner().invoke(main, ["explain", "ana", "touches", "today", "--file", str(file)])

    assert result.exit_code == 2
    assert "--file needs --at" in result.stderr


def _id(line: dict) -> str:
    return (line["events"][0] if "events" in line else line["event"])["id"]
