"""The commands that read events files: a bad line costs that line and no other."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from floorpulse.cli import main as cli
from floorpulse.text.answer import answer_lines, answer_table
from streams.audit.evidence import Evidence
from streams.audit.explain import explain
from streams.audit.question import Question
from streams.audit.recount import deliver
from streams.clock import parse_instant
from streams.events.contract import LeadChange, Status
from tests.build import NORTH, call, roster

GOOD = json.dumps(call(id="c7"))


def recount(directory: Path, lines: list[str], *options: str) -> Result:
    events, roster_file = directory / "events.jsonl", directory / "roster.yaml"
    events.write_bytes("\n".join(lines).encode())
    roster_file.write_text(NORTH)
    at = ("--at", "2026-11-23T16:00:00+01:00", "--format", "json")
    return CliRunner().invoke(
        cli, ["recount", str(events), "--roster", str(roster_file), *at, *options]
    )


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ('{"topic": "calls", "id', "1 not_json"),
        ("[" * 60_000, "1 not_json"),
        ("[1]", "1 not_an_object"),
        ('{"id": "c1"}', "1 no_topic"),
        ('{"topic": "faxes"}', "1 unknown_topic"),
        ('{"topic": "calls"}', "1 missing_field in calls"),
        (json.dumps(call(id="null")), "1 placeholder in calls"),
        (json.dumps(call(at="2026-11-23T10:00:00")), "1 naive_timestamp in calls"),
    ],
)
def test_a_bad_line_is_counted_by_reason_and_stops_only_a_strict_recount(
    tmp_path: Path, line: str, reason: str
) -> None:
    lines = [GOOD, "", line, GOOD.replace("c7", "c8")]

    lenient = recount(tmp_path, lines)
    strict = recount(tmp_path, lines, "--strict")

    rows = [json.loads(row) for row in lenient.stdout.splitlines()]
    touches = [r["value"] for r in rows if (r["measure"], r["level"]) == ("touches", "floor")]
    assert (lenient.exit_code, max(touches)) == (0, 2)
    assert reason in lenient.stderr
    assert strict.exit_code == 1
    assert "line 3: " + reason.split()[1] in strict.stderr


@pytest.mark.parametrize(
    ("line", "what", "is_of_a_topic"),
    [
        (json.dumps(call(id="null")), "placeholder: rejected in calls: `id`", True),
        (json.dumps(call(at="2026-11-23T10:00:00")), "rejected in calls: `at`", True),
        ('{"topic": "faxes"}', "unknown_topic: 'faxes'", False),
    ],
)
def test_a_strict_recount_says_what_is_wrong_with_a_line(
    tmp_path: Path, line: str, what: str, is_of_a_topic: bool
) -> None:
    strict = recount(tmp_path, [GOOD, line], "--strict")

    assert what in strict.stderr
    assert ("whose `topic` is one of calls" not in strict.stderr) == is_of_a_topic
    assert "counts such lines" not in strict.stderr


@pytest.mark.parametrize("at", ["+60", "2026-11-23T16:00:00"])
def test_an_instant_is_advised_where_only_an_instant_is_taken(tmp_path: Path, at: str) -> None:
    said = recount(tmp_path, [GOOD], "--at", at).stderr

    assert "write an RFC 3339 instant such as" in said


def test_late_and_future_events_are_no_bad_lines(tmp_path: Path) -> None:
    lines = [GOOD, *(json.dumps(call(at=at)) for at in ("2026-06-01T10:00Z", "2027-01-01T10:00Z"))]
    lines = [line.replace(":00Z", ":00:00Z") for line in lines]

    result = recount(tmp_path, lines, "--strict")

    assert result.exit_code == 0
    assert "1 events late" in result.stderr
    assert "1 future in calls" in result.stderr


@pytest.mark.parametrize("at", [2**62, -(2**62), -62_135_596_800_000_000])
def test_an_answer_is_given_whatever_dates_stand_in_the_rows(at: int) -> None:
    now = parse_instant("2026-11-23T15:00:00+01:00")
    evidence = Evidence("ana", roster(), now)
    created = LeadChange("s1", at, rep_id="ana", status=Status.CREATED)
    evidence.processor.leads.fold("L1", created)
    deliver(evidence.processor, [])

    answer = explain(Question.ask("ana", "leads_created", "90d", None, None), evidence, now)

    assert "s1" in answer_table(answer)
    assert list(answer_lines(answer))
