"""Who is counted without being on the roster, and how much is known of them."""

from collections.abc import Iterator
from typing import NamedTuple

from streams.audit.all_reps import AllReps
from streams.clock import Micros
from streams.ledgers.retention import is_late
from streams.ledgers.rows import decode_changes
from streams.roster.people import Roster


class Unlisted(NamedTuple):
    """How many touches a rep has and in how many leads they are named; `newest` of all these."""

    rep_id: str
    touches: int
    leads: int
    newest: Micros


def unlisted(reps: AllReps, roster: Roster, now: Micros) -> list[Unlisted]:
    """Who is not on the roster, with what is kept of them at *now*; those with most first."""
    seen = [
        rep
        for rep_id in reps.ids(roster)
        if not roster.names(rep_id)
        for rep in _with_rows(reps, rep_id, now)
    ]
    return sorted(seen, key=lambda rep: (-rep.touches - rep.leads, rep.rep_id))


def _with_rows(reps: AllReps, rep_id: str, now: Micros) -> Iterator[Unlisted]:
    """The rep, unless nothing is left of them."""
    touches = [
        touch.at
        for touch in reps.touches(rep_id)
        if not touch.retracted and not is_late(touch.at, now)
    ]
    changes = [
        (lead_id, change.at)
        for lead_id, row in reps.copies(rep_id)
        for change in decode_changes(row)
        if change.rep_id == rep_id and not change.retracted
    ]
    if touches or changes:
        newest = max([*touches, *(at for _, at in changes)])
        yield Unlisted(rep_id, len(touches), len({lead_id for lead_id, _ in changes}), newest)
