"""What a record is made into that goes to another topic."""

from streams.audit.recount import LineRecord
from streams.events.contract import MAX_ID_BYTES, Rejection
from streams.events.outgoing import MAX_DEAD_LETTER_BYTES, dead_letter

TOO_LARGE = Rejection("too_large", "more than 65536 bytes")


def test_a_dead_letter_has_the_bytes_that_came_as_long_as_a_broker_takes_them() -> None:
    value = b"x" * (MAX_DEAD_LETTER_BYTES - 3)

    letter = dead_letter(LineRecord("calls", value, 1, key=b"ana"), TOO_LARGE, forwarded=False)

    assert (letter.key, letter.value) == (b"ana", value)
    assert "cut" not in dict(letter.headers)


def test_a_giant_is_cut_and_its_dead_letter_says_how_long_it_was() -> None:
    key, value = b"k" * (MAX_ID_BYTES + 1), b"x" * MAX_DEAD_LETTER_BYTES + b"y"

    letter = dead_letter(LineRecord("calls", value, 1, key=key), TOO_LARGE, forwarded=False)

    assert (letter.key, letter.value) == (key[:-1], value[:-1])
    assert dict(letter.headers)["cut"] == f"{MAX_DEAD_LETTER_BYTES + 1} bytes".encode()
