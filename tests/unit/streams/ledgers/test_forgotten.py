"""Who was forgotten: records that merge, and what is kept of what comes into a ledger."""

from itertools import permutations

import msgspec
import pytest

from streams.clock import MINUTE
from streams.events.contract import LeadChange, Touch
from streams.ledgers.credits import CreditLedger, credit_key
from streams.ledgers.forgotten import (
    NEVER,
    Forgotten,
    ForgottenRecord,
    Subject,
    decode_forgotten,
    decode_line,
    encode_forgotten,
    encode_line,
    hash_of,
)
from streams.ledgers.leads import LeadLedger
from streams.ledgers.rows import Fold, decode_changes, encode_changes, encode_touches
from streams.ledgers.touches import Replaced, TouchLedger
from streams.ledgers.touchrows import row_key

NOON = 1_780_000_000_000_000
QUARTER_OF_NOON = NOON // (15 * MINUTE)


def record(subject: Subject, person: str, until: int = NOON) -> ForgottenRecord:
    return ForgottenRecord(subject, hash_of("desk", subject, person), until)


def forgotten(*records: ForgottenRecord) -> Forgotten:
    known = Forgotten("desk")
    for each in records:
        known.merge(each)
    return known


def test_records_merge_to_the_latest_instant_in_any_order() -> None:
    records = [record("rep", "ana", NOON + n) for n in (3, 1, 2)] + [record("contact", "ana", 7)]

    for some in permutations([*records, *records[:2]]):
        known = forgotten(*some)
        assert known.until("rep", "ana") == NOON + 3
        assert known.until("contact", "ana") == 7
        assert known.until("rep", "Ana") == NEVER


def test_only_what_forgets_more_is_news() -> None:
    known = forgotten(record("rep", "ana"))

    assert not known.merge(record("rep", "ana", NOON - 1))
    assert known.merge(record("rep", "ana", NOON + 1))
    assert known.until("rep", "ana") == NOON + 1  # not as it was asked for before


def test_the_key_has_the_instant_so_that_compaction_takes_none_away() -> None:
    earlier, later = record("rep", "ana", NOON), record("rep", "ana", NOON + 1)

    assert encode_forgotten(earlier)[0] != encode_forgotten(later)[0]
    assert decode_forgotten(encode_forgotten(later)[1]) == later


def test_a_record_and_its_line_name_nobody() -> None:
    key, value = encode_forgotten(record("rep", "ana-maria"))
    line = encode_line("desk", record("rep", "ana-maria"))

    assert b"ana-maria" not in key + value + line
    assert decode_line(line) == ("desk", record("rep", "ana-maria"))


def test_the_same_id_has_another_hash_elsewhere() -> None:
    hashes = {
        hash_of(*each) for each in (("a", "rep", "x"), ("b", "rep", "x"), ("a", "contact", "x"))
    }

    assert len(hashes) == 3


@pytest.mark.parametrize(
    "line", [b"{}", b'{"app_id": "d", "subject": "team", "hash": "", "until": ""}']
)
def test_a_line_of_something_else_is_refused(line: bytes) -> None:
    with pytest.raises(ValueError, match=r"missing|Invalid"):
        decode_line(line)


def test_touches_of_a_rep_go_up_to_the_instant_and_contacts_from_the_others() -> None:
    known = forgotten(record("rep", "ana"), record("contact", "k1", NOON + 5))
    before, at, after = (Touch(f"c{n}", NOON + n, contact_id="k1") for n in (-1, 0, 6))

    assert known.kept_touches("ana", [before, at, after]) == [after]
    kept = known.kept_touches("bob", [before, after])
    assert [touch.contact_id for touch in kept] == [None, "k1"]
    assert known.is_dropped("ana", NOON)
    assert not known.is_dropped("ana", NOON + 1)


