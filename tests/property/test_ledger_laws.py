"""Rows merge: in any order, any number of times, from any writer, and through compaction."""

import random
from functools import cmp_to_key

from hypothesis import given, settings
from hypothesis import strategies as st

from streams.clock import micros
from streams.events.contract import KIND_OF, LeadEvent, TouchEvent
from streams.events.decode import Decoder
from streams.ledgers.credits import CreditLedger, credit_key
from streams.ledgers.leads import LeadLedger
from streams.ledgers.rows import (
    RowWrite,
    beats,
    decode_changes,
    encode_changes,
    merge,
    newest_change,
)
from streams.ledgers.touches import TouchLedger
from tests import strategies
from tests.build import left_by
from tests.strategies import NOW, raw

NOW_MICROS = micros(NOW)
touch_events = st.lists(
    st.one_of(strategies.calls, *strategies.touches),
    max_size=40,
)
status_events = st.lists(strategies.statuses, max_size=30)
seeds = st.integers(0, 2**32)


def touches(events: list[dict]) -> list[TouchEvent]:
    decoded = [Decoder().touch(KIND_OF[e["topic"]], raw(e), NOW_MICROS) for e in events]
    late = NOW_MICROS - 60 * 86_400 * 1_000_000
    return [e for e in decoded if isinstance(e, TouchEvent) and e.touch.at >= late]


def changes(events: list[dict]) -> list[LeadEvent]:
    decoded = [Decoder().lead(raw(e), NOW_MICROS) for e in events]
    return [e for e in decoded if isinstance(e, LeadEvent)]


def new_ledger() -> TouchLedger:
    return TouchLedger({}, lambda _: 0)


def folded(events: list[TouchEvent], flush_at: random.Random | None = None) -> TouchLedger:
    """A ledger that was delivered *events*; what it wrote to its changelog is in `.log`."""
    ledger = new_ledger()
    ledger.log = []
    for rep_id, touch in events:
        ledger.fold(rep_id, touch)
        if flush_at is not None and flush_at.random() < 0.3:
            ledger.log.extend(ledger.take_writes())
    ledger.log.extend(ledger.take_writes())
    return ledger


def state(ledger: TouchLedger) -> dict:
    """What counts: every touch of every rep in its version."""
    found = {rep: sorted(ledger.touches_of(rep), key=lambda t: t.key) for rep in ledger.rep_ids}
    return {rep: told for rep, told in found.items() if told}


def restored(log: list[RowWrite]) -> TouchLedger:
    ledger = new_ledger()
    for _, key, value in log:
        ledger.absorb(key, value, NOW_MICROS)
    return ledger


def compacted(log: list[RowWrite]) -> list[RowWrite]:
    """What compaction keeps: the newest offset of each key, in the order of offsets."""
    newest = {write.key: offset for offset, write in enumerate(log)}
    return [write for offset, write in enumerate(log) if newest[write.key] == offset]


@given(status_events, status_events, status_events)
def test_merge_is_commutative_associative_and_idempotent(a: list, b: list, c: list) -> None:
    a, b, c = ({e.change.key: e.change for e in changes(each)} for each in (a, b, c))

    assert merge(a, b) == merge(b, a)
    assert merge(merge(a, b), c) == merge(a, merge(b, c))
    assert merge(a, a) == a


@given(status_events)
def test_the_law_is_a_strict_total_order(events: list[dict]) -> None:
    versions = list({e.change for e in changes([{**event, "id": "1"} for event in events])})

    newest_last = sorted(versions, key=cmp_to_key(lambda a, b: 1 if beats(a, b) else -1))

    for number, older in enumerate(newest_last):
        for newer in newest_last[number + 1 :]:
            assert beats(newer, older)
            assert not beats(older, newer)


@given(status_events)
def test_the_same_entries_give_the_same_bytes_and_come_back(events: list[dict]) -> None:
    row = {e.change.key: e.change for e in changes(events)}

    if not row:
        return

    forth, back = encode_changes(row.values()), encode_changes(reversed(row.values()))

    assert forth == back
    assert newest_change(forth) == max(entry.at for entry in row.values())
    assert {entry.key: entry for entry in decode_changes(forth)} == row


