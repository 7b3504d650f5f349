"""The windows in which measures are counted, and which of them each sort of measure has."""

from dataclasses import dataclass

DAYS_PER_OPEN_DAY = 3  # of a floor that opens three days a week, with holidays and slack


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """A stretch of time that ends now.

    `minutes` windows hold the minute buckets b with now - minutes < b <= now. `open_days` windows
    start with the N-th last open day of the rep's floor, `calendar_days` windows with the day N - 1
    days before today; both at the rep's own start of the day. Exactly one of the three is set.
    """

    name: str
    title: str
    minutes: int = 0
    open_days: int = 0
    calendar_days: int = 0

    @property
    def reach(self) -> int:
        """The most calendar days that the window may reach back."""
        return max(self.calendar_days, self.open_days * DAYS_PER_OPEN_DAY, 1)


WINDOWS = (
    Window(name="15m", title="last 15 minutes", minutes=15),
    Window(name="1h", title="last hour", minutes=60),
    Window(name="4h", title="last 4 hours", minutes=240),
    Window(name="today", title="today", calendar_days=1),
    Window(name="2d", title="last 2 open days", open_days=2),
    Window(name="5d", title="last 5 open days", open_days=5),
    Window(name="20d", title="last 20 open days", open_days=20),
    Window(name="90d", title="last 90 days", calendar_days=90),
)
WINDOW_TITLES = {window.name: window.title for window in WINDOWS}
MINUTE_WINDOWS = tuple(window for window in WINDOWS if window.minutes)
DAY_WINDOWS = tuple(window for window in WINDOWS if not window.minutes)

TOUCH_WINDOWS = ("15m", "1h", "4h", "today", "2d", "5d", "20d")
CONTACT_WINDOWS = ("today", "2d", "5d", "20d")
LEAD_WINDOWS = ("1h", "4h", "today", "2d", "5d", "20d", "90d")
COHORT_WINDOWS = ("today", "5d", "20d", "90d")
