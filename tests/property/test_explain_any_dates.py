"""`explain` answers whatever dates stand in the rows, and whatever instant it is asked about."""

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from floorpulse.text.answer import answer_lines, answer_table
from metrics.names import SERIES, Series
from streams.audit.evidence import Evidence
from streams.audit.explain import explain
from streams.audit.question import Question
from streams.clock import DAY, Micros, parse_instant
from streams.events.contract import Direction, LeadChange, Origin, Outcome, Status, Touch
from streams.ledgers.credits import credit_key
from streams.ledgers.rows import encode_changes, encode_touches
from streams.ledgers.touchrows import QUARTER, row_key
from tests.build import roster
from tests.strategies import NOW, REPS, WORLD

ROSTER = roster(WORLD)
_now = parse_instant(NOW.isoformat())
_first, _last = parse_instant("0001-01-01T00:00:00Z"), parse_instant("9999-12-31T23:59:59Z")
_instants = (
    st.sampled_from((_now, _now - 3 * DAY, _now - 70 * DAY, 0, -1, _first, _last))
    | st.sampled_from((-(2**63), 2**63 - 1, _first - 1, _last + DAY, _first + 40 * DAY))
    | st.integers(_first, _last)
)
_touches = st.builds(
    Touch,
    st.sampled_from(("c1", "c2", "e1", "i1")),
    _instants,
    direction=st.sampled_from(Direction),
    outcome=st.sampled_from(Outcome),
    talk_seconds=st.sampled_from((None, 397, -(2**63))),
    contact_id=st.sampled_from((None, "k1")),
)
_changes = st.builds(
    LeadChange,
    st.sampled_from("12345"),
    _instants,
    recorded_at=st.none() | _instants,
    rep_id=st.sampled_from(REPS),
    status=st.sampled_from(Status),
    origin=st.sampled_from(Origin),
    contact_id=st.sampled_from((None, "k1")),
)


@settings(max_examples=300, deadline=None)
@given(
    st.lists(st.tuples(_touches, st.sampled_from((0, 0, 1, -3000))), max_size=5),
    st.lists(_changes, min_size=1, max_size=8, unique_by=lambda change: change.key),
    st.sampled_from(REPS),
    st.sampled_from(SERIES),
    st.integers(_first, _last)
    | st.sampled_from((_now, _now + 30 * DAY, _first - DAY, _last + DAY)),
)
def test_explain_answers_whatever_the_dates(
    touches: list[tuple[Touch, int]],
    changes: list[LeadChange],
    rep: str,
    series: Series,
    at: Micros,
) -> None:
    evidence = Evidence(rep, ROSTER, at)
    rows = [  # of which some have moved on
        (row_key(rep, touch.at // QUARTER + moved, 0), encode_touches([touch]))
        for touch, moved in touches
    ]
    evidence.restore("touches", rows)
    evidence.restore("credits", [(credit_key(rep, "L1"), encode_changes(changes))])

    answer = explain(Question.ask(rep, *series, team=None), evidence, at)

    assert answer_table(answer).startswith(f"{answer.number:g}  {series.measure} of ")
    number, *_ = map(msgspec.json.decode, answer_lines(answer))
    assert number["value"] == answer.number
