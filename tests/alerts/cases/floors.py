"""The other numbers of floors and teams, and their hours."""

from tests.alerts.story import Case, Notice, to
from tests.alerts.world import Series, numbers, on_workers

_TICKET = to("floor-manager", "ticket", "kpi")

_OVERDUE = Case(
    "DecisionsOverdue",
    "5 appointments",
    {**numbers("ana", "cohort_overdue", w90d=2), **numbers("ben", "cohort_overdue", w90d=3)},
    (
        Notice(
            {**_TICKET, "floor": "north", "window": "90d"},
            "north: 5 appointments wait for a decision",
            "5 appointments are undecided for more than the floor's agreed open days: until they "
            "are decided, disqualification looks better or worse than it is.",
        ),
    ),
)


def _contacts(rep: str, converted: int, contacts: int) -> Series:
    return {
        **numbers(rep, "contacts", w20d=contacts),
        **numbers(rep, "contacts_converted", w20d=converted),
    }


def _few(place: str, share: str, **labels: str) -> tuple[Notice]:
    return (
        Notice(
            {**_TICKET, **labels, "window": "20d"},
            f"{place}: few contacts become leads",
            f"At most {share} of the contacts of the last 20 open days became leads, with 99 % "
            "confidence.",
        ),
    )


_LOW = Case(
    "ContactsToLeadsLow",
    "15 of 300",
    {**_contacts("ana", 8, 150), **_contacts("ben", 7, 150)},
    _few("north", "8.805%", floor="north"),
)
_TEAM_LOW = Case(
    "ContactsToLeadsLow",
    "1 of 100 in a team",
    {**_contacts("ana", 1, 100), **_contacts("ben", 60, 300)},
    _few("north hunters", "6.892%", floor="north", team="hunters"),
)


def _leads(inbound: int, outbound: int) -> Series:
    """Leads of known origin on the north floor, of two teams."""
    return {
        **numbers("ana", "leads_inbound", w5d=inbound - 20),
        **numbers("ben", "leads_inbound", w5d=20),
        **numbers("ana", "leads_outbound", w5d=outbound - 7),
        **numbers("ben", "leads_outbound", w5d=7),
    }


def _off(share: str) -> tuple[Notice]:
    return (
        Notice(
            {**_TICKET, "floor": "north", "window": "5d"},
            "north: the mix of inbound and outbound leads is off",
            "The nearest share of inbound leads that the last 5 open days allow, with 99.9 % "
            f"confidence, is {share}: over 10 points off the target.",
        ),
    )


_MANY_IN = Case("InboundOutboundMixOff", "235 of 300 inbound", _leads(235, 65), _off("70.17%"))
_FEW_IN = Case("InboundOutboundMixOff", "123 of 300 inbound", _leads(123, 177), _off("49.92%"))

_CLOSED = Case(
    "FloorClosed",
    "no worker says that it is open",
    on_workers("floor_open", 0, floor="north"),
    (
        Notice(
            {**to("nobody", "none", "hours"), "floor": "north"},
            "north is closed",
            "Sent to nobody. While it fires, alerts about people of the floor are muted.",
        ),
    ),
)

FLOORS = (
    _OVERDUE,
    _OVERDUE.but("4 appointments", numbers("ana", "cohort_overdue", w90d=1)),
    _LOW,
    _LOW.but("27 of 300", {**_contacts("ana", 14, 150), **_contacts("ben", 13, 150)}),
    _LOW.but("1 of 99", {**_contacts("ana", 1, 50), **_contacts("ben", 0, 49)}),
    _TEAM_LOW,
    _TEAM_LOW.but("1 of 99 in a team", _contacts("ana", 1, 99)),
    _MANY_IN,
    _MANY_IN.but("234 of 300 inbound", _leads(234, 66)),
    _MANY_IN.but("29 of 40 inbound", _leads(29, 11)),
    _FEW_IN,
    _FEW_IN.but("124 of 300 inbound", _leads(124, 176)),
    _CLOSED,
    _CLOSED.but("one worker says that it is open", on_workers("floor_open", 0, 1, floor="north")),
)
