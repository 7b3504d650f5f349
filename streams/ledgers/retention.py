"""How long the ledgers keep things, and what follows: what is late, and what is expired.

Both follow from the windows of the catalogue, so that a longer window never counts less than all.
"""

from metrics.kpis import CONTACTS, MEASURES
from metrics.windows import WINDOWS, Window
from streams.clock import DAY, Micros

_DAYS_PER_OPEN_DAY = 3  # of a floor that opens three days a week, with holidays and slack
_SLACK = 30 * DAY  # of leads, over their longest window


def _longest(*, of_touches: bool) -> Micros:
    """How far the longest window of the measures of touches, or of leads, reaches back."""
    names = {
        window
        for measure in MEASURES
        if (bool(measure.channels) or measure is CONTACTS) is of_touches
        for window in measure.windows
    }
    return max(_reach(window) for window in WINDOWS if window.name in names)


def _reach(window: Window) -> Micros:
    days = max(window.calendar_days, window.open_days * _DAYS_PER_OPEN_DAY, 1)
    return days * DAY


TOUCHES_KEPT = _longest(of_touches=True)
LEADS_SHOWN = _longest(of_touches=False)  # no window of a lead's measures reaches further back
LEADS_KEPT_AT_LEAST = LEADS_SHOWN + _SLACK
LEADS_KEPT = 400 * DAY  # after the newest change, where the settings say nothing else


def is_late(at: Micros, now: Micros) -> bool:
    """Whether a touch at *at* is before the start of what is kept at *now*: all that decides it."""
    return at < kept_since(now)


def kept_since(now: Micros) -> Micros:
    """The earliest `at` of a touch that is kept at *now*."""
    return now - TOUCHES_KEPT
