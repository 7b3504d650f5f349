"""How complete what is counted is: up to which instant, for each partition of each source."""

from collections.abc import Mapping
from typing import NamedTuple

from streams.clock import SECOND, Clock, Micros, system_clock

Place = tuple[str, int]


class Seen(NamedTuple):
    """What is known of a partition: its end when it was last polled, and how far it was taken."""

    end: int | None
    polled_at: float | None  # Unix seconds, by the machine's clock
    taken: int | None  # the offset after the last record taken
    newest: Micros | None  # the greatest `at` taken


class Progress:
    """The instant until which a partition is complete; it never goes back.

    Caught up, that is the injected clock at the last poll; else the `at` of what was taken last. A
    partition that was never polled is complete until nothing.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._until: dict[Place, Micros] = {}

    def update(self, seen: Mapping[Place, Seen]) -> None:
        """Take what is known now of the partitions that are assigned; forgets all others."""
        shift = self._clock() - system_clock()
        until = {}
        for place, (end, polled_at, taken, newest) in seen.items():
            told = newest
            if end is not None and polled_at is not None and (taken or 0) >= end:
                told = round(polled_at * SECOND) + shift
            before = self._until.get(place)
            if told is not None and (before is None or told > before):
                before = told
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
        for (topic, partition), (end, _, taken, _) in seen.items():
            if topic in topics:
                known.add(partition)
                if end is None or (taken or 0) < end:
                    behind.add(partition)
        return known - behind
