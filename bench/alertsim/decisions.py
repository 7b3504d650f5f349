"""A floor whose appointments are decided: spike, drift, trend, and not one rejection."""

from collections import defaultdict
from collections.abc import Iterator
from itertools import accumulate
from random import Random
from typing import Literal, NamedTuple

from bench.alertsim.counts import Firing, Past, Shape, Trial, arrivals, running, target
from bench.alertsim.firing import SHIFT, TIMES, Run, firings, minutes, runs
from bench.alertsim.predicates import is_above, is_spotless, usual
from metrics.thresholds import (
    DRIFT_FLOOR,
    DRIFT_TEAM,
    SPIKE_FLOOR,
    SPIKE_TEAM,
    SPOTLESS_WINDOW,
    TREND_REP,
    Share,
)

PER_DAY = 1.6  # decided appointments of a rep
BATCHED, BATCH = 0.4, 8  # so many of the decisions come in batches of so many, with one verdict
CAP = 2  # counted of one rep, decider and ten minutes

TARGET = target("disqualification")

Batches = Literal["none", "of one rep", "of one rep, not capped", "over the floor"]


class Jump(NamedTuple):
    """From a minute of a day on, the true share of rejections is another."""

    minute: int
    after: float


def _days(window: str) -> int:
    return 1 if window == "today" else int(window.removesuffix("d"))


class Decisions:
    """The decisions of one floor, day by day."""

    def __init__(self, random: Random, shape: Shape, batches: Batches = "none") -> None:
        self._random, self._shape, self._batches = random, shape, batches
        self._past: defaultdict[tuple[str, int], Past] = defaultdict(Past)

    def day(self, share: float, jump: Jump | None = None) -> Iterator[Firing]:
        """A day with a true share of rejections: what begins to fire."""
        today: defaultdict[tuple[str, int], list[Trial]] = defaultdict(list)
        for minute, rep, is_rejected in self._decided(share, jump):
            trial = minute, is_rejected
            today["floor", 0].append(trial)
            today["team", self._shape.team_of(rep)].append(trial)
            today["rep", rep].append(trial)
        for alert, level, who, spans in self._conditions(today):
            for minute in firings(spans, TIMES[alert]):
                yield Firing(alert, level, who, minute)
        for level, who in self._everyone():
            self._past[level, who].close(today[level, who])

    def _everyone(self) -> Iterator[tuple[str, int]]:
        yield "floor", 0
        yield from (("team", team) for team in range(self._shape.teams))
        yield from (("rep", rep) for rep in range(self._shape.reps))

    # -- what is decided

    def _decided(self, share: float, jump: Jump | None) -> list[tuple[int, int, bool]]:
        """(minute, rep, whether it is rejected) of what alerts count, in order."""
        random, reps = self._random, self._shape.reps
        rate = reps * PER_DAY / SHIFT
        batched = 0.0 if self._batches == "none" else BATCHED

        def rejected(minute: int) -> bool:
            true = share if jump is None or minute < jump.minute else jump.after
            return random.random() < true

        decisions = [
            (minute, random.randrange(reps), rejected(minute))
            for minute in arrivals(random, rate * (1 - batched))
        ]
        for minute in arrivals(random, rate * batched / BATCH):
            verdict = rejected(minute)
            decisions += [(minute, rep, verdict) for rep in self._batch()]
        return sorted(decisions)

    def _batch(self) -> list[int]:
        """The reps of the decisions of a batch that count."""
        if self._batches == "over the floor":
            return [self._random.randrange(self._shape.reps) for _ in range(BATCH)]
        counted = BATCH if self._batches == "of one rep, not capped" else CAP
        return [self._random.randrange(self._shape.reps)] * counted

    # -- what alerts make of it

    def _conditions(
        self, today: defaultdict[tuple[str, int], list[Trial]]
    ) -> Iterator[tuple[str, str, int, Iterator[Run]]]:
        floor = self._past["floor", 0], today["floor", 0]
        yield "DisqualificationSpike", "floor", 0, _spike(*floor)
        yield "DisqualificationDrift", "floor", 0, _too_much(DRIFT_FLOOR, *floor, TARGET)
        yield "DisqualificationSuspiciouslyLow", "floor", 0, _spotless(*floor)
        for team in range(self._shape.teams):
            past, trials = self._past["team", team], today["team", team]
            expected = usual(*past.before(20), TARGET)
            yield (
                "DisqualificationSpikeTeam",
                "team",
                team,
                _too_much(SPIKE_TEAM, past, trials, expected),
            )
            yield "DisqualificationDrift", "team", team, _too_much(DRIFT_TEAM, past, trials, TARGET)
        for rep in range(self._shape.reps):
            past, trials = self._past["rep", rep], today["rep", rep]
            yield "RepDisqualificationTrend", "rep", rep, _too_much(TREND_REP, past, trials, TARGET)


def _too_much(share: Share, past: Past, today: list[Trial], reference: float) -> Iterator[Run]:
    """When the share of a window of open days is too much."""
    before, of_before = past.before(_days(share.window))
    fresh, _ = past.before(_days(share.recent))
    return runs(
        (minute, is_above(share, before + hits, of_before + of, fresh + hits, reference, TARGET))
        for minute, hits, of in running(today)
    )


def _spike(past: Past, today: list[Trial]) -> Iterator[Run]:
    """When the share of the last hours is too much; nobody decides at night."""
    reference = usual(*past.before(20), TARGET)
    rejected, decided = [0] * (SHIFT + 1), [0] * (SHIFT + 1)  # by the minutes before it
    for minute, is_rejected in today:
        rejected[minute + 1] += is_rejected
        decided[minute + 1] += 1
    rejected, decided = list(accumulate(rejected)), list(accumulate(decided))
    window, recent = minutes(SPIKE_FLOOR.window), minutes(SPIKE_FLOOR.recent)

    def is_so(end: int) -> bool:
        start = max(0, end - window)
        hits, of = rejected[end] - rejected[start], decided[end] - decided[start]
        fresh = rejected[end] - rejected[max(0, end - recent)]
        return is_above(SPIKE_FLOOR, hits, of, fresh, reference, TARGET)

    return runs((minute, is_so(minute + 1)) for minute in range(SHIFT))


def _spotless(past: Past, today: list[Trial]) -> Iterator[Run]:
    before, of_before = past.before(_days(SPOTLESS_WINDOW))
    return runs(
        (minute, is_spotless(before + hits, of_before + of)) for minute, hits, of in running(today)
    )
