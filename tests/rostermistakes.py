"""What a roster that people wrote is refused with."""

import pytest

from streams.roster.file import RosterError, parse_roster


def mistakes(text: str) -> list[str]:
    """The mistakes that a roster of this text is refused with, in order."""
    with pytest.raises(RosterError) as refused:
        parse_roster(text.encode())
    return refused.value.mistakes
