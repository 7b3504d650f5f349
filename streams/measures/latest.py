"""The newest events of a rep, and whether each counts: by the rules that the numbers go by.

Touches count by `measures.touches`, changes of leads by the fold of `measures.leads`.
"""

from collections.abc import Sequence
from itertools import chain
from operator import attrgetter

import msgspec
from msgspec.structs import replace

from metrics import kpis
from metrics.readings import LATEST, RepEvent, encode_event
from streams.clock import MINUTE, SECOND, Micros, Minute
from streams.events.contract import Direction, LeadChange, Status, Touch
from streams.ledgers.rows import decode_changes, newest_change
from streams.ledgers.touches import Replaced
from streams.measures.judged_lead import JudgedLead
from streams.measures.touches import why_no_touch, why_not_effective, word
from streams.roster.people import Rep

KEPT, MOST = LATEST + 5, LATEST + 15  # of a rep: some may go again before others are missed
NOTED = 120  # touches, and leads, after which they are looked at
_at = attrgetter("at")
_EVER: Micros = -(2**63)
_NEVER: Minute = 2**63

# The number that a change of a lead is for; the others are for none.
COUNTED_AS = {
    Status.CREATED: kpis.LEADS_CREATED,
    Status.DELIVERED: kpis.COHORT_DELIVERED,
    Status.ACCEPTED: kpis.APPOINTMENTS_ACCEPTED,
    Status.REJECTED: kpis.APPOINTMENTS_REJECTED,
    Status.WON: kpis.LEADS_WON,
}

# The place of an event among all: by time, then by its key, and its lead ("" of a touch).
Place = tuple[Micros, str, str]


