"""How long the ledgers keep things, and what follows: what is late, and what is expired.

Both follow from the windows of the catalogue, so that a longer window never counts less than all.
"""

from metrics.kpis import CONTACTS, MEASURES
from metrics.windows import WINDOWS
from streams.clock import DAY, Micros

_SLACK = 30 * DAY  # of leads, over their longest window


def _longest(*, of_touches: bool) -> Micros:
    """How far the longest window of the measures of touches, or of leads, reaches back."""
    names = {
        window
        for measure in MEASURES
        if (bool(measure.channels) or measure is CONTACTS) is of_touches
        for window in measure.windows
    }
    return max(window.reach for window in WINDOWS if window.name in names) * DAY


TOUCHES_KEPT = _longest(of_touches=True)
LEADS_SHOWN = _longest(of_touches=False)  # no window of a lead's measures reaches further back
LEADS_KEPT_AT_LEAST = LEADS_SHOWN + _SLACK
# After the newest change, where the settings say nothing else.
LEADS_KEPT = max(400 * DAY, LEADS_KEPT_AT_LEAST)


def is_late(at: Micros, now: Micros) -> bool:
    """Whether a touch at *at* is before the start of what is kept at *now*: all that decides it."""
    return at < kept_since(now)


def kept_since(now: Micros) -> Micros:
    """The earliest `at` of a touch that is kept at *now*."""
    return now - TOUCHES_KEPT
