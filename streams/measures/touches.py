"""What a touch is, and what it contributes: each rule returns why not, and None when it counts."""

import enum
from functools import lru_cache
from typing import Literal

from metrics.channels import CHANNELS
from streams.events.contract import Direction, Outcome, Touch
from streams.events.words import word_form
from streams.roster.floors import EffectiveRule

NoTouch = Literal["retracted", "system", "automated", "unknown_direction", "inbound"]
NotEffective = Literal["outcome", "short"]

# By the letter of the channel, the outcomes with which a touch reached somebody.
_REACHED = {
    channel.letter: frozenset(Outcome[word.upper()] for word in channel.effective)
    for channel in CHANNELS
}
_WITH_TALK = frozenset(channel.letter for channel in CHANNELS if channel.has_talk)


def why_no_touch(touch: Touch, *, is_system: bool) -> NoTouch | None:
    """None for what is outbound, and inbound calls answered by a human.

    What is retracted or automated is no touch, and nothing that a system does.
    """
    if touch.retracted:
        return "retracted"
    if is_system:
        return "system"
    if touch.automated:
        return "automated"
    if touch.direction is Direction.OUTBOUND:
        return None
    if touch.direction is Direction.UNKNOWN:
        return "unknown_direction"
    return None if touch.outcome is Outcome.HUMAN else "inbound"


def why_not_effective(touch: Touch, rule: EffectiveRule) -> NotEffective | None:
    """None where what is a touch reached somebody, by the floor's *rule*."""
    letter = touch.key[0]
    if touch.outcome not in _REACHED[letter]:
        return "outcome"
    if letter not in _WITH_TALK:
        return None
    if touch.talk_seconds is not None and touch.talk_seconds >= rule.talk_seconds:
        return None
    if touch.disposition is not None and _plain(touch.disposition) in _plain_all(rule.dispositions):
        return None
    return "short"


def word(name: enum.IntEnum) -> str:
    """A value of the contract as it is written there."""
    return name.name.lower()


_plain = lru_cache(maxsize=4096)(word_form)


@lru_cache(maxsize=256)
def _plain_all(dispositions: frozenset[str]) -> frozenset[str]:
    return frozenset(map(_plain, dispositions))
