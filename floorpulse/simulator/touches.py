"""A rep's day: calls, e-mails and InMails laid out over the hours worked, one after the other."""

import random
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from itertools import accumulate
from typing import Any, NamedTuple

from floorpulse.simulator.people import Person, Stint, dice, exponential
from floorpulse.simulator.wire import Event, touch
from metrics.channels import CHANNELS
from streams.clock import MINUTE, SECOND, Micros
from streams.roster.calendar import Day
from streams.roster.floors import Floor

FULL_DAY = 480  # minutes, for which habits are drawn
CHANNEL_TOPIC = {channel.name: channel.topic for channel in CHANNELS}

# How often an effective touch makes a lead, by topic: with FRESH, a tenth of the contacts.
CLOSES = {"calls": 0.047, "emails": 0.026, "inmails": 0.022}
CLOSES_CALLER = 0.12  # who calls in is half sold
FRESH = 0.26  # contacts first worked on a day, against the effective touches expected of the day
WORKED_DAYS = 6.0  # for so long a contact is worked on

_UNREACHED = ("no_answer", "voicemail", "human", "busy", "wrong_number", "failed", "unknown")
_UNREACHED_WEIGHTS = tuple(accumulate((44, 30, 12, 7, 4, 2, 1)))
_TALKS = ("callback", "follow_up", "not_interested", "meeting", None)
_TALK_WEIGHTS = tuple(accumulate((30, 30, 20, 14, 6)))
_INMAILS = ("sent", "accepted", "replied")
_INMAIL_WEIGHTS = tuple(accumulate((66, 18, 16)))
INMAIL_DECLINED = 0.07


class Opening(NamedTuple):
    """A touch of which a lead comes: when, with whom, for which team."""

    at: Micros
    contact_id: str | None
    stint: Stint
    called_in: bool


class RepDay(NamedTuple):
    """What a rep did on a business day: the touches, and where leads came of them."""

    touches: list[Event]
    openings: list[Opening]


class _Act(NamedTuple):
    """Something done: the topic, how long it takes, what its event says, how often it closes."""

    topic: str
    seconds: float
    details: dict[str, Any]
    closes: float = 0.0

    @property
    def called_in(self) -> bool:
        return bool(self.details["direction"] == "inbound")


def rep_day(person: Person, day: Day) -> RepDay:
    """The business day of a person: the same one whenever it is asked for."""
    made = RepDay([], [])
    chance = dice(person.seed, "day", person.rep.id, day)
    for stint in person.stints(day):
        _work(person, day, stint, chance, made)
    return made


def _work(person: Person, day: Day, stint: Stint, chance: random.Random, made: RepDay) -> None:
    acts = list(_acts(person, day, stint, chance))
    chance.shuffle(acts)
    contacts = _Contacts(person, day, stint)
    prefix = f"{person.badge}-{date.fromordinal(day):%y%m%d}-"
    for at, act in _laid_out(acts, _kept(stint, person.habits.slack_minutes, chance), chance):
        act.details["contact_id"] = contact = contacts.draw(chance)
        touch_id = f"{act.topic[:2]}-{prefix}{len(made.touches) + 1:03}"
        made.touches.append(touch(act.topic, touch_id, person.rep.id, at, act.details))
        if chance.random() < act.closes * person.habits.closing:
            end = person.after(at, int((act.seconds + chance.uniform(10, 240)) * SECOND))
            # Whoever stops in the middle of a call writes the lead down before they leave.
            until = max(at, stint.spans[-1][1] - SECOND)
            made.openings.append(Opening(min(end or until, until), contact, stint, act.called_in))


# -- what is done


def _acts(person: Person, day: Day, stint: Stint, chance: random.Random) -> Iterator[_Act]:
    habits = person.habits
    minutes = stint.worked / MINUTE
    pace = person.pace_on(day) * minutes
    aims = {channel: rate * pace for channel, rate in stint.rates.items()}
    answered = _about(chance, habits.inbound_calls * minutes / FULL_DAY)
    calls = max(0.0, aims.get("call", 0.0) - 0.8 * answered) / habits.reach
    for _ in range(answered if "call" in aims else 0):
        yield _inbound_call(person, stint.floor, chance)
    for _ in range(_about(chance, calls)):
        yield _outbound_call(person, stint.floor, chance)
    mails = aims.get("email", 0.0) / (1 - habits.bounce_share)
    for _ in range(_about(chance, mails)):
        outcome = "bounced" if chance.random() < habits.bounce_share else "sent"
        yield _mail("outbound", outcome, chance.uniform(60, 240), CLOSES["emails"])
    for _ in range(_about(chance, mails * habits.sequence_share)):
        outcome = "bounced" if chance.random() < habits.bounce_share else "sent"
        yield _mail("outbound", outcome, 1, automated=True)
    for _ in range(_about(chance, mails * 0.16)):
        outcome = "auto_replied" if chance.random() < 0.25 else "replied"
        yield _mail("inbound", outcome, 20)
    for _ in range(_about(chance, aims.get("inmail", 0.0) / (1 - INMAIL_DECLINED))):
        yield _inmail(chance)


def _about(chance: random.Random, mean: float) -> int:
    """A whole number that is *mean* on average."""
    return int(mean + chance.random())


