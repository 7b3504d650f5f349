"""Builders of events, rosters and recounts: odd, distinct values, so that a swap shows."""

import json
from pathlib import Path

from metrics.names import SERIES
from streams.audit.recount import LineRecord, Recount, deliver
from streams.clock import Micros, parse_instant
from streams.events.contract import Touch
from streams.kafka.topics import TABLES
from streams.ledgers.rows import Rows, Table
from streams.ledgers.touches import Replaced
from streams.measures.board import Board
from streams.processor import Processor
from streams.roster.file import parse_roster
from streams.roster.people import Roster

TESTS = Path(__file__).parent
EXAMPLES = TESTS.parent / "streams" / "events" / "examples"
LOAN_DESK = TESTS / "data" / "loan-desk-2011-10.jsonl.gz"

NORTH = """
effective: {dispositions: [meeting, callback], talk_seconds: 60}
floors:
  north:
    zone: Europe/Amsterdam
    holidays: NL
    closed: [2026-11-19]
    decide_within_days: 3
    kpi_targets: {disqualification: 0.07}
    hours: {mon-fri: "08:30-17:30", sat: "09:00-12:15"}
    breaks: ["12:30-13:00"]
    targets: {call: 40, email: 15, inmail: 5}
  south:
    zone: America/New_York
    hours: {mon-thu: "09:00-17:00"}
    effective: {talk_seconds: 31}
    targets: {call: 24}
teams:
  hunters: {floor: north}
  farmers: {floor: north}
  sailors: {floor: south}
reps:
  ana: {name: Ana, team: hunters}
  bob:
    team: [{from: 2026-01-01, team: hunters}, {from: "2026-11-23T13:00", team: farmers}]
    hours: {mon-thu: "22:00-06:00"}
    breaks: ["01:00-01:45"]
    day_starts: "12:00"
    targets: {call: 20}
    absences: [{from: 2026-11-10, to: 2026-11-11}]
  cem: {team: sailors, from: 2026-11-03, to: 2026-11-25}
"""


def roster(text: str = NORTH) -> Roster:
    """The roster of a text."""
    return parse_roster(text.encode())


def call(rep: str = "ana", at: str = "2026-11-23T10:04:17+01:00", **fields: object) -> dict:
    """An effective outbound call, unless *fields* say otherwise."""
    usual = {"direction": "outbound", "outcome": "human", "talk_seconds": 397}
    return {"topic": "calls", "id": "c1", "rep_id": rep, "at": at, **usual, **fields}


def email(rep: str = "ana", at: str = "2026-11-23T10:41:00+01:00", **fields: object) -> dict:
    """An outbound e-mail written by hand."""
    usual = {"direction": "outbound", "outcome": "sent", "automated": False}
    return {"topic": "emails", "id": "e1", "rep_id": rep, "at": at, **usual, **fields}


def inmail(rep: str = "ana", at: str = "2026-11-23T10:52:00+01:00", **fields: object) -> dict:
    """An InMail sent."""
    usual = {"direction": "outbound", "outcome": "sent"}
    return {"topic": "inmails", "id": "i1", "rep_id": rep, "at": at, **usual, **fields}


def status(status: str, at: str, rep: str = "ana", lead: str = "L1", **fields: object) -> dict:
    """A status change of a lead; its id is made of the status and the time."""
    usual = {"topic": "lead-status", "lead_id": lead, "rep_id": rep, "at": at, "status": status}
    return {"id": f"{status}@{at}", **usual, **fields}


def record(event: dict, offset: int = 0) -> LineRecord:
    """An event as a record of its topic."""
    payload = {name: value for name, value in event.items() if name != "topic"}
    return LineRecord(event["topic"], json.dumps(payload).encode(), offset)


def recount(events: list[dict], at: str, text: str = NORTH) -> Recount:
    """The events counted by a worker whose clock stands at *at*."""
    counted = Recount(roster(text), parse_instant(at))
    counted.take(record(event, offset) for offset, event in enumerate(events))
    return counted


def recount_records(records: list[tuple[str, bytes | None]], at: str, text: str = NORTH) -> Recount:
    """Records of topics, whatever is in them, counted by a worker whose clock stands at *at*."""
    counted = Recount(roster(text), parse_instant(at))
    counted.take(line_records(records))
    return counted


def line_records(records: list[tuple[str, bytes | None]]) -> list[LineRecord]:
    """Records of topics, in their order."""
    return [LineRecord(topic, value, n) for n, (topic, value) in enumerate(records)]


class MovingDesk(Processor):
    """A processor that holds everything, whose clock is moved by hand; `rows` as it wrote them."""

    def __init__(self, now: Micros, text: str = NORTH) -> None:
        self.now = now
        self.rows: dict[Table, Rows] = {table: {} for table in TABLES}
        super().__init__(
            lambda: self.now,
            roster(text),
            self.rows.__getitem__,
            partition_of_rep=lambda _: 0,
            partition_of_lead=lambda _: 0,
        )
        list(self.rebuild([0]))

    def deliver(self, *events: dict) -> None:
        """Deliver events as a worker is delivered them."""
        deliver(self, map(record, events))


def left_by(changes: list[Touch | Replaced]) -> list[Touch]:
    """The touches that changes of a rep leave, in order."""
    left: list[Touch] = []
    for change in changes:
        if isinstance(change, Touch):
            left.append(change)
            continue
        left.remove(change.old)
        if change.new is not None:
            left.append(change.new)
    return left


def numbers(counted: Recount) -> dict:
    """The numbers of a recount; see `numbers_on`."""
    return numbers_on(counted.board)


def numbers_on(board: Board) -> dict:
    """{(rep, team, measure, window, channel): value} of everything that is not zero."""
    return {
        (row.rep, row.team, series.measure, series.window, series.channel): value
        for row in board.rows()
        for series, value in zip(SERIES, row.values, strict=True)
        if value
    }


def value(
    counted: Recount, measure: str, window: str, channel: str | None = None, rep: str = "ana"
) -> float:
    """One number of a rep, over all teams they were in."""
    return sum(
        value
        for (who, _, what, when, how), value in numbers(counted).items()
        if (who, what, when, how) == (rep, measure, window, channel)
    )
