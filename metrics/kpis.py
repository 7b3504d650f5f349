"""The catalogue: measures and KPIs, each defined once and used by every output.

A measure is an additive number per rep; a KPI is one measure against another, formed last from
sums. The source article on inside-sales KPIs warns to keep to 5-10 of them: the catalogue refuses
an eleventh.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from metrics.channels import CHANNEL_NAMES, PLURALS
from metrics.windows import (
    COHORT_WINDOWS,
    CONTACT_WINDOWS,
    DAYS_PER_OPEN_DAY,
    LEAD_WINDOWS,
    TOUCH_WINDOWS,
    WINDOWS,
)


@dataclass(frozen=True, slots=True, kw_only=True)
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
    name="touches",
    help=f"Outbound {PLURALS} of the rep, and inbound calls answered by a human; not automated.",
    windows=TOUCH_WINDOWS,
    channels=CHANNEL_NAMES,
)
EFFECTIVE_TOUCHES = Measure(
    name="effective_touches",
    help="Touches that reached somebody, by the floor's effective rule.",
    windows=TOUCH_WINDOWS,
    channels=CHANNEL_NAMES,
)
EXPECTED_TOUCHES = Measure(
    name="expected_touches",
    help="Effective touches expected of the rep by now: scheduled minutes times the target's rate.",
    windows=TOUCH_WINDOWS,
    channels=CHANNEL_NAMES,
    kind="derived",
)
CONTACTS = Measure(
    name="contacts",
    help="Distinct contacts with an effective touch of the rep.",
    windows=CONTACT_WINDOWS,
    kind="set",
)
CONTACTS_CONVERTED = Measure(
    name="contacts_converted",
    help="Those contacts for whom the rep, in the same team and window, created a lead.",
    windows=CONTACT_WINDOWS,
    kind="set",
)
LEADS_CREATED = Measure(name="leads_created", help="Leads created.", windows=LEAD_WINDOWS)
LEADS_INBOUND = Measure(
    name="leads_inbound", help="Leads created, of inbound origin.", windows=LEAD_WINDOWS
)
LEADS_OUTBOUND = Measure(
    name="leads_outbound", help="Leads created, of outbound origin.", windows=LEAD_WINDOWS
)
APPOINTMENTS_ACCEPTED = Measure(
    name="appointments_accepted",
    help="Appointments whose last decision is accepted, at that decision.",
    windows=LEAD_WINDOWS,
)
APPOINTMENTS_REJECTED = Measure(
    name="appointments_rejected",
    help="Appointments whose last decision is rejected, at that decision.",
    windows=LEAD_WINDOWS,
)
APPOINTMENTS_ACCEPTED_CAPPED = Measure(
    name="appointments_accepted_capped",
    help="Accepted appointments among the first two decisions per decider and ten minutes.",
    windows=LEAD_WINDOWS,
)
APPOINTMENTS_REJECTED_CAPPED = Measure(
    name="appointments_rejected_capped",
    help="Rejected appointments among the first two decisions per decider and ten minutes.",
    windows=LEAD_WINDOWS,
)
COHORT_DELIVERED = Measure(
    name="cohort_delivered",
    help="Appointments delivered, withdrawn ones too, at delivery.",
    windows=COHORT_WINDOWS,
)
COHORT_ACCEPTED = Measure(
    name="cohort_accepted",
    help="Delivered appointments that were accepted, at delivery.",
    windows=COHORT_WINDOWS,
)
COHORT_REJECTED = Measure(
    name="cohort_rejected",
    help="Delivered appointments that were rejected, at delivery.",
    windows=COHORT_WINDOWS,
)
COHORT_PENDING = Measure(
    name="cohort_pending",
    help="Delivered appointments still undecided, at delivery.",
    windows=COHORT_WINDOWS,
)
COHORT_OVERDUE = Measure(
    name="cohort_overdue",
    help="Delivered appointments undecided for more than the floor's agreed open days, at "
    "delivery.",
    windows=COHORT_WINDOWS,
    kind="derived",
)
LEADS_WON = Measure(name="leads_won", help="Leads won, when they were won.", windows=LEAD_WINDOWS)
COHORT_LEADS_WON = Measure(
    name="cohort_leads_won", help="Leads won, when they were created.", windows=COHORT_WINDOWS
)

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


def check_contacts(reached: Measure, converted: Measure) -> None:
    """Raises ValueError where the two are not counted in the same windows: one look counts both."""
    if reached.windows != converted.windows:
        raise ValueError(
            f"{converted.name} has the windows {', '.join(converted.windows)} and {reached.name} "
            f"{', '.join(reached.windows)}: give both the same"
        )


check_contacts(CONTACTS, CONTACTS_CONVERTED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Kpi:
    """A number people watch: `of` over the sum of `per`, or `of` alone as a count.

    `help` says what it is, `why` why it is watched. `direction` says which side of the target is
    good: `at_least`, `at_most`, or `near` (a mix). A target of None means that each floor sets its
    own, or that none applies. `sample` is what a ratio is of, as it is said after a number: of 84
    decided. `beside` names the KPI in whose tile on the wall it stands, with the same window;
    without it, it has a tile of its own.
    """

    name: str
    title: str
    help: str
    why: str
    of: Measure
    per: tuple[Measure, ...]
    target: float | None
    direction: Literal["at_least", "at_most", "near"]
    window: str  # the window it is read in first
    sample: str = ""
    beside: str = ""

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
        if not self.is_ratio:
            return self.counted(sums)
        size = self.sample_size(sums)
        return self.counted(sums) / size if size > 0 else None

    def counted(self, sums: Mapping[str, float]) -> float:
        """The numerator, or the count."""
        return sums.get(self.of.name, 0)

    @property
    def is_open_ended(self) -> bool:
        """Whether what began on a day may become more of the numerator on a later one."""
        return self.of.kind == "set" or self.of.windows == COHORT_WINDOWS

    def sample_size(self, sums: Mapping[str, float]) -> float:
        """The denominator: what a ratio is of; zero of a count."""
        return sum(sums.get(measure.name, 0) for measure in self.per)

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
        name="contacts_to_leads",
        title="Contacts to leads",
        help="Share of the contacts reached that became leads.",
        why="Many contacts and few leads: the list is poor, or the talk is. One in ten is "
        "what an inside-sales team should reach.",
        of=CONTACTS_CONVERTED,
        per=(CONTACTS,),
        target=0.10,
        direction="at_least",
        window="20d",
        sample="contacts",
    ),
    Kpi(
        name="disqualification",
        title="Disqualification",
        help="Share of the appointments decided in the window that account managers did not "
        "accept.",
        why="Appointments that account managers do not take up cost both sides their time. "
        "30 % is common, 5 % can be reached. By the date of the decision it moves at once.",
        of=APPOINTMENTS_REJECTED,
        per=(APPOINTMENTS_ACCEPTED, APPOINTMENTS_REJECTED),
        target=0.05,
        direction="at_most",
        window="5d",
        sample="decided",
    ),
    Kpi(
        name="disqualification_cohort",
        title="Disqualification by delivery",
        help="Share of the appointments delivered in the window that were rejected so far.",
        why="The same by the date of delivery: what became of this month's appointments. It "
        "is complete once all of them are decided; until then see what is undecided.",
        of=COHORT_REJECTED,
        per=(COHORT_DELIVERED,),
        target=0.05,
        direction="at_most",
        window="20d",
        sample="delivered",
    ),
    Kpi(
        name="inbound_share",
        title="Inbound share",
        help="Share of the new leads of known origin that came in through marketing.",
        why="Leads should come from marketing and from the reps' own search, about 60 to 40. "
        "Too far to one side, and the floor depends on it.",
        of=LEADS_INBOUND,
        per=(LEADS_INBOUND, LEADS_OUTBOUND),
        target=0.60,
        direction="near",
        window="5d",
        sample="of known origin",
    ),
    Kpi(
        name="touchpoints",
        title="Effective touchpoints",
        help=f"The {PLURALS} that reached somebody.",
        why=f"What a rep can steer: {PLURALS} that reached somebody. Attempts "
        "do not count, so that dialling alone earns nothing.",
        of=EFFECTIVE_TOUCHES,
        per=(),
        target=None,
        direction="at_least",
        window="today",
    ),
    Kpi(
        name="pace",
        title="Pace",
        help="Effective touchpoints against those expected by now.",
        why="A day's target says nothing at eleven. What is expected by now follows from each "
        "rep's own hours, breaks and targets.",
        of=EFFECTIVE_TOUCHES,
        per=(EXPECTED_TOUCHES,),
        target=1.0,
        direction="at_least",
        window="today",
        sample="expected by now",
        beside="touchpoints",
    ),
    Kpi(
        name="lead_to_won",
        title="Leads won",
        help="Share of the leads created in the window that were won so far.",
        why="What it is all for: leads that became customers. It takes weeks, so it is read "
        "over 90 days.",
        of=COHORT_LEADS_WON,
        per=(LEADS_CREATED,),
        target=None,
        direction="at_least",
        window="90d",
        sample="leads",
    ),
)
KPI = {kpi.name: kpi for kpi in KPIS}

OPEN_DAYS = 20  # of the line of a ratio
# The ratios that have one: of a longer window, what began in these days has not come to its end.
LINED = tuple(
    kpi
    for kpi in KPIS
    for window in WINDOWS
    if kpi.is_ratio and window.name == kpi.window and window.reach <= OPEN_DAYS * DAYS_PER_OPEN_DAY
)
IN_LINES = tuple(dict.fromkeys(measure for kpi in LINED for measure in (kpi.of, *kpi.per)))

# The article: five to ten KPIs; more are not read.
MOST_KPIS = 10
if len(KPIS) > MOST_KPIS:
    raise ValueError(f"{len(KPIS)} KPIs in the catalogue; it may have at most {MOST_KPIS}")
