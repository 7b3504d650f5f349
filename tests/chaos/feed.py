"""Random events of a small floor; every send that the brokers acknowledged is remembered.

What was not acknowledged is sent again until it is: the same id and version once more, which has to
change nothing.
"""

import asyncio
import datetime as dt
import json
import random
from dataclasses import dataclass, field
from itertools import count

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

REPS = [f"rep-{number:02}" for number in range(24)]
NOW = dt.datetime(2026, 11, 23, 14, 30, tzinfo=dt.UTC)  # where the clock of all parts stands
ROSTER = """
floors:
  north: {zone: Europe/Amsterdam, holidays: NL, hours: {mon-fri: "08:30-17:30"}}
  south: {zone: America/New_York, hours: {mon-thu: "09:00-17:00"}, effective: {talk_seconds: 31}}
teams:
  hunters: {floor: north}
  farmers: {floor: north}
  sailors: {floor: south}
reps:
""" + "\n".join(
    f"  {rep}: {{team: {('hunters', 'farmers', 'sailors')[number % 3]}}}"
    for number, rep in enumerate(REPS[:-1])  # the last one is not on the roster
)
STATUSES = (
    *("created", "working", "delivered", "delivered", "accepted", "rejected", "reopened"),
    *("no_show", "cancelled", "won", "lost", "merged"),
)
CHUNK = 300  # records that are acknowledged together
SEND_WITHIN = 20.0  # seconds after which a chunk is sent again


@dataclass
class Feed:
    """Makes and sends events; `acknowledged` has each event as often as it was acknowledged."""

    brokers: str
    prefix: str
    chance: random.Random
    acknowledged: list[dict] = field(default_factory=list)
    broken: set[int] = field(default_factory=set)
    _ids: "count[int]" = field(default_factory=lambda: count(1))
    _versions: "count[int]" = field(default_factory=lambda: count(1))
    _broken: "count[int]" = field(default_factory=lambda: count(1))

    def events(self, number: int) -> list[dict]:
        """New events and, among them, corrections, moves, retractions and repetitions."""
        made: list[dict] = []
        for _ in range(number):
            dice = self.chance.random()
            earlier = self.acknowledged or made
            if dice < 0.1 and earlier:
                made.append(self.chance.choice(earlier))
            elif dice < 0.25 and earlier:
                made.append(self._corrected(self.chance.choice(earlier)))
            else:
                made.append(self._lead() if dice < 0.5 else self._touch())
        return made

    def hot(self, number: int) -> list[dict]:
        """Mails of one rep within a quarter hour: a sequence mailer gone wild."""
        at = NOW - dt.timedelta(minutes=50)
        mails = [self._touch("emails", REPS[3]) for _ in range(number)]
        return [
            {**mail, "at": (at + dt.timedelta(seconds=n % 300)).isoformat()}
            for n, mail in enumerate(mails)
        ]

    def _corrected(self, event: dict) -> dict:
        kept = {name: event[name] for name in ("topic", "id", "rep_id", "lead_id") if name in event}
        fresh = self._lead() if event["topic"] == "lead-status" else self._touch(event["topic"])
        fields = {name: value for name, value in fresh.items() if name not in kept}
        if self.chance.random() < 0.5:
            fields["at"] = event["at"]
        return {**fields, **kept, "retracted": self.chance.random() < 0.3}

    def _touch(self, topic: str = "", rep: str = "") -> dict:
        topic = topic or self.chance.choice(("calls", "calls", "emails", "inmails"))
        fields = {
            "topic": topic,
            "id": f"t{next(self._ids)}",
            "rep_id": rep or self.chance.choice(REPS),
            "at": self._at(61 if self.chance.random() < 0.02 else 9),
            "version": next(self._versions),
            "direction": self.chance.choice(("outbound", "outbound", "inbound")),
            "contact_id": f"k{self.chance.randrange(900)}",
            "outcome": {"calls": "human", "emails": "sent", "inmails": "sent"}[topic],
        }
        return (
            {**fields, "talk_seconds": self.chance.randrange(120)} if topic == "calls" else fields
        )

    def _lead(self) -> dict:
        return {
            "topic": "lead-status",
            "id": f"s{next(self._ids)}",
            "lead_id": f"L{self.chance.randrange(700)}",
            "rep_id": self.chance.choice(REPS),
            "at": self._at(30),
            "version": next(self._versions),
            "status": self.chance.choice(STATUSES),
            "origin": self.chance.choice(("inbound", "outbound")),
            "contact_id": f"k{self.chance.randrange(900)}",
            "decided_by": self.chance.choice(("am-1", "am-2")),
        }

    def _at(self, days: int) -> str:
        minutes = self.chance.choice(
            (self.chance.uniform(0, 200), self.chance.uniform(0, days * 1440))
        )
        return (NOW - dt.timedelta(minutes=minutes)).isoformat()

    # -- sending

    async def send(
        self, events: list[dict], *, broken: float = 0.01, misrouted: float = 0.02
    ) -> None:
        """Send events, some to a wrong partition, and broken ones beside them; all acknowledged."""
        for start in range(0, len(events), CHUNK):
            chunk = events[start : start + CHUNK]
            await self._until_sent(chunk, misrouted)
            self.acknowledged.extend(chunk)
        await self.send_broken(round(len(events) * broken))

    async def send_broken(self, number: int) -> None:
        """Send so many events that cannot be read, which `broken` names; all acknowledged."""
        names = [next(self._broken) for _ in range(number)]
        await self._until_sent([{"topic": "calls", "broken": name} for name in names], 0)
        self.broken.update(names)

    async def _until_sent(self, chunk: list[dict], misrouted: float) -> None:
        while True:
            if await self._sent(chunk, misrouted):
                return
            await asyncio.sleep(0.5)

    async def _sent(self, chunk: list[dict], misrouted: float) -> bool:
        producer = AIOKafkaProducer(bootstrap_servers=self.brokers, acks="all", linger_ms=5)
        try:
            async with asyncio.timeout(SEND_WITHIN):
                await producer.start()
                pending = [await self._send(producer, event, misrouted) for event in chunk]
                await asyncio.gather(*pending)
        except (KafkaError, OSError, TimeoutError):
            return False
        finally:
            await producer.stop()
        return True

    async def _send(
        self, producer: AIOKafkaProducer, event: dict, misrouted: float
    ) -> "asyncio.Future":
        key = str(event.get("lead_id") or event.get("rep_id") or "").encode() or None
        value = as_sent(event).encode()
        wrong = self.chance.randrange(4) if self.chance.random() < misrouted else None
        return await producer.send(self.prefix + event["topic"], value, key=key, partition=wrong)


def as_sent(event: dict) -> str:
    """The value of an event's record."""
    return json.dumps({name: value for name, value in event.items() if name != "topic"})
