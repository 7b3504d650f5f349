"""What is listed comes to the number on the board, for every number, and nothing comes twice."""

import datetime as dt
from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st

from metrics.names import SERIES
from streams.audit.evidence import Evidence
from streams.audit.explain import Answer, answer, explain, paces
from streams.audit.question import Question
from streams.clock import micros
from tests.build import call, record, recount, roster, status
from tests.spellings import many_spelled
from tests.strategies import NOW, REPS, STATUSES, WORLD, many_events

ROSTER = roster(WORLD)

# Days and minutes ago. Bob changed teams 17 minutes ago; today's windows, and the last open days.
_moments = st.tuples(
    st.sampled_from((0, 0, 0, 1, 3, 4, 5, 6, 7, 10, 40)), st.integers(-3, 40).filter(bool)
)
_steps = st.tuples(
    _moments,
    st.sampled_from(("delivered", "delivered", "accepted", "rejected", *STATUSES)),
    st.sampled_from(("ana", "bob")),
    st.sampled_from(("L1", "L2", "L3", "L4")),
    st.sampled_from((None, "am-1")),
    st.sampled_from(("inbound", "outbound")),
)
_meetings = st.tuples(
    _moments, st.booleans(), st.sampled_from(("bob", "bob", "ana")), st.sampled_from(("k1", "k2"))
)


def _ago(days: int, minutes: int) -> str:
    return (NOW - dt.timedelta(days=days, minutes=minutes)).isoformat()


def evidence(rep: str, events: list[dict], at: int) -> Evidence:
    found = Evidence(rep, ROSTER, at)
    found.deliver(record(event, offset) for offset, event in enumerate(events))
    return found


def listed(answered: Answer) -> float:
    """What a reader of the list adds up."""
    if answered.question.measure.name != "expected_touches":
        return len(answered.findings.counted)
    return sum(
        minutes * rate
        for team in answered.teams
        for minutes, rate in paces(
            answered.findings.scheduled, team.team, answered.question.channel
        )
    )


def check_all_numbers(events: list[dict], now: dt.datetime) -> None:
    """Every number of every rep and team is what its list comes to."""
    at = micros(now)
    board = recount(events, now.isoformat(), WORLD).board
    for rep in board.rep_ids:
        known = evidence(rep, events, at)
        rows = list(board.rows([rep]))
        for row in rows:
            for series, number in zip(SERIES, row.values, strict=True):
                question = Question.ask(rep, *series, team=row.team)
                assert listed(answer(question, known, rows, at)) == number, series


@settings(max_examples=60)
@given(many_spelled, st.integers(0, 60 * 24 * 9))
def test_every_number_is_the_count_of_its_list(events: list[dict], later: int) -> None:
    check_all_numbers(events, NOW + dt.timedelta(minutes=later))


@settings(max_examples=60)
@given(st.lists(_steps, min_size=12, max_size=40))
def test_every_number_of_few_busy_leads_is_the_count_of_its_list(steps: list[tuple]) -> None:
    """Few leads, reps, days and deciders, so that the rules of a lead meet each other."""
    events = [
        status(what, _ago(*ago), rep, lead, id=f"s{number}", decided_by=decider, origin=origin)
        for number, (ago, what, rep, lead, decider, origin) in enumerate(steps)
    ]

    check_all_numbers(events, NOW)


@settings(max_examples=60)
@given(st.lists(_meetings, min_size=6, max_size=30))
def test_every_number_of_few_contacts_is_the_count_of_its_list(meetings: list[tuple]) -> None:
    """Contacts that are reached, and become leads, in the one team and the other."""
    events = [
        call(rep, _ago(*ago), id=f"c{number}", contact_id=contact)
        if is_call
        else status("created", _ago(*ago), rep, f"L{number}", id="s", contact_id=contact)
        for number, (ago, is_call, rep, contact) in enumerate(meetings)
    ]

    check_all_numbers(events, NOW)


@settings(max_examples=100)
@given(many_events, st.sampled_from(REPS), st.sampled_from(SERIES))
def test_no_event_is_both_counted_and_left_out(
    events: list[dict], rep: str, series: tuple[str, str, str | None]
) -> None:
    at = micros(NOW)
    known = evidence(rep, events, at)
    if not known.is_known:
        return

    found = explain(Question.ask(rep, *series, team=None), known, at).findings

    places = Counter(
        (each.lead_id, each.event.key)
        for each in [
            *(entry for counted in found.counted for entry in counted.entries[:1]),
            *(left.entry for left in found.left_out if left.why.reason != "moved"),
        ]
    )
    assert max(places.values(), default=1) == 1
