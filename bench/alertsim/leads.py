"""A floor whose contacts become leads: too few of them, or of another mix than agreed."""

from collections import defaultdict
from collections.abc import Callable, Iterator
from random import Random

from bench.alertsim.counts import Firing, Past, Shape, Trial, arrivals, running, target
from bench.alertsim.firing import SHIFT, TIMES, firings, runs
from bench.alertsim.predicates import is_conversion_low, is_mix_off
from metrics.thresholds import CONVERSION_WINDOW, MIX_WINDOW

CONTACTS_PER_DAY, LEADS_PER_DAY = 10, 1.2  # of a rep


class Shares:
    """Trials of a floor and of its teams, with an alert about the share of hits, day by day."""

    def __init__(self, random: Random, shape: Shape, alert: str) -> None:
        self._random, self._shape, self._alert = random, shape, alert
        is_conversion = alert == "ContactsToLeadsLow"
        self._per_day = CONTACTS_PER_DAY if is_conversion else LEADS_PER_DAY
        self._window = int((CONVERSION_WINDOW if is_conversion else MIX_WINDOW).removesuffix("d"))
        self._is_off: Callable[[int, int], bool] = _is_low if is_conversion else _is_mix_off
        self._teams = shape.teams if is_conversion else 0
        self._past: defaultdict[tuple[str, int], Past] = defaultdict(Past)

    def day(self, share: float) -> Iterator[Firing]:
        """A day with a true share of hits: what begins to fire."""
        today: defaultdict[tuple[str, int], list[Trial]] = defaultdict(list)
        for minute in arrivals(self._random, self._shape.reps * self._per_day / SHIFT):
            trial = minute, self._random.random() < share
            today["floor", 0].append(trial)
            today["team", self._random.randrange(self._shape.teams)].append(trial)
        for level, who in (("floor", 0), *(("team", team) for team in range(self._teams))):
            past, trials = self._past[level, who], today[level, who]
            hits, of = past.before(self._window)
            spans = runs(
                (minute, self._is_off(hits + more, of + trials_more))
                for minute, more, trials_more in running(trials)
            )
            for minute in firings(spans, TIMES[self._alert]):
                yield Firing(self._alert, level, who, minute)
            past.close(trials)


def _is_low(converted: int, contacts: int) -> bool:
    return is_conversion_low(converted, contacts, target("contacts_to_leads"))


def _is_mix_off(inbound: int, known: int) -> bool:
    return is_mix_off(inbound, known - inbound, target("inbound_share"))
