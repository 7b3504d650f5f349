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
    deliveries = list(arrivals(happened(), Faults(seed=SEED, **switches)))
    assert [d.due for d in deliveries] == sorted(d.due for d in deliveries)
    return deliveries


def beside(deliveries: list[Delivery]) -> list[Delivery]:
    """What was sent that is not simply an event."""
    left = Counter(event.value for event in happened())
    extra = []
    for d in deliveries:
        left[d.event.value] -= 1
        if left[d.event.value] < 0:
            extra.append(d)
    return extra


def is_near(count: int, share: float = SHARE) -> bool:
    """Whether *count* is what chance makes of the share: within four standard deviations."""
    mean = share * len(happened())
    return abs(count - mean) < 4 * math.sqrt(mean)


def test_without_faults_every_event_is_sent_once_when_it_happens() -> None:
    assert [(d.due, d.event.value) for d in sent()] == [
        (event.at, event.value) for event in happened()
    ]


def test_faults_can_be_repeated_and_one_changes_nothing_in_another() -> None:
    duplicated = sent(duplicates=SHARE)
    both = beside(sent(duplicates=SHARE, silent="inmails", live_from=END, corrections=SHARE))

    assert duplicated == sent(duplicates=SHARE)
    assert {d.event.value for d in beside(duplicated)} <= {d.event.value for d in both}


def test_duplicates_are_the_same_bytes_a_second_time() -> None:
    extra = beside(sent(duplicates=SHARE))

    assert is_near(len(extra))
    assert {d.event.value for d in extra} <= {event.value for event in happened()}


def test_reordering_delays_every_event_by_no_more_than_it_says() -> None:
    at = {event.value: event.at for event in happened()}
    deliveries = sent(reorder_seconds=90)
    delays = [d.due - at[d.event.value] for d in deliveries]

    assert len(deliveries) == len(happened())
    assert min(delays) >= 0
    assert 80 * SECOND < max(delays) <= 90 * SECOND
    assert [d.event.value for d in deliveries] != [event.value for event in happened()]


def test_late_events_come_days_later_and_some_are_not_kept_any_more() -> None:
    at = {event.value: event.at for event in happened()}
    deliveries = sent(late=SHARE)
    delayed = [d for d in deliveries if d.due > at.get(d.event.value, d.due)]
    forgotten = beside(deliveries)

    assert is_near(len(delayed) + len(forgotten))
    assert all(DAY <= d.due - at[d.event.value] <= 5 * DAY for d in delayed)
    assert 0.15 < len(forgotten) / (len(delayed) + len(forgotten)) < 0.4
    for d in forgotten:
        touch = Decoder().touch(KIND_OF[d.event.topic], d.event.value, d.due)
        assert not isinstance(touch, Rejection)
        assert touch.touch.at < d.due - TOUCHES_KEPT


def test_malformed_records_come_beside_the_events_and_are_rejected_for_every_reason() -> None:
    extra = beside(sent(malformed=SHARE))
    reasons = Counter()
    now = END + 5 * DAY  # after the times in the examples
    for d in extra:
        kind, decoder = KIND_OF[d.event.topic], Decoder()
        raw = d.event.value
        result = decoder.lead(raw, now) if kind == "lead" else decoder.touch(kind, raw, now)
        assert isinstance(result, Rejection), raw
        reasons[result.reason] += 1

    assert is_near(len(extra))
    assert set(reasons) == {*UNREADABLE, "future"}
    assert len(examples()) == len(UNREADABLE)
    assert AHEAD > 300 * DAY


def test_a_correction_is_a_later_version_of_the_same_id() -> None:
    originals = {(e.topic, e.id): (e.at, msgspec.json.decode(e.value)) for e in happened()}
    kinds = Counter()
    for due, event in beside(sent(corrections=SHARE)):
        fields = msgspec.json.decode(event.value)
        at, before = originals[event.topic, fields["id"]]
        owner = "lead_id" if event.topic == "lead-status" else "rep_id"
        assert event.key == before[owner].encode() == fields[owner].encode()
        assert (before["version"], fields["version"]) == (1, 2)
        assert at + 2 * MINUTE <= due <= at + 3 * DAY
        corrected = parse_instant(fields["at"])
        assert corrected <= due
        if fields.get("retracted"):
            kinds["retracted"] += 1
        elif corrected != at:
            assert corrected // (15 * MINUTE) != at // (15 * MINUTE)
            kinds["another day" if at - corrected >= DAY else "another quarter hour"] += 1
        else:
            assert fields != {**before, "version": 2}
            kinds["another outcome"] += 1

    assert is_near(kinds.total())
    assert len(kinds) == 4
    assert min(kinds.values()) > 20


@pytest.mark.parametrize("silent", ["calls", "emails", "inmails"])
def test_a_silent_feed_stops_when_live_begins_and_the_others_do_not(silent: str) -> None:
    live_from = END - 5 * DAY
    values = {d.event.value for d in sent(silent=silent, live_from=live_from)}
    missing = [event for event in happened() if event.value not in values]

    assert missing == [e for e in happened() if e.topic == silent and e.at >= live_from]
    assert missing


def test_duplicates_disorder_and_broken_records_change_no_number() -> None:
    def counted(deliveries: list[Delivery]) -> Recount:
        recount = Recount(roster(), END)
        recount.take(LineRecord(e.topic, e.value, n) for n, (_, e) in enumerate(deliveries))
        return recount

    disturbed = counted(sent(duplicates=SHARE, reorder_seconds=3600, malformed=0.01))

    assert disturbed.processor.intake.rejections.total() > 0
    assert numbers(disturbed) == numbers(counted(sent()))
