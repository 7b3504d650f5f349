"""Rows of touches: parts, moved marks, expiry, and partitions that go."""

from itertools import permutations

import pytest

from streams.clock import DAY, parse_instant
from streams.events.contract import Touch
from streams.ledgers.rows import Fold, RowWrite, decode_touches, encode_touches
from streams.ledgers.touches import Replaced, TouchLedger
from streams.ledgers.touchrows import MAX_ENTRIES, QUARTER, parse_row_key, row_key
from streams.ledgers.touchstore import ROWS_AT_ONCE
from tests.build import left_by

NOW = parse_instant("2026-11-23T12:00:00Z")
AT = NOW - 3 * QUARTER


def ledger(partition: int = 3) -> TouchLedger:
    return TouchLedger({}, lambda _: partition)


def rows(of: TouchLedger) -> dict[tuple[int, int], list[str]]:
    """{(quarter, part): keys} of what is stored, after writing."""
    of.take_writes()
    return {
        parse_row_key(key)[1:]: [touch.key for touch in decode_touches(value)]
        for key, value in of._store._rows.items()
    }


def test_a_mailer_fills_part_after_part_and_finds_its_ids_again() -> None:
    book = ledger()
    mails = [Touch(f"e{number}", AT) for number in range(MAX_ENTRIES * 2 + 7)]

    assert {book.fold("ana", mail) for mail in mails} == {Fold.APPLIED}
    assert sorted(len(keys) for keys in rows(book).values()) == [7, MAX_ENTRIES, MAX_ENTRIES]
    assert {book.fold("ana", mail) for mail in mails} == {Fold.DUPLICATE}
    assert book.fold("ana", Touch("e600", AT, version=1)) is Fold.APPLIED
    assert sum(len(keys) for keys in rows(book).values()) == len(mails)


def test_a_row_of_long_entries_stays_far_below_what_kafka_refuses() -> None:
    book = ledger()
    text = "x" * 255
    for number in range(600):
        touch = Touch(f"c{number:0255}", AT, contact_id=text, disposition=text, source=text)
        book.fold("ana", touch)

    assert max(len(value) for _, _, value in book.take_writes()) < 64 * 1024


def test_a_moved_touch_leaves_a_mark_that_counts_nowhere() -> None:
    book = ledger()
    book.fold("ana", Touch("c1", AT))
    book.fold("ana", Touch("c1", AT + QUARTER, version=1))

    assert list(rows(book).values()) == [["c1"], ["c1"]]
    assert [touch.version for touch in book.touches_of("ana")] == [1]
    assert book.fold("ana", Touch("c1", AT)) is Fold.SUPERSEDED
    assert book.fold("ana", Touch("c1", AT, version=2)) is Fold.APPLIED
    assert [(touch.version, touch.at) for touch in book.touches_of("ana")] == [(2, AT)]


