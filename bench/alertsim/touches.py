"""A floor whose reps call and write: behind pace, silent, and the whole floor or a channel silent.

Every day begins anew: pace is that of today, and silence is counted in minutes of the shift. Each
rep does at random what they are expected to do, or a part of it.
"""

from collections.abc import Iterator, Sequence
from functools import cache
from itertools import accumulate, pairwise
from math import ceil
from random import Random

from bench.alertsim.counts import Firing, Shape, arrivals
from bench.alertsim.firing import SHIFT, TIMES, Run, firings, runs
from bench.alertsim.predicates import (
    is_behind,
    is_channel_silent,
    is_collapsed,
    is_silent,
)
from streams.measures.presence import silent_after

CHANNELS = {"call": 40 / 60, "email": 15 / 60, "inmail": 5 / 60}  # of the touches of a rep
COLLAPSE = 15  # minutes of the floor's touches that are asked


def day(random: Random, shape: Shape, per_hour: float) -> Iterator[Firing]:
    """A day on which all reps are on target: what begins to fire, and whether feeds are suspect."""
    reps = [touched(random, per_hour) for _ in range(shape.reps)]
    for rep, touches in enumerate(reps):
        yield from rep_alerts(rep, touches, per_hour)
    everything = [minute for touches in reps for minute in touches]
    yield from _firings("FloorActivityCollapse", "floor", 0, collapsed(reps, per_hour))
    channels = random.choices(range(len(CHANNELS)), list(CHANNELS.values()), k=len(everything))
    for channel, share in enumerate(CHANNELS.values()):
        seen = sorted(m for m, of in zip(everything, channels, strict=True) if of == channel)
        silent = channel_silent(seen, shape.reps * per_hour * share)
        yield from _firings("KPIChannelSilent", "channel", channel, silent)


def touched(random: Random, per_hour: float, until: int = SHIFT) -> list[int]:
    """The minutes of the touches of a rep, who stops at a minute."""
    return [minute for minute in arrivals(random, per_hour / 60) if minute < until]


def rep_alerts(rep: int, touches: Sequence[int], per_hour: float) -> Iterator[Firing]:
    """What begins to fire about a rep."""
    yield from _firings("RepPaceBehind", "rep", rep, behind(touches, per_hour))
    yield from _firings("RepSilent", "rep", rep, rep_silent(touches, per_hour))


def _firings(alert: str, level: str, who: int, spans: Iterator[Run]) -> Iterator[Firing]:
    for minute in firings(spans, TIMES[alert]):
        yield Firing(alert, level, who, minute)


def behind(touches: Sequence[int], per_hour: float) -> Iterator[Run]:
    """When a rep is behind pace."""
    late = _behind_from(per_hour)
    return runs(_changes(touches, late))


def _changes(touches: Sequence[int], late: Sequence[int]) -> Iterator[tuple[int, bool]]:
    """With so many touches, a rep is behind from a minute on: until the next one, at least."""
    for done, (since, until) in enumerate(pairwise((0, *touches, SHIFT))):
        if until > since:  # more than one touch in a minute: the last counts
            yield since, since >= late[done]
            if since < late[done] < until:
                yield late[done], True


@cache
def _behind_from(per_hour: float) -> Sequence[int]:
    """By the touches done, the first minute in which a rep is behind; the current one counts."""

    def first(done: int) -> int:
        due = ((minute, (minute + 1) * per_hour / 60) for minute in range(SHIFT))
        return next((minute for minute, expected in due if is_behind(done, expected)), SHIFT)

    return [first(done) for done in range(int(3 * per_hour * SHIFT / 60))]


def rep_silent(touches: Sequence[int], per_hour: float) -> Iterator[Run]:
    """When a rep is silent for too long; the shift begins with no silence."""
    need = _silent_from(per_hour)
    return ((since + need, until) for since, until in _gaps(touches) if until - since > need)


@cache
def _silent_from(per_hour: float) -> int:
    return next(m for m in range(SHIFT) if m == SHIFT - 1 or is_silent(60 * m, per_hour))


def channel_silent(touches: Sequence[int], per_hour: float) -> Iterator[Run]:
    """When a channel of the floor is silent for too long."""
    need = next(m for m in range(SHIFT) if is_channel_silent(60 * m, per_hour))
    return ((since + need, until) for since, until in _gaps(touches) if until - since > need)


def _gaps(touches: Sequence[int]) -> Iterator[Run]:
    return pairwise((0, *touches, SHIFT))


def collapsed(reps: Sequence[Sequence[int]], per_hour: float) -> Iterator[Run]:
    """When the whole floor is quiet."""
    done = [0] * (SHIFT + 1)  # by the minutes before it
    for touches in reps:
        for minute in touches:
            done[minute + 1] += 1
    done = list(accumulate(done))
    silent = silent_reps(reps, per_hour)
    rate = len(reps) * per_hour / 60
    return runs(
        (
            minute,
            is_collapsed(
                done[minute + 1] - done[max(0, minute + 1 - COLLAPSE)],
                min(minute + 1, COLLAPSE) * rate,
                silent[minute],
                len(reps),
            ),
        )
        for minute in range(SHIFT)
    )


def silent_reps(reps: Sequence[Sequence[int]], per_hour: float) -> list[int]:
    """How many reps count as silent, by minute."""
    need = ceil(silent_after(per_hour))
    steps = [0] * (SHIFT + 1)
    for touches in reps:
        for since, until in _gaps(touches):
            if until - since > need:
                steps[since + need] += 1
                steps[until] -= 1
    return list(accumulate(steps))
