"""How complete what is counted is, and how far behind, for each partition of each source."""

from collections import deque
from collections.abc import Mapping
from typing import NamedTuple

from streams.clock import MINUTE, SECOND, Clock, Micros, system_clock
from streams.events.contract import is_ahead
from streams.kafka.topics import Place


class Seen(NamedTuple):
    """What is known of a partition: its end when it was last polled, and how far it was taken."""

    end: int | None
    polled_at: float | None  # Unix seconds, by the machine's clock
    taken: int | None  # the offset after the last record taken
    newest: Micros | None  # the greatest `at` taken
    passed_over: int = 0  # offsets after those that hold no record, such as marks of transactions

    def done(self, committed: int | None) -> int:
        """The offset up to which nothing is left to do, when the group holds *committed*."""
        taken = self.taken or 0
        at = taken if committed is None else committed
        return at + self.passed_over if at == taken else at

    @property
    def is_caught_up(self) -> bool:
        """Whether all is taken that the partition had when it was last polled."""
        return self.end is not None and self.done(None) >= self.end


class Progress:
    """The instant until which a partition is complete; it never goes back, unless the clock does.

    Caught up, that is the injected clock at the last poll; else the `at` of what was taken last,
    unless it was taken while the clock was far ahead. A partition that was never polled is complete
    until nothing.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._until: dict[Place, Micros] = {}

    def update(self, seen: Mapping[Place, Seen]) -> None:
        """Take what is known now of the partitions that are assigned; forgets all others."""
        now = self._clock()
        shift = now - system_clock()
        until = {}
        for place, partition in seen.items():
            known = partition.newest
            if known is not None and is_ahead(known, now):
                known = None
            if partition.is_caught_up and partition.polled_at is not None:
                known = round(partition.polled_at * SECOND) + shift
            before = self._until.get(place)
            if before is not None and before > now + MINUTE:  # the clock went back
                before = None
            if known is not None and (before is None or known > before):
                before = known
            if before is not None:
                until[place] = before
        self._until = until

    @property
    def complete_until(self) -> Mapping[Place, Micros]:
        """By (topic, partition), the instant until which it is complete."""
        return self._until

    def caught_up(self, seen: Mapping[Place, Seen], topics: tuple[str, ...]) -> set[int]:
        """The partitions of which every one of *topics* is read to its end."""
        behind, known = set(), set()
        for (topic, partition), its in seen.items():
            if topic in topics:
                known.add(partition)
                if not its.is_caught_up:
                    behind.add(partition)
        return known - behind


class Lag:
    """For how long what is not committed has been waiting, by the ends that the brokers report.

    The end of a partition is noted as it grows; the lag is the age of the first end that lies
    beyond what is committed. Of what waited before the worker came, the wait is counted from then.
    """

    STEP = 1.0  # seconds between two ends noted of one partition

    def __init__(self) -> None:
        self._ends: dict[Place, deque[tuple[int, float]]] = {}

    def update(self, seen: Mapping[Place, Seen], committed: Mapping[Place, int], at: float) -> None:
        """Take what is known at *at*, in seconds of any clock; forgets all other partitions."""
        ends = {}
        for place, partition in seen.items():
            noted = ends[place] = self._ends.get(place, deque())
            end, done = partition.end, partition.done(committed.get(place))
            while noted and noted[0][0] <= done:
                noted.popleft()
            if end is None or end <= done:
                continue
            if not noted or (end > noted[-1][0] and at - noted[-1][1] >= self.STEP):
                noted.append((end, at))
        self._ends = ends

    def seconds(self, at: float) -> dict[Place, float]:
        """The lag of each partition at the time *at*: 0 when all is committed."""
        return {place: at - noted[0][1] if noted else 0.0 for place, noted in self._ends.items()}
