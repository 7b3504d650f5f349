"""The shifts of reps: computed once for colleagues with an equal calendar, and for no others."""

from dataclasses import replace
from zoneinfo import ZoneInfo

import pytest

from streams.roster.calendar import BusinessDays, FloorCalendar, Rota, Span
from streams.roster.expectation import Expectation
from streams.roster.floors import Floor
from streams.roster.people import BEGINNING, DatedTargets, Membership, Rep

UTC = ZoneInfo("UTC")
MONDAY = 739_944  # 2026-11-23
EIGHT, NOON = (MONDAY - 719_163) * 1440 + 480, (MONDAY - 719_163) * 1440 + 720
OPEN = ((Span(480, 1020),),) * 7
SHORT = ((Span(600, 900),),) * 7


def floor(name: str, **settings: object) -> Floor:
    return replace(Floor(name, UTC, OPEN, FloorCalendar(OPEN), targets={"call": 40.0}), **settings)


HERE, THERE = floor("here"), floor("there", breaks=(Span(720, 750),))
ANA = Rep("ana", "Ana", BusinessDays(UTC), (Membership(BEGINNING, "blue", HERE),))
OTHERS = {
    "another zone": {"days": BusinessDays(ZoneInfo("Europe/Amsterdam"))},
    "another team": {"memberships": (Membership(BEGINNING, "red", HERE),)},
    "another floor": {"memberships": (Membership(BEGINNING, "blue", THERE),)},
    "a move at noon": {"memberships": (*ANA.memberships, Membership(NOON, "red", HERE))},
    "own hours": {"own_hours": Rota(0, (SHORT,))},
    "own breaks": {"own_breaks": (Span(700, 720),)},
    "new targets": {"own_targets": (DatedTargets(0, {}), DatedTargets(MONDAY, {"call": 9.0}))},
    "hours of that date": {"dates": {MONDAY: (Span(540, 600),)}},
    "a day off": {"absences": ((MONDAY, MONDAY),)},
    "an hour away": {"away": ((EIGHT, EIGHT + 60),)},
    "a first day after it": {"first_day": MONDAY + 1},
    "a last day before it": {"last_day": MONDAY - 1},
}


def test_colleagues_with_an_equal_calendar_share_what_was_computed() -> None:
    ana = Expectation(ANA)
    bob = Expectation(replace(ANA, id="bob", name="Bob"))
    assert bob.stretches(MONDAY) is ana.stretches(MONDAY)
    assert [(s.end - s.start, s.team) for s in bob.stretches(MONDAY)] == [(540, "blue")]


@pytest.mark.parametrize("difference", OTHERS)
def test_what_differs_in_the_calendar_of_a_colleague_is_theirs_alone(difference: str) -> None:
    alone = Expectation(ANA).stretches(MONDAY)[:]
    ana = Expectation(ANA)
    other = Expectation(replace(ANA, id="bob", **OTHERS[difference]))
    assert ana.stretches(MONDAY) == alone
    assert other.stretches(MONDAY) != alone


def test_targets_are_own_though_the_calendar_is_shared() -> None:
    ana = Expectation(ANA)
    bob = Expectation(replace(ANA, id="bob", own_targets=(DatedTargets(0, {"call": 54.0}),)))
    assert bob.stretches(MONDAY) is ana.stretches(MONDAY)
    assert (ana.per_hour("blue", MONDAY), bob.per_hour("blue", MONDAY)) == (
        pytest.approx(60 * 40 / 540),
        pytest.approx(6.0),
    )
