"""Of each decider and ten minutes the first two decisions count, whatever comes and goes."""

from metrics.kpis import APPOINTMENTS_ACCEPTED, APPOINTMENTS_REJECTED
from streams.clock import DAY, MINUTE, parse_instant
from streams.measures.decisions import CountedDecision, Decisions
from streams.measures.leads import Decision, Fact

TEN = parse_instant("2026-11-23T10:00:00Z")


def decided(id: str, minute: int, by: str | None = "am-1", *, is_accepted: bool = True) -> Fact:
    at = TEN + minute * MINUTE
    measure = APPOINTMENTS_ACCEPTED if is_accepted else APPOINTMENTS_REJECTED
    return Fact(measure, "ana", at, at - 3 * DAY, decision=Decision(at, id, "L1", by))


def ids(kept: list[CountedDecision]) -> list[str]:
    return [entry.decision.id for entry in kept]


def test_an_earlier_decision_takes_the_place_of_a_later_one_and_gives_it_back() -> None:
    decisions = Decisions()
    for fact in (decided("c", 7), decided("b", 5)):
        decisions.change(fact, 1)
    first = decided("a", 2)

    before, after = decisions.change(first, 1)
    assert (ids(before), ids(after)) == (["b", "c"], ["a", "b"])

    before, after = decisions.change(first, -1)
    assert (ids(before), ids(after)) == (["a", "b"], ["b", "c"])


def test_other_deciders_and_other_ten_minutes_have_their_own_first_two() -> None:
    decisions = Decisions()
    for fact in (decided("a", 1, None), decided("b", 2, "am-2"), decided("c", -1), decided("d", 3)):
        decisions.change(fact, 1)

    before, after = decisions.change(decided("e", 9), 1)

    assert (ids(before), ids(after)) == (["d"], ["d", "e"])


def test_what_is_needed_to_count_it_comes_back_as_it_was() -> None:
    decisions = Decisions()
    rejected = decided("a", 4, None, is_accepted=False)

    decisions.change(rejected, 1)
    before, _ = decisions.change(decided("b", 5, None), 1)

    assert before == [
        CountedDecision(Decision(rejected.at, "a", "L1", None), rejected.at - 3 * DAY, False)
    ]


def test_days_that_ended_are_forgotten_and_the_day_itself_is_not() -> None:
    decisions = Decisions()
    yesterday = decided("a", -24 * 60)
    decisions.change(yesterday, 1)
    decisions.change(decided("b", 0), 1)

    decisions.forget_before(TEN)

    assert decisions.change(yesterday, 1)[0] == []
    assert ids(decisions.change(decided("c", 1), 1)[0]) == ["b"]
