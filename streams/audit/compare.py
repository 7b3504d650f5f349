"""What another roster would make of the same events: the KPIs that differ, and what moved one."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple, TypeVar

from metrics.kpis import EXACT, KPIS, Kpi
from metrics.readings import sums_in
from metrics.rows import RepRow
from streams.audit.all_reps import AllReps
from streams.audit.explain import Answer
from streams.audit.findings import Counted, Scheduled, Why
from streams.audit.recount import Total, totals_of
from streams.clock import Minute
from streams.measures.rep_board import RepBoard
from streams.roster.floors import UNASSIGNED
from streams.roster.people import Rep, Roster

U = TypeVar("U", Counted, Scheduled)
_ORDER = ("floor", "team", "rep")


class KpiChange(NamedTuple):
    """A KPI of a floor, a team or a rep that differs; None is no such row, or an empty ratio."""

    level: str
    floor: str
    team: str | None
    rep: str | None
    kpi: Kpi
    window: str
    old: float | None
    new: float | None
    old_target: float | None
    new_target: float | None


class Comparison:
    """The numbers at the minute *now* by two rosters, of the reps that were added."""

    def __init__(self, old: Roster, new: Roster, now: Minute) -> None:
        self._old = old
        self._new = new
        self._now = now
        self._old_rows: list[RepRow] = []
        self._new_rows: list[RepRow] = []
        self.measured_anew = 0  # reps whose entry, floor or words differ

    def add(self, rep_id: str, old: AllReps, new: AllReps) -> None:
        """Add a rep, whose events are those of *old* and of *new*: one where words mean the same.

        Who is measured by the same rules is counted once.
        """
        old_rep, new_rep = self._old.rep(rep_id), self._new.rep(rep_id)
        rows = list(_rows(old_rep, old, self._now))
        self._old_rows.extend(rows)
        if old is not new or old_rep.fingerprint != new_rep.fingerprint:
            self.measured_anew += 1
            rows = list(_rows(new_rep, new, self._now))
        self._new_rows.extend(rows)

    def changes(self, window: str | None = None) -> list[KpiChange]:
        """What differs: floors, then teams, then reps, in the window each KPI is read in first.

        With a *window*, in that one, of the KPIs that have it. Targets are compared of floors.
        """
        old, new = (
            {total[:4]: total for total in totals_of(rows)}
            for rows in (self._old_rows, self._new_rows)
        )
        keys = sorted({*old, *new}, key=lambda k: (_ORDER.index(k[0]), *(n or "" for n in k[1:])))
        changes = (
            self._change(kpi, window or kpi.window, old.get(key), new.get(key))
            for key in keys
            for kpi in KPIS
            if window is None or window in kpi.windows
        )
        return [change for change in changes if _is_changed(change)]

    def _change(self, kpi: Kpi, window: str, old: Total | None, new: Total | None) -> KpiChange:
        total = old or new
        assert total is not None
        return KpiChange(
            level=total.level,
            floor=total.floor,
            team=total.team,
            rep=total.rep,
            kpi=kpi,
            window=window,
            old=_value(kpi, window, old),
            new=_value(kpi, window, new),
            old_target=_target(self._old, total.floor, kpi),
            new_target=_target(self._new, total.floor, kpi),
        )


def _value(kpi: Kpi, window: str, total: Total | None) -> float | None:
    return None if total is None else kpi.value(sums_in(window, total.values))


def _rows(rep: Rep, reps: AllReps, now: Minute) -> Iterator[RepRow]:
    board = RepBoard(rep, now)
    board.change_touches(list(reps.touches(rep.id)))
    for lead_id, row in reps.copies(rep.id):
        board.change_lead(lead_id, None, row)
    yield from board.rows()


def _target(roster: Roster, name: str, kpi: Kpi) -> float | None:
    """The target of a floor; a floor that the roster does not have has none."""
    if name == UNASSIGNED:
        return kpi.target
    floor = roster.floors.get(name)
    return None if floor is None else floor.kpi_target(kpi.name)


def _is_changed(change: KpiChange) -> bool:
    if change.level == "floor" and _differ(change.old_target, change.new_target):
        return True
    return _differ(change.old, change.new)


def _differ(old: float | None, new: float | None) -> bool:
    if old is None or new is None:
        return old is not new
    return abs(old - new) > EXACT


class Moved(NamedTuple):
    """A unit that one roster counts and the other does not, and why not."""

    unit: Counted
    why: Why | None


@dataclass(frozen=True, slots=True)
class Moves:
    """What moved a number: what only the new roster counts, and what only the old one does.

    Of an expectation, the scheduled stretches, with what is expected in them.
    """

    old: Answer
    new: Answer
    gained: list[Moved]
    lost: list[Moved]
    scheduled: list[Scheduled]
    unscheduled: list[Scheduled]


def moves(old: Answer, new: Answer) -> Moves:
    """What moved a number from one answer to the other, to the same question."""
    ours, theirs = old.findings, new.findings
    return Moves(
        old=old,
        new=new,
        gained=[Moved(unit, _why(unit, old)) for unit in _extra(theirs.counted, ours.counted)],
        lost=[Moved(unit, _why(unit, new)) for unit in _extra(ours.counted, theirs.counted)],
        scheduled=list(_extra(theirs.scheduled, ours.scheduled)),
        unscheduled=list(_extra(ours.scheduled, theirs.scheduled)),
    )


def _extra(units: Sequence[U], others: Iterable[U]) -> Iterator[U]:
    """The units that are not among *others*, each of which answers for one."""
    left = Counter(map(_key, others))
    for unit in units:
        key = _key(unit)
        if left[key]:
            left[key] -= 1
        else:
            yield unit


def _key(unit: Counted | Scheduled) -> object:
    """What a unit is, whatever team it counts for."""
    if isinstance(unit, Scheduled):
        return unit.start, unit.end, tuple(sorted(unit.rates.items()))
    if unit.contact_id is not None:
        return unit.contact_id
    return unit.entries[0].lead_id, unit.entries[0].event.key


def _why(unit: Counted, answer: Answer) -> Why | None:
    """Why an answer leaves the first of the unit's events out that it leaves out."""
    left = {(o.entry.lead_id, o.entry.event.key): o.why for o in answer.findings.left_out}
    found = (left.get((entry.lead_id, entry.event.key)) for entry in unit.entries)
    return next(filter(None, found), None)
