"""What is asked about a number: whose, which measure, and which minutes are its window."""

import difflib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

from metrics.kpis import MEASURE, MEASURES, Measure
from metrics.windows import WINDOWS, Window
from streams.audit.findings import Why
from streams.clock import MINUTE, Micros, Minute
from streams.events.contract import MAX_AHEAD
from streams.measures.windows import window_starts
from streams.roster.calendar import Day
from streams.roster.people import Membership, Rep

_WINDOW = {window.name: window for window in WINDOWS}


class QuestionError(ValueError):
    """A question that has no answer: says what was asked, and what can be."""


@dataclass(frozen=True, slots=True)
class Question:
    """One number of a rep; None is all channels, and all teams."""

    rep_id: str
    measure: Measure
    window: Window
    channel: str | None = None
    team: str | None = None

    @classmethod
    def ask(
        cls, rep_id: str, measure: str, window: str, channel: str | None, team: str | None
    ) -> Self:
        """The question of these names; raises QuestionError for what the catalogue has not."""
        known = MEASURE.get(measure)
        if known is None:
            names = [one.name for one in MEASURES]
            raise QuestionError(f"{measure!r} is not a measure: {_choices(measure, names)}")
        if window not in _WINDOW:
            names = [one.name for one in WINDOWS]
            raise QuestionError(f"{window!r} is not a window: {_choices(window, names)}")
        if window not in known.windows:
            has = ", ".join(known.windows)
            raise QuestionError(f"{measure} has no window {window}; it has {has}")
        if channel is not None and channel not in known.channels:
            has = ", ".join(known.channels) or "none"
            raise QuestionError(f"{measure} has no channel {channel}; it has {has}")
        return cls(rep_id=rep_id, measure=known, window=_WINDOW[window], channel=channel, team=team)

    @property
    def channels(self) -> tuple[str | None, ...]:
        """The channels whose numbers are summed; (None,) for a measure that has none."""
        return (self.channel,) if self.channel else self.measure.channels or (None,)

    def why_not_team(self, team: str) -> Why | None:
        """Why what was earned in *team* is not asked for; None when it is."""
        return None if self.team in (None, team) else Why("other_team", team)


def near(name: str, known: Iterable[str]) -> str:
    """A hint at names that look like *name*, or an empty string."""
    matches = difflib.get_close_matches(name, known, n=3, cutoff=0.5)
    return f"; did you mean {' or '.join(matches)}?" if matches else ""


def _choices(name: str, known: list[str]) -> str:
    return f"it is one of {', '.join(known)}{near(name, known)}"


@dataclass(frozen=True, slots=True)
class Frame:
    """The minutes [start, now] of a window of a rep, as the board has them at *now*.

    Day windows start with the rep's business day; `horizon` is where the longest of all starts.
    """

    rep: Rep
    now: Minute
    today: Day
    start: Minute
    horizon: Minute

    @classmethod
    def of(cls, rep: Rep, window: Window, now: Minute) -> Self:
        """The frame of a window that ends with the minute *now*."""
        today = rep.days.day_of(now)
        starts = window_starts(rep, now, today)
        if window.minutes:
            start = now - window.minutes + 1
        else:
            start = rep.days.start_of(starts[window.name])
        horizon = rep.days.start_of(starts.earliest)
        return cls(rep=rep, now=now, today=today, start=start, horizon=horizon)

    def holds(self, at: Micros) -> bool:
        """Whether what happened at *at* is in the window."""
        return self.start <= at // MINUTE <= self.now

    def why_not(self, at: Micros) -> Why | None:
        """Why what happened at *at* is not in the window; None when it is."""
        if self.holds(at):
            return None
        end = (self.now + 1) * MINUTE
        if at < self.start * MINUTE:
            return Why("outside_window", "before it")
        if at <= end + MAX_AHEAD:
            return Why("waiting")
        return Why("outside_window", "after it")

    def membership(self, earned_at: Micros) -> Membership:
        """The team and floor that get the credit of what was earned at *earned_at*."""
        return self.rep.membership_at(earned_at // MINUTE)
