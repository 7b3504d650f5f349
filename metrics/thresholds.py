"""What alerts are measured against: every number once, for the rules, the tests and the simulation.

The factors and counts were chosen by simulation on the volumes of a real floor, one to three
decided appointments per rep and day; docs/alerts.md has the false alarms and the times to detect.
"""

from dataclasses import dataclass

# One-sided bounds of the normal distribution, as the Wilson score interval takes them.
Z_999 = 3.09
Z_99 = 2.326


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """When a share is above what it may be.

    All has to hold: the lower 99.9 % bound of the share in *window* is above the reference, the
    share itself above *times* the target, *at_least* of the decisions in *window* are rejections,
    and so are *fresh* of those in *recent*, so that an old story ends.
    """

    window: str
    times: float
    at_least: int
    recent: str
    fresh: int


# Against what is usual on the floor: the target, or BASELINE times its own 20 days before today.
SPIKE_FLOOR = Share(window="4h", times=2, at_least=5, recent="1h", fresh=1)
SPIKE_TEAM = Share(window="2d", times=2, at_least=5, recent="today", fresh=2)
# Against the target alone.
DRIFT_TEAM = Share(window="5d", times=1.5, at_least=6, recent="today", fresh=1)
DRIFT_FLOOR = Share(window="5d", times=1.5, at_least=12, recent="today", fresh=1)
TREND_REP = Share(window="20d", times=1, at_least=4, recent="5d", fresh=1)

BASELINE = 1.5  # times the own share of the days before today
BASELINE_AT_LEAST = 20  # decisions; with fewer there is no baseline

SPOTLESS_WINDOW, SPOTLESS_AT_LEAST = "5d", 100  # decisions without a single rejection
OVERDUE_AT_LEAST = 5  # appointments undecided for longer than agreed
CONVERSION_WINDOW, CONVERSION_AT_LEAST = "20d", 100  # contacts
MIX_WINDOW = "5d"

# A shortfall of a Poisson count C against its expectation E: (E - C) / sqrt(E), and C / E.
PACE_REP_Z, PACE_REP_RATIO, PACE_REP_AT_LEAST = 3, 0.7, 10
COLLAPSE_Z, COLLAPSE_RATIO, COLLAPSE_AT_LEAST = 5, 0.5, 20
COLLAPSE_SILENT_SHARE, COLLAPSE_REPS = 0.6, 8  # of the reps on shift, and of how many at least
# Of these a rep is silent after so many effective touches that would have been expected, and so
# many minutes of shift at least; without a target, after some that a rep on shift is seldom quiet.
COLLAPSE_SILENT_EXPECTED, COLLAPSE_SILENT_AT_LEAST, COLLAPSE_SILENT_UNTARGETED = 3, 10, 60

# Silence: with e^-12 a rep on target is silent for that long less than once in 1,000 days of 100.
SILENT_EXPECTED = 12  # effective touches that would have been expected
SILENT_REP_AT_LEAST = 1200  # seconds of shift
SILENT_CHANNEL_AT_LEAST = 120  # seconds of the floor's hours

LAG = 60  # seconds
STALE_AFTER = 60  # seconds of data age, on the wall, in Grafana and in alerts
SERVING_STALE = 60  # seconds
CLOCK_OFF = 60  # seconds between a worker's clock and the brokers'
LATE_SHARE, LATE_AT_LEAST = 0.01, 10  # in 15 minutes
FLOOD_SHARE, FLOOD_AT_LEAST = 0.05, 20  # in 5 minutes
UNMAPPED_SHARE, UNMAPPED_AT_LEAST = 0.05, 20  # events of a topic in 30 minutes
NO_PERSON_SHARE = 0.2  # of the events of a topic in a day
REBALANCES = 6  # in 15 minutes
