"""Where a rep's windows start, and which undecided appointments are overdue: by business days."""

from collections.abc import Callable, Iterable

from metrics.windows import DAY_WINDOWS
from streams.clock import Minute
from streams.roster.calendar import Day
from streams.roster.floors import Floor
from streams.roster.people import Rep


class Starts(dict[str, Day]):
    """The first business day of each day window, by its name."""

    @property
    def earliest(self) -> Day:
        """The first day that any window reaches."""
        return min(self.values())

    def first_of(self, names: Iterable[str]) -> Day:
        """The first day that any of the windows of these names reaches."""
        return min(self[name] for name in names)


StartsOf = Callable[[Rep, Minute, Day], Starts]


def window_starts(rep: Rep, now: Minute, today: Day) -> Starts:
    """The first day of each day window: open days are those of the floor that *rep* is on now."""
    calendar = rep.membership_at(now).floor.calendar
    starts = Starts()
    for window in DAY_WINDOWS:
        if window.open_days:
            starts[window.name] = calendar.nth_last_open(window.open_days, today)
        else:
            starts[window.name] = today - window.calendar_days + 1
    return starts


def overdue_before(floor: Floor, today: Day) -> Day:
    """An appointment of *floor* delivered before this day and undecided *today* is overdue."""
    return floor.calendar.nth_last_open(floor.decide_within_days + 1, today)
