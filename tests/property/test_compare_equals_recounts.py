"""What differs between two rosters is what two recounts differ in, and the events make it up."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metrics.kpis import EXACT, KPIS
from metrics.names import SERIES
from metrics.readings import sums_in
from streams.audit.all_reps import AllReps
from streams.audit.compare import Comparison, moves
from streams.audit.evidence import Evidence
from streams.audit.explain import explain
from streams.audit.findings import Scheduled
from streams.audit.question import Question
from streams.clock import MINUTE, micros
from tests.build import record, recount, roster
from tests.drawn_rosters import rosters
from tests.strategies import NOW, REPS, WORLD, many_events

AT = micros(NOW)
PROPOSAL = (
    WORLD.replace("talk_seconds: 60", "talk_seconds: 13")
    .replace(
        "ana: {name: Ana, team: hunters}", "ana: {name: Ana, team: farmers, targets: {call: 7}}"
    )
    .replace("disqualification: 0.07", "disqualification: 0.5")
    .replace("cem: {team: sailors, from", "cem: {team: farmers, from")
    .replace("decide_within_days: 3", "decide_within_days: 1")
)


def recounted(events: list[dict], text: str) -> dict[tuple, float | None]:
    """Every KPI of a recount by floor, team and rep, in the window it is read in first."""
    return {
        (*total[:4], kpi.name): kpi.value(sums_in(kpi.window, total.values))
        for total in recount(events, NOW.isoformat(), text).totals()
        for kpi in KPIS
    }


def compared(events: list[dict], old: str, new: str) -> dict[tuple, tuple]:
    reps = AllReps(roster(old), AT)
    reps.deliver(record(event, offset) for offset, event in enumerate(events))
    found = Comparison(roster(old), roster(new), AT // MINUTE)
    for rep_id in {*reps.ids(roster(old)), *reps.ids(roster(new))}:
        found.add(rep_id, reps, reps)
    return {(*c[:4], c.kpi.name): (c.old, c.new) for c in found.changes() if c.old != c.new}


def check_changes(events: list[dict], old: str, new: str) -> None:
    before, after = recounted(events, old), recounted(events, new)
    both = {key: (before.get(key), after.get(key)) for key in {*before, *after}}
    expected = {key: pair for key, pair in both.items() if not _same(*pair)}
    assert compared(events, old, new) == expected


def _same(old: float | None, new: float | None) -> bool:
    return old == new if None in (old, new) else abs((old or 0) - (new or 0)) <= EXACT


@settings(max_examples=40, deadline=None)
@given(many_events)
def test_the_changes_are_those_of_two_recounts(events: list[dict]) -> None:
    check_changes(events, WORLD, PROPOSAL)


@settings(max_examples=20, deadline=None)
@given(rosters(), rosters(), many_events)
def test_so_they_are_of_any_two_rosters(old: str, new: str, events: list[dict]) -> None:
    check_changes(events, old, new)


def test_two_rosters_of_one_content_differ_in_nothing() -> None:
    assert compared([], WORLD, WORLD + "# another file\n") == {}


def expected(stretches: list[Scheduled], channel: str | None) -> float:
    """What a reader of the stretches adds up."""
    assert channel is not None
    return sum((each.end - each.start) * each.rates.get(channel, 0) for each in stretches)


@settings(max_examples=200, deadline=None)
@given(many_events, st.sampled_from(REPS), st.sampled_from(SERIES))
def test_the_events_that_moved_a_number_come_to_its_change(
    events: list[dict], rep_id: str, series: tuple[str, str, str | None]
) -> None:
    by_old = Evidence(rep_id, roster(WORLD), AT)
    by_old.deliver(record(event, offset) for offset, event in enumerate(events))
    if not by_old.is_known:
        return
    question = Question.ask(rep_id, *series, team=None)

    old = explain(question, by_old, AT)
    new = explain(question, by_old.by(roster(PROPOSAL)), AT)
    moved = moves(old, new)

    if series[0] == "expected_touches":
        moved_by = expected(moved.scheduled, series[2]) - expected(moved.unscheduled, series[2])
        assert moved_by == pytest.approx(new.number - old.number)
    else:
        assert new.number - old.number == len(moved.gained) - len(moved.lost)
        assert not {u.entries[0] for u, _ in moved.gained} & {u.entries[0] for u, _ in moved.lost}
