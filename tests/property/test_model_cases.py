"""What the machine of test_model found, or has to find, step by step."""

import pytest

from streams.ledgers import touchrows
from tests.build import call, email, status
from tests.model import CHANGELOGS, PARTITION_OF, TOPICS, Fault
from tests.property.test_model import Floor

DONE = Fault(commits_at_once=True)


def at(minute: int) -> str:
    return f"2026-11-02T14:{minute}:00+00:00"


FIRST = [
    call(at=at(16), version=1),
    status("created", at(17), "ana", id="s", version=1),
]
THEN = [
    call(at=at(16), version=2, retracted=True),
    status("created", at(17), "dot", id="s", version=2),
]


@pytest.mark.parametrize("crash_at", range(6))
def test_a_crash_at_any_step_costs_nothing(crash_at: int) -> None:
    """The lead goes from one rep to another: who is not named any more has to have it too."""
    floor = Floor()
    floor.assign([0], (0, 0), (0, 0))
    floor.it_is_delivered_and_flushes(FIRST, 0, DONE, compacted=False)
    floor.it_is_delivered_and_flushes([], 0, DONE, compacted=False)

    floor.it_is_delivered_and_flushes(THEN, 0, Fault(True, crash_at=crash_at), compacted=False)
    for topic in CHANGELOGS:  # it was away for long
        floor.broker.compact(topic, floor.broker.ends, tombstones_too=True)

    floor.teardown()


@pytest.mark.parametrize("restarts", [False, True])
def test_a_touch_that_moved_to_where_it_expired_does_not_come_back(restarts: bool) -> None:
    """Only the mark in its first row says that it moved."""
    floor = Floor()
    floor.a_touch_moves("w1", minutes=20)
    floor.a_touch_moves("w1", minutes=20)
    floor.all_comes_to_rest(restarts=False)
    floor.all_comes_to_rest(restarts)  # the mark is what a restore has to find
    floor.time_passes(2880)
    for slot in (0, 1):
        floor.it_sweeps(slot)

    floor.events_come_again([0])

    floor.teardown()


@pytest.mark.parametrize("dies", [(), (0,), (0, 1)])
@pytest.mark.parametrize("crash_at", [None, *range(6)])
@pytest.mark.parametrize("step", [None, 0, 1, 2])
def test_what_an_old_owner_writes_late_never_wins(
    step: int | None, crash_at: int | None, dies: tuple[int, ...]
) -> None:
    floor = Floor()
    floor.assign([0], (0, 0), (0, 0))

    floor.an_owner_is_overtaken(0, step, FIRST, THEN, False, DONE, Fault(crash_at=crash_at), dies)

    floor.teardown()


@pytest.mark.parametrize("rounds", range(12))
def test_a_restore_that_is_given_up_is_done_again(rounds: int) -> None:
    """Reps that were not rebuilt yet were missing for good."""
    floor = Floor()
    floor.it_is_delivered_and_flushes(FIRST, 0, DONE, compacted=False)
    floor.it_is_killed(0)

    floor.assign([0], (0, 0), (0, 0), cut_short=rounds)
    floor.assign([0], (0, 0), (0, 0))

    floor.teardown()


@pytest.mark.parametrize("dies", [False, True])
def test_who_is_not_named_any_more_is_told_also_of_what_another_wrote(dies: bool) -> None:
    """The old owner knew the correction alone, as that came forwarded: the new rep got a copy."""
    floor = Floor()
    floor.assign([0], (0, 0), (0, 0))
    floor.produce(THEN[1], in_wrong_partition=True)
    floor.records_are_delivered(0, 9, skipped=99)
    floor.it_flushes(0, DONE)
    floor.records_are_delivered(0, 9, skipped=99)
    floor.assign([1], (1, 1), (1, 1))
    floor.produce(FIRST[1])
    floor.run(floor.workers[1].take((TOPICS.leads, PARTITION_OF("L1")), 9))
    floor.it_flushes(1, DONE)

    floor.it_flushes(0, Fault(crash_at=2))  # after its copy and its row
    if dies:
        floor.it_is_killed(1)
    else:
        floor.it_looks_for_others(1)

    floor.teardown()


