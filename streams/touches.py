"""What a touch is, when it is late, and what it contributes."""

from streams.clock import DAY, Micros
from streams.events import Direction, Outcome, Touch
from streams.roster import EffectiveRule

KEPT = 60 * DAY  # 20 open days of a floor that opens three days a week, holidays, slack


def is_late(at: Micros, now: Micros) -> bool:
    """Whether a touch at *at* is before the start of what is kept at *now*: all that decides it."""
    return at < now - KEPT


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
