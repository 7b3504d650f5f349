"""When something came last of each feed: the line at the foot of the wall."""

from collections.abc import Collection
from dataclasses import dataclass

from dashboards.wall.language import say
from dashboards.wall.words import span
from metrics.channels import FEEDS
from metrics.readings import Part


@dataclass(frozen=True, slots=True)
class Feed:
    """A channel and the seconds since its last event; None when none was seen."""

    name: str
    age: float | None
    text: str


def feeds(parts: Collection[Part], clock: float | None) -> list[Feed]:
    """Every feed, by the newest event in any part."""
    found = []
    for name, title in FEEDS.items():
        newest = max((part.newest.get(name, 0) for part in parts), default=0)
        if not newest or clock is None:
            found.append(Feed(name, None, say("{feed}: none yet", feed=say(title))))
        else:
            age = max(0.0, clock - newest)
            found.append(
                Feed(name, age, say("{feed}: last {span} ago", feed=say(title), span=span(age)))
            )
    return found
