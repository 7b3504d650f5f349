"""The weeks that are simulated, good ones and bad ones, and what comes of them.

Everything here is a function of its arguments and a seed, so that the cells of the tables can be
worked out in any order and by several processes.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from random import Random
from typing import NamedTuple, Protocol

from bench.alertsim import touches
from bench.alertsim.counts import Firing, Shape
from bench.alertsim.decisions import Batches, Decisions, Jump
from bench.alertsim.firing import SHIFT, TIMES, firings
from bench.alertsim.leads import Shares

WARM = 20  # open days before those that are watched
WATCHED = 40  # open days in which a jump may be found

Key = tuple[str, str]  # alert and level


class Fired(NamedTuple):
    """How often alerts fired in so many days; `new` are those that did not fire the day before."""

    days: int
    firings: Counter[Key]
    new: Counter[Key]


class Found(NamedTuple):
    """How many of the jumps were found, and the minutes of the floor's hours that it took."""

    of: int
    after: list[int]


class _Days(Protocol):
    def day(self, share: float) -> Iterator[Firing]: ...


# -- good weeks


def fired(days: Iterable[Iterable[Firing]]) -> Fired:
    """Count what fired on days of one floor."""
    firings, new = Counter[Key](), Counter[Key]()
    before: set[tuple[Key, int]] = set()
    number = 0
    for one_day in days:
        number += 1
        today = [((fired.alert, fired.level), fired.who) for fired in one_day]
        firings.update(key for key, _ in today)
        new.update(key for key, who in set(today) if (key, who) not in before)
        before = set(today)
    return Fired(number, firings, new)


def good_decisions(seed: str, shape: Shape, share: float, batches: Batches, days: int) -> Fired:
    """Days with a true share of rejections."""
    return fired(_warm(Decisions(Random(seed), shape, batches), share, days))


def good_leads(seed: str, shape: Shape, alert: str, share: float, days: int) -> Fired:
    """Days on which contacts become leads, or leads are inbound, with a true share."""
    return fired(_warm(Shares(Random(seed), shape, alert), share, days))


def good_touches(seed: str, shape: Shape, per_hour: float, days: int) -> Fired:
    """Days on which all reps do what is expected of them, by chance more or less."""
    random = Random(seed)
    return fired(touches.day(random, shape, per_hour) for _ in range(days))


def _warm(floor: _Days, share: float, days: int) -> Iterator[Iterator[Firing]]:
    for _ in range(WARM):
        list(floor.day(share))
    for _ in range(days):
        yield floor.day(share)


# -- bad weeks


def decisions_jump(
    seed: str, shape: Shape, before: float, after: float, batches: Batches, times: int
) -> dict[Key, Found]:
    """The true share of rejections of a whole floor jumps, at any minute of a day."""
    random = Random(seed)
    return _jumps(lambda: _DecisionsJump(random, shape, batches, before, after), shape, times)


def leads_jump(
    seed: str, shape: Shape, alert: str, before: float, after: float, times: int
) -> dict[Key, Found]:
    """The true share of leads jumps, as a day begins."""
    random = Random(seed)
    return _jumps(lambda: _LeadsJump(random, shape, alert, before, after), shape, times)


class _DecisionsJump:
    def __init__(
        self, random: Random, shape: Shape, batches: Batches, before: float, after: float
    ) -> None:
        self._floor = Decisions(random, shape, batches)
        list(_warm(self._floor, before, 0))
        self._before, self._after = before, after
        self.minute = random.randrange(SHIFT)

    def day(self, number: int) -> Iterator[Firing]:
        if number == 0:
            return self._floor.day(self._before, Jump(self.minute, self._after))
        return self._floor.day(self._after)


class _LeadsJump:
    minute = 0

    def __init__(
        self, random: Random, shape: Shape, alert: str, before: float, after: float
    ) -> None:
        self._floor, self._after = Shares(random, shape, alert), after
        list(_warm(self._floor, before, 0))

    def day(self, number: int) -> Iterator[Firing]:
        return self._floor.day(self._after)


def _jumps(
    begin: Callable[[], _DecisionsJump | _LeadsJump], shape: Shape, times: int
) -> dict[Key, Found]:
    """By alert and level, the first firing after each jump of each floor, team or rep."""
    delays: defaultdict[Key, list[int]] = defaultdict(list)
    for _ in range(times):
        floor, seen = begin(), set[tuple[Key, int]]()
        for number in range(WATCHED):
            for fired in floor.day(number):
                after = number * SHIFT + fired.minute - floor.minute
                what = (fired.alert, fired.level), fired.who
                if after >= 0 and what not in seen:
                    seen.add(what)
                    delays[what[0]].append(after)
    many = {"floor": 1, "team": shape.teams, "rep": shape.reps}
    return {key: Found(times * many[key[1]], sorted(after)) for key, after in delays.items()}


def pace(seed: str, per_hour: float, part: float, times: int) -> dict[Key, Found]:
    """Shifts of a rep who does but a part of what is expected."""
    random = Random(seed)
    after = [
        minute
        for _ in range(times)
        for minute in _first(
            "RepPaceBehind", touches.behind(touches.touched(random, part * per_hour), per_hour)
        )
    ]
    return {("RepPaceBehind", "rep"): Found(times, sorted(after))}


def stops(seed: str, shape: Shape, per_hour: float, times: int) -> dict[Key, Found]:
    """One rep stops in the first half of the shift; then, on other days, all of them."""
    random = Random(seed)
    delays: defaultdict[Key, list[int]] = defaultdict(list)
    for _ in range(times):
        minute = random.randrange(SHIFT // 2)
        reps = [touches.touched(random, per_hour, minute) for _ in range(shape.reps)]
        calls = [
            touch for rep in reps for touch in rep if random.random() < touches.CHANNELS["call"]
        ]
        per_hour_of_calls = shape.reps * per_hour * touches.CHANNELS["call"]
        for alert, level, when in (
            ("RepSilent", "rep", touches.rep_silent(reps[0], per_hour)),
            ("FloorActivityCollapse", "floor", touches.collapsed(reps, per_hour)),
            ("KPIChannelSilent", "call", touches.channel_silent(sorted(calls), per_hour_of_calls)),
        ):
            delays[alert, level] += [at - minute for at in _first(alert, when, minute)]
    return {key: Found(times, sorted(after)) for key, after in delays.items()}


def _first(alert: str, when: Iterable[tuple[int, int]], since: int = 0) -> list[int]:
    return [firing for firing in firings(when, TIMES[alert]) if firing >= since][:1]
