"""Who is counted without being on the roster, and how much is known of them."""

from collections import defaultdict
from collections.abc import Iterable
from typing import NamedTuple

from streams.clock import Micros
from streams.events.contract import LeadChange, LeadEvent, Touch, TouchEvent
from streams.ledgers.credits import parse_credit_key
from streams.ledgers.retention import is_late
from streams.ledgers.rows import Table, beats, decode_changes, decode_touches
from streams.ledgers.touchrows import parse_row_key
from streams.roster.people import NOBODY, Roster


class Seen(NamedTuple):
    """How many touches a rep has and in how many leads they are named; `newest` of all these."""

    touches: int
    leads: int
    newest: Micros


class Unlisted:
    """Takes events, or rows, in any order, and keeps what is of reps who are not on the roster."""

    def __init__(self, roster: Roster) -> None:
        self._roster = roster
        self._touches: dict[str, dict[str, Touch]] = defaultdict(dict)
        self._changes: dict[str, dict[tuple[str, str], LeadChange]] = defaultdict(dict)

    def take(self, event: TouchEvent | LeadEvent) -> None:
        """Take an accepted event."""
        if isinstance(event, TouchEvent):
            self._touch(event.rep_id, event.touch)
        else:
            self._change(event.lead_id, event.change)

    def restore(
        self, table: Table, records: Iterable[tuple[bytes, bytes | None]], now: Micros
    ) -> None:
        """Take records of a changelog keyed by rep; touches that are late at *now* are not kept."""
        for key, value in records:
            if value is None:
                continue
            if table == "touches":
                rep_id = parse_row_key(key)[0]
                for touch in () if self._is_listed(rep_id) else decode_touches(value):
                    if not is_late(touch.at, now):
                        self._touch(rep_id, touch)
            else:
                rep_id, lead_id = parse_credit_key(key)
                for change in () if self._is_listed(rep_id) else decode_changes(value):
                    self._change(lead_id, change)

    def seen(self) -> list[tuple[str, Seen]]:
        """Each rep with what is known of them, those with most first."""
        seen = []
        for rep_id in {*self._touches, *self._changes}:
            touches = [t for t in self._touches[rep_id].values() if not t.retracted]
            changes = {k: c for k, c in self._changes[rep_id].items() if not c.retracted}
            if touches or changes:
                leads = {lead_id for lead_id, _ in changes}
                newest = max([t.at for t in touches] + [c.at for c in changes.values()])
                seen.append((rep_id, Seen(len(touches), len(leads), newest)))
        return sorted(seen, key=lambda rep: (-rep[1].touches - rep[1].leads, rep[0]))

    def _is_listed(self, rep_id: str) -> bool:
        roster = self._roster
        is_nobody = rep_id == NOBODY and roster.nobody is not None
        return rep_id in roster.reps or rep_id in roster.systems or is_nobody

    def _touch(self, rep_id: str, touch: Touch) -> None:
        if not self._is_listed(rep_id):
            touches = self._touches[rep_id]
            here = touches.get(touch.key)
            if here is None or beats(touch, here):
                touches[touch.key] = touch

    def _change(self, lead_id: str, change: LeadChange) -> None:
        if not self._is_listed(change.rep_id):
            changes = self._changes[change.rep_id]
            here = changes.get((lead_id, change.key))
            if here is None or beats(change, here):
                changes[lead_id, change.key] = change
