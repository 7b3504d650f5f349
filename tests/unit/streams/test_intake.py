"""What becomes of a record on its way to the ledgers: counted, forwarded, or a dead letter."""

import json

import pytest

from streams.audit.recount import LineRecord
from streams.clock import Micros
from streams.events.flood import FloodLimit
from streams.intake import Intake
from streams.ledgers.forgotten import ForgottenRecord, Subject, hash_of
from streams.ledgers.leads import LeadLedger
from streams.ledgers.retention import TOUCHES_KEPT
from streams.ledgers.touches import TouchLedger
from tests.build import EXAMPLES
from tests.decoding import NOW, a_call


def _intake(here: int, now: Micros = NOW) -> Intake:
    touches, leads = TouchLedger({}, lambda _: here), LeadLedger({}, lambda _: here)
    return Intake(
        lambda: now, touches, leads, lambda _: here, lambda _: here, flood_limit=FloodLimit()
    )


def test_a_lead_with_too_many_changes_takes_no_more() -> None:
    intake = _intake(here=0)
    raw = json.loads((EXAMPLES / "rejected" / "lead_full.lead-status.json").read_bytes())
    records = [
        LineRecord("lead-status", json.dumps({**raw, "id": f"L-88-{n}"}).encode(), n)
        for n in range(1, 514)
    ]

    intake.take("lead", records)

    assert intake.counts["lead-status", "applied"] == 512
    assert intake.rejections["lead-status", "lead_full"] == 1


def test_an_event_in_the_wrong_partition_is_forwarded_once() -> None:
    intake = _intake(here=7)
    raw = (EXAMPLES / "rejected" / "misrouted.calls.json").read_bytes()
    record = LineRecord("calls", raw, 41, partition=2)

    intake.take("call", [record])
    intake.take("call", [record], forwarded=True)

    first, second = intake.take_outgoing()
    assert not intake.take_outgoing()
    assert (first.destination, first.partition, first.key) == ("misrouted-touches", 7, b"ana")
    assert dict(first.headers)["kind"] == b"call"
    assert (second.destination, dict(second.headers)["reason"]) == ("dead-letters", b"misrouted")


def test_what_was_forwarded_is_set_aside_as_from_where_it_was_sent() -> None:
    """So that it can be sent there again; headers that a producer wrote say nothing of it."""
    sent = LineRecord("calls", a_call(), 41, partition=2, headers=(("topic", b"theirs"),))
    intake = _intake(here=7)
    intake.take("call", [sent])
    [forwarded] = intake.take_outgoing()
    headers = tuple(forwarded.headers)

    behind = LineRecord("floorpulse.misrouted-touches", forwarded.value, 3, 7, headers=headers)
    broken = LineRecord("floorpulse.misrouted-touches", b"{", 4, 7, headers=headers)
    far_ahead = _intake(here=7, now=NOW + TOUCHES_KEPT)
    far_ahead.take("call", [behind, broken], forwarded=True)
    far_ahead.take("call", [LineRecord("calls", b"{", 5, 7, headers=sent.headers)])

    set_aside = [dict(record.headers) for record in far_ahead.take_outgoing()]
    assert [(its["topic"], its["partition"], its["offset"]) for its in set_aside] == [
        (b"calls", b"2", b"41"),
        (b"calls", b"2", b"41"),
        (b"calls", b"7", b"5"),
    ]


def test_of_an_unaligned_input_an_event_is_forwarded_that_seems_to_lie_right() -> None:
    intake = _intake(here=7)
    call = LineRecord("calls", (EXAMPLES / "accepted" / "calls.json").read_bytes(), 41, partition=7)
    lead = LineRecord(
        "lead-status",
        (EXAMPLES / "accepted" / "created.lead-status.json").read_bytes(),
        41,
        partition=7,
    )

    for unaligned in ({}, {"calls": 12}, {"lead-status": 12, "emails": 1}, {}):
        intake.unaligned = unaligned
        intake.take("call", [call])
        intake.take("lead", [lead])

    sent = [(record.destination, record.partition) for record in intake.take_outgoing()]
    assert sent == [("misrouted-touches", 7), ("misrouted-leads", 7)]
    assert intake.counts["calls", "forwarded"] == intake.counts["lead-status", "forwarded"] == 1
    assert intake.counts["calls", "duplicate"] == 2


