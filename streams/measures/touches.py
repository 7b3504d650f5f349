"""What a touch is, and what it contributes."""

import enum
from typing import Literal

from streams.events.contract import Direction, Outcome, Touch
from streams.roster.people import EffectiveRule


def is_touch(touch: Touch) -> bool:
    """Outbound calls, e-mails and InMails, and inbound calls answered by a human; not automated."""
    if touch.retracted or touch.automated:
        return False
    if touch.direction is Direction.OUTBOUND:
        return True
    return touch.direction is Direction.INBOUND and touch.outcome is Outcome.HUMAN


def is_effective(touch: Touch, rule: EffectiveRule) -> bool:
    """Whether a touch reached somebody, by the floor's *rule*; presumes `is_touch`."""
    outcome = touch.outcome
    if touch.key[0] != "c":
        return outcome is not Outcome.BOUNCED and outcome is not Outcome.DECLINED
    if outcome is not Outcome.HUMAN:
        return False
    if touch.talk_seconds is not None and touch.talk_seconds >= rule.talk_seconds:
        return True
    return touch.disposition in rule.dispositions


NoTouch = Literal["retracted", "automated", "not_a_touch"]


def why_no_touch(touch: Touch) -> tuple[NoTouch, str] | None:
    """Why `is_touch` says no, and what exactly it was; None when it says yes."""
    if is_touch(touch):
        return None
    if touch.retracted:
        return "retracted", "deleted in the source"
    if touch.automated:
        return "automated", "sent by a sequence"
    if touch.direction is Direction.UNKNOWN:
        return "not_a_touch", "of unknown direction"
    return "not_a_touch", f"inbound, {told(touch.outcome)}"


def why_not_effective(touch: Touch, rule: EffectiveRule) -> str | None:
    """Why `is_effective` says no to what is a touch; None when it says yes."""
    if is_effective(touch, rule):
        return None
    if touch.outcome is not Outcome.HUMAN:
        return told(touch.outcome)
    talk = "talk time unknown" if touch.talk_seconds is None else f"talk {touch.talk_seconds} s"
    listed = ", ".join(sorted(rule.dispositions)) or "none"
    disposition = repr(touch.disposition) if touch.disposition else "none"
    return f"{talk} of {rule.talk_seconds}, disposition {disposition} not among: {listed}"


def told(name: enum.IntEnum) -> str:
    """A value of the contract as it is written there."""
    return name.name.lower()
