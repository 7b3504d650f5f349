"""How far the numbers can be trusted: the age of the data, and the parts that are in doubt."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from dashboards.wall.language import say
from dashboards.wall.snapshot import PartKey, Snapshot, part_keys
from dashboards.wall.words import span
from metrics.channels import FEEDS
from metrics.readings import PART_LIVES, Layout, Part
from metrics.thresholds import CLOCK_OFF, STALE_AFTER

MOST_NAMED = 4  # partitions named by their number; the others are counted

# As it is said of one partition, and of several.
NOT_REPORTING = ("is not reporting", "are not reporting")
OTHER_VERSION = ("was written by another version", "were written by another version")
LOST_RECORDS = ("lost records", "lost records")
BEING_READ = ("is still being read", "are still being read")

TeamKey = tuple[str, str]  # floor, team


@dataclass(frozen=True, slots=True)
class Doubt:
    """A part whose numbers are missing or not whole; `teams` of None are all of them."""

    key: PartKey
    why: tuple[str, str]
    teams: frozenset[TeamKey] | None

    def touches(self, floor: str, team: str) -> bool:
        """Whether the numbers of a team are in doubt for it."""
        return self.teams is None or (floor, team) in self.teams


def doubts(snapshot: Snapshot, now: float) -> list[Doubt]:
    """The parts in doubt at *now* (the machine's clock), in the order of their keys."""
    if snapshot.layout is None:
        return []
    found = (_doubt(snapshot, key, now) for key in part_keys(snapshot.layout))
    return [doubt for doubt in found if doubt is not None]


def _doubt(snapshot: Snapshot, key: PartKey, now: float) -> Doubt | None:
    if key in snapshot.unreadable:
        return Doubt(key, OTHER_VERSION, None)
    part = snapshot.parts.get(key)
    if part is None:
        return Doubt(key, NOT_REPORTING, None)
    why = _why(part, now)
    if why is None:
        return None
    teams = frozenset((row.floor, row.team) for row in part.teams)
    return Doubt(key, why, None if key.kind == "leads" else teams)


def _why(part: Part, now: float) -> tuple[str, str] | None:
    if now - part.written_at > PART_LIVES:
        return NOT_REPORTING
    if not part.is_complete:
        return LOST_RECORDS
    if part.complete_until is None:
        return BEING_READ
    return None


def words(found: Iterable[Doubt]) -> str:
    """Doubts in words, such as `partitions 3 and 5 are not reporting`; empty for none."""
    by_reason: dict[tuple[str, tuple[str, str]], list[int]] = {}
    for doubt in found:
        by_reason.setdefault((doubt.key.kind, doubt.why), []).append(doubt.key.partition)
    return "; ".join(_of_kind(*reason, numbers) for reason, numbers in by_reason.items())


def _of_kind(kind: str, why: tuple[str, str], numbers: list[int]) -> str:
    noun = "leads partition" if kind == "leads" else "partition"
    if len(numbers) == 1:
        return f"{say(noun)} {numbers[0]} {say(why[0])}"
    named = [str(number) for number in numbers]
    if len(named) > MOST_NAMED:
        named[MOST_NAMED - 1 :] = [say("{count} more", count=len(named) - MOST_NAMED + 1)]
    both = say("{first} and {last}", first=", ".join(named[:-1]), last=named[-1])
    return f"{say(f'{noun}s')} {both} {say(why[1])}"


def late_feeds(parts: Iterable[Part], now: float) -> dict[str, str]:
    """What is wrong with the feeds whose data is too old to be read as the present, in words."""
    ages: dict[str, float] = {}
    for part in parts:
        for feed, until in _until(part).items():
            seconds = max(0.0, part.clock - until) + elapsed(part, now)
            ages[feed] = max(seconds, ages.get(feed, 0))
    return {
        feed: say("{feed} {span} late", feed=say(title), span=span(ages[feed]))
        for feed, title in FEEDS.items()
        if is_stale(ages.get(feed))
    }


def _until(part: Part) -> Mapping[str, float]:
    """By feed; of a part that an earlier version wrote, the same of all that it may carry."""
    if part.until or part.complete_until is None:
        return part.until
    feeds = ("lead",) if part.kind == "leads" else FEEDS
    return dict.fromkeys(feeds, part.complete_until)


def silent_feeds(parts: Iterable[Part]) -> dict[str, dict[str, str]]:
    """By floor, the channels that are silent as far as every worker knows, in words."""
    said = [frozenset(part.silent) for part in parts if part.kind == "reps"]
    silent = frozenset.intersection(*said) if said else frozenset()
    return {
        name: {
            feed: say("no {feed}", feed=say(title))
            for feed, title in FEEDS.items()
            if (name, feed) in silent
        }
        for name, _ in silent
    }


def wrong_clock(parts: Iterable[Part], now: float) -> str:
    """The sentence about the worker whose clock is furthest off; empty while none is too far."""
    offsets = [
        offset
        for part in parts
        if (offset := part.clock_offset) and elapsed(part, now) <= PART_LIVES
    ]
    worst = max(offsets, key=abs, default=0)
    if abs(worst) <= CLOCK_OFF:
        return ""
    if worst > 0:
        return say("The clock of a worker is {span} ahead of the brokers'.", span=span(worst))
    return say("The clock of a worker is {span} behind the brokers'.", span=span(-worst))


def age(parts: Iterable[Part], now: float) -> float | None:
    """Seconds that the oldest of these parts is behind its clock; None when none was ever read."""
    ages = [
        max(0.0, part.clock - part.complete_until) + elapsed(part, now)
        for part in parts
        if part.complete_until is not None
    ]
    return max(ages, default=None)


def is_stale(seconds: float | None) -> bool:
    """Whether data of that age is too old to be read as the present."""
    return seconds is not None and seconds > STALE_AFTER


def elapsed(reading: Layout | Part, now: float) -> float:
    """Seconds since it was written; never below zero, whatever the two machines' clocks say."""
    return max(0.0, now - reading.written_at)


def clock(snapshot: Snapshot, now: float) -> float | None:
    """The injected clock at *now*, by what was written last; None before anything was."""
    written: list[Layout | Part] = list(snapshot.parts.values())
    if snapshot.layout is not None:
        written.append(snapshot.layout)
    if not written:
        return None
    last = max(written, key=lambda reading: reading.written_at)
    return last.clock + elapsed(last, now)
