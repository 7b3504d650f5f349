"""How long the ledgers keep things, and what follows: what is late, and what is expired."""

from collections.abc import Iterable

from streams.clock import DAY, Micros
from streams.events.contract import LeadChange

TOUCHES_KEPT = 60 * DAY  # 20 open days of a floor that opens three days a week, holidays, slack
LEADS_KEPT = 120 * DAY  # after the newest change: the longest window, 90 days, and slack


def is_late(at: Micros, now: Micros) -> bool:
    """Whether a touch at *at* is before the start of what is kept at *now*: all that decides it."""
    return at < now - TOUCHES_KEPT


def is_expired_lead(row: Iterable[LeadChange], now: Micros) -> bool:
    """Whether the newest change is so old that no window reaches the lead any more."""
    return all(change.at < now - LEADS_KEPT for change in row)
