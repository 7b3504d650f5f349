"""The page of a rep: the counters of the day, computed from the reading and the parts behind it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal
from zoneinfo import ZoneInfo

from dashboards.wall import completeness
from dashboards.wall.events import Event, newest_events
from dashboards.wall.language import number, say
from dashboards.wall.lines import NO_LINE, Line, ends_of_day, hour_line
from dashboards.wall.paces import CHANNELS, TODAY, Paces, Touched, is_behind, touches
from dashboards.wall.snapshot import Snapshot
from dashboards.wall.words import ABSENT, count, data_age, day_and_month
from metrics.kpis import (
    COHORT_OVERDUE,
    COHORT_PENDING,
    CONTACTS,
    EFFECTIVE_TOUCHES,
    EXPECTED_TOUCHES,
    LEADS_CREATED,
)
from metrics.names import SERIES_INDEX, Series
from metrics.readings import LATEST, BestDay, RepReading, add

HOUR, COHORTS = "1h", "90d"  # windows
COUNTERS = {LEADS_CREATED.name: "Leads created", CONTACTS.name: "Contacts reached"}
GONE = "There are no numbers of this rep any more: the worker that has them is not reporting."

RepState = Literal["ok", "gone", "redis_away"]


@dataclass(frozen=True, slots=True)
class Counter:
    """One more number; `note` says what it is of, where the title does not.

    `why` leads to what is behind it, as in `Touched`; empty where there is no such page.
    """

    title: str
    value: float
    text: str
    note: str = ""
    why: str = ""


@dataclass(frozen=True, slots=True)
class RepPage:
    """Everything on the page of a rep; `total` is None when there is nothing to show.

    `line` is the total by hour of the day, `line_title` in words which, and `line_ends` when it
    begins and ends.
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
    events_title: str = ""
    events: Sequence[Event] = ()


def rep_page(
    rep: str, reading: RepReading | None, snapshot: Snapshot, now: float, *, away: str = ""
) -> RepPage:
    """The page of *rep* at *now*, the machine's clock; of the last reading with Redis *away*."""
    if reading is None:
        return RepPage("redis_away", say(away), rep) if away else RepPage("gone", say(GONE), rep)
    paces = Paces(snapshot, now, is_away=bool(away))
    age, incomplete = _age(reading, snapshot, now), paces.incomplete(reading)
    values = add([row.values for row in reading.rows])
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
        total=paces.total(reading),
        channels=paces.channels(reading),
        counters=[
            *(_counter(name, title, values) for name, title in COUNTERS.items()),
            _last_hour(reading),
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


def _last_hour(reading: RepReading) -> Counter:
    done = touches(reading, EFFECTIVE_TOUCHES.name, CHANNELS, HOUR)
    due = touches(reading, EXPECTED_TOUCHES.name, CHANNELS, HOUR)
    note = say("of {count} expected", count=number(due, 1 if due < 10 else 0))
    note = note if due else say("nothing expected")
    why = f"{EFFECTIVE_TOUCHES.name}/{HOUR}"
    return Counter(say("Last hour"), done, count(done), note, why)


def _best_day(best: BestDay | None, today: str) -> Counter:
    if best is None:
        return Counter(say("Best day"), 0, ABSENT, say("none yet"))
    day = say("today") if best.day == today else day_and_month(date.fromisoformat(best.day))
    note = say("of the last 20 open days: {day}", day=day)
    return Counter(say("Best day"), best.touches, count(best.touches), note)


def _pending(values: Sequence[float]) -> Counter:
    """Of the appointments of the last 90 days."""
    pending, overdue = (
        values[SERIES_INDEX[Series(measure.name, COHORTS, None)]]
        for measure in (COHORT_PENDING, COHORT_OVERDUE)
    )
    note = say("{count} overdue", count=count(overdue)) if overdue else say("none overdue")
    why = f"{COHORT_PENDING.name}/{COHORTS}"
    return Counter(say("Appointments undecided"), pending, count(pending), note, why)


def _counter(name: str, title: str, values: Sequence[float]) -> Counter:
    value = values[SERIES_INDEX[Series(name, TODAY, None)]]
    return Counter(say(title), value, count(value), why=f"{name}/{TODAY}")