def test_writes_go_to_the_partition_of_the_rep_once_per_changed_row() -> None:
    book = ledger(partition=5)
    for number in range(40):
        book.fold("ana", Touch(f"c{number}", AT))

    (write,) = book.take_writes()

    assert (write.partition, write.key) == (5, row_key("ana", AT // QUARTER, 0))
    assert not book.has_writes


def test_a_tie_of_versions_is_decided_by_content_and_counted() -> None:
    one, other = Touch("c1", AT, talk_seconds=60), Touch("c1", AT, talk_seconds=100)
    book, reverse = ledger(), ledger()
    for touch in (one, other):
        book.fold("ana", touch)
    for touch in (other, one):
        reverse.fold("ana", touch)

    assert list(book.touches_of("ana")) == list(reverse.touches_of("ana")) == [one]
    assert book.ties == 1


def test_expired_rows_are_dropped_with_tombstones_and_their_contributions() -> None:
    book = ledger()
    old, new = Touch("c1", NOW - 60 * DAY + 5), Touch("c2", NOW)
    for touch in (old, new):
        book.fold("ana", touch)
    book.take_writes()
    book.take_changes()

    assert book.expire(NOW, "ana") == []
    (tombstone,) = book.expire(NOW + QUARTER, "ana")

    assert tombstone == (3, row_key("ana", old.at // QUARTER, 0), None)
    assert book.take_changes() == {"ana": [Replaced(old, None)]}
    assert list(book.touches_of("ana")) == [new]


def test_restore_keeps_what_is_expired_until_a_sweep() -> None:
    book, back = ledger(), ledger()
    book.fold("ana", Touch("c1", AT))
    ((_, key, value),) = book.take_writes()
    later = NOW + 61 * DAY

    back.absorb(key, value, later)

    assert list(back.touches_of("ana")) == [Touch("c1", AT)], "the clock may be wrong"
    assert back.expire(later, "ana") == [(3, key, None)]
    assert back.expire(later, "ana") == []


def test_a_tombstone_of_a_row_that_is_kept_makes_it_written_again() -> None:
    book = ledger()
    book.fold("ana", Touch("c1", AT))
    (write,) = book.take_writes()

    book.absorb(write.key, None, NOW)

    assert book.take_writes() == [write]


def test_reps_of_partitions_that_go_are_forgotten() -> None:
    book = TouchLedger({}, {"ana": 1, "bob": 2}.__getitem__)
    book.fold("ana", Touch("c1", AT))
    book.fold("bob", Touch("c2", AT))
    book.take_writes()
    book.fold("ana", Touch("c3", AT))

    assert book.drop_partitions({1}) == ["ana"]

    assert book.rep_ids == ["bob"]
    assert book.take_writes() == []
    assert book.take_changes().keys() == {"bob"}
    assert len(book) == 1


def absorbed(records: list[tuple[bytes, bytes]]) -> TouchLedger:
    book = ledger()
    for key, value in records:
        book.absorb(key, value, NOW)
    return book


def shown(book: TouchLedger) -> list[Touch]:
    """The touches of ana that the changes so far leave."""
    return left_by(book.take_changes().get("ana", []))


@pytest.mark.parametrize("moved_to", [QUARTER, -61 * DAY, 0])
def test_a_touch_that_two_owners_put_into_several_parts_counts_once(moved_to: int) -> None:
    """Each owner took the first part that had room; a correction then found one of them."""
    first, newest = Touch("c1", AT, version=1), Touch("c1", AT + moved_to, version=2)
    is_kept = moved_to > -DAY
    in_quarter = [
        (row_key("ana", AT // QUARTER, part), encode_touches([touch]))
        for part, touch in enumerate((first, newest, first))
    ]
    moved = (
        [(row_key("ana", newest.at // QUARTER, 0), encode_touches([newest]))]
        if moved_to > 0
        else []
    )

    for records in permutations(in_quarter + moved):
        book = absorbed(list(records))
        written = [(key, value) for _, key, value in book.take_writes()]
        assert list(book.touches_of("ana")) == ([newest] if is_kept else [])
        assert shown(book) == ([newest] if is_kept else [])
        again = absorbed([*records, *written])
        assert not again.take_writes()
        assert list(again.touches_of("ana")) == list(book.touches_of("ana"))


@pytest.mark.parametrize("then", [AT, AT + QUARTER, AT + 2 * QUARTER])
def test_a_correction_reaches_every_part_that_holds_the_touch(then: int) -> None:
    copies = [
        (row_key("ana", AT // QUARTER, part), encode_touches([Touch("c1", AT, version=1)]))
        for part in range(3)
    ]
    book = absorbed(copies)

    assert book.fold("ana", Touch("c1", AT + QUARTER, version=2)) is Fold.APPLIED
    assert book.fold("ana", Touch("c1", then, version=3)) is Fold.APPLIED

    assert [(touch.version, touch.at) for touch in book.touches_of("ana")] == [(3, then)]
    assert shown(book) == [Touch("c1", then, version=3)]
    written = [(key, value) for _, key, value in book.take_writes()]
    for records in permutations(written):
        again = absorbed([*copies, *records])
        assert list(again.touches_of("ana")) == [Touch("c1", then, version=3)]
        assert book.fold("ana", Touch("c1", AT, version=2)) is Fold.SUPERSEDED


def of_many_reps(count: int) -> TouchLedger:
    """A rep in each partition, with a touch that has to be written."""
    book = TouchLedger({}, int)
    for number in range(count):
        book.fold(str(number), Touch("c1", AT))
    return book


def keys_in(writes: list[RowWrite]) -> dict[str, list[str]]:
    """The ids in each rep's row."""
    return {
        parse_row_key(key)[0]: [touch.key for touch in decode_touches(value)]
        for _, key, value in writes
        if value is not None
    }


def test_what_changes_between_slices_is_written_once_as_it_is_reached_or_the_next_time() -> None:
    book = of_many_reps(2 * ROWS_AT_ONCE)
    slices = book.take_slices()
    first = keys_in(next(slices))
    for number in range(2 * ROWS_AT_ONCE):
        book.fold(str(number), Touch("c2", AT))

    second = keys_in([write for some in slices for write in some])

    assert set(map(tuple, first.values())) == {("c1",)}
    assert set(map(tuple, second.values())) == {("c1", "c2")}
    assert first.keys().isdisjoint(second)
    assert keys_in(book.take_writes()) == {rep: ["c1", "c2"] for rep in first}


def test_what_is_dropped_between_slices_is_neither_written_nor_kept() -> None:
    book = of_many_reps(2 * ROWS_AT_ONCE)
    slices = book.take_slices()
    written = keys_in(next(slices))
    gone = {str(number) for number in range(2 * ROWS_AT_ONCE)} - set(list(written)[:1])
    book.drop_partitions(set(map(int, gone)))

    assert [write for some in slices for write in some] == []
    assert keys_in([RowWrite(0, key, row) for key, row in book._store._rows.items()]) == {
        rep: written[rep] for rep in written.keys() - gone
    }
