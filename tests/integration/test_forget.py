"""Somebody is forgotten while a worker runs: nothing of them is shown, restored or left in rows."""

import datetime as dt
import json
from pathlib import Path

import pytest

from streams.kafka.topics import Topics
from streams.settings import Settings
from tests.build import NORTH, call, email, status
from tests.integration.conftest import Install
from tests.rowpeople import left_in_topics
from tests.running import Installation, recounted, until, without_expected
from tests.scrape import rep_numbers

CLOCK = "2026-11-23T15:30:00+01:00"
ROSTER = NORTH + "  dot: {name: Dot, team: hunters}\n"
PEOPLE = [(*who, dt.datetime.fromisoformat(CLOCK)) for who in (("rep", "dot"), ("contact", "k1"))]
EVENTS = [
    call(id="c1", contact_id="k1"),
    call(id="c2", at="2026-11-20T10:04:17+01:00", contact_id="k2"),
    email(id="e1", contact_id="k1"),
    call("dot", id="d1", contact_id="k1"),
    call("dot", id="d2", at="2026-11-20T10:04:17+01:00"),
    email("dot", id="d3", at="2026-11-23T11:41:00+01:00", contact_id="k3"),
    status("created", "2026-11-23T10:00:00+01:00", "dot", "L1", origin="inbound", contact_id="k1"),
    status("delivered", "2026-11-23T11:00:00+01:00", "ana", "L1"),
    status("accepted", "2026-11-23T12:00:00+01:00", "dot", "L1", decided_by="dot"),
    status("created", "2026-11-23T10:00:00+01:00", "ana", "L2", origin="inbound", contact_id="k2"),
]
# The same without them: touches of dot are gone, leads and contacts are nobody's.
LEFT = [
    {**event, "contact_id": None if event.get("contact_id") == "k1" else event.get("contact_id")}
    | ({"rep_id": None, "decided_by": None} if event["rep_id"] == "dot" else {})
    for event in EVENTS
    if event["rep_id"] != "dot" or event["topic"] == "lead-status"
]


def due(events: list[dict]) -> dict:
    """The numbers of these events, by the independent recount."""
    return dict(recounted(events, ROSTER, CLOCK))


def shown(desk: Installation) -> dict:
    """The numbers that the workers export now."""
    return dict(without_expected(rep_numbers(worker.scrape() for worker in desk.alive)))


def assert_shown(desk: Installation, events: list[dict]) -> None:
    """Wait until the workers export the numbers of these events."""
    try:
        until("the numbers are those without them", lambda: shown(desk) == due(events), 60)
    except AssertionError:
        assert shown(desk) == due(events)


def assert_in_no_row(desk: Installation) -> None:
    topics = Topics(Settings(app_id=desk.app_id, partitions=4))
    assert not left_in_topics(desk.brokers, topics, PEOPLE)


def forget_both(desk: Installation) -> None:
    desk.command("forget", "--rep", "dot", "--yes")
    desk.command("forget", "--contact", "k1", "--yes")


def test_who_is_forgotten_is_shown_and_stored_no_more(install: Install) -> None:
    desk = install(ROSTER, CLOCK)
    desk.ready(desk.start())
    desk.replay(EVENTS)
    assert without_expected(desk.numbers()) == due(EVENTS)
    assert "floorpulse-touches" not in desk.command("forget", "--rep", "nobody", "--dry-run")
    before = desk.command("forget", "--rep", "dot", "--dry-run")
    assert f"{desk.app_id}-touches-changelog  3" in before
    assert f"{desk.app_id}.in.calls" in before

    forget_both(desk)

    assert_shown(desk, LEFT)
    until("rows are written anew", lambda: not _named(desk), 60)
    assert_in_no_row(desk)
    desk.replay(EVENTS)
    assert without_expected(desk.numbers()) == due(LEFT)
    assert desk.alive[0].total("floorpulse_events_rejected_total", reason="forgotten") == 3
    assert "no dead letters" in desk.command("dead-letters", "list")
    assert_in_no_row(desk)


def _named(desk: Installation) -> list[str]:
    """The rows that name either of them, as the dry run counts them."""
    said = desk.command("forget", "--rep", "dot", "--dry-run")
    said += desk.command("forget", "--contact", "k1", "--dry-run")
    return [line for line in said.splitlines() if "changelog" in line or ".credits" in line]


@pytest.mark.parametrize("runs_for", [0.0, 2.5])
def test_a_worker_that_is_killed_while_it_forgets_leaves_nobody(
    install_on_kafka: Install, runs_for: float
) -> None:
    desk = install_on_kafka(ROSTER, CLOCK)
    worker = desk.ready(desk.start())
    desk.replay(EVENTS)
    assert without_expected(desk.numbers()) == due(EVENTS)

    forget_both(desk)
    with pytest.raises(AssertionError):  # it lives on for a while
        until("it has time to write", lambda: False, runs_for)
    worker.kill()
    desk.ready(desk.start())

    assert_shown(desk, LEFT)
    until("rows are written anew", lambda: not _named(desk), 60)
    assert_in_no_row(desk)
    desk.alive[0].stop()
    desk.ready(desk.start())
    assert_shown(desk, LEFT)
    assert "dot" not in desk.command("explain", "ana", "contacts", "5d")


def test_commands_on_a_file_know_who_was_forgotten(install_on_kafka: Install) -> None:
    desk = install_on_kafka(ROSTER, CLOCK)
    events, forgotten = desk.home / "events.jsonl", desk.home / "forgotten.jsonl"
    events.write_text("\n".join(map(json.dumps, EVENTS)))
    desk.command("forget", "--rep", "dot", "--yes")
    forgotten.write_text(desk.command("forget", "--list"))
    assert "dot" not in forgotten.read_text()

    assert touches_counted(desk, events) == 3
    assert touches_counted(desk, events, "--forgotten", str(forgotten)) == 0


def touches_counted(desk: Installation, events: Path, *options: str) -> int:
    """How many touches of dot a recount has in twenty open days."""
    at = ["--roster", str(desk.roster_file), "--at", CLOCK, "--format", "json"]
    rows = map(json.loads, desk.command("recount", str(events), *at, *options).splitlines())
    asked = ("dot", "touches", "20d")
    return sum(r["value"] for r in rows if (r.get("rep"), r["measure"], r["window"]) == asked)
