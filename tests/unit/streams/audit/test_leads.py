"""Which status changes an explanation lists, and why it leaves the others out."""

import pytest

from streams.audit.explain import Answer
from streams.clock import parse_instant
from tests.build import status
from tests.explaining import asked, counted, left_out

HOUR = "2026-11-23T{:02}:00:00+01:00"


def change(words: str, lead: str = "L1", **fields: object) -> dict:
    """'9 delivered ana' is a change at nine, by ana; its id is status and hour."""
    hour, what, rep = words.split()
    return status(what, HOUR.format(int(hour)), rep, lead, id=f"{what}-{hour}", **fields)


def of(measure: str, *changes: str, window: str = "today", rep: str = "ana") -> Answer:
    return asked([change(words) for words in changes], measure, window, rep=rep)


def reasons(answer: Answer) -> dict[str, str]:
    return {id: why for id, (why, _) in left_out(answer).items()}


def test_a_decision_is_listed_with_the_delivery_that_earned_the_credit() -> None:
    answer = of("appointments_accepted", "9 delivered ana", "11 accepted am")

    assert [entry.event.id for entry in answer.findings.counted[0].entries] == [
        "accepted-11",
        "delivered-9",
    ]


@pytest.mark.parametrize(
    ("changes", "left"),
    [
        (["10 accepted ana"], {"accepted-10": "no_delivery"}),
        (["9 delivered ana", "10 accepted am", "11 rejected am"], {"accepted-10": "superseded"}),
        (["9 delivered ana", "10 accepted am", "11 reopened am"], {"accepted-10": "reopened"}),
        (["9 delivered ana", "10 cancelled ana", "11 accepted am"], {"accepted-11": "cancelled"}),
        (["9 delivered ana", "10 accepted am", "11 merged ana"], {"accepted-10": "merged"}),
        (["9 delivered bob", "10 accepted ana"], {"accepted-10": "other_rep"}),
        (["9 delivered ana", "10 accepted am", "11 lost am", "12 reopened am", "13 rejected am"],
         {"accepted-10": "superseded"}),
        (["9 delivered ana", "10 accepted am", "11 lost am", "12 reopened am", "13 cancelled am",
          "14 reopened am"],
         {"accepted-10": "reopened"}),
    ],
)  # fmt: skip
def test_a_decision_left_out_names_its_reason(changes: list[str], left: dict[str, str]) -> None:
    answer = of("appointments_accepted", *changes)

    assert answer.number == 0
    assert reasons(answer) == left


def test_a_win_that_was_taken_back_is_left_out_as_reopened() -> None:
    answer = of("leads_won", "9 created ana", "10 won am", "11 reopened am")

    assert answer.number == 0
    assert reasons(answer) == {"won-10": "reopened"}


def test_the_same_decision_again_is_left_out_and_the_first_counts() -> None:
    answer = of("appointments_accepted", "9 delivered ana", "10 accepted am", "11 accepted am")

    assert counted(answer) == ["accepted-10"]
    assert reasons(answer) == {"accepted-11": "same_decision"}


def test_what_undid_a_decision_is_named_with_its_instant() -> None:
    answer = of("appointments_accepted", "9 delivered ana", "10 accepted am", "11 rejected am")

    why = answer.findings.left_out[0].why
    assert (why.detail, why.at) == ("rejected", parse_instant(HOUR.format(11)))


@pytest.mark.parametrize(
    ("measure", "after", "why"),
    [
        ("cohort_accepted", ["10 rejected am"], "decided"),
        ("cohort_pending", ["10 rejected am"], "decided"),
        ("cohort_accepted", [], "undecided"),
        ("cohort_pending", ["10 cancelled ana"], "cancelled"),
        ("cohort_overdue", [], "not_overdue"),
        ("cohort_delivered", ["10 merged ana"], "merged"),
    ],
)
def test_a_delivery_left_out_names_its_reason(measure: str, after: list[str], why: str) -> None:
    answer = of(measure, "9 delivered ana", *after, window="5d")

    assert answer.number == 0
    assert reasons(answer) == {"delivered-9": why}


def test_a_second_delivery_before_a_decision_is_the_same_appointment() -> None:
    answer = of("cohort_delivered", "9 delivered ana", "10 delivered bob", "11 delivered ana")

    assert counted(answer) == ["delivered-9"]
    assert reasons(answer) == {"delivered-10": "delivered_again", "delivered-11": "delivered_again"}


def test_overdue_appointments_are_those_before_the_cutoff() -> None:
    # Open since then: the 20th, 21st and 23rd; the 19th is closed, the 22nd a Sunday.
    old = status("delivered", "2026-11-17T10:00:00+01:00", lead="L2", id="old")
    cutoff = status("delivered", "2026-11-18T10:00:00+01:00", lead="L3", id="cutoff")

    answer = asked([old, cutoff], "cohort_overdue", "20d")

    assert counted(answer) == ["old"]
    assert left_out(answer) == {"cutoff": ("not_overdue", "within 3 open days")}


def test_only_the_first_creation_counts_with_its_origin() -> None:
    events = [
        change("9 created ana", origin="inbound"),
        change("10 created ana", origin="outbound"),
    ]

    assert reasons(asked(events, "leads_created")) == {"created-10": "not_first_created"}
    assert left_out(asked(events, "leads_outbound")) == {
        "created-9": ("other_origin", "inbound"),
        "created-10": ("not_first_created", "created"),
    }


def test_a_win_that_was_lost_again_is_superseded() -> None:
    assert reasons(of("leads_won", "9 created ana", "10 won ana", "11 lost ana")) == {
        "won-10": "superseded"
    }
    assert reasons(of("cohort_leads_won", "9 created ana")) == {"created-9": "not_won"}


def test_decisions_beyond_two_of_one_decider_in_ten_minutes_are_capped() -> None:
    events = []
    for number in range(3):
        lead = f"L{number}"
        events.append(change("9 delivered ana", lead))
        at = f"2026-11-23T11:0{number}:00+01:00"
        events.append(status("accepted", at, "am", lead, id=f"s{number}", decided_by="am-1"))

    answer = asked(events, "appointments_accepted_capped")

    assert counted(answer) == ["s0", "s1"]
    assert left_out(answer) == {"s2": ("capped", "decided by am-1")}


def test_retracted_and_unknown_changes_are_named() -> None:
    events = [
        change("9 created ana", retracted=True),
        change("10 dreaming ana"),
        change("11 created ana"),
    ]

    answer = asked(events, "leads_created")

    assert counted(answer) == ["created-11"]
    assert reasons(answer) == {"created-9": "retracted", "dreaming-10": "unknown_status"}


def test_what_others_did_to_a_lead_is_not_in_the_list() -> None:
    answer = of("leads_created", "9 created bob", "10 working ana")

    assert (counted(answer), left_out(answer)) == ([], {})
