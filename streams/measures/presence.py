"""Who is on shift, and for how long a rep or a channel has been silent: what PromQL cannot know.

Silence is counted in scheduled minutes of the day: no break, no evening and no night is part of it,
and a shift begins with none.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import NamedTuple

from metrics.channels import CHANNEL_NAMES
from metrics.thresholds import (
    COLLAPSE_SILENT_AT_LEAST,
    COLLAPSE_SILENT_EXPECTED,
    COLLAPSE_SILENT_UNTARGETED,
)
from streams.clock import Minute
from streams.measures.board import Board
from streams.roster.calendar import DayFinder, overlap
from streams.roster.expectation import Expectation
from streams.roster.people import BEGINNING, Rep, Roster


def silent_after(per_hour: float) -> float:
    """The minutes of shift without a touch after which a rep counts as silent on the floor.

    *per_hour* is what is expected of the rep: ten minutes are nothing to one with four an hour.
    """
    if not per_hour:
        return COLLAPSE_SILENT_UNTARGETED
    return max(COLLAPSE_SILENT_AT_LEAST, COLLAPSE_SILENT_EXPECTED * 60 / per_hour)


class RepPresence(NamedTuple):
    """A rep of the roster now; `silent` in minutes of shift, `per_hour` in effective touches."""

    floor: str
    team: str
    rep: str
    is_on_shift: bool
    silent: int
    per_hour: float


class FloorPresence(NamedTuple):
    """How many reps of a floor are on shift: of the roster, of this worker, and silent of these."""

    floor: str
    scheduled: int
    on_shift: int
    silent: int


class ChannelPresence(NamedTuple):
    """A channel of a floor now.

    `per_hour` is what the reps on shift are expected to do, of the whole roster. `silent`, in
    minutes of the floor's hours, and `newest` are of what this worker has seen; `missed` is what
    the roster's reps were expected to do since then, all in their own shifts.
    """

    floor: str
    channel: str
    per_hour: float
    silent: int
    missed: float
    newest: Minute | None


class Presence:
    """Asks the board and its roster."""

    def __init__(self, board: Board) -> None:
        self._board = board
        self._shifts = _Shifts(board.roster)

    def reps(self) -> Iterator[RepPresence]:
        """The reps of the roster that this worker holds."""
        now = self._board.now
        for board in self._board.reps:
            if board.rep.id in self._board.roster.reps:
                team, floor = board.rep.membership_at(now)[1:]
                shift = [(stretch.start, stretch.end) for stretch in board.shift]
                yield RepPresence(
                    floor=floor.name,
                    team=team,
                    rep=board.rep.id,
                    is_on_shift=overlap(shift, now, now + 1) > 0,
                    silent=overlap(shift, board.newest_minute, now),
                    per_hour=board.per_hour,
                )

    def floors(self) -> Iterator[FloorPresence]:
        """Every floor of the roster."""
        scheduled = self._scheduled().reps
        present = [rep for rep in self.reps() if rep.is_on_shift]
        on_shift = Counter(rep.floor for rep in present)
        silent = Counter(rep.floor for rep in present if rep.silent >= silent_after(rep.per_hour))
        for name in self._board.roster.floors:
            yield FloorPresence(name, scheduled[name], on_shift[name], silent[name])

    def channels(self) -> Iterator[ChannelPresence]:
        """Every channel of every floor of the roster."""
        now, scheduled = self._board.now, self._scheduled()
        newest: dict[tuple[str, str], Minute] = {}
        for board in self._board.reps:
            for floor_name, channel, minute in board.newest:
                place = (floor_name, channel)
                if minute > newest.get(place, BEGINNING):
                    newest[place] = minute
        for floor in self._board.roster.floors.values():
            shift = floor.shift_at(now)
            for channel in CHANNEL_NAMES:
                last = newest.get((floor.name, channel), BEGINNING)
                yield ChannelPresence(
                    floor=floor.name,
                    channel=channel,
                    per_hour=scheduled.per_hour[floor.name, channel],
                    silent=overlap(shift, last, now),
                    missed=scheduled.expected(floor.name, channel, last, now),
                    newest=None if last == BEGINNING else last,
                )

    def _scheduled(self) -> "_Scheduled":
        if self._shifts.roster is not self._board.roster:
            self._shifts = _Shifts(self._board.roster)
        return self._shifts.at(self._board.now)


class _Scheduled(NamedTuple):
    """What the whole roster is to do at a minute, and today.

    By floor, the reps on shift; by floor and channel, what they are expected to do an hour; by
    floor, the stretches of today's shifts with what all who have them are expected to do a minute,
    by channel: colleagues work the same hours, so there are far fewer stretches than reps.
    """

    reps: Counter[str]
    per_hour: defaultdict[tuple[str, str], float]
    today: defaultdict[str, dict[tuple[Minute, Minute], defaultdict[str, float]]]

    def expected(self, floor: str, channel: str, since: Minute, now: Minute) -> float:
        """Effective touches expected in [since, now) of today's shifts."""
        return sum(
            overlap([stretch], since, now) * rates.get(channel, 0)
            for stretch, rates in self.today[floor].items()
        )


class _Shifts:
    """The shifts of all reps of a roster, whoever holds them; worked out once a minute."""

    def __init__(self, roster: Roster) -> None:
        self.roster = roster
        self._known = {rep.id: (DayFinder(rep.days), Expectation(rep)) for rep in _all(roster)}
        self._minute: Minute | None = None
        self._scheduled = _nobody()

    def at(self, now: Minute) -> _Scheduled:
        """Who is on shift at a minute, and what is expected of them."""
        if now != self._minute:
            self._minute = now
            self._scheduled = self._compute(now)
        return self._scheduled

    def _compute(self, now: Minute) -> _Scheduled:
        scheduled = _nobody()
        for rep in _all(self.roster):
            find_day, expectation = self._known[rep.id]
            shift = expectation.stretches(find_day(now))
            for stretch in shift:
                start, end = stretch.start, stretch.end
                floor_name = rep.membership_at(start).floor.name
                rates = expectation.rates(stretch)
                today = scheduled.today[floor_name]
                together = today.setdefault((start, end), defaultdict(float))
                for channel, rate in rates.items():
                    together[channel] += rate
                if start <= now < end:
                    scheduled.reps[floor_name] += 1
                    for channel, rate in rates.items():
                        scheduled.per_hour[floor_name, channel] += 60 * rate
        return scheduled


def _nobody() -> _Scheduled:
    return _Scheduled(Counter(), defaultdict(float), defaultdict(dict))


def _all(roster: Roster) -> Iterator[Rep]:
    return iter(roster.reps.values())
