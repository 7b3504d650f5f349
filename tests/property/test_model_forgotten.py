"""Whatever happens to two workers and their log, who was forgotten does not come back.

The machine of test_model, in which people are forgotten at any moment: workers learn of it at any
other, and may crash or sleep while they write their rows anew.
"""

import datetime as dt

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import rule

from streams.clock import micros
from streams.kafka.topics import TABLES
from streams.ledgers.forgotten import ForgottenRecord, encode_forgotten, hash_of
from streams.worker import forgetting
from tests.model import CHANGELOGS, PARTITION_OF, SETTINGS, TOPICS, Fault
from tests.property.test_model import EXAMPLES, Floor, faults, slots
from tests.property.test_model import SETTINGS as USUAL
from tests.rowpeople import people_left
from tests.strategies import NOW, REPS

AFTER_ALL = dt.timedelta(days=3)
PEOPLE = st.sampled_from((*(("rep", rep) for rep in REPS), ("contact", "k1"), ("contact", "k2")))
untils = st.just(AFTER_ALL) | st.integers(-300, 8).map(
    lambda minutes: dt.timedelta(minutes=minutes)
)


class ForgettingFloor(Floor):
    """A floor on which people are forgotten."""

    def __init__(self) -> None:
        self.usual = forgetting.SLICE, forgetting.WRITTEN_AT
        forgetting.SLICE, forgetting.WRITTEN_AT = -1.0, 1  # a row at each step
        super().__init__()

    @rule(who=PEOPLE, until=untils)
    def somebody_is_forgotten(self, who: tuple[str, str], until: dt.timedelta) -> None:
        subject, person = who
        at = NOW + until
        self.accepted.forgotten.append((subject, person, at))
        hashed = hash_of(SETTINGS.app_id, subject, person)  # type: ignore[arg-type]
        record = ForgottenRecord(subject, hashed, micros(at))  # type: ignore[arg-type]
        self.broker.append(TOPICS.forgotten, 0, *encode_forgotten(record))

    @rule(slot=slots, fault=faults)
    def it_learns_who_was_forgotten(self, slot: int, fault: Fault) -> None:
        if self.is_awake(slot):
            self.act(slot, self.workers[slot].forgetting.look(), Fault(**vars(fault)))

    @rule(slot=slots, step=st.integers(0, 4))
    def it_is_paused_while_it_forgets(self, slot: int, step: int) -> None:
        if self.is_awake(slot):
            self.act(slot, self.workers[slot].forgetting.look(), Fault(pause_at=step))

    @rule()
    def another_worker_restores(self) -> None:
        """It only reads: nobody who was forgotten by then is in what it restores."""
        fresh = self.new_worker()
        self.run(fresh.assign({0, 1}, {0, 1}))
        fresh.processor.take_writes()
        assert not [
            (table, key, person)
            for table, rows in fresh.rows.items()
            for key, value in rows.items()
            for person in people_left(table, key, value, self.accepted.forgotten)
        ]

    def check(self) -> None:
        """A replay first: of two versions the newer one may have been forgotten after it won."""
        self.another_worker_restores()
        for worker in self.workers:
            if worker.is_member:
                self.run(worker.forgetting.look())
        self.drain()
        self.assert_nobody_is_left()
        if self.accepted.forgotten:
            self.everything_comes_again()
        super().check()
        self.assert_nobody_is_left()

    def everything_comes_again(self) -> None:
        for value in self.accepted.values:
            event = self.accepted.event_of(value)
            key = event["lead_id"] if event["topic"] == "lead-status" else event["rep_id"]
            topic = SETTINGS.topic_prefix + event["topic"]
            self.broker.append(topic, PARTITION_OF(key), key.encode(), value)
        self.drain()

    def assert_nobody_is_left(self) -> None:
        """In no row of a worker, and in none that compaction leaves in a log."""
        for topic in (*CHANGELOGS, TOPICS.credits):
            self.broker.compact(topic, self.broker.ends, tombstones_too=True)
        left = [
            (topic, record.key, person)
            for (topic, _), records in self.broker.logs.items()
            for table in TABLES
            if topic == TOPICS.changelog(table) or (topic == TOPICS.credits and table == "credits")
            for record in records
            if record.key and record.value
            for person in people_left(table, record.key, record.value, self.accepted.forgotten)
        ]
        assert not left

    def teardown(self) -> None:
        try:
            super().teardown()
        finally:
            forgetting.SLICE, forgetting.WRITTEN_AT = self.usual


TestForgettingFloor = ForgettingFloor.TestCase
TestForgettingFloor.settings = settings(USUAL, max_examples=EXAMPLES)
