"""How many links that do not open, and sign-ins that let nobody in, are answered."""

import logging
from collections import deque
from collections.abc import Callable

log = logging.getLogger(__name__)

MOST = 10  # of one address
WITHIN = 60.0  # seconds
MOST_ADDRESSES = 10_000


class Failures:
    """Counts failures by address; *now* is a clock in seconds that never goes back.

    A link that opens is never limited: behind a proxy everybody has one address, and nobody is to
    lock the others out.
    """

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._at: dict[str, deque[float]] = {}

    def is_too_many(self, address: str) -> bool:
        """Count one more, and say whether the address had its share."""
        now = self._now()
        if len(self._at) >= MOST_ADDRESSES:
            self._at = {who: at for who, at in self._at.items() if now - at[-1] < WITHIN}
            if len(self._at) >= MOST_ADDRESSES and address not in self._at:
                address = ""  # one share for all who come now: somebody has addresses without end
        at = self._at.setdefault(address, deque(maxlen=MOST))
        is_over = len(at) == MOST and now - at[0] < WITHIN
        if not is_over:
            at.append(now)
            if len(at) == MOST and now - at[0] < WITHIN:
                log.warning("%d links or sign-ins within %.0f s let nobody in", MOST, WITHIN)
        return is_over
