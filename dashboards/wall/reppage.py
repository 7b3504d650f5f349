"""The page of a rep: the counters of the day, computed from the reading and the parts behind it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Literal
from zoneinfo import ZoneInfo

from dashboards.wall import completeness
from dashboards.wall.events import Event, newest_events
from dashboards.wall.figures import Trust
from dashboards.wall.language import number, say
from dashboards.wall.lines import NO_LINE, Line, ends_of_day, hour_line
from dashboards.wall.snapshot import PartKey, Snapshot
from dashboards.wall.words import ABSENT, count, data_age, day_and_month, expected, figure
from metrics import channels
from metrics.kpis import (
    COHORT_OVERDUE,
    COHORT_PENDING,
    CONTACTS,
    EFFECTIVE_TOUCHES,
    EXPECTED_TOUCHES,
    KPI,
    LEADS_CREATED,
)
from metrics.names import SERIES_INDEX, Series
from metrics.readings import LATEST, PART_LIVES, BestDay, RepReading, add

TODAY, HOUR, COHORTS = "today", "1h", "90d"  # windows
PACE = KPI["pace"]
CHANNELS = {channel.name: channel.title for channel in channels.CHANNELS}
COUNTERS = {LEADS_CREATED.name: "Leads created", CONTACTS.name: "Contacts reached"}
GONE = "There are no numbers of this rep any more: the worker that has them is not reporting."

# By what shows a number, the address of what is behind it, after that of the page and `explain/`.
WHY = {
    "all": f"{EFFECTIVE_TOUCHES.name}/{TODAY}",
    **{name: f"{EFFECTIVE_TOUCHES.name}/{TODAY}?channel={name}" for name in CHANNELS},
    **{name: f"{name}/{TODAY}" for name in COUNTERS},
    "hour": f"{EFFECTIVE_TOUCHES.name}/{HOUR}",
    "pending": f"{COHORT_PENDING.name}/{COHORTS}",
}

RepState = Literal["ok", "gone", "redis_away"]


@dataclass(frozen=True, slots=True)
class Touched:
    """Effective touches of today against those expected by now; pace is None with no target."""

    name: str
    title: str
    effective: float
    expected: float
    pace: float | None
    text: str
    goal: str
    pace_text: str
    state: str
    shape: str
    verdict: str


@dataclass(frozen=True, slots=True)
class Counter:
    """One more number; `note` says what it is of, where the title does not."""

    name: str
    title: str
    value: float
    text: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class RepPage:
    """Everything on the page of a rep; `total` is None when there is nothing to show.

    `line` is the total by hour of the day, `line_title` in words which, and `line_ends` when it
    begins and ends. `why` leads from what shows a number to what is behind it.
    """

    state: RepState
    message: str
    rep: str
    name: str = ""
    place: str = ""
    day: str = ""
    age: float | None = None
    age_text: str = ""
    incomplete: str = ""
    note: str = ""
    is_grey: bool = True
    total: Touched | None = None
    channels: Sequence[Touched] = ()
    counters: Sequence[Counter] = ()
    line: Line = NO_LINE
    line_title: str = ""
    line_ends: tuple[str, str] = ("", "")
    why: Mapping[str, str] = field(default_factory=lambda: WHY)
    events_title: str = ""
    events: Sequence[Event] = ()


def rep_page(
    rep: str, reading: RepReading | None, snapshot: Snapshot, now: float, *, away: str = ""
) -> RepPage:
    """The page of *rep* at *now*, the machine's clock; of the last reading with Redis *away*."""
    if reading is None:
        return RepPage("redis_away", say(away), rep) if away else RepPage("gone", say(GONE), rep)
    age, incomplete = _age(reading, snapshot, now), incomplete_words(reading, snapshot, now)
    values = add([row.values for row in reading.rows])
    trust = Trust(is_old=bool(away) or completeness.is_stale(age), is_whole=not incomplete)
    target = pace_target(snapshot, reading.floor)
    channels = [
        touched(name, title, values, (name,), trust, target) for name, title in CHANNELS.items()
    ]
    return RepPage(
        state="redis_away" if away else "ok",
        message=say(away),
        rep=rep,
        name=reading.name or rep,
        place=" · ".join(dict.fromkeys((reading.team, reading.floor))),
        day=reading.day,
        age=age,
        age_text=data_age(age),
        incomplete=incomplete,
        note=incomplete and say("{state}: {why}", state=say("incomplete"), why=incomplete),
        is_grey=bool(away) or completeness.is_stale(age) or bool(incomplete),
        total=touched("all", "Effective touchpoints", values, tuple(CHANNELS), trust, target),
        channels=channels,
        counters=[
            *(_counter(name, title, values) for name, title in COUNTERS.items()),
            _last_hour(values),
            _best_day(reading.best, reading.day),
            _pending(values),
        ],
        line=hour_line(reading.days, reading.clock, ZoneInfo(reading.zone)),
        line_title=say("today by hour"),
        line_ends=ends_of_day(reading.days, ZoneInfo(reading.zone)),
        events_title=say("Last {count} events", count=LATEST),
        events=newest_events(reading),
    )


