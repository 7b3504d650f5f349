"""What the machine of test_model_forgotten has to find, step by step."""

import pytest

from tests.build import call, status
from tests.model import Fault
from tests.property.test_model_forgotten import AFTER_ALL, ForgettingFloor

DONE = Fault(commits_at_once=True)
ANA, CONTACT = ("rep", "ana"), ("contact", "k1")


def at(minute: int, hour: int = 14) -> str:
    return f"2026-11-02T{hour:02}:{minute:02}:00+00:00"


EVENTS = [
    call(at=at(16), version=1, contact_id="k1"),
    call(at=at(16, hour=9), id="c2", version=1),
    status("created", at(17), "ana", id="s", version=1, contact_id="k1"),
    status("delivered", at(18), "dot", id="t", version=1),
]


@pytest.mark.parametrize("who", [ANA, CONTACT])
@pytest.mark.parametrize("crash_at", [*range(8), None])
def test_a_crash_at_any_step_of_forgetting_leaves_nobody(
    who: tuple[str, str], crash_at: int | None
) -> None:
    floor = ForgettingFloor()
    floor.assign([0], (0, 0), (0, 0))
    floor.it_is_delivered_and_flushes(EVENTS, 0, DONE, compacted=False)
    floor.it_is_delivered_and_flushes([], 0, DONE, compacted=False)
    floor.somebody_is_forgotten(who, AFTER_ALL)

    floor.it_learns_who_was_forgotten(0, Fault(True, crash_at=crash_at))

    floor.teardown()


@pytest.mark.parametrize("who", [ANA, CONTACT])
@pytest.mark.parametrize("crash_at", [*range(6), None])
def test_what_an_old_owner_writes_late_of_somebody_forgotten_does_not_stay(
    who: tuple[str, str], crash_at: int | None
) -> None:
    floor = ForgettingFloor()
    floor.assign([0], (0, 0), (0, 0))
    floor.events_come(EVENTS, misrouted=99)
    floor.records_are_delivered(0, 9, skipped=99)
    floor.assign([1], (1, 1), (1, 1))
    floor.it_is_delivered_and_flushes([], 1, DONE, compacted=False)
    floor.somebody_is_forgotten(who, AFTER_ALL)
    floor.it_learns_who_was_forgotten(1, DONE)

    floor.it_flushes(0, Fault(crash_at=crash_at))
    floor.it_is_killed(0)
    floor.all_comes_to_rest(restarts=False)

    floor.teardown()


@pytest.mark.parametrize("step", range(4))
def test_an_owner_that_slept_while_it_forgot_goes_on_when_it_is_one_again(step: int) -> None:
    floor = ForgettingFloor()
    floor.assign([0], (0, 0), (0, 0))
    floor.it_is_delivered_and_flushes(EVENTS, 0, DONE, compacted=False)
    floor.somebody_is_forgotten(ANA, AFTER_ALL)
    floor.it_is_paused_while_it_forgets(0, step)
    floor.assign([1], (1, 1), (1, 1))

    floor.it_wakes_up(0, Fault())
    floor.assign([0], (0, 0), (0, 0))
    floor.all_comes_to_rest(restarts=False)

    floor.teardown()
