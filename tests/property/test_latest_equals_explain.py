"""The newest events of a rep are those of the ledgers, with the verdict that explain gives."""

import datetime as dt
from collections import deque
from collections.abc import Iterator

from hypothesis import given, settings
from hypothesis import strategies as st

from metrics.readings import LATEST, RepEvent, decode_events
from streams.audit.evidence import REP_TABLES, Evidence
from streams.audit.explain import explain
from streams.audit.question import Question
from streams.clock import MINUTE, SECOND, Micros, micros
from streams.events.contract import LeadChange, Touch
from streams.kafka.topics import TABLES, Topics
from streams.ledgers.rows import decode_changes
from streams.measures.judged_lead import JudgedLead
from streams.measures.latest import COUNTED_AS
from streams.measures.touches import word
from streams.serving.readings import Readings
from streams.settings import Settings
from tests.build import MovingDesk
from tests.strategies import NOW, STATUSES, WORLD, events

LISTED = ("ana", "bob", "cem")  # on the roster of WORLD
# What stands in a reading for a reason of explain; every other is called the same.
AS = {"not_a_touch": {"unknown_direction", "inbound"}}
AS["not_effective"] = {"outcome", "short", "short_and_unlisted"}


def _ago(minutes: int, second: int) -> str:
    return (NOW - dt.timedelta(minutes=minutes, seconds=second)).isoformat()


# Many events of one rep, so that older ones are not kept, in a few hours and the minutes ahead.
_minutes = st.integers(-4, 2) | st.integers(0, 90) | st.integers(0, 90) | st.integers(100, 300)
_instants = st.builds(_ago, _minutes, st.integers(0, 59))
_touches = st.fixed_dictionaries(
    {
        "topic": st.sampled_from(("calls", "calls", "emails", "inmails")),
        "id": st.integers(1, 60).map(str),
        "rep_id": st.just("ana"),
        "at": _instants,
        "version": st.integers(0, 3),
        "retracted": st.sampled_from((False, False, False, True)),
        "direction": st.sampled_from(("outbound", "outbound", "inbound", "sideways")),
        "outcome": st.sampled_from(("human", "voicemail", "sent", "replied")),
        "talk_seconds": st.sampled_from((None, 12, 60, 397)),
        "automated": st.sampled_from((False, False, True)),
    }
)
_changes = st.fixed_dictionaries(
    {
        "topic": st.just("lead-status"),
        "id": st.integers(1, 40).map(str),
        "lead_id": st.sampled_from(("L1", "L2", "L3", "L4")),
        "rep_id": st.sampled_from(("ana", "ana", "bob", None)),
        "at": _instants,
        "version": st.integers(0, 2),
        "retracted": st.sampled_from((False, False, False, False, True)),
        "status": st.sampled_from(STATUSES),
        "origin": st.sampled_from(("inbound", "outbound")),
    }
)
_few = st.lists(events, min_size=1, max_size=40)
_many = st.lists(_touches | _touches | _touches | _changes, min_size=30, max_size=120)
_reads = st.sets(st.integers(0, 120))
_steps = st.dictionaries(st.integers(0, 120), st.sampled_from((1, 2, 7)), max_size=4)


class Desk:
    """A worker and what the wall finds of its reps."""

    def __init__(self, now: Micros) -> None:
        self.processor = MovingDesk(now, WORLD)
        self.readings = Readings(self.processor, Topics(Settings.from_env({})))

    def read(self) -> dict[str, list[RepEvent]]:
        self.readings.refresh(self.processor.board.take_changed())
        return {one.rep: decode_events(one.latest) for one in self.readings.reps(LISTED)}


@settings(max_examples=120)
@given(_few | _many, _reads, _steps)
def test_the_newest_events_are_those_of_the_rows_with_the_verdict_of_explain(
    drawn: list[dict], reads: set[int], steps: dict[int, int]
) -> None:
    """Whenever they were read before: after corrections, retractions, and moves of an event."""
    desk = Desk(micros(NOW))
    for number, event in enumerate(drawn):
        desk.processor.deliver(event)
        if number in steps:
            desk.processor.now += steps[number] * MINUTE
            desk.processor.advance()
            desk.readings.refresh(LISTED)
        if number in reads:
            desk.read()
    desk.read()
    desk.readings.refresh(LISTED)
    shown = desk.read()

    for rep in LISTED:
        evidence = Evidence(rep, desk.processor.board.roster, desk.processor.now)
        desk.processor.take_writes()
        for table in REP_TABLES:  # an event may have come too early to be taken
            evidence.restore(table, desk.processor.rows[table].items())
        assert_are_newest_of(shown[rep], evidence, desk.processor.now)
    assert restored(desk.processor).read() == shown


def assert_are_newest_of(shown: list[RepEvent], evidence: Evidence, now: Micros) -> None:
    """What is *shown* are the newest in the rows, judged as explain does."""
    newest = sorted(own_events(evidence), key=lambda one: one[:3], reverse=True)[:LATEST]
    assert [(one.at, one.what) for one in shown] == [
        (at // SECOND, event.channel if isinstance(event, Touch) else word(event.status))
        for at, _, _, event in newest
    ]
    for one, (at, _, lead, event) in zip(shown, newest, strict=True):
        if at // MINUTE > now // MINUTE:
            assert one.why == "waiting"
        else:
            assert_explained(one.why, event, lead, evidence, now)


def own_events(evidence: Evidence) -> Iterator[tuple[Micros, str, str, Touch | LeadChange]]:
    """All that a rep did, or gets the credit of: when, its key, its lead, and the event."""
    for touch in evidence.touches():
        yield touch.at, touch.key, "", touch
    for lead_id, row in evidence.copies():
        lead = JudgedLead(lead_id, decode_changes(row))
        for change in lead.row:
            if evidence.rep_id in (change.rep_id, lead.credited(change)):
                yield change.at, change.key, lead_id, change


def assert_explained(
    why: str, event: Touch | LeadChange, lead: str, evidence: Evidence, now: Micros
) -> None:
    """The verdict is that of explain, where it has the event in the window at all."""
    if isinstance(event, Touch):
        question = Question.ask(evidence.rep_id, "effective_touches", "20d", event.channel, None)
    elif event.status in COUNTED_AS or not event.status:
        measure = COUNTED_AS.get(event.status, COUNTED_AS[1])
        question = Question.ask(evidence.rep_id, measure.name, "90d", None, None)
    else:
        assert why == ("retracted" if event.retracted else "no_number")
        return
    findings = explain(question, evidence, now).findings
    place = (lead or None, event.key)
    counted = {(e.entries[0].lead_id, e.entries[0].event.key) for e in findings.counted}
    left_out = {
        (e.entry.lead_id, e.entry.event.key): e.why.reason
        for e in findings.left_out
        if e.why.reason != "moved"
    }
    if place in counted:
        assert why == ""
    elif left_out[place] != "outside_window":
        assert why in AS.get(left_out[place], {left_out[place]})


def restored(before: MovingDesk) -> Desk:
    """A worker that found the rows of another."""
    before.take_writes()
    desk = Desk(before.now)
    for table in TABLES:
        desk.processor.restore(table, list(before.rows[table].items()), gained=[0])
    deque(desk.processor.rebuild([0]), maxlen=0)
    return desk