def _age(reading: RepReading, snapshot: Snapshot, now: float) -> float | None:
    behind = (part for key, part in snapshot.parts.items() if is_behind(key, reading))
    return completeness.age(behind, now)


def is_behind(key: PartKey, reading: RepReading) -> bool:
    """Whether a part's data may change the rep: their own partition, and a lead in any."""
    return key.kind == "leads" or key.partition == reading.partition


def incomplete_words(reading: RepReading, snapshot: Snapshot, now: float) -> str:
    """Which parts behind a rep's numbers are in doubt, in words; empty for none."""
    doubts = [
        doubt for doubt in completeness.doubts(snapshot, now) if is_behind(doubt.key, reading)
    ]
    if not doubts and now - reading.written_at > PART_LIVES:
        own = PartKey("reps", reading.partition)
        doubts = [completeness.Doubt(own, completeness.NOT_REPORTING, None)]
    return completeness.words(doubts)


def pace_target(snapshot: Snapshot, floor: str) -> float | None:
    """The target of the pace on a floor."""
    floors = snapshot.layout.floors if snapshot.layout else ()
    own = next((info.kpi_targets for info in floors if info.name == floor), {})
    return own.get(PACE.name, PACE.target)


def touched(
    name: str,
    title: str,
    values: Sequence[float],
    channels: tuple[str, ...],
    trust: Trust,
    target: float | None,
) -> Touched:
    """One channel, or several together, by the *target* of the pace."""
    effective = _sum(values, EFFECTIVE_TOUCHES.name, channels)
    by_now = _sum(values, EXPECTED_TOUCHES.name, channels)
    sums = {EFFECTIVE_TOUCHES.name: effective, EXPECTED_TOUCHES.name: by_now}
    pace = PACE.value(sums)
    judged = None if pace is None else trust.state(PACE, sums, target)
    return Touched(
        name=name,
        title=say(title),
        effective=effective,
        expected=by_now,
        pace=pace,
        text=count(effective),
        goal=expected(by_now),
        pace_text=ABSENT
        if pace is None
        else say("pace {percent}", percent=figure(PACE, pace, target)),
        state=judged.name if judged else "",
        shape=judged.shape if judged else "",
        verdict=trust.words(PACE, judged),
    )


def _sum(
    values: Sequence[float], measure: str, channels: Iterable[str], window: str = TODAY
) -> float:
    return sum(values[SERIES_INDEX[Series(measure, window, channel)]] for channel in channels)


def _last_hour(values: Sequence[float]) -> Counter:
    done = _sum(values, EFFECTIVE_TOUCHES.name, CHANNELS, HOUR)
    due = _sum(values, EXPECTED_TOUCHES.name, CHANNELS, HOUR)
    note = say("of {count} expected", count=number(due, 1 if due < 10 else 0))
    note = note if due else say("nothing expected")
    return Counter("hour", say("Last hour"), done, count(done), note)


def _best_day(best: BestDay | None, today: str) -> Counter:
    if best is None:
        return Counter("best", say("Best day"), 0, ABSENT, say("none yet"))
    day = say("today") if best.day == today else day_and_month(date.fromisoformat(best.day))
    note = say("of the last 20 open days: {day}", day=day)
    return Counter("best", say("Best day"), best.touches, count(best.touches), note)


def _pending(values: Sequence[float]) -> Counter:
    """Of the appointments of the last 90 days."""
    pending, overdue = (
        values[SERIES_INDEX[Series(measure.name, COHORTS, None)]]
        for measure in (COHORT_PENDING, COHORT_OVERDUE)
    )
    note = say("{count} overdue", count=count(overdue)) if overdue else say("none overdue")
    return Counter("pending", say("Appointments undecided"), pending, count(pending), note)


def _counter(name: str, title: str, values: Sequence[float]) -> Counter:
    value = values[SERIES_INDEX[Series(name, TODAY, None)]]
    return Counter(name, say(title), value, count(value))
