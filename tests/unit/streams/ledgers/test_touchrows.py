"""How much a row of touches takes, which is known without encoding all of it."""

from hypothesis import given
from hypothesis import strategies as st

from streams.events.contract import Touch
from streams.ledgers.rows import encode_touches
from streams.ledgers.touchrows import MAX_ENTRY_BYTES, MAX_ROW_BYTES, RepRows, TouchRow

_lengths = st.sampled_from((0, 1, 60, 64))


def touch(number: int, characters: int, version: int = 0) -> Touch:
    """A touch with two texts of so many characters of four bytes."""
    text = "😀" * characters
    return Touch(f"c{number}", at=0, version=version, contact_id=text, source=text)


def row(touches: list[Touch]) -> TouchRow:
    return TouchRow(RepRows("ana", 0), 0, 0, b"key", encode_touches(touches))


def has_room(of: TouchRow) -> bool:
    size = len(encode_touches(of.entries.values()))
    return size + MAX_ENTRY_BYTES <= MAX_ROW_BYTES


# Rows that are nearly full, and what may fill them: new ids, and corrections of the first ones.
@given(st.integers(40, 70), st.lists(st.builds(touch, st.integers(0, 140), _lengths), max_size=80))
def test_a_row_takes_ids_as_long_as_its_bytes_leave_room(stored: int, coming: list[Touch]) -> None:
    filled = row([touch(number, 60) for number in range(stored)])

    for one in coming:
        filled.put(one)
        assert filled.takes_new_ids == has_room(filled)


def test_a_correction_that_makes_a_row_shorter_leaves_room_again() -> None:
    filled = row([touch(number, 60) for number in range(66)])
    assert not filled.takes_new_ids

    for number in range(5):
        filled.put(touch(number, 0, version=1))

    assert filled.takes_new_ids
    assert has_room(filled)
