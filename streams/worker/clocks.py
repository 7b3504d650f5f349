"""Clocks that leap: what may be expired for good, and how far the machine's clock is off."""

from collections import deque

from streams.clock import MINUTE, SECOND, Micros, parse_instant

HOUR_UP = 3600.0  # seconds of uptime for which something has to have been expired
DAY_UP = 86_400.0  # seconds of uptime from one sweep to the next
EARLIEST = parse_instant("2000-01-01T00:00:00Z")  # brokers that answer with less have no clock


class BrokerTime:
    """How far the machine's clock is from the time at which brokers append what we send."""

    def __init__(self) -> None:
        self.offset: Micros | None = None  # positive: the machine's is ahead; None: not known

    def note(self, sent_at: Micros, durable_at: Micros, appended_at: Micros) -> None:
        """Note one send: when it began and ended by the machine, and when it was appended."""
        if appended_at < EARLIEST:
            return
        if appended_at > durable_at:
            self.offset = durable_at - appended_at
        else:
            self.offset = max(0, sent_at - appended_at)

    @property
    def agrees(self) -> bool:
        """Whether nothing says that the machine's clock is off by more than a minute."""
        return self.offset is None or abs(self.offset) <= MINUTE

    @property
    def seconds(self) -> float | None:
        """The offset in seconds; None while it is not known."""
        return None if self.offset is None else self.offset / SECOND


class Sweeps:
    """When to drop what is not kept any more, and by which instant it is judged.

    Nothing is dropped that has not been expired for an hour of uptime, by every look at the clock.
    """

    def __init__(self) -> None:
        self._looks: deque[tuple[float, Micros]] = deque()  # uptime and clock, oldest first
        self._swept_at: float | None = None

    def look(self, uptime: float, now: Micros) -> None:
        """Note what the clock shows; *uptime* is in seconds and never leaps."""
        self._looks.append((uptime, now))
        while len(self._looks) > 1 and self._looks[1][0] <= uptime - HOUR_UP:
            self._looks.popleft()

    def due(self, uptime: float) -> Micros | None:
        """By which instant to judge in a sweep that is due; None when none is."""
        if not self._looks or self._looks[0][0] > uptime - HOUR_UP:
            return None
        if self._swept_at is not None and uptime - self._swept_at < DAY_UP:
            return None
        return min(now for _, now in self._looks)

    def swept(self, uptime: float) -> None:
        """A sweep was done."""
        self._swept_at = uptime
