"""`floorpulse compare` on files: what differs between two rosters, and the events that moved it."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from floorpulse.cli import main
from tests.build import NORTH, call, email, status

AT = "2026-11-23T15:00:00+01:00"
EVENTS = [
    call(id="c1", contact_id="k1"),
    call(id="c2", talk_seconds=41, contact_id="k2"),
    email(id="e1", contact_id="k1"),
    call("bob", "2026-11-23T12:30:00+01:00", id="c3", contact_id="k1"),
    call("bob", "2026-11-23T13:30:00+01:00", id="c4", contact_id="k1"),
    status("delivered", "2026-11-23T09:00:00+01:00"),
    status("rejected", "2026-11-23T11:00:00+01:00", rep="am"),
    status("created", "2026-11-23T10:30:00+01:00", rep=None, lead="L2"),
]
SHORTER = NORTH.replace("talk_seconds: 60", "talk_seconds: 40")


@pytest.fixture(name="compare")
def _compare(tmp_path: Path):
    old, new, file = (tmp_path / name for name in ("old.yaml", "new.yaml", "events.jsonl"))
    old.write_text(NORTH)
    file.write_text("\n".join(map(json.dumps, EVENTS)))

    def compare(text: str, *args: str) -> Result:
        new.write_text(text)
        source = ("--file", str(file), "--at", AT)
        return CliRunner().invoke(main, ["compare", str(old), str(new), *source, *args])

    return compare


def lines(result: Result) -> list[dict]:
    assert result.exit_code == 0, result.output
    return [json.loads(line) for line in result.stdout.splitlines()]


def table(result: Result) -> list[str]:
    assert result.exit_code == 0, result.output
    return [" ".join(line.split()) for line in result.stdout.splitlines() if line]


def test_what_differs_is_shown_of_floors_then_teams_then_reps(compare) -> None:
    result = compare(SHORTER)

    assert [line for line in table(result) if "touchpoints" in line] == [
        "north all all Effective touchpoints today 4 → 5 -",
        "north hunters all Effective touchpoints today 3 → 4 -",
        "north hunters ana Effective touchpoints today 2 → 3 -",
    ]
    assert not any("Disqualification" in line for line in table(result))
    # am and nobody too; cem's floor has its own
    assert "4 reps are measured by other rules" in result.stderr


def test_another_target_is_shown_of_the_floor_alone(compare) -> None:
    result = compare(NORTH.replace("disqualification: 0.07", "disqualification: 0.2"))

    assert table(result)[1:] == ["north all all Disqualification 5d 100.0% 7.0% → 20.0%"]


def test_a_floor_has_no_target_by_the_roster_that_does_not_have_it(compare) -> None:
    renamed = NORTH.replace("  north:", "  arctic:").replace("floor: north", "floor: arctic")

    rows = lines(compare(renamed, "--format", "json"))

    targets = {
        row["floor"]: (row["old_target"], row["new_target"])
        for row in rows
        if (row["level"], row["kpi"]) == ("floor", "inbound_share")
    }
    assert targets == {"arctic": (None, 0.6), "north": (0.6, None)}


def test_who_is_not_on_a_roster_is_measured_against_the_catalogue(compare) -> None:
    without_ana = NORTH.replace("  ana: {name: Ana, team: hunters}\n", "")

    rows = lines(compare(without_ana, "--format", "json"))

    targets = [
        (row["old_target"], row["new_target"])
        for row in rows
        if (row["level"], row["floor"], row["kpi"]) == ("floor", "unassigned", "disqualification")
    ]
    assert targets == [(0.05, 0.05)]


def test_what_no_person_did_is_named_so(compare) -> None:
    shown = table(compare(SHORTER, "--explain", "", "leads_created", "today"))

    assert shown == ["1 → 1 leads_created of no person, today", "No event moved."]


def test_a_rep_in_another_team_has_one_row_less_and_one_more(compare) -> None:
    moved = NORTH.replace("ana: {name: Ana, team: hunters}", "ana: {name: Ana, team: farmers}")

    rows = lines(compare(moved, "--format", "json"))

    ana = [row for row in rows if (row.get("rep"), row["kpi"]) == ("ana", "touchpoints")]
    assert [(row["team"], row["old"], row["new"]) for row in ana] == [
        ("farmers", None, 2),
        ("hunters", 2, None),
    ]
    assert not [row for row in rows if row["level"] == "floor"]


def test_one_window_can_be_asked_of_the_kpis_that_have_it(compare) -> None:
    rows = lines(compare(SHORTER, "--window", "2d", "--format", "json"))

    assert {row["window"] for row in rows} == {"2d"}
    assert {row["kpi"] for row in rows} == {"touchpoints", "pace"}


def test_the_same_rosters_differ_in_nothing(compare) -> None:
    assert compare(NORTH + "# as before\n").stdout == "No KPI differs.\n"


def test_the_events_that_moved_a_number_have_the_reason_of_the_other_roster(compare) -> None:
    shown = table(compare(SHORTER, "--explain", "ana", "effective_touches", "today"))

    assert shown[:2] == [
        "2 → 3 effective_touches of ana (Ana), today",
        "ONLY THE NEW ROSTER COUNTS: 1",
    ]
    assert shown[3].startswith("1 Mon 2026-11-23 10:04:17 hunters call k2 outbound human 41 c2")
    assert "by the old one: not effective: talk 41 s of 60" in shown[3]


def test_what_moved_is_an_object_a_line_too(compare) -> None:
    asked = ("--explain", "ana", "effective_touches", "today", "--format", "json")

    number, moved = lines(compare(SHORTER, *asked))

    assert (number["old"], number["new"]) == (2, 3)
    assert (moved["kind"], moved["reason"], moved["events"][0]["id"]) == (
        *("only_new", "not_effective", "c2"),
    )


def test_what_counts_for_another_team_alone_is_no_move(compare) -> None:
    moved = NORTH.replace("ana: {name: Ana, team: hunters}", "ana: {name: Ana, team: farmers}")

    shown = table(compare(moved, "--explain", "ana", "effective_touches", "today"))

    assert shown == ["2 → 2 effective_touches of ana (Ana), today", "No event moved."]


def test_a_contact_that_counted_in_two_teams_and_now_in_one_is_a_move(compare) -> None:
    one_team = NORTH.replace(', {from: "2026-11-23T13:00", team: farmers}', "")

    shown = table(compare(one_team, "--explain", "bob", "contacts", "today"))

    assert shown[:2] == ["2 → 1 contacts of bob, today", "ONLY THE OLD ROSTER COUNTS: 1"]


def test_other_hours_show_the_stretches(compare) -> None:
    early = NORTH.replace('breaks: ["12:30-13:00"]', 'breaks: ["12:00-12:30"]')

    shown = table(compare(early, "--explain", "ana", "expected_touches", "1h"))
    moved = table(compare(early, "--explain", "ana", "expected_touches", "4h"))

    assert shown[1:] == ["No event moved."]
    assert "SCHEDULED ONLY BY THE NEW ROSTER: 2" in moved
    assert any(
        line.startswith("Mon 2026-11-23 12:30 Mon 2026-11-23 15:01 hunters 151") for line in moved
    )


def test_other_words_apply_to_a_file(compare) -> None:
    result = compare(NORTH + "words: {call.outcome: {human: voicemail}}\n")

    assert "north all all Effective touchpoints today 4 → 1 -" in table(result)


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        (("anna", "touches", "today"), "did you mean ana"),
        (("ana", "touches", "90d"), "it has 15m, 1h, 4h, today, 2d, 5d, 20d"),
    ],
)
def test_a_number_that_is_not_there_is_refused(compare, asked: tuple, message: str) -> None:
    result = compare(SHORTER, "--explain", *asked)

    assert result.exit_code == 1
    assert message in result.stderr