def test_a_rep_who_was_told_of_a_change_is_told_that_it_was_superseded() -> None:
    """The rep's copy was durable, the row of the lead was not."""
    floor = Floor()
    floor.assign([0], (0, 0), (0, 0))
    floor.produce(FIRST[1], in_wrong_partition=True)
    floor.records_are_delivered(0, 9, skipped=99)
    floor.it_flushes(0, DONE)
    floor.records_are_delivered(0, 9, skipped=99)
    floor.it_flushes(0, Fault(crash_at=1))
    floor.assign([1], (1, 1), (1, 1))
    floor.produce(THEN[1])

    floor.run(floor.workers[1].take((TOPICS.leads, PARTITION_OF("L1")), 9))

    floor.teardown()


@pytest.mark.parametrize("second", [call(id="c2", at=at(18)), status("delivered", at(18))])
def test_what_an_old_owner_wrote_before_our_own_record_is_not_compacted_away(second: dict) -> None:
    """Our record is older in what it holds, and newer in the log."""
    floor = Floor()
    floor.assign([0], (0, 0), (0, 0))
    first = FIRST[0] if second["topic"] == "calls" else FIRST[1]
    floor.events_come([first, second], misrouted=99)
    floor.records_are_delivered(0, 9, skipped=99)
    floor.assign([1], (1, 1), (1, 1))
    floor.records_are_delivered(1, 1, skipped=99)

    floor.it_flushes(0, Fault())
    floor.it_is_killed(0)
    floor.it_flushes(1, DONE)

    floor.teardown()


@pytest.mark.parametrize("crash_at", range(4))
def test_a_copy_that_an_old_owner_writes_late_never_wins(crash_at: int) -> None:
    floor = Floor()
    floor.assign([0], (0, 0), (0, 0))
    floor.it_is_delivered_and_flushes(FIRST, 0, DONE, compacted=False)
    floor.records_are_delivered(0, 9, skipped=99)
    floor.assign([1], (1, 1), (1, 1))
    floor.it_is_delivered_and_flushes(THEN, 1, DONE, compacted=False)
    floor.it_is_delivered_and_flushes([], 1, DONE, compacted=False)

    floor.it_flushes(0, Fault(crash_at=crash_at))
    floor.it_is_killed(0)
    floor.it_is_killed(1)
    floor.broker.compact(TOPICS.changelog("leads"), floor.broker.ends, tombstones_too=True)

    floor.teardown()


def test_a_copy_that_an_old_owner_wrote_before_our_own_is_not_compacted_away() -> None:
    floor = Floor()
    floor.assign([0], (0, 0), (0, 0))
    old, new = floor.workers
    leads, copies = (TOPICS.leads, PARTITION_OF("L1")), (TOPICS.credits, PARTITION_OF("ana"))
    for event in (FIRST[1], status("delivered", at(18))):
        floor.produce(event)
        floor.run(old.take(leads, 9))
        floor.it_flushes(0, DONE)
    floor.run(old.take(copies, 9))
    floor.assign([1], (1, 1), (1, 1))
    floor.run(new.take(copies, 1))

    floor.it_flushes(0, Fault())
    floor.it_is_killed(0)
    floor.it_flushes(1, DONE)

    floor.teardown()


@pytest.mark.parametrize("moves_to", [at(17), at(31)])
def test_a_touch_in_parts_of_two_owners_is_corrected_in_both(
    monkeypatch: pytest.MonkeyPatch, moves_to: str
) -> None:
    """Each owner was delivered in another order, and put it into the part that had room."""
    monkeypatch.setattr(touchrows, "MAX_ENTRIES", 1)
    floor = Floor()
    floor.assign([0], (0, 0), (0, 0))
    floor.events_come([call(at=at(16), version=1), email(at=at(18), version=1)], misrouted=99)
    calls, emails = ((topic, PARTITION_OF("ana")) for topic in TOPICS.touches[:2])
    for place in (calls, emails):
        floor.run(floor.workers[0].take(place, 9))
    floor.assign([1], (1, 1), (1, 1))
    for place in (emails, calls):
        floor.run(floor.workers[1].take(place, 9))
    floor.it_flushes(1, DONE)
    floor.it_flushes(0, Fault())  # the old owner, late
    floor.it_looks_for_others(1)

    floor.it_is_delivered_and_flushes(
        [call(at=moves_to, version=2, outcome="voicemail")], 1, DONE, compacted=True
    )

    floor.teardown()
