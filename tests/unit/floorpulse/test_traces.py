"""What of a topic names a person, and until when brokers keep it."""

import pytest

from floorpulse.traces import Lifetime, Person, Traces, _Finding, is_named
from streams.changelog.lost_history import LOST_HISTORY_KEY
from streams.clock import DAY
from streams.events.contract import LeadChange, Touch
from streams.ledgers.credits import credit_key
from streams.ledgers.forgotten import Forgotten, ForgottenRecord, hash_of
from streams.ledgers.rows import encode_changes, encode_touches
from streams.ledgers.touchrows import row_key

NOON = 1_780_000_000_000_000
ANA, CONTACT = Person("rep", "ana"), Person("contact", "k1")


def finding(person: Person, table: str | None = None) -> _Finding:
    forgotten = Forgotten("desk")
    hashed = hash_of("desk", person.subject, person.id)
    forgotten.merge(ForgottenRecord(person.subject, hashed, NOON))
    return _Finding(table, person, forgotten)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("person", "key", "value", "is_it"),
    [
        (ANA, b"ana", None, True),
        (ANA, None, b'{"rep_id": "ana"}', True),
        (ANA, None, b'{"decided_by": "ana"}', True),
        (ANA, None, b'{"rep_id": "ana", broken', True),
        (ANA, None, b'{"rep_id": "anna", "contact_id": "ana", "note": "ana"}', False),
        (ANA, b"L1", b'["ana"]', False),
        (CONTACT, b"k1", b'{"rep_id": "k1"}', False),
        (CONTACT, b"ana", b'\xef\xbb\xbf{"contact_id": "k1"}', True),
    ],
)
def test_a_record_names_who_is_in_its_key_or_in_one_of_its_fields(
    person: Person, key: bytes | None, value: bytes | None, is_it: bool
) -> None:
    assert is_named(person, key, value) is is_it


def test_records_are_counted_with_the_newest_of_them() -> None:
    looked = finding(ANA)
    for at, name in ((5, b"ana"), (9, b"ana"), (11, b"bob")):
        looked.look(name, b"{}", at)

    assert looked.traces() == Traces("records", 2, 9)


def test_of_a_row_the_newest_version_is_looked_at() -> None:
    looked = finding(ANA, "touches")
    one, other = row_key("ana", 1, 0), row_key("ana", 2, 0)
    before, after = Touch("c1", NOON), Touch("c2", NOON + 1)
    looked.look(one, encode_touches([before, after]), 5)
    looked.look(other, encode_touches([before, Touch("c3", NOON - 1)]), 7)
    looked.look(other, None, 8)
    looked.look(LOST_HISTORY_KEY, b"not a row", 9)

    assert looked.traces() == Traces("touches in rows", 1, 5)
    looked.look(one, encode_touches([after]), 10)
    assert not looked.has_any


def test_a_copy_at_the_rep_counts_once_whatever_is_in_it() -> None:
    looked, elsewhere = finding(ANA, "credits"), finding(CONTACT, "credits")
    row = encode_changes([LeadChange("s", NOON, rep_id="bob", contact_id="k1")])
    for each in (looked, elsewhere):
        each.look(credit_key("ana", "L1"), row, 5)
        each.look(credit_key("bob", "L1"), row, 6)

    assert looked.traces() == Traces("copies of leads", 1, 5)
    assert elsewhere.traces() == Traces("copies of leads", 2, 6)


def test_a_record_is_gone_with_its_segment() -> None:
    day_ms = DAY // 1000

    assert Lifetime(7 * day_ms, day_ms).gone_by(NOON) == NOON + 8 * DAY
    for unbounded in (Lifetime(-1, day_ms), Lifetime(None, day_ms), Lifetime(2**63 - 1, 0)):
        assert unbounded.gone_by(NOON) is None