def test_ids_are_not_hashed_of_a_kind_of_whom_nobody_was_forgotten(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    hashed = []

    def hash_noted(app_id: str, subject: Subject, person: str) -> str:
        hashed.append((subject, person))
        return hash_of(app_id, subject, person)

    known = forgotten(record("rep", "ana"))
    monkeypatch.setattr("streams.ledgers.forgotten.hash_of", hash_noted)

    known.kept_touches("ana", [Touch("c1", NOON + 1, contact_id="k1")])
    known.kept_change(LeadChange("s", NOON, rep_id="bob", contact_id="k1"))

    assert hashed == [("rep", "ana"), ("rep", "bob")]


def test_what_holds_nobody_is_returned_as_it_is() -> None:
    known = forgotten(record("contact", "k1"))
    touches, row = [Touch("c1", NOON)], encode_changes([LeadChange("s", NOON, rep_id="ana")])

    assert known.kept_touches("ana", touches) is touches
    assert known.kept_row(row) is row


def test_a_change_of_a_lead_stays_as_nobodys() -> None:
    known = forgotten(record("rep", "ana"), record("contact", "k1"))
    change = LeadChange(
        "s", NOON, version=7, rep_id="ana", contact_id="k1", decided_by="ana", reason="asked Ana"
    )

    assert known.kept_change(change) == LeadChange("s", NOON, version=7, rep_id="")
    by_bob = msgspec.structs.replace(change, rep_id="bob", decided_by="am", contact_id="k2")
    assert known.kept_change(by_bob) is by_bob


# -- rows


def ledger(known: Forgotten, rows: dict[bytes, bytes] | None = None) -> TouchLedger:
    return TouchLedger({} if rows is None else rows, lambda _: 0, known)


def test_a_row_that_was_written_before_is_written_anew_or_goes() -> None:
    known = forgotten(record("rep", "ana", NOON))
    book = ledger(known)
    kept, gone = row_key("ana", QUARTER_OF_NOON, 0), row_key("ana", QUARTER_OF_NOON - 1, 0)
    later = Touch("c2", NOON + 1)

    book.absorb(kept, encode_touches([Touch("c1", NOON), later]), NOON)
    book.absorb(gone, encode_touches([Touch("c3", NOON - 15 * MINUTE)]), NOON)

    assert {(key, value) for _, key, value in book.take_writes()} == {
        (kept, encode_touches([later])),
        (gone, None),
    }
    assert list(book.touches_of("ana")) == [later]


def test_a_tombstone_that_is_in_the_changelog_is_not_written_again() -> None:
    book = ledger(forgotten(record("rep", "ana")))
    key = row_key("ana", QUARTER_OF_NOON, 0)
    book.absorb(key, encode_touches([Touch("c1", NOON)]), NOON)

    book.absorb(key, None, NOON)

    assert not book.has_writes
    assert book.rep_ids == []


def test_forgetting_a_rep_leaves_nothing_of_them() -> None:
    known, rows = Forgotten("desk"), dict[bytes, bytes]()
    book = ledger(known, rows)
    touches = [Touch(f"c{n}", NOON - n * 15 * MINUTE) for n in range(3)]
    book.fold_all("ana", touches)
    book.fold_all("bob", touches)
    book.take_writes()
    book.take_changes()
    known.merge(record("rep", "ana"))

    assert sum(book.forget("ana")) == 3
    assert sum(book.forget("bob")) == 0

    changes = book.take_changes()
    assert changes == {"ana": [Replaced(touch, None) for touch in reversed(touches)]}
    assert {value for _, _, value in book.take_writes()} == {None}
    assert book.rep_ids == ["bob"]
    assert len(rows) == 3
    assert book.fold("ana", Touch("c0", NOON + 1)) is Fold.APPLIED  # the id is free again


def test_a_row_that_is_to_go_is_not_mixed_up_with_a_new_one() -> None:
    """Expiry meanwhile must not take the rep away from under it."""
    known = forgotten(record("rep", "ana"))
    book = ledger(known)
    key = row_key("ana", QUARTER_OF_NOON, 0)
    book.absorb(key, encode_touches([Touch("c1", NOON)]), NOON)
    later = Touch("c2", NOON + 1)

    book.expire(NOON, "ana")
    book.fold("ana", later)

    assert [(k, value) for _, k, value in book.take_writes()] == [(key, encode_touches([later]))]


def test_a_lead_is_written_again_with_a_copy_for_nobody() -> None:
    known = Forgotten("desk")
    leads = LeadLedger({}, lambda _: 0, forgotten=known)
    leads.fold("L1", LeadChange("s", NOON, rep_id="ana"))
    leads.take_writes()
    known.merge(record("rep", "ana"))

    assert leads.forget(b"L1")
    assert not leads.forget(b"L1")

    copies, [write] = leads.take_writes()
    assert [copy.rep_id for copy in copies] == [""]
    assert decode_changes(write.value or b"") == [LeadChange("s", NOON, rep_id="")]


def test_a_copy_of_a_forgotten_rep_goes_from_the_table_and_from_the_topic() -> None:
    known = Forgotten("desk")
    credits = CreditLedger({}, {}, lambda _: 0, forgotten=known)
    key, row = credit_key("ana", "L1"), encode_changes([LeadChange("s", NOON, rep_id="ana")])
    credits.fold(key, row)
    assert not credits.take_corrections()
    credits.take_writes()
    known.merge(record("rep", "ana"))

    assert credits.forget(key)

    [copy], [write] = credits.take_corrections(), credits.take_writes()
    assert (copy.rep_id, copy.lead_id, copy.row) == ("ana", "L1", None)
    assert (write.key, write.value) == (key, None)
    assert credits.rep_ids == []
    assert credits.fold(key, row) is Fold.SUPERSEDED  # an old owner wrote it late
    assert credits.take_corrections() == [copy]


def test_a_copy_of_a_lead_that_changed_since_stays_without_them() -> None:
    """It may say that the lead is no longer theirs: an older one must not win then."""
    known = forgotten(record("rep", "ana"))
    credits = CreditLedger({}, {}, lambda _: 0, forgotten=known)
    mine, theirs = LeadChange("s", NOON, rep_id="ana"), LeadChange("t", NOON + 1, rep_id="bob")
    key = credit_key("ana", "L1")

    assert credits.fold(key, encode_changes([mine, theirs])) is Fold.APPLIED

    kept = encode_changes([msgspec.structs.replace(mine, rep_id=""), theirs])
    copies, [write] = credits.take_corrections(), credits.take_writes()
    assert write.value == kept
    assert [copy.row for copy in copies] == [kept]


@pytest.mark.parametrize("way", ["folded", "restored", "known"])
def test_a_copy_that_names_others_goes_from_the_topic_whichever_way_it_came(way: str) -> None:
    """Of a lead that was bob's, in the end, before ana was forgotten: nothing in it has to go."""
    known, key = Forgotten("desk"), credit_key("ana", "L1")
    row = encode_changes([LeadChange("s", NOON, rep_id="bob")])
    credits = CreditLedger({}, {}, lambda _: 0, forgotten=known)
    if way == "known":
        credits.fold(key, row)
        credits.take_writes()
    known.merge(record("rep", "ana"))

    if way == "folded":
        assert credits.fold(key, row) is Fold.SUPERSEDED
    elif way == "restored":
        credits.absorb(key, row)
    else:
        assert credits.forget(key)

    [copy] = credits.take_corrections()
    assert (copy.rep_id, copy.lead_id, copy.row) == ("ana", "L1", None)
    assert credits.rep_ids == []
