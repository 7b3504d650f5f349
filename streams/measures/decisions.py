"""The decisions of a rep, of which the capped measures take the first few.

They are kept for 90 days, so encoded, by the day: some 50 bytes a decision instead of 600.
"""

from typing import NamedTuple

import msgspec

from metrics.kpis import APPOINTMENTS_ACCEPTED
from streams.clock import DAY, Micros
from streams.measures.leads import CAP, Decision, Fact, cap_key, decision_order


class CountedDecision(NamedTuple):
    """What a decision counts for: in the team at *earned_at*, at the decision's instant."""

    decision: Decision
    earned_at: Micros
    is_accepted: bool


_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(list[CountedDecision])


class Decisions:
    """All decisions of one rep by the day in UTC, each day encoded."""

    __slots__ = ("_days",)

    def __init__(self) -> None:
        self._days: dict[int, bytes] = {}

    def change(self, fact: Fact, count: int) -> tuple[list[CountedDecision], list[CountedDecision]]:
        """Add a decision, or take it away with a *count* of -1.

        Returns the first `CAP` of its decider and ten minutes, as they were and as they are.
        """
        assert fact.decision is not None
        changed = CountedDecision(
            fact.decision, fact.earned_at, fact.measure is APPOINTMENTS_ACCEPTED
        )
        day = changed.decision.at // DAY
        before = _decoder.decode(self._days[day]) if day in self._days else []
        after = [other for other in before if other != changed] if count < 0 else [*before, changed]
        if after:
            self._days[day] = _encoder.encode(after)
        else:
            self._days.pop(day, None)
        return _first(before, changed), _first(after, changed)

    def forget_before(self, at: Micros) -> None:
        """Forget the days that ended before *at*."""
        for day in [day for day in self._days if day < at // DAY]:
            del self._days[day]


def _first(kept: list[CountedDecision], like: CountedDecision) -> list[CountedDecision]:
    key = cap_key(like.decision)
    same = [other for other in kept if cap_key(other.decision) == key]
    return sorted(same, key=lambda other: decision_order(other.decision))[:CAP]
