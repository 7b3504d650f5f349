"""A flood of unreadable events stops the worker instead of draining the topic."""

from collections import deque
from typing import NamedTuple

from streams.events.contract import Rejection


class FloodLimit(NamedTuple):
    """When unreadable events are a flood: that many in a row, or that share of the last ones."""

    in_a_row: int = 1000
    share: float = 0.5


class FloodError(RuntimeError):
    """Too many unreadable events: going on would drain the topic into the dead letters."""

    def __init__(self, what: str, topic: str, last: Rejection) -> None:
        super().__init__(
            f"stopped: {what} cannot be read, most lately {last.reason} in {topic} "
            f"({last.detail}). Mend the producer, or set FLOORPULSE_FLOOD_LIMIT=off to send them "
            "all to the dead letters and go on."
        )


class FloodGuard:
    """Watches the share of unreadable events; late and future ones are readable.

    `alert` says whether an unreadable one was seen lately: while it is false, readable events need
    not be noted at all.
    """

    SAMPLE = 1000  # events over which the share is taken

    def __init__(self, limit: FloodLimit | None) -> None:
        self.alert = False
        self._limit = limit
        self._in_a_row = 0
        self._unreadable = 0
        self._recent: deque[bool] = deque(maxlen=self.SAMPLE)

    def readable(self) -> None:
        """Note a readable event."""
        self._in_a_row = 0
        self._note(False)
        self.alert = self._unreadable > 0

    def unreadable(self, topic: str, rejection: Rejection) -> None:
        """Note an unreadable event; raises FloodError when it is one too many."""
        if self._limit is None:
            return
        self.alert = True
        self._in_a_row += 1
        self._note(True)
        if self._in_a_row >= self._limit.in_a_row:
            raise FloodError(f"{self._in_a_row} events in a row", topic, rejection)
        if self._unreadable > self._limit.share * self.SAMPLE:
            raise FloodError(
                f"{self._unreadable} of the last {self.SAMPLE} events", topic, rejection
            )

    def _note(self, is_unreadable: bool) -> None:
        if len(self._recent) == self.SAMPLE:
            self._unreadable -= self._recent[0]
        self._recent.append(is_unreadable)
        self._unreadable += is_unreadable
