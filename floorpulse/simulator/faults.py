"""What goes wrong between a source and Kafka, each by its switch and for a given share.

What befalls an event depends on the seed and the event alone: a fault can be repeated, and one
switch changes nothing in what another does.
"""

import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from heapq import heappop, heappush
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

import streams.events
from floorpulse.simulator.people import dice
from floorpulse.simulator.wire import Event, fields_of, rewritten
from streams.clock import DAY, MINUTE, SECOND, Micros
from streams.events.contract import UNREADABLE
from streams.kafka.producer import OutEvent, key_of
from streams.ledgers.retention import TOUCHES_KEPT

EXAMPLES = Path(str(streams.events.__file__)).parent / "examples" / "rejected"
LATE_DAYS = 5  # for so long a late event is on its way
FORGOTTEN_SHARE = 0.3  # of the late touches: come to light when they are not kept any more
AHEAD = 365 * DAY  # of a clock that is wrong


class Delivery(NamedTuple):
    """Something that a source sends when the clock shows *due*."""

    due: Micros
    event: OutEvent


@dataclass(frozen=True, slots=True, kw_only=True)
class Faults:
    """The switches; shares are of the events, from 0 to 1. `live_from` is where live begins."""

    seed: int = 0
    duplicates: float = 0.0
    reorder_seconds: float = 0.0
    late: float = 0.0
    malformed: float = 0.0
    corrections: float = 0.0
    silent: str | None = None
    live_from: Micros = 0

    def deliveries(self, event: Event) -> Iterator[Delivery]:
        """All that is sent because of an event, and when: never before its `at`."""
        if event.topic == self.silent and event.at >= self.live_from:
            return
        due = event.at + self._delay(event)
        yield Delivery(due, _out(event))
        if chance := self._struck("duplicates", self.duplicates, event):
            yield Delivery(due + int(chance.uniform(0, 30 * MINUTE)), _out(event))
        if chance := self._struck("corrections", self.corrections, event):
            yield _correction(event, due, chance)
        if chance := self._struck("malformed", self.malformed, event):
            yield Delivery(due, _malformed(event, chance))
        if self._is_forgotten(event):
            long_ago = event.at - TOUCHES_KEPT - int(dice(self.seed, event.id).uniform(1, 15) * DAY)
            yield Delivery(due, _out(rewritten(event, id=f"{event.id}-found", at=long_ago)))

    def _struck(self, fault: str, share: float, event: Event) -> random.Random | None:
        """Dice for what the fault does to this event; None where it spares it."""
        if share <= 0:
            return None
        chance = dice(self.seed, fault, event.topic, event.owner, event.id)
        return chance if chance.random() < share else None

    def _delay(self, event: Event) -> Micros:
        delay = 0
        if chance := self._struck("reorder", float(self.reorder_seconds > 0), event):
            delay = int(chance.random() * self.reorder_seconds * SECOND)
        chance = self._struck("late", self.late, event)
        if chance and not self._is_forgotten(event):
            delay += int(chance.uniform(1, LATE_DAYS) * DAY)
        return delay

    def _is_forgotten(self, event: Event) -> bool:
        """Whether a late touch brings another one with it that is beyond what is kept."""
        chance = self._struck("late", self.late, event)
        if chance is None or event.topic == "lead-status":  # a lead's change is never late
            return False
        return chance.random() < FORGOTTEN_SHARE


def arrivals(happened: Iterable[Event], faults: Faults) -> Iterator[Delivery]:
    """The deliveries of events that come in event-time order, in the order in which they are due.

    Looks one event ahead, and keeps what is due later.
    """
    waiting: list[tuple[Micros, int, Delivery]] = []
    count = 0
    for event in happened:
        while waiting and waiting[0][0] <= event.at:
            yield heappop(waiting)[2]
        for delivery in faults.deliveries(event):
            count += 1
            heappush(waiting, (delivery.due, count, delivery))
    while waiting:
        yield heappop(waiting)[2]


def _out(event: Event) -> OutEvent:
    return OutEvent(event.topic, event.owner.encode(), event.value)


# -- corrections


def _correction(event: Event, due: Micros, chance: random.Random) -> Delivery:
    """A later version of the same id: deleted, at another time, or with another outcome."""
    corrected = due + int(2 * MINUTE * 2 ** chance.uniform(0, 11))  # minutes to three days later
    kind = chance.random()
    fields = fields_of(event)
    other = _other_outcome(fields)
    if kind < 0.25:
        return Delivery(corrected, _retraction(event, fields))
    if kind < 0.6 or not other:
        at = _other_time(event.at, corrected, chance)
        return Delivery(corrected, _out(rewritten(event, version=2, at=at)))
    return Delivery(corrected, _out(rewritten(event, version=2, **other)))


def _retraction(event: Event, fields: dict[str, Any]) -> OutEvent:
    owner = "lead_id" if event.topic == "lead-status" else "rep_id"
    kept = {name: fields[name] for name in ("id", owner, "at")}
    value = msgspec.json.encode({**kept, "version": 2, "retracted": True})
    return _out(event)._replace(value=value)


def _other_time(at: Micros, corrected: Micros, chance: random.Random) -> Micros:
    """Another quarter hour or another day, and not in the future when it is sent."""
    moved = chance.choice((-1, 1)) * int(chance.uniform(16, 90)) * MINUTE
    if chance.random() < 0.3:
        moved = -chance.randint(1, 3) * DAY
    return at + moved if at + moved <= corrected else at - abs(moved)


def _other_outcome(fields: dict[str, Any]) -> dict[str, Any]:
    """What was different in truth; nothing for a change of a lead that has no other way."""
    if "talk_seconds" in fields:
        if fields["outcome"] == "human":
            return {"outcome": "voicemail", "talk_seconds": 0, "disposition": None}
        return {"outcome": "human", "talk_seconds": 4 * MINUTE // SECOND}
    if "automated" in fields:
        return {"outcome": "sent" if fields["outcome"] == "bounced" else "bounced"}
    if "outcome" in fields:
        return {"outcome": "replied" if fields["outcome"] == "declined" else "declined"}
    if fields["status"] in _OTHER_DECISION:
        return {"status": _OTHER_DECISION[fields["status"]]}
    return {"origin": _OTHER_ORIGIN[fields["origin"]]} if "origin" in fields else {}


_OTHER_DECISION = {"accepted": "rejected", "rejected": "accepted", "won": "lost", "lost": "won"}
_OTHER_ORIGIN = {"inbound": "outbound", "outbound": "inbound", "other": "inbound"}


# -- what cannot be read


def _malformed(event: Event, chance: random.Random) -> OutEvent:
    """A broken copy that comes beside the event: cut off, a year ahead, or an example's bytes."""
    kind = chance.random()
    if kind < 0.5:
        cut = event.value[: chance.randrange(1, len(event.value))]
        return _out(event)._replace(value=cut)
    if kind < 0.6:
        return _out(rewritten(event, id=f"{event.id}-ahead", at=event.at + AHEAD))
    topic, value = chance.choice(examples())
    return OutEvent(topic, key_of(topic, value), value)


@cache
def examples() -> tuple[tuple[str, bytes], ...]:
    """The example files that are rejected by what is in them, with their topics.

    The others (future, lead_full, misrouted) are rejected only by a clock or by a worker's state.
    """
    records = []
    for path in sorted(EXAMPLES.iterdir()):
        reason, topic, _ = path.name.split(".")
        if reason in UNREADABLE:
            records.append((topic, path.read_bytes()))
    return tuple(records)
