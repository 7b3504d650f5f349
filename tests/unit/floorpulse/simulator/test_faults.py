"""The faults do what their switches say: to the share asked for, and to nothing else."""

import math
from collections import Counter
from functools import cache

import msgspec
import pytest

from floorpulse.simulator.faults import AHEAD, Delivery, Faults, arrivals, examples
from floorpulse.simulator.stream import World, events
from floorpulse.simulator.wire import Event
from streams.audit.recount import LineRecord, Recount
from streams.clock import DAY, MINUTE, SECOND, parse_instant
from streams.events.contract import KIND_OF, UNREADABLE, Rejection
from streams.events.decode import Decoder
from streams.ledgers.retention import TOUCHES_KEPT
from tests.build import numbers, roster

START = parse_instant("2026-11-02T00:00:00Z")
END = parse_instant("2026-11-21T00:00:00Z")
SEED = 4711
SHARE = 0.08


@cache
def happened() -> tuple[Event, ...]:
    return tuple(events(World(roster(), SEED), START, END))


def sent(**switches: object) -> list[Delivery]:
    told = list(arrivals(happened(), Faults(seed=SEED, **switches)))
    assert [each.due for each in told] == sorted(each.due for each in told)
    return told


def beside(told: list[Delivery]) -> list[Delivery]:
    """What was sent that is not simply an event."""
    left = Counter(event.value for event in happened())
    extra = []
    for each in told:
        left[each.event.value] -= 1
        if left[each.event.value] < 0:
            extra.append(each)
    return extra


def is_near(count: int, share: float = SHARE) -> bool:
    """Whether *count* is what chance makes of the share: within four standard deviations."""
    mean = share * len(happened())
    return abs(count - mean) < 4 * math.sqrt(mean)


def test_without_faults_every_event_is_sent_once_when_it_happens() -> None:
    assert [(each.due, each.event.value) for each in sent()] == [
        (event.at, event.value) for event in happened()
    ]


def test_faults_can_be_repeated_and_one_changes_nothing_in_another() -> None:
    duplicated = sent(duplicates=SHARE)
    both = beside(sent(duplicates=SHARE, silent="inmails", live_from=END, corrections=SHARE))

    assert duplicated == sent(duplicates=SHARE)
    assert {each.event.value for each in beside(duplicated)} <= {each.event.value for each in both}


def test_duplicates_are_the_same_bytes_a_second_time() -> None:
    extra = beside(sent(duplicates=SHARE))

    assert is_near(len(extra))
    assert {each.event.value for each in extra} <= {event.value for event in happened()}


def test_reordering_delays_every_event_by_no_more_than_it_says() -> None:
    at = {event.value: event.at for event in happened()}
    told = sent(reorder_seconds=90)
    delays = [each.due - at[each.event.value] for each in told]

    assert len(told) == len(happened())
    assert min(delays) >= 0
    assert 80 * SECOND < max(delays) <= 90 * SECOND
    assert [each.event.value for each in told] != [event.value for event in happened()]


def test_late_events_come_days_later_and_some_are_not_kept_any_more() -> None:
    at = {event.value: event.at for event in happened()}
    told = sent(late=SHARE)
    delayed = [each for each in told if each.due > at.get(each.event.value, each.due)]
    forgotten = beside(told)

    assert is_near(len(delayed) + len(forgotten))
    assert all(DAY <= each.due - at[each.event.value] <= 5 * DAY for each in delayed)
    assert 0.15 < len(forgotten) / (len(delayed) + len(forgotten)) < 0.4
    for each in forgotten:
        touch = Decoder().touch(KIND_OF[each.event.topic], each.event.value, each.due)
        assert not isinstance(touch, Rejection)
        assert touch.touch.at < each.due - TOUCHES_KEPT


def test_malformed_records_come_beside_the_events_and_are_rejected_for_every_reason() -> None:
    extra = beside(sent(malformed=SHARE))
    reasons = Counter()
    now = END + 5 * DAY  # after the times in the examples
    for each in extra:
        kind, decoder = KIND_OF[each.event.topic], Decoder()
        raw = each.event.value
        told = decoder.lead(raw, now) if kind == "lead" else decoder.touch(kind, raw, now)
        assert isinstance(told, Rejection), raw
        reasons[told.reason] += 1

    assert is_near(len(extra))
    assert set(reasons) == {*UNREADABLE, "future"}
    assert len(examples()) == len(UNREADABLE)
    assert AHEAD > 300 * DAY


def test_a_correction_is_a_later_version_of_the_same_id() -> None:
    originals = {(e.topic, e.id): (e.at, msgspec.json.decode(e.value)) for e in happened()}
    kinds = Counter()
    for due, event in beside(sent(corrections=SHARE)):
        told = msgspec.json.decode(event.value)
        at, before = originals[event.topic, told["id"]]
        owner = "lead_id" if event.topic == "lead-status" else "rep_id"
        assert event.key == before[owner].encode() == told[owner].encode()
        assert (before["version"], told["version"]) == (1, 2)
        assert at + 2 * MINUTE <= due <= at + 3 * DAY
        corrected = parse_instant(told["at"])
        assert corrected <= due
        if told.get("retracted"):
            kinds["retracted"] += 1
        elif corrected != at:
            assert corrected // (15 * MINUTE) != at // (15 * MINUTE)
            kinds["another day" if at - corrected >= DAY else "another quarter hour"] += 1
        else:
            assert told != {**before, "version": 2}
            kinds["another outcome"] += 1

    assert is_near(kinds.total())
    assert len(kinds) == 4
    assert min(kinds.values()) > 20


@pytest.mark.parametrize("silent", ["calls", "emails", "inmails"])
def test_a_silent_feed_stops_when_live_begins_and_the_others_do_not(silent: str) -> None:
    live_from = END - 5 * DAY
    told = {each.event.value for each in sent(silent=silent, live_from=live_from)}
    missing = [event for event in happened() if event.value not in told]

    assert missing == [e for e in happened() if e.topic == silent and e.at >= live_from]
    assert missing


def test_duplicates_disorder_and_broken_records_change_no_number() -> None:
    def counted(told: list[Delivery]) -> Recount:
        recount = Recount(roster(), END)
        recount.take(LineRecord(e.topic, e.value, n) for n, (_, e) in enumerate(told))
        return recount

    disturbed = counted(sent(duplicates=SHARE, reorder_seconds=3600, malformed=0.01))

    assert disturbed.processor.intake.rejections.total() > 0
    assert numbers(disturbed) == numbers(counted(sent()))
