"""The load of the benches: a roster, working days of invented reps, and sending them.

The same numbers give the same events. All lie before NOW, at which the workers' clock stands when a
bench begins; it then runs on, so windows slide as they do on a floor.
"""

import asyncio
from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from streams.clock import MINUTE, SECOND, Micros, iso, micros, system_clock
from streams.kafka.producer import OutEvent, feeding
from streams.settings import Settings

ZONE = ZoneInfo("Europe/Amsterdam")
TODAY = date(2026, 11, 23)  # a Monday
NOW = micros(datetime(2026, 11, 23, 17, 30, tzinfo=ZONE))
TOUCHES_A_DAY = 100  # of a rep
LEADS_A_DAY = 2  # created by a rep
CHANGES_A_DAY = 5  # of leads, by a rep: two created, two delivered, one decided
EVENTS_A_DAY = TOUCHES_A_DAY + CHANGES_A_DAY
TEAM_SIZE = 12
TEAMS_A_FLOOR = 5
_OUTCOMES = ("human", "no_answer", "voicemail", "human", "busy")
_EMAIL, _INMAIL = 60, 88  # of a hundred touches 60 are calls, then 28 e-mails, then 12 InMails

# By topic, the event and the instant at which it happened.
Happened = tuple[Micros, str, dict[str, Any]]


def clock_shift() -> str:
    """FLOORPULSE_CLOCK of a worker that starts now: it shows NOW, and runs."""
    return f"{(NOW - system_clock()) / SECOND:+.3f}"


def rep_ids(reps: int) -> list[str]:
    """The ids of so many reps."""
    return [f"rep-{number:04d}" for number in range(reps)]


def floor_of(rep: str) -> str:
    """The floor of a rep in the roster."""
    return f"floor-{int(rep.removeprefix('rep-')) // TEAM_SIZE // TEAMS_A_FLOOR}"


def roster(reps: int) -> str:
    """A roster of so many reps, in teams of twelve and floors of five teams."""
    teams = (reps + TEAM_SIZE - 1) // TEAM_SIZE
    floors = (teams + TEAMS_A_FLOOR - 1) // TEAMS_A_FLOOR
    lines = ["effective: {dispositions: [meeting, callback], talk_seconds: 60}", "floors:"]
    lines += [
        f"  floor-{number}: {{zone: Europe/Amsterdam, holidays: NL, "
        'hours: {mon-fri: "08:30-17:30"}, breaks: ["12:30-13:00"], '
        "targets: {call: 40, email: 15, inmail: 5}}"
        for number in range(floors)
    ]
    lines.append("teams:")
    lines += [f"  team-{n}: {{floor: floor-{n // TEAMS_A_FLOOR}}}" for n in range(teams)]
    lines.append("reps:")
    lines += [f"  {rep}: {{team: team-{n // TEAM_SIZE}}}" for n, rep in enumerate(rep_ids(reps))]
    return "\n".join(lines) + "\n"


def working_days(count: int) -> list[date]:
    """The last so many days from Monday to Friday, TODAY the last of them."""
    days: list[date] = []
    day = TODAY
    while len(days) < count:
        if day.weekday() < 5:
            days.append(day)
        day -= timedelta(days=1)
    return days[::-1]


def day_of(day: date, reps: int) -> list[Happened]:
    """What so many reps did on a day, in the order in which it happened."""
    rng = Random(day.toordinal())
    opens = micros(datetime(day.year, day.month, day.day, 8, 30, tzinfo=ZONE))
    happened: list[Happened] = []
    for rep in rep_ids(reps):
        for number in range(TOUCHES_A_DAY):
            at = opens + rng.randrange(9 * 3600) * SECOND
            happened.append(touch(rng, rep, f"{day:%m%d}-{rep}-{number}", number, at))
        happened += _leads(rng, rep, f"{day:%m%d}-{rep}", opens)
    happened.sort(key=lambda event: event[0])
    return happened


def touch(rng: Random, rep: str, name: str, number: int, at: Micros) -> Happened:
    """A touch at an instant: the channel by *number*, of a hundred a day."""
    usual: dict[str, Any] = {
        "id": name,
        "version": 1,
        "rep_id": rep,
        "at": iso(at),
        "direction": "outbound",
        "contact_id": f"contact-{rep}-{rng.randrange(2000)}",
        "source": "bench",
    }
    if number < _EMAIL:
        outcome = _OUTCOMES[rng.randrange(len(_OUTCOMES))]
        return at, "calls", {**usual, "outcome": outcome, "talk_seconds": rng.randrange(600)}
    if number < _INMAIL:
        return at, "emails", {**usual, "outcome": "sent", "automated": False}
    return at, "inmails", {**usual, "outcome": "sent"}


def _leads(rng: Random, rep: str, name: str, opens: Micros) -> Iterator[Happened]:
    for number in range(LEADS_A_DAY):
        at = opens + rng.randrange(6 * 3600) * SECOND
        steps = ["created", "delivered", *(["accepted"] if number else [])]
        yield from lead(rng, rep, f"lead-{name}-{number}", steps, at, 3600 * SECOND)


def lead(
    rng: Random, rep: str, lead_id: str, steps: Iterable[str], at: Micros, apart: Micros
) -> Iterator[Happened]:
    """The changes of a lead from an instant on, so far apart."""
    for step, status in enumerate(steps):
        yield (
            at + step * apart,
            "lead-status",
            {
                "id": f"{lead_id}-{step}",
                "version": 1,
                "lead_id": lead_id,
                "rep_id": rep,
                "at": iso(at + step * apart),
                "status": status,
                "origin": "outbound",
                "contact_id": f"contact-{rep}-{rng.randrange(2000)}",
            },
        )


def out(happened: Iterable[Happened]) -> Iterator[OutEvent]:
    """Events as a source sends them."""
    for _, topic, event in happened:
        owner = event["lead_id"] if topic == "lead-status" else event["rep_id"]
        yield OutEvent(topic, owner.encode(), msgspec.json.encode(event))


def calls(reps: int, events: int) -> Iterator[OutEvent]:
    """So many calls of so many reps within eight hours, of 226 bytes, in the order of time."""
    rng = Random(20261125)
    ids = rep_ids(reps)
    for number in range(events):
        rep = ids[rng.randrange(reps)]
        event = {
            "id": f"call-{number:09d}",
            "version": 1,
            "rep_id": rep,
            "at": iso(NOW - 480 * MINUTE + 480 * MINUTE * number // events),
            "direction": "outbound",
            "outcome": ("human", "no_answer", "voicemail")[number % 3],
            "talk_seconds": rng.randrange(600),
            "contact_id": f"contact-{rep}-{rng.randrange(2000)}",
            "source": "dialler",
        }
        yield OutEvent("calls", rep.encode(), msgspec.json.encode(event))


def days(reps: int, count: int) -> Iterator[OutEvent]:
    """The last so many working days of so many reps, oldest first."""
    for day in working_days(count):
        yield from out(day_of(day, reps))


def send(settings: Settings, events: Iterable[OutEvent]) -> int:
    """Send events; returns how many they were."""

    async def send_all() -> int:
        async with feeding(settings) as feeder:
            return await feeder.send_all(events)

    return asyncio.run(send_all())