@settings(max_examples=300)
@given(touch_events, seeds)
def test_any_order_of_touches_gives_the_same_state(events: list[dict], seed: int) -> None:
    delivered = touches(events)
    shuffled = [*delivered, *delivered[::3]]
    random.Random(seed).shuffle(shuffled)

    assert state(folded(shuffled)) == state(folded(delivered))


@settings(max_examples=300)
@given(touch_events, seeds)
def test_restore_from_a_compacted_changelog_gives_the_state(events: list, seed: int) -> None:
    ledger = folded(touches(events), random.Random(seed))

    back = restored(compacted(ledger.log))

    assert state(back) == state(ledger)
    assert not back.take_writes(), "a restore of what one writer wrote has nothing to add"


@settings(max_examples=400)
@given(touch_events, touch_events, seeds)
def test_two_writers_of_the_same_rows_lose_nothing(
    ours: list[dict], theirs: list[dict], seed: int
) -> None:
    """A woken old owner appended to the changelog of the new one, in whatever interleaving."""
    chance = random.Random(seed)
    old, new = folded(touches(theirs), chance), folded(touches(ours), chance)
    log, rest = [], [list(old.log), list(new.log)]
    while any(rest):
        log.append(chance.choice([each for each in rest if each]).pop(0))

    back = restored(log)

    assert state(back) == state(folded(touches(ours) + touches(theirs)))
    healed = compacted([*log, *back.take_writes()])
    assert state(restored(healed)) == state(back)


@settings(max_examples=200)
@given(touch_events, touch_events, seeds)
def test_changes_add_up_to_the_state(ours: list[dict], theirs: list[dict], seed: int) -> None:
    """What the changes take away and add is what is there in the end."""
    ledger = folded(touches(ours))
    for _, key, value in folded(touches(theirs), random.Random(seed)).log:
        ledger.absorb(key, value, NOW_MICROS)

    left = {rep_id: left_by(changes) for rep_id, changes in ledger.take_changes().items()}

    left = {rep_id: sorted(touches, key=lambda t: t.key) for rep_id, touches in left.items()}
    assert {rep_id: touches for rep_id, touches in left.items() if touches} == state(ledger)


@settings(max_examples=200)
@given(status_events, seeds)
def test_any_order_of_changes_gives_every_rep_the_same_copies(events: list, seed: int) -> None:
    delivered = changes(events)
    shuffled = [*delivered, *delivered[::3]]
    random.Random(seed).shuffle(shuffled)

    assert copies_after(shuffled, random.Random(seed)) == copies_after(delivered, None)


def copies_after(events: list[LeadEvent], flush_at: random.Random | None) -> dict:
    """The rows that each rep holds whom the newest row of the lead names."""
    leads, credits = LeadLedger({}, lambda _: 0), CreditLedger({}, {}, lambda _: 0)
    for lead_id, change in events:
        leads.fold(lead_id, change)
        if flush_at is None or flush_at.random() < 0.5:
            _send(leads, credits)
    _send(leads, credits)
    return {
        (rep, lead): row
        for rep in credits.rep_ids
        for lead, row in credits.copies_of(rep)
        if any(change.rep_id == rep for change in decode_changes(row))
    }


def _send(leads: LeadLedger, credits: CreditLedger) -> None:
    for rep_id, lead_id, row in leads.take_writes()[0]:
        credits.fold(credit_key(rep_id, lead_id), row)


@settings(max_examples=200)
@given(status_events, status_events, seeds)
def test_two_writers_of_the_same_leads_lose_nothing(ours: list, theirs: list, seed: int) -> None:
    chance = random.Random(seed)
    log: list[RowWrite] = []
    for events in (changes(ours), changes(theirs)):
        ledger = LeadLedger({}, lambda _: 0)
        for lead_id, change in events:
            ledger.fold(lead_id, change)
            if chance.random() < 0.4:
                log.extend(ledger.take_writes()[1])
        log.extend(ledger.take_writes()[1])
    chance.shuffle(log)

    back, both = LeadLedger({}, lambda _: 0), LeadLedger({}, lambda _: 0)
    for _, key, value in log:
        back.absorb(key, value)
    for lead_id, change in [*changes(ours), *changes(theirs)]:
        both.fold(lead_id, change)

    for lead in ("L1", "L2", "L3"):
        assert sorted(back.changes_of(lead), key=repr) == sorted(both.changes_of(lead), key=repr)
