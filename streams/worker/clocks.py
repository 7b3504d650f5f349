"""Clocks that leap: what may be expired for good, and how far the machine's clock is off."""

from collections import deque
from collections.abc import Callable
from typing import NamedTuple

from streams.clock import MINUTE, SECOND, Clock, Micros, parse_instant, system_clock, uptime

HOUR_UP = 3600.0  # seconds of uptime for which something has to have been expired
DAY_UP = 86_400.0  # seconds of uptime from one sweep to the next
EARLIEST = parse_instant("2000-01-01T00:00:00Z")  # brokers that answer with less have no clock


class _Stamp(NamedTuple):
    """When a broker appended what was sent: between two moments of our uptime, in seconds."""

    at: Micros
    after: float
    before: float


class BrokerTime:
    """How far the machine's clock is from the time at which brokers append what we send.

    From the last time stamp of a broker on, its time is known by the machine's uptime.
    """

    def __init__(self, clock: Clock = system_clock, uptime: Callable[[], float] = uptime) -> None:
        self._clock = clock
        self._uptime = uptime
        self._stamp: _Stamp | None = None
        self._is_answered = False

    def note(self, sent_at: float, appended_at: Micros | None) -> None:
        """Note a send that is durable now, and was begun at *sent_at* of the uptime.

        *appended_at* is the broker's time stamp; None where the topic has those of producers.
        """
        self._is_answered = True
        if appended_at is not None and appended_at >= EARLIEST:
            self._stamp = _Stamp(appended_at, sent_at, self._uptime())

    @property
    def offset(self) -> Micros | None:
        """How far the machine's clock is ahead; below zero it is behind, None is not known.

        It is 0 where the difference may come from the time for which the last send waited.
        """
        if self._stamp is None:
            return None
        now, up = self._clock(), self._uptime()
        least = self._stamp.at + round((up - self._stamp.before) * SECOND)
        most = self._stamp.at + round((up - self._stamp.after) * SECOND)
        return now - min(max(now, least), most)

    @property
    def agrees(self) -> bool:
        """Whether brokers answered, and did not say that the clock is off by over a minute."""
        offset = self.offset
        return self._is_answered and (offset is None or abs(offset) <= MINUTE)

    @property
    def seconds(self) -> float | None:
        """The offset in seconds; None while it is not known."""
        offset = self.offset
        return None if offset is None else offset / SECOND


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
