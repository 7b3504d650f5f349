"""The touches of a rep against those expected of them, judged by one rule on all pages."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from zoneinfo import ZoneInfo

from dashboards.wall import completeness
from dashboards.wall.figures import Trust
from dashboards.wall.language import say
from dashboards.wall.snapshot import PartKey, Snapshot
from dashboards.wall.words import ABSENT, count, expected, figure
from metrics import channels
from metrics.kpis import EFFECTIVE_TOUCHES, EXPECTED_TOUCHES, KPI
from metrics.names import SERIES_INDEX, Series
from metrics.readings import PART_LIVES, RepReading
from metrics.states import CLOSED

TODAY = "today"  # the window
PACE = KPI["pace"]
CHANNELS = {channel.name: channel.title for channel in channels.CHANNELS}
ALL = "all"
TOTAL = "Effective touchpoints"


@dataclass(frozen=True, slots=True)
class Touched:
    """Effective touches of today against those expected by now; pace is None with no target.

    `why` leads to what is behind them, after the address of the rep's page and `explain/`.
    """

    name: str
    title: str
    why: str
    effective: float
    expected: float
    pace: float | None
    text: str
    goal: str
    pace_text: str
    state: str
    shape: str
    verdict: str


class Paces:
    """Judges the reps of a page at *now*, the machine's clock, in the language that is spoken.

    As on the wall, a feed that is late or silent makes stale what rests on it, and so does Redis
    *is_away*. Nobody is judged who is off by the roster: before their hours, after the last of
    them, and on days without. What is the same for several reps is looked at once.
    """

    def __init__(self, snapshot: Snapshot, now: float, *, is_away: bool) -> None:
        self._snapshot = snapshot
        self._now = now
        self._is_old = is_away or bool(snapshot.trouble)
        self._doubts = completeness.doubts(snapshot, now)
        self._silent = completeness.silent_feeds(snapshot.parts.values())
        floors = snapshot.layout.floors if snapshot.layout else ()
        self._floors = {floor.name: floor for floor in floors}
        self._late: dict[int, Mapping[str, str]] = {}  # by partition

    def total(self, reading: RepReading) -> Touched:
        """All channels together."""
        return self._touched(ALL, TOTAL, reading, tuple(CHANNELS), self._trust(reading))

    def channels(self, reading: RepReading) -> list[Touched]:
        """Each channel by itself, which rests on its own feed alone."""
        trust = self._trust(reading)
        return [
            self._touched(name, title, reading, (name,), _of_channel(trust, name))
            for name, title in CHANNELS.items()
        ]

    def incomplete(self, reading: RepReading) -> str:
        """Which parts behind a rep's numbers are in doubt, in words; empty for none."""
        doubts = [doubt for doubt in self._doubts if is_behind(doubt.key, reading)]
        if not doubts and self._now - reading.written_at > PART_LIVES:
            own = PartKey("reps", reading.partition)
            doubts = [completeness.Doubt(own, completeness.NOT_REPORTING, None)]
        return completeness.words(doubts)

    def _trust(self, reading: RepReading) -> Trust:
        if (late := self._late.get(reading.partition)) is None:
            parts = [part for key, part in self._snapshot.parts.items() if is_behind(key, reading)]
            late = self._late[reading.partition] = completeness.late_feeds(parts, self._now)
        return Trust(
            is_old=self._is_old,
            is_whole=not self.incomplete(reading),
            is_open=not off(reading) and self._is_open(reading),
            late={**self._silent.get(reading.floor, {}), **late},
        )

    def _is_open(self, reading: RepReading) -> bool:
        """Whether the floor has hours, or the rep has, of whom that is known."""
        floor = self._floors.get(reading.floor)
        return bool(reading.hours) or floor is None or floor.is_open

    def _touched(
        self,
        name: str,
        title: str,
        reading: RepReading,
        channels: tuple[str, ...],
        trust: Trust,
    ) -> Touched:
        floor = self._floors.get(reading.floor)
        target = floor.kpi_targets.get(PACE.name, PACE.target) if floor else PACE.target
        effective = touches(reading, EFFECTIVE_TOUCHES.name, channels)
        by_now = touches(reading, EXPECTED_TOUCHES.name, channels)
        sums = {EFFECTIVE_TOUCHES.name: effective, EXPECTED_TOUCHES.name: by_now}
        pace = PACE.value(sums)
        judged = None if pace is None else trust.state(PACE, sums, target)
        shown = figure(PACE, pace, target)
        query = "" if name == ALL else f"?channel={name}"
        return Touched(
            name=name,
            title=say(title),
            why=f"{EFFECTIVE_TOUCHES.name}/{TODAY}{query}",
            effective=effective,
            expected=by_now,
            pace=pace,
            text=count(effective),
            goal=expected(by_now),
            pace_text=ABSENT if pace is None else say("pace {percent}", percent=shown),
            state=judged.name if judged else "",
            shape=judged.shape if judged else "",
            verdict=(off(reading) if judged is CLOSED else "") or trust.words(PACE, judged),
        )


def touches(
    reading: RepReading, measure: str, channels: Iterable[str], window: str = TODAY
) -> float:
    """The sum of a measure of touches over channels, and over the rep's teams."""
    places = [SERIES_INDEX[Series(measure, window, channel)] for channel in channels]
    return sum(row.values[place] for row in reading.rows for place in places)


def is_behind(key: PartKey, reading: RepReading) -> bool:
    """Whether a part's data may change the rep: their own partition, and a lead in any."""
    return key.kind == "leads" or key.partition == reading.partition


def off(reading: RepReading) -> str:
    """That a rep is off by their hours of today, in words; empty on shift, and in its breaks.

    Empty too where a worker of an earlier version wrote no hours.
    """
    if reading.hours is None:
        return ""
    if not reading.hours:
        return say("off today")
    start, end = reading.hours[0][0], reading.hours[-1][1]
    if reading.clock < start:
        return say("starts at {time}", time=_time(start, reading.zone))
    return "" if reading.clock < end else say("off since {time}", time=_time(end, reading.zone))


def _of_channel(trust: Trust, channel: str) -> Trust:
    late = {feed: words for feed, words in trust.late.items() if feed == channel}
    return replace(trust, late=late)


def _time(at: int, zone: str) -> str:
    return f"{datetime.fromtimestamp(at, ZoneInfo(zone)):%H:%M}"
