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
    """Takes events, or rows, in any order, and counts those of reps who are not on the roster.

    Lead changes are kept whoever they name: a newer version may name somebody else.
    """

    def __init__(self, roster: Roster) -> None:
        self._roster = roster
        self._touches: dict[str, dict[str, Touch]] = defaultdict(dict)
        self._changes: dict[tuple[str, str], LeadChange] = {}

    def take(self, event: TouchEvent | LeadEvent, now: Micros) -> None:
        """Take an accepted event; a touch that is late at *now* is not kept."""
        if isinstance(event, TouchEvent):
            self._touch(event.rep_id, event.touch, now)
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
                    self._touch(rep_id, touch, now)
            else:
                rep_id, lead_id = parse_credit_key(key)
                for change in () if self._is_listed(rep_id) else decode_changes(value):
                    self._change(lead_id, change)

    def seen(self) -> list[tuple[str, Seen]]:
        """Each rep with what is known of them, those with most first."""
        seen = []
        changes_of = self._changes_of_unlisted()
        for rep_id in {*self._touches, *changes_of}:
            kept = self._touches.get(rep_id, {}).values()
            touches = [touch for touch in kept if not touch.retracted]
            changes = changes_of.get(rep_id, [])
            if touches or changes:
                leads = {lead_id for lead_id, _ in changes}
                newest = max([t.at for t in touches] + [c.at for _, c in changes])
                seen.append((rep_id, Seen(len(touches), len(leads), newest)))
        return sorted(seen, key=lambda rep: (-rep[1].touches - rep[1].leads, rep[0]))

    def _is_listed(self, rep_id: str) -> bool:
        roster = self._roster
        is_nobody = rep_id == NOBODY and roster.nobody is not None
        return rep_id in roster.reps or rep_id in roster.systems or is_nobody

    def _changes_of_unlisted(self) -> dict[str, list[tuple[str, LeadChange]]]:
        """The changes by rep, with their leads, of the newest versions."""
        by_rep: dict[str, list[tuple[str, LeadChange]]] = defaultdict(list)
        for (lead_id, _), change in self._changes.items():
            if not change.retracted and not self._is_listed(change.rep_id):
                by_rep[change.rep_id].append((lead_id, change))
        return by_rep

    def _touch(self, rep_id: str, touch: Touch, now: Micros) -> None:
        if not self._is_listed(rep_id) and not is_late(touch.at, now):
            touches = self._touches[rep_id]
            here = touches.get(touch.key)
            if here is None or beats(touch, here):
                touches[touch.key] = touch

    def _change(self, lead_id: str, change: LeadChange) -> None:
        here = self._changes.get((lead_id, change.key))
        if here is None or beats(change, here):
            self._changes[lead_id, change.key] = change