class Latest:
    """Keeps all events of a rep since some instant, LATEST of them or more.

    What changes is only noted, and looked at when it is read, or when there is much of it.
    """

    def __init__(self, rep: Rep) -> None:
        self._rep = rep
        self._since = _EVER
        self._touches: dict[str, Touch] = {}
        self._leads: dict[str, dict[Place, RepEvent]] = {}
        self._judged: dict[str, tuple[Touch, msgspec.Raw]] = {}  # by key, of those that were read
        self._noted: list[Sequence[Touch | Replaced]] = []
        self._noted_touches = 0
        self._noted_leads: dict[str, bytes | None] = {}
        self._read: list[msgspec.Raw] | None = None  # as it was, but for `_newer`
        self._newer: list[Touch] = []  # than all that was read, in order
        self._newest = _EVER
        self._until = _NEVER  # the first minute at which one of those that were read waits no more

    def note_touches(self, changes: Sequence[Touch | Replaced]) -> None:
        """Touches that came, or went from one version to another."""
        self._noted.append(changes)
        self._noted_touches += len(changes)
        if self._noted_touches > NOTED:
            self._settle()

    def note_lead(self, lead_id: str, row: bytes | None) -> None:
        """A lead's row, encoded, as it is now; None is not there any more."""
        self._noted_leads[lead_id] = row
        if len(self._noted_leads) > NOTED:
            self._settle()

    def at(self, now: Minute) -> list[msgspec.Raw] | None:
        """The LATEST newest at a minute, encoded, the newest one first.

        The same list until one changes. None where so many have gone that older ones, which are not
        kept, would be among them.
        """
        if self._noted or self._noted_leads:
            self._settle()
        if self._read is None or self._until <= now or self._newest // MINUTE > now:
            if self._since > _EVER and self._count < LATEST:
                return None
            self._read = self._read_all(now)
        elif self._newer:
            newest = [self._encoded((one.at, one.key, "")) for one in reversed(self._newer)]
            self._read = [*newest, *self._read][:LATEST]
        self._newer = []
        return self._read

    def _read_all(self, now: Minute) -> list[msgspec.Raw]:
        places = self._places()
        self._newest = places[-1][0] if places else _EVER
        newest = places[: -LATEST - 1 : -1]
        waiting = [place for place in newest if place[0] // MINUTE > now]
        self._until = min((at // MINUTE for at, _, _ in waiting), default=_NEVER)
        return [
            *(encode_event(replace(self._event(place), why="waiting")) for place in waiting),
            *(self._encoded(place) for place in newest[len(waiting) :]),
        ]

    @property
    def _count(self) -> int:
        return len(self._touches) + sum(map(len, self._leads.values()))

    def _places(self) -> list[Place]:
        """Of all that are kept, the newest one last."""
        places = [(touch.at, touch.key, "") for touch in self._touches.values()]
        for judged in self._leads.values():
            places += judged
        places.sort()
        return places

    def _event(self, place: Place) -> RepEvent:
        _, key, lead_id = place
        if lead_id:
            return self._leads[lead_id][place]
        return judge_touch(self._touches[key], self._rep)

    def _encoded(self, place: Place) -> msgspec.Raw:
        if place[2]:
            return encode_event(self._event(place))
        touch = self._touches[place[1]]
        known = self._judged.get(touch.key)
        if known is None or known[0] is not touch:
            known = self._judged[touch.key] = touch, encode_event(judge_touch(touch, self._rep))
        return known[1]

    # -- what was noted

    def _settle(self) -> None:
        noted, self._noted, self._noted_touches = self._noted, [], 0
        changes = list(chain.from_iterable(noted))
        is_flooded = len(changes) > MOST and set(map(type, changes)) == {Touch}
        if is_flooded:
            changes = self._newest_of(changes)
        for change in changes:
            if isinstance(change, Touch):
                self._take(change)
            else:
                self._replace(change)
        if self._noted_leads:
            self._take_leads()
        if is_flooded or len(self._touches) > MOST or (self._leads and self._count > MOST):
            self._trim()

    def _newest_of(self, touches: list[Touch | Replaced]) -> list[Touch | Replaced]:
        """Of many new touches those that may be kept; what is older than all of them has to go."""
        since = sorted(map(_at, touches))[-KEPT]
        self._since = max(self._since, since)
        return [touch for touch in touches if _at(touch) >= self._since]

    def _take(self, touch: Touch) -> None:
        if touch.at < self._since:
            return
        self._touches[touch.key] = touch
        if touch.at > self._newest:
            self._newest = touch.at
            self._newer.append(touch)
        else:
            self._read = None

    def _replace(self, change: Replaced) -> None:
        self._read = None
        self._touches.pop(change.old.key, None)
        if change.new is not None:
            self._take(change.new)

    def _take_leads(self) -> None:
        self._read = None
        leads, self._noted_leads = self._noted_leads, {}
        for lead_id, row in leads.items():
            self._leads.pop(lead_id, None)
            if row is None or newest_change(row) < self._since:
                continue
            lead = JudgedLead(lead_id, decode_changes(row))
            judged = {
                (change.at, change.key, lead_id): judge_change(lead, change, self._rep)
                for change in lead.row
                if change.at >= self._since and is_own(lead, change, self._rep)
            }
            if judged:
                self._leads[lead_id] = judged

    def _trim(self) -> None:
        places = self._places()
        if len(places) >= KEPT:
            self._since = max(self._since, places[-KEPT][0])
        since = self._since
        self._touches = {key: one for key, one in self._touches.items() if one.at >= since}
        self._judged = {key: one for key, one in self._judged.items() if key in self._touches}
        for lead_id, judged in list(self._leads.items()):
            left = {place: event for place, event in judged.items() if place[0] >= since}
            self._leads[lead_id] = left
            if not left:
                del self._leads[lead_id]
        if len(self._newer) > LATEST:
            self._read, self._newer = None, []


def judge_touch(touch: Touch, rep: Rep) -> RepEvent:
    """A touch of a rep; it counts where it is an effective one, by the floor of that time."""
    why: str | None = why_no_touch(touch, is_system=rep.is_system)
    needed = 0
    if why is None:
        rule = rep.membership_at(touch.at // MINUTE).floor.rule
        why = why_not_effective(touch, rule)
        if why == "short":
            needed = rule.talk_seconds
            why = "short_and_unlisted" if rule.dispositions else why
    return RepEvent(
        at=touch.at // SECOND,
        what=touch.channel,
        why=why or "",
        how=word(touch.outcome),
        is_inbound=touch.direction is Direction.INBOUND,
        talk_seconds=touch.talk_seconds,
        needed=needed,
    )


def is_own(lead: JudgedLead, change: LeadChange, rep: Rep) -> bool:
    """Whether a rep did it, or gets the credit of what it is about."""
    return rep.id in (change.rep_id, lead.credited(change))


def judge_change(lead: JudgedLead, change: LeadChange, rep: Rep) -> RepEvent:
    """A change of a lead; it counts where the rep gets the credit of it."""
    measure, why = COUNTED_AS.get(change.status), ""
    fact = None if measure is None else lead.facts.get((measure.name, change.key))
    if fact is not None:
        why = "" if fact.rep_id == rep.id else "other_rep"
    elif measure is not None or change.retracted or change.status is Status.UNKNOWN:
        why = lead.why_no_fact(change, measure or kpis.LEADS_CREATED).reason
    else:
        why = "no_number"
    return RepEvent(at=change.at // SECOND, what=word(change.status), why=why)
