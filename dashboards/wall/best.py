"""The best of today: the names of few, never a number of theirs and never who is below them."""

from collections.abc import Iterable

from metrics.readings import BEST_OF, FloorInfo, Part

MOST_NAMES = BEST_OF - 1
LEAST_OTHERS = 2  # who are ranked and not named, or not to be named would be the last place


def best_of_today(parts: Iterable[Part], info: FloorInfo, smallest: int) -> list[str]:
    """The names of the reps of a floor with the most effective touches today, the first one first.

    Of those who are ranked by the roster; none where they are fewer than *smallest*, or so few that
    the others would be known too. Who is level with somebody who has no room is not named.
    """
    if info.ranked < max(smallest, MOST_NAMES + LEAST_OTHERS):
        return []
    ranked = [one for part in parts for one in part.best if one.floor == info.name]
    ranked.sort(key=lambda one: (-one.touches, one.name))
    beyond = ranked[MOST_NAMES].touches if len(ranked) > MOST_NAMES else 0
    return [one.name for one in ranked[:MOST_NAMES] if one.touches > beyond]
