"""The catalogue: windows, measures and KPIs, each defined once and used by every output.

A measure is an additive number per rep; a KPI is one measure against another, formed last from
sums. The source article on inside-sales KPIs warns to keep to 5-10 of them: the catalogue refuses
an eleventh.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from metrics.channels import CHANNEL_NAMES

CHANNELS = CHANNEL_NAMES


@dataclass(frozen=True, slots=True)
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


WINDOWS = (
    Window("15m", "last 15 minutes", minutes=15),
    Window("1h", "last hour", minutes=60),
    Window("4h", "last 4 hours", minutes=240),
    Window("today", "today", calendar_days=1),
    Window("2d", "last 2 open days", open_days=2),
    Window("5d", "last 5 open days", open_days=5),
    Window("20d", "last 20 open days", open_days=20),
    Window("90d", "last 90 days", calendar_days=90),
)
MINUTE_WINDOWS = tuple(window for window in WINDOWS if window.minutes)
DAY_WINDOWS = tuple(window for window in WINDOWS if not window.minutes)

TOUCH_WINDOWS = ("15m", "1h", "4h", "today", "2d", "5d", "20d")
CONTACT_WINDOWS = ("today", "2d", "5d", "20d")
LEAD_WINDOWS = ("1h", "4h", "today", "2d", "5d", "20d", "90d")
COHORT_WINDOWS = ("today", "5d", "20d", "90d")


@dataclass(frozen=True, slots=True)
class Measure:
    """An additive quantity per rep, team and window.

    `kind` says how it comes about: `count` is summed from facts, `set` is the size of a set of
    contacts, `derived` is computed from others when it is read (overdue, expected).
    """

    name: str
    help: str
    windows: tuple[str, ...]
    channels: tuple[str, ...] = ()
    kind: Literal["count", "set", "derived"] = "count"


TOUCHES = Measure(
    "touches",
    "Calls, e-mails and InMails of the rep, and inbound calls answered by a human; not automated.",
    TOUCH_WINDOWS,
    CHANNELS,
)
EFFECTIVE_TOUCHES = Measure(
    "effective_touches",
    "Touches that reached somebody, by the floor's effective rule.",
    TOUCH_WINDOWS,
    CHANNELS,
)
EXPECTED_TOUCHES = Measure(
    "expected_touches",
    "Effective touches expected of the rep by now: scheduled minutes times the target's rate.",
    TOUCH_WINDOWS,
    CHANNELS,
    kind="derived",
)
CONTACTS = Measure(
    "contacts",
    "Distinct contacts with an effective touch of the rep.",
    CONTACT_WINDOWS,
    kind="set",
)
CONTACTS_CONVERTED = Measure(
    "contacts_converted",
    "Those contacts for whom the rep, in the same team and window, created a lead.",
    CONTACT_WINDOWS,
    kind="set",
)
LEADS_CREATED = Measure("leads_created", "Leads created.", LEAD_WINDOWS)
LEADS_INBOUND = Measure("leads_inbound", "Leads created, of inbound origin.", LEAD_WINDOWS)
LEADS_OUTBOUND = Measure("leads_outbound", "Leads created, of outbound origin.", LEAD_WINDOWS)
APPOINTMENTS_ACCEPTED = Measure(
    "appointments_accepted",
    "Appointments whose last decision is accepted, at that decision.",
    LEAD_WINDOWS,
)
APPOINTMENTS_REJECTED = Measure(
    "appointments_rejected",
    "Appointments whose last decision is rejected, at that decision.",
    LEAD_WINDOWS,
)
APPOINTMENTS_ACCEPTED_CAPPED = Measure(
    "appointments_accepted_capped",
    "Accepted appointments among the first two decisions per decider and ten minutes.",
    LEAD_WINDOWS,
)
APPOINTMENTS_REJECTED_CAPPED = Measure(
    "appointments_rejected_capped",
    "Rejected appointments among the first two decisions per decider and ten minutes.",
    LEAD_WINDOWS,
)
COHORT_DELIVERED = Measure(
    "cohort_delivered", "Appointments delivered, withdrawn ones too, at delivery.", COHORT_WINDOWS
)
COHORT_ACCEPTED = Measure(
    "cohort_accepted", "Delivered appointments that were accepted, at delivery.", COHORT_WINDOWS
)
COHORT_REJECTED = Measure(
    "cohort_rejected", "Delivered appointments that were rejected, at delivery.", COHORT_WINDOWS
)
COHORT_PENDING = Measure(
    "cohort_pending", "Delivered appointments still undecided, at delivery.", COHORT_WINDOWS
)
COHORT_OVERDUE = Measure(
    "cohort_overdue",
    "Delivered appointments undecided for more than the floor's agreed open days, at delivery.",
    COHORT_WINDOWS,
    kind="derived",
)
LEADS_WON = Measure("leads_won", "Leads won, when they were won.", LEAD_WINDOWS)
COHORT_LEADS_WON = Measure("cohort_leads_won", "Leads won, when they were created.", COHORT_WINDOWS)

MEASURES = (
    TOUCHES,
    EFFECTIVE_TOUCHES,
    EXPECTED_TOUCHES,
    CONTACTS,
    CONTACTS_CONVERTED,
    LEADS_CREATED,
    LEADS_INBOUND,
    LEADS_OUTBOUND,
    APPOINTMENTS_ACCEPTED,
    APPOINTMENTS_REJECTED,
    APPOINTMENTS_ACCEPTED_CAPPED,
    APPOINTMENTS_REJECTED_CAPPED,
    COHORT_DELIVERED,
    COHORT_ACCEPTED,
    COHORT_REJECTED,
    COHORT_PENDING,
    COHORT_OVERDUE,
    LEADS_WON,
    COHORT_LEADS_WON,
)
MEASURE = {measure.name: measure for measure in MEASURES}


@dataclass(frozen=True, slots=True)
class Kpi:
    """A number people watch: `of` over the sum of `per`, or `of` alone as a count.

    `direction` says which side of the target is good: `at_least`, `at_most`, or `near` (a mix).
    A target of None means that each floor sets its own, or that none applies. `sample` is what a
    ratio is of, as it is said after a number: of 84 decided.
    """

    name: str
    title: str
    help: str
    of: Measure
    per: tuple[Measure, ...]
    target: float | None
    direction: Literal["at_least", "at_most", "near"]
    window: str  # the window it is read in first
    sample: str = ""

    @property
    def is_ratio(self) -> bool:
        """Whether the KPI is a ratio (0-1, shown in percent) and not a count."""
        return bool(self.per)

    @property
    def windows(self) -> tuple[str, ...]:
        """The windows in which numerator and denominators all exist."""
        shared = set(self.of.windows).intersection(*(m.windows for m in self.per))
        return tuple(window.name for window in WINDOWS if window.name in shared)

    def value(self, sums: Mapping[str, float]) -> float | None:
        """The KPI from summed measures by name; None where the denominator is empty."""
        of = sums.get(self.of.name, 0)
        if not self.per:
            return of
        per = sum(sums.get(measure.name, 0) for measure in self.per)
        return of / per if per > 0 else None

    def meets(self, value: float, target: float) -> bool:
        """Whether *value* is on the good side of *target*; a mix may be off by 10 points."""
        if self.direction == "at_least":
            return value >= target - EXACT
        if self.direction == "at_most":
            return value <= target + EXACT
        return abs(value - target) <= MIX_TOLERANCE + EXACT


MIX_TOLERANCE = 0.10
EXACT = 1e-9  # what sums of expected touches, which are floats, may be off

KPIS = (
    Kpi(
        "contacts_to_leads",
        "Contacts to leads",
        "Share of the contacts reached that became leads.",
        CONTACTS_CONVERTED,
        (CONTACTS,),
        0.10,
        "at_least",
        "20d",
        "contacts",
    ),
    Kpi(
        "disqualification",
        "Disqualification",
        "Share of the appointments decided in the window that account managers did not accept.",
        APPOINTMENTS_REJECTED,
        (APPOINTMENTS_ACCEPTED, APPOINTMENTS_REJECTED),
        0.05,
        "at_most",
        "5d",
        "decided",
    ),
    Kpi(
        "disqualification_cohort",
        "Disqualification by delivery",
        "Share of the appointments delivered in the window that were rejected so far.",
        COHORT_REJECTED,
        (COHORT_DELIVERED,),
        0.05,
        "at_most",
        "20d",
        "delivered",
    ),
    Kpi(
        "inbound_share",
        "Inbound share",
        "Share of the new leads of known origin that came in through marketing.",
        LEADS_INBOUND,
        (LEADS_INBOUND, LEADS_OUTBOUND),
        0.60,
        "near",
        "5d",
        "of known origin",
    ),
    Kpi(
        "touchpoints",
        "Effective touchpoints",
        "Calls, e-mails and InMails that reached somebody.",
        EFFECTIVE_TOUCHES,
        (),
        None,
        "at_least",
        "today",
    ),
    Kpi(
        "pace",
        "Pace",
        "Effective touchpoints against those expected by now.",
        EFFECTIVE_TOUCHES,
        (EXPECTED_TOUCHES,),
        1.0,
        "at_least",
        "today",
        "expected by now",
    ),
    Kpi(
        "lead_to_won",
        "Leads won",
        "Share of the leads created in the window that were won so far.",
        COHORT_LEADS_WON,
        (LEADS_CREATED,),
        None,
        "at_least",
        "90d",
        "leads",
    ),
)
KPI = {kpi.name: kpi for kpi in KPIS}

# The article: five to ten KPIs; more are not read.
MOST_KPIS = 10
if len(KPIS) > MOST_KPIS:
    raise ValueError(f"{len(KPIS)} KPIs in the catalogue; it may have at most {MOST_KPIS}")
