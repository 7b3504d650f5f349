"""Which teams are too small to be shown by themselves, or would reveal one that is."""

from collections.abc import Mapping, Sequence

from dashboards.wall.language import say

SMALLEST_TEAM = 5  # people


def hidden_teams(people: Mapping[str, int], smallest: int) -> frozenset[str]:
    """The teams of a floor that are not to be shown, by the people of each.

    Teams of fewer than *smallest* are hidden. The floor less those that are shown is the sum of
    those that are not: so the smallest others are hidden too, until two teams and *smallest* people
    are in that sum. Of a floor with fewer people none is shown.
    """
    if sum(people.values()) < smallest:
        return frozenset(people)
    by_size = sorted(people, key=lambda team: (people[team], team))
    hidden = [team for team in by_size if people[team] < smallest]
    others = by_size[len(hidden) :]
    while hidden and others and not _is_enough([people[team] for team in hidden], smallest):
        hidden.append(others.pop(0))
    return frozenset(hidden)


def sentence(hidden: Sequence[str], shown: Sequence[str], smallest: int) -> str:
    """What the page says of it; empty where nothing is hidden."""
    if not hidden:
        return ""
    if not shown:
        return say(
            "Not broken down by team, so that no team of fewer than {smallest} can be read.",
            smallest=smallest,
        )
    names = ", ".join(hidden)
    return say(
        "Not shown, so that no team of fewer than {smallest} can be read: {names}.",
        smallest=smallest,
        names=names,
    )


def _is_enough(sizes: Sequence[int], smallest: int) -> bool:
    return len(sizes) > 1 and sum(sizes) >= smallest
