"""What the ordered status changes of a lead come to."""

import random

import msgspec
import pytest

from streams.clock import parse_instant
from streams.events.contract import LeadChange, Origin, Status
from streams.measures.leads import Decision, contributions, effective_changes, fold

DAY = "2026-11-{:02}T10:00:00Z"


def changes(*texts: str) -> list[LeadChange]:
    """'3 delivered ana' is a change on the third, by ana; ids follow the order given."""
    made = []
    for number, text in enumerate(texts, 1):
        day, status, rep, *rest = text.split()
        origin = Origin[rest[0].upper()] if rest else Origin.OTHER
        at = parse_instant(DAY.format(int(day)))
        word = Status[status.upper()]
        made.append(LeadChange(f"s{number}", at, rep_id=rep, status=word, origin=origin))
    return made


def facts(*texts: str) -> list[tuple[str, str, int, int]]:
    """(measure, rep, day it counts, day it was earned) of a lead."""
    return sorted(
        (fact.measure.name, fact.rep_id, _day(fact.at), _day(fact.earned_at))
        for fact in contributions("L1", changes(*texts))
    )


def _day(at: int) -> int:
    return (at - parse_instant("2026-10-31T00:00:00Z")) // 86_400_000_000


def test_creation_counts_with_its_origin() -> None:
    assert facts("2 created ana inbound", "3 working bob") == [
        ("leads_created", "ana", 2, 2),
        ("leads_inbound", "ana", 2, 2),
    ]


def test_only_the_first_creation_counts() -> None:
    assert facts("2 created ana other", "5 created bob inbound") == [("leads_created", "ana", 2, 2)]


def test_rejection_counts_at_the_decision_for_the_rep_who_delivered() -> None:
    assert facts("3 delivered ana", "7 rejected manager") == [
        ("appointments_rejected", "ana", 7, 3),
        ("cohort_delivered", "ana", 3, 3),
        ("cohort_rejected", "ana", 3, 3),
    ]


@pytest.mark.parametrize(
    ("after", "state"),
    [
        ([], "pending"),
        (["4 accepted m"], "accepted@4"),
        (["4 accepted m", "6 accepted m"], "accepted@4"),
        (["4 accepted m", "6 rejected m"], "rejected@6"),
        (["4 accepted m", "6 rejected m", "8 rejected m"], "rejected@6"),
        (["4 accepted m", "5 reopened m"], "pending"),
        (["4 accepted m", "5 reopened m", "9 accepted m"], "accepted@9"),
        (["4 no_show m", "5 rescheduled m"], "pending"),
        (["4 cancelled m"], "withdrawn"),
        (["4 cancelled m", "5 accepted m"], "withdrawn"),
        (["4 cancelled m", "5 reopened m"], "pending"),
        (["4 cancelled m", "5 reopened m", "6 rejected m"], "rejected@6"),
        (["4 accepted m", "5 cancelled m"], "accepted@4"),
        (["4 delivered bob", "5 rejected m"], "rejected@5"),
        (["4 reopened m", "5 lost m"], "pending"),
    ],
)
def test_one_appointment(after: list[str], state: str) -> None:
    (unit,) = fold(effective_changes(changes("3 delivered ana", *after))).appointments

    assert unit.delivered.rep_id == "ana"
    if unit.verdict is None:
        verdict = "pending"
    elif unit.decided is None:
        verdict = "withdrawn"
    else:
        verdict = f"{unit.verdict.name.lower()}@{_day(unit.decided.at)}"
    assert verdict == state


def test_a_delivery_after_a_decision_or_a_withdrawal_is_a_new_appointment() -> None:
    assert facts(
        "3 delivered ana", "4 rejected m", "5 delivered bob", "6 cancelled m", "7 delivered cem"
    ) == [
        ("appointments_rejected", "ana", 4, 3),
        ("cohort_delivered", "ana", 3, 3),
        ("cohort_delivered", "bob", 5, 5),
        ("cohort_delivered", "cem", 7, 7),
        ("cohort_pending", "cem", 7, 7),
        ("cohort_rejected", "ana", 3, 3),
    ]


def test_a_decision_without_a_delivery_counts_nowhere() -> None:
    assert facts("3 accepted m", "4 rejected m") == []


def test_won_counts_for_the_creator_at_both_clocks() -> None:
    assert facts("2 created ana", "3 lost m", "9 won bob") == [
        ("cohort_leads_won", "ana", 2, 2),
        ("leads_created", "ana", 2, 2),
        ("leads_won", "ana", 9, 2),
    ]


