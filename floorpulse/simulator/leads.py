"""A lead's life: days of work by the rep, a decision by an account manager, weeks until it is won.

Every lead has its own dice, and every instant lies in somebody's working time.
"""

import random
from collections.abc import Iterator
from datetime import date
from typing import Any, NamedTuple

from floorpulse.simulator.people import (
    FloorHours,
    Person,
    TeamCharacter,
    dice,
    exponential,
    within,
)
from floorpulse.simulator.touches import Opening
from floorpulse.simulator.wire import Event, lead_change
from streams.clock import DAY, HOUR, MINUTE, Micros
from streams.roster.calendar import Day

LIFE_DAYS = 42  # after so many calendar days nobody touches a lead any more
OTHER_SHARE = 0.02  # leads neither inbound nor outbound: partners, fairs

MANAGERS = 3  # account managers of a floor
SPIKE_SHARE = 0.85  # rejected of what is decided under a spike
_ENDS = ("accepted", "rejected", "cancelled")
_REASONS = ("no budget", "no need", "not the decider", "too small", "did not know of it")


class Spike(NamedTuple):
    """From *since* on the account managers of *team* (None: of all) reject most, and at once."""

    since: Micros
    team: str | None = None

    def holds(self, team: str) -> bool:
        """Whether it is this team's appointments."""
        return self.team is None or self.team == team


class Change(NamedTuple):
    """A status that a lead takes."""

    at: Micros
    status: str
    details: dict[str, Any]


class Surroundings(NamedTuple):
    """What a lead's life depends on beside its rep."""

    character: TeamCharacter
    managers: FloorHours
    spike: Spike | None


def life(
    person: Person, day: Day, number: int, opening: Opening, around: Surroundings
) -> list[Event]:
    """All that ever happens to the *number*-th lead that a person made on a day, in order."""
    lead_id = f"L-{person.badge}-{date.fromordinal(day):%y%m%d}-{number}"
    life = _Life(person, opening, around, dice(person.seed, lead_id))
    end = opening.at + LIFE_DAYS * DAY
    return [
        lead_change(
            lead_id, step, person.rep.id, change.at, {"status": change.status, **change.details}
        )
        for step, change in enumerate(life.changes(), 1)
        if change.at < end
    ]


class _Life:
    def __init__(
        self, person: Person, opening: Opening, around: Surroundings, chance: random.Random
    ) -> None:
        self._person = person
        self._opening = opening
        self._around = around
        self._chance = chance
        number = chance.randrange(MANAGERS) + 1
        self._manager = f"am-{opening.stint.floor.name}-{number}"[:64]

    def changes(self) -> Iterator[Change]:
        """The whole life; it breaks off where nobody is there to go on with it."""
        at, chance = self._opening.at, self._chance
        contact = {"contact_id": self._opening.contact_id}
        yield Change(at, "created", {"origin": self._origin(), **contact})
        if chance.random() < 0.8:
            for change in self._by_rep(at, 1.0, "working", contact):
                yield change
                at = change.at
        fate = chance.random()
        if fate < 0.56:
            yield from self._appointment(at)
        elif fate < 0.8:
            yield from self._by_rep(at, 30.0, "lost", {"reason": "no answer any more"})
        elif fate < 0.81:
            yield from self._by_rep(at, 5.0, "merged", {"reason": "duplicate"})

    def _origin(self) -> str:
        chance = self._chance
        if chance.random() < OTHER_SHARE:
            return "other"
        share = 0.9 if self._opening.called_in else self._around.character.inbound_share - 0.03
        return "inbound" if chance.random() < share else "outbound"

    def _by_rep(
        self, at: Micros, hours: float, status: str, details: dict[str, Any]
    ) -> Iterator[Change]:
        then = self._person.after(at, _lag(self._chance, hours))
        if then is not None:
            yield Change(then, status, details)

    # -- appointments

    def _appointment(self, at: Micros) -> Iterator[Change]:
        delivered = self._person.after(at, _lag(self._chance, 6.0))
        if delivered is None:
            return
        yield Change(delivered, "delivered", {"contact_id": self._opening.contact_id})
        handled = list(self._handled(delivered))
        spike = self._around.spike
        if spike is not None and spike.holds(self._opening.stint.team):
            handled = self._under(spike, delivered, handled)
        yield from handled

    def _handled(self, delivered: Micros) -> Iterator[Change]:
        """What becomes of an appointment as a rule."""
        chance = self._chance
        mishap = chance.random()
        if mishap < 0.03:
            yield from self._by_rep(delivered, 4.0, "cancelled", {"reason": "called off"})
            return
        decided = self._managed(delivered, within(chance.lognormvariate(2.2, 0.8), 0.3, 70.0))
        if decided is not None:
            yield from self._mishap(delivered, decided, mishap)
            if chance.random() > 0.03:  # else it is forgotten
                yield from self._decision(decided)

    def _mishap(self, delivered: Micros, decided: Micros, mishap: float) -> Iterator[Change]:
        """Now and then somebody does not come, or asks for another day, before the decision."""
        status = "no_show" if mishap < 0.1 else "rescheduled" if mishap < 0.22 else None
        if status is not None:
            for change in self._by_rep(delivered, 2.0, status, {}):
                if change.at < decided:
                    yield change

    def _decision(self, at: Micros) -> Iterator[Change]:
        chance = self._chance
        is_rejected = chance.random() < self._around.character.rejected_share
        yield self._decided(at, is_rejected)
        if chance.random() < 0.04:
            reopened = self._managed(at, exponential(chance, 8.0))
            again = None if reopened is None else self._managed(reopened, exponential(chance, 6.0))
            if reopened is None or again is None:
                return
            yield Change(reopened, "reopened", {"decided_by": self._manager})
            yield self._decided(again, is_rejected)
            at = again
        if not is_rejected:
            yield from self._deal(at)

    def _deal(self, at: Micros) -> Iterator[Change]:
        chance = self._chance
        fate = chance.random()
        if fate < 0.72:
            end = self._managed(at, within(chance.lognormvariate(3.8, 0.6), 8.0, 400.0))
            if end is not None:
                status = "won" if fate < 0.34 else "lost"
                yield Change(end, status, {"decided_by": self._manager})

    def _under(self, spike: Spike, delivered: Micros, handled: list[Change]) -> list[Change]:
        """The same when a spike begins; what had happened until then has happened."""
        before = [change for change in handled if change.at < spike.since]
        if any(change.status in _ENDS for change in before):
            return handled
        chance = dice("spike", self._manager, delivered, self._opening.at)
        at = max(delivered, spike.since) + int(chance.uniform(1, 40) * MINUTE)
        return [*before, self._decided(at, chance.random() < SPIKE_SHARE)]

    def _decided(self, at: Micros, is_rejected: bool) -> Change:
        details: dict[str, Any] = {"decided_by": self._manager}
        if is_rejected:
            details["reason"] = self._chance.choice(_REASONS)
        return Change(at, "rejected" if is_rejected else "accepted", details)

    def _managed(self, at: Micros, hours: float) -> Micros | None:
        return self._around.managers.after(at, int(hours * HOUR))


def _lag(chance: random.Random, hours: float) -> Micros:
    return MINUTE + int(exponential(chance, hours) * HOUR)
