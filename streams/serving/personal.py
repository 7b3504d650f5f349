"""What is on a rep's own page beside the numbers: the day, the best day, and the newest events."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date
from itertools import repeat
from typing import NamedTuple

import msgspec

from metrics.readings import BestDay, TeamDay, encode_events
from streams.measures.rep_board import RepBoard
from streams.measures.rep_day import Quarter, RepDay
from streams.processor import Processor
from streams.roster.calendar import Day
from streams.roster.expectation import Stretch
from streams.serving.team_days import team_days


class Personal(NamedTuple):
    """As the fields of a `RepReading` of these names."""

    days: Sequence[TeamDay]
    hours: Sequence[tuple[int, int]]
    best: BestDay | None
    latest: msgspec.Raw


EVERY = 0.5  # seconds between two readings of a rep while very many change


class Personals:
    """Keeps that of every rep of the roster, as it was read last.

    *monotonic* is a clock in seconds that never goes back.
    """

    def __init__(self, processor: Processor, monotonic: Callable[[], float]) -> None:
        self._processor = processor
        self._monotonic = monotonic
        self._again_at: dict[str, float] = {}
        self._late: set[str] = set()  # who changed since they were read
        self._known: dict[str, Personal] = {}
        self._days: dict[str, DaysOfRep] = {}
        self._latest: dict[str, tuple[list[msgspec.Raw], msgspec.Raw]] = {}  # encoded as they were

    def of(self, rep_id: str) -> Personal | None:
        """As it was read last; read now of who came on the roster since. None without a board."""
        if rep_id not in self._known:
            self.refresh(rep_id)
        return self._known.get(rep_id)

    def refresh(self, rep_id: str, *, is_busy: bool = False) -> None:
        """Read the board for a rep of the roster, if they are on it.

        While it *is_busy*, who was read less than EVERY ago is left for later.
        """
        board, now = self._processor.board.known_rep(rep_id), self._monotonic()
        if board is None:
            return
        if is_busy and now < self._again_at.get(rep_id, now):
            self._late.add(rep_id)
            return
        self._again_at[rep_id] = now + EVERY
        self._late.discard(rep_id)
        days = self._days.get(rep_id)
        if days is None:
            days = self._days[rep_id] = DaysOfRep()
        self._known[rep_id] = Personal(
            list(days.of(board.day())),
            days.hours(board.shift),
            days.best(board.best_day()),
            self._latest_of(rep_id, board),
        )

    def take_late(self) -> set[str]:
        """Those who were not read when they changed, and are to be now."""
        now = self._monotonic()
        due = {rep_id for rep_id in self._late if now >= self._again_at[rep_id]}
        self._late -= due
        return due

    def drop(self, rep_ids: Iterable[str]) -> None:
        """Drop reps who are not on the board any more."""
        for rep_id in rep_ids:
            self._known.pop(rep_id, None)
            self._days.pop(rep_id, None)
            self._again_at.pop(rep_id, None)
            self._late.discard(rep_id)
            self._latest.pop(rep_id, None)

    def _latest_of(self, rep_id: str, board: RepBoard) -> msgspec.Raw:
        now = self._processor.board.now
        events = None if board.latest is None else board.latest.at(now)
        if events is None:
            touches = self._processor.touches.touches_of(rep_id)
            copies = self._processor.credits.copies_of(rep_id)
            events = board.fill_latest(touches, copies).at(now) or []
        known = self._latest.get(rep_id)
        if known is None or known[0] is not events:
            known = self._latest[rep_id] = events, encode_events(events)
        return known[1]


class DaysOfRep:
    """The days of a rep as they are written; what stays the same for a day is formed once."""

    def __init__(self) -> None:
        self._known: dict[str, tuple[Mapping[Quarter, float], TeamDay]] = {}  # by team
        self._shift: Sequence[Stretch] | None = None
        self._hours: list[tuple[int, int]] = []
        self._found: tuple[Day, int] | None = None
        self._best: BestDay | None = None

    def hours(self, shift: Sequence[Stretch]) -> Sequence[tuple[int, int]]:
        """The scheduled stretches in Unix seconds."""
        if shift is not self._shift:
            self._shift = shift
            self._hours = [(60 * stretch.start, 60 * stretch.end) for stretch in shift]
        return self._hours

    def best(self, found: tuple[Day, int] | None) -> BestDay | None:
        """The best day by its date."""
        if found != self._found:
            self._found = found
            self._best = found and BestDay(date.fromordinal(found[0]).isoformat(), found[1])
        return self._best

    def of(self, days: Iterable[RepDay]) -> Iterator[TeamDay]:
        """One for each team in which something was done or is expected today."""
        for day in days:
            known = self._known.get(day.team)
            if known is None or known[0] is not day.due or not _fits(day, known[1]):
                formed = team_days([day])
                if formed:
                    self._known[day.team] = day.due, formed[0]
                yield from formed
                continue
            last = known[1]
            span = range(last.first, last.first + len(last.due))
            done = list(map(day.done.get, span, repeat(0)))
            yield TeamDay(last.floor, last.team, last.first, done, last.due)


def _fits(day: RepDay, last: TeamDay) -> bool:
    if not day.done:
        return True
    return last.first <= min(day.done) and max(day.done) < last.first + len(last.due)