def _inbound_call(person: Person, floor: Floor, chance: random.Random) -> _Act:
    if chance.random() < 0.8:
        return _conversation("inbound", person, floor, chance, CLOSES_CALLER)
    outcome = "voicemail" if chance.random() < 0.5 else "no_answer"
    return _call("inbound", outcome, 0, None, 0)


def _outbound_call(person: Person, floor: Floor, chance: random.Random) -> _Act:
    if chance.random() < person.habits.reach:
        return _conversation("outbound", person, floor, chance, CLOSES["calls"])
    outcome = chance.choices(_UNREACHED, cum_weights=_UNREACHED_WEIGHTS)[0]
    if outcome == "human":  # said no before it counted
        talk = int(chance.uniform(0.05, 0.9) * floor.rule.talk_seconds)
        return _call("outbound", outcome, talk, "not_interested", 0)
    talk = int(chance.uniform(10, 40)) if outcome == "voicemail" else 0
    return _call("outbound", outcome, talk, None, 0)


def _conversation(
    direction: str, person: Person, floor: Floor, chance: random.Random, closes: float
) -> _Act:
    talk = floor.rule.talk_seconds + int(exponential(chance, person.habits.talk_seconds))
    disposition = chance.choices(_TALKS, cum_weights=_TALK_WEIGHTS)[0]
    return _call(direction, "human", talk, disposition, closes)


def _call(direction: str, outcome: str, talk: int, disposition: str | None, closes: float) -> _Act:
    details = {
        "direction": direction,
        "outcome": outcome,
        "talk_seconds": talk,
        "disposition": disposition,
        "source": "dialler",
    }
    return _Act("calls", talk + 35, details, closes)


def _mail(
    direction: str, outcome: str, seconds: float, closes: float = 0, *, automated: bool = False
) -> _Act:
    details = {"direction": direction, "outcome": outcome, "automated": automated, "source": "crm"}
    return _Act("emails", seconds, details, 0 if outcome == "bounced" else closes)


def _inmail(chance: random.Random) -> _Act:
    outcome = chance.choices(_INMAILS, cum_weights=_INMAIL_WEIGHTS)[0]
    closes = CLOSES["inmails"]
    if chance.random() < INMAIL_DECLINED:
        outcome, closes = "declined", 0.0
    details = {"direction": "outbound", "outcome": outcome, "source": "linkedin"}
    return _Act("inmails", chance.uniform(45, 150), details, closes)


# -- when, and with whom


def _kept(stint: Stint, slack_minutes: float, chance: random.Random) -> list[tuple[Micros, Micros]]:
    """The spans without the slack at the start and at the end; a short stint has little of it."""
    most = min(slack_minutes * MINUTE, stint.worked / 20)
    (start, _), (_, end) = stint.spans[0], stint.spans[-1]
    late, early = start + int(chance.random() * most), end - int(chance.random() * most / 2)
    kept = [(max(start, late), min(end, early)) for start, end in stint.spans]
    return [(start, end) for start, end in kept if start < end]


def _laid_out(
    acts: Sequence[_Act], spans: Sequence[tuple[Micros, Micros]], chance: random.Random
) -> Iterator[tuple[Micros, _Act]]:
    """When each act begins: one after the other, with pauses as chance has it.

    Who is given more than fits does several things at a time.
    """
    worked = sum(end - start for start, end in spans)
    busy = sum(act.seconds for act in acts) * SECOND
    hurry = min(1.0, 0.97 * worked / busy) if busy else 1.0
    pauses = [exponential(chance, 1) for _ in range(len(acts) + 1)]
    rest = (worked - busy * hurry) / sum(pauses)
    passed = 0.0
    starts = []
    for act, pause in zip(acts, pauses, strict=False):
        passed += pause * rest
        starts.append(passed)
        passed += act.seconds * SECOND * hurry
    return zip(_at_work(starts, spans), acts, strict=True)


def _at_work(passed: Iterable[float], spans: Sequence[tuple[Micros, Micros]]) -> Iterator[Micros]:
    """The instants at which so much working time has passed; *passed* in order."""
    index, before = 0, 0
    for moment in passed:
        while index < len(spans) - 1 and moment >= before + spans[index][1] - spans[index][0]:
            before += spans[index][1] - spans[index][0]
            index += 1
        start, end = spans[index]
        yield min(start + int(moment - before), end - 1)


class _Contacts:
    """The contacts that a rep works on: some new ones each day, for some days."""

    def __init__(self, person: Person, day: Day, stint: Stint) -> None:
        full_day = sum(stint.rates.values()) * FULL_DAY
        self._fresh = max(1.0, FRESH * full_day)
        self._newest = self._fresh * (day - _FIRST_DAY)
        self._prefix = f"c-{person.badge}-"

    def draw(self, chance: random.Random) -> str | None:
        """A contact; None for one whose number nobody knows."""
        back = chance.random()
        if back > 0.97:
            return None
        number = int(self._newest + self._fresh * (1 - WORKED_DAYS * back**1.5))
        return f"{self._prefix}{number}"


_FIRST_DAY = date(2020, 1, 1).toordinal()  # keeps the numbers of contacts short