def test_a_tombstone_is_passed_over_without_a_dead_letter() -> None:
    intake = _intake(here=0)

    intake.take("call", [LineRecord("calls", None, 0)])

    assert dict(intake.counts) == {("calls", "tombstone"): 1}
    assert not intake.has_outgoing


def test_events_with_an_unknown_word_are_counted_once_where_they_are_forwarded() -> None:
    intake = _intake(here=7)
    record = LineRecord("calls", a_call(direction="sideways", outcome="odd"), 0, partition=2)

    intake.take("call", [record])
    intake.take("call", [record], forwarded=True)

    assert dict(intake.unmapped_events) == {"call": 1}


def test_a_deletion_without_the_version_that_it_deletes_is_counted() -> None:
    intake = _intake(here=0)
    older = a_call(retracted=True, version=3)
    records = [LineRecord("calls", raw, 0) for raw in (a_call(version=7), older)]

    intake.take("call", records)

    assert dict(intake.superseded_retractions) == {"call": 1}


@pytest.mark.parametrize("fields", [{"rep_id": None}, {"id": "undefined"}])
def test_touches_of_nobody_are_no_flood(fields: dict) -> None:
    intake = _intake(here=0)

    intake.take("call", [LineRecord("calls", a_call(**fields), n) for n in range(3000)])

    assert intake.counts["calls", "rejected"] == 3000


# -- who was forgotten


def _forgetting(subject: Subject, person: str, here: int = 0) -> Intake:
    intake = _intake(here)
    intake._forgotten.merge(ForgottenRecord(subject, hash_of("", subject, person), NOW))
    return intake


@pytest.mark.parametrize("here", [0, 7])  # in its partition, or to be forwarded
def test_a_touch_of_a_forgotten_rep_is_counted_and_goes_nowhere(here: int) -> None:
    intake = _forgetting("rep", "ana", here)

    intake.take("call", [LineRecord("calls", a_call(), 1), LineRecord("calls", a_call(id="2"), 2)])

    assert intake.counts == {("calls", "rejected"): 2}
    assert intake.rejections == {("calls", "forgotten"): 2}
    assert not intake.has_outgoing


def test_a_late_touch_of_a_forgotten_rep_is_not_set_aside() -> None:
    intake = _forgetting("rep", "ana")

    intake.take("call", [LineRecord("calls", a_call(at="2026-01-01T00:00:00Z"), 1)])

    assert intake.rejections == {("calls", "forgotten"): 1}
    assert not intake.has_outgoing


def test_a_late_touch_of_a_forgotten_contact_is_set_aside_without_them() -> None:
    intake = _forgetting("contact", "k-7")
    late = a_call(at="2026-01-01T00:00:00Z", contact_id="k-7")

    intake.take("call", [LineRecord("calls", late, 1)])

    [outgoing] = intake.take_outgoing()
    assert json.loads(outgoing.value or b"") == {**json.loads(late), "contact_id": None}


@pytest.mark.parametrize(
    "late",
    [
        *(b'"note": ' + odd for odd in (b'"\xff"', b"1e999", b"9" * 500, b'"Kim of k-7"')),
        b'"version": "7"',
        b'"at": "2026-01-01 00:00:00.1234567+0000"',
    ],
)
def test_nothing_in_a_late_touch_of_a_forgotten_contact_stops_the_worker(late: bytes) -> None:
    intake = _forgetting("contact", "k-7")
    usual = a_call(at="2026-01-01T00:00:00Z", contact_id="k-7")

    intake.take("call", [LineRecord("calls", usual[:-1] + b", " + late + b"}", 1)])

    [outgoing] = intake.take_outgoing()
    assert outgoing.destination == "late"
    assert b"k-7" not in (outgoing.value or b"")
    read = intake.decoder.touch("call", outgoing.value or b"", NOW)
    assert read == intake.decoder.touch(
        "call", usual[:-1].replace(b'"k-7"', b"null") + b", " + late + b"}", NOW
    )


def test_a_forgotten_contact_goes_from_a_touch_that_counts() -> None:
    intake = _forgetting("contact", "k-7")

    intake.take("call", [LineRecord("calls", a_call(contact_id="k-7"), 1)])

    [touch] = intake._touches.touches_of("ana")
    assert touch.contact_id is None
    assert intake.counts == {("calls", "applied"): 1}