def test_lost_after_won_is_not_won() -> None:
    assert facts("2 created ana", "8 won m", "9 lost m") == [("leads_created", "ana", 2, 2)]


def test_won_without_a_creation_goes_to_the_rep_of_the_change() -> None:
    assert facts("8 won bob") == [("leads_won", "bob", 8, 8)]


def test_a_merged_lead_contributes_nothing_until_it_is_reopened() -> None:
    assert facts("2 created ana", "3 delivered ana", "9 merged m") == []
    assert ("leads_created", "ana", 2, 2) in facts("2 created ana", "8 merged m", "9 reopened m")


def test_an_unknown_status_and_a_retracted_change_say_nothing() -> None:
    row = changes("2 created ana", "3 unknown m")
    row.append(LeadChange("s9", row[0].at + 1, retracted=True, status=Status.MERGED))

    assert [fact.measure.name for fact in contributions("L1", row)] == ["leads_created"]


def test_arrival_order_does_not_matter() -> None:
    row = changes(
        "2 created ana inbound",
        "3 delivered ana",
        "4 accepted m",
        "5 reopened m",
        "6 rejected m",
        "7 delivered bob",
        "8 accepted m",
        "9 won m",
    )
    expected = contributions("L1", row)

    for seed in range(20):
        random.Random(seed).shuffle(row)
        assert contributions("L1", row) == expected


def test_reopened_takes_back_the_merge_then_the_outcome_then_the_decision() -> None:
    sold = ("2 created ana", "3 delivered ana", "4 accepted m", "5 won m", "6 merged m")
    measures = {"leads_won", "appointments_accepted", "cohort_pending"}

    def left(*texts: str) -> set[str]:
        return measures & {name for name, *_ in facts(*sold, *texts)}

    assert left() == set()
    assert left("7 reopened m") == {"leads_won", "appointments_accepted"}
    assert left("7 reopened m", "8 reopened m") == {"leads_won", "appointments_accepted"}
    assert left("7 reopened m", "8 merged m", "9 reopened m") == left("7 reopened m")


def test_a_sale_that_is_reopened_is_none_whatever_stood_before() -> None:
    sold = ("2 created ana", "3 delivered ana", "4 accepted m", "5 won m", "6 lost m", "7 won m")

    kept = {name for name, *_ in facts(*sold, "8 reopened m", "9 working m", "10 reopened m")}

    assert "appointments_accepted" in kept
    assert not kept & {"leads_won", "cohort_leads_won"}


def test_a_second_reopened_is_the_same_one_unless_something_came_between() -> None:
    sold = ("2 created ana", "3 delivered ana", "4 accepted m", "5 won m", "6 reopened m")

    def pending(*texts: str) -> bool:
        return "cohort_pending" in {name for name, *_ in facts(*sold, *texts)}

    assert not pending("7 reopened m")
    assert not pending("7 no_show m", "8 reopened m")
    assert pending("7 accepted m", "8 reopened m")


def test_changes_of_one_instant_stand_in_the_order_of_a_leads_way() -> None:
    row = changes("4 merged m", "4 won m", "4 rejected m", "4 delivered ana", "4 created ana")

    assert [change.key for change in effective_changes(row)] == ["s5", "s4", "s3", "s2", "s1"]


def test_a_correction_noted_later_does_not_move_a_change_behind_one_of_a_later_rank() -> None:
    delivered, accepted = changes("4 delivered ana", "4 accepted m")
    corrected = msgspec.structs.replace(delivered, version=2, recorded_at=delivered.at + 99)

    assert effective_changes([accepted, corrected]) == [corrected, accepted]


def test_of_one_instant_and_rank_the_one_noted_first_comes_first_then_the_shorter_id() -> None:
    first, second = changes("4 accepted m", "4 rejected m")
    nine, ten = (msgspec.structs.replace(first, key=key) for key in ("999", "1000"))
    late = msgspec.structs.replace(nine, recorded_at=nine.at + 1)

    assert effective_changes([ten, nine]) == [nine, ten]
    assert effective_changes([ten, late]) == [ten, late]
    assert effective_changes([second, first]) == [first, second]


def test_changes_of_one_instant_and_rank_are_ordered_by_id() -> None:
    row = changes("3 delivered ana", "4 rejected m", "4 accepted m")

    last = contributions("L1", row)[-1]

    assert last.measure.name == "appointments_accepted"
    assert last.decision == Decision(row[2].at, "s3", "L1", None)
