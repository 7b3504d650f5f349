"""Whatever happens to two workers and their log, at rest the numbers are those of a recount.

The machine delivers, flushes, crashes, pauses and rebalances the real processor, flusher and
restorer over a broker in memory. MODEL_EXAMPLES=5000 runs more of it than the default.
"""

import asyncio
import datetime as dt
import os
from collections import deque
from collections.abc import Awaitable
from typing import Any

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule

from streams.clock import micros
from streams.events.contract import LeadChange
from streams.ledgers import touchrows
from streams.processor import Processor
from tests import strategies
from tests.accepted import KEPT, ROSTER, Accepted, at_of
from tests.build import call, numbers, numbers_on, status
from tests.model import CHANGELOGS, PARTITION_OF, TOPICS, Broker, Crash, Fault, Worker
from tests.strategies import NOW, raw

EXAMPLES = int(os.environ.get("MODEL_EXAMPLES", "500"))
MOST_LATER = dt.timedelta(days=2)  # how far the clock goes in one run
LEADS = ("L1", "L2", "L3", "L4")
ROUNDS = 30  # within which everything comes to rest


def _does_not_expire(event: dict) -> bool:
    """Whether a touch is kept, or late, all through a run: what expires has rules of its own."""
    start = NOW - KEPT
    return event["topic"] == "lead-status" or not (
        start - dt.timedelta(hours=1) < at_of(event) < start + MOST_LATER + dt.timedelta(hours=1)
    )


_minutes = st.integers(20, 24).map(lambda m: (NOW - dt.timedelta(minutes=m)).isoformat())
_versions = st.integers(0, 3)
close_calls = st.builds(
    call,
    rep=st.sampled_from(("ana", "dot")),
    id=st.sampled_from("1234"),
    at=_minutes,
    version=_versions,
)
close_changes = st.builds(
    status,
    st.sampled_from(("created", "delivered", "rejected")),
    _minutes,
    rep=st.sampled_from(strategies.REPS),
    id=st.sampled_from("12"),
    version=_versions,
)
close = st.lists(close_calls | close_changes, min_size=1, max_size=4)  # all of one or two rows
events = strategies.events.filter(_does_not_expire)
steps = st.none() | st.integers(0, 9)
faults = st.builds(Fault, commits_at_once=st.booleans(), crash_at=steps, deliver_at=steps)
crashes = st.builds(Fault, crash_at=st.integers(0, 5))
slots = st.integers(0, 1)
owners = st.tuples(slots, slots)


class Floor(RuleBasedStateMachine):
    """Two workers, a broker, and all that was ever accepted."""

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.broker = Broker()
        self.later = dt.timedelta()
        self.accepted = Accepted(lambda: self.now)
        self.workers = [self.new_worker(), self.new_worker()]
        self.produced: list[dict] = []
        self.walks: dict[str, int] = {}
        self.has_rested: set[str] = set()
        self.hands = 0
        self.assign([0, 1], (0, 1), (0, 1))

    @property
    def now(self) -> dt.datetime:
        return NOW + self.later

    def new_worker(self) -> Worker:
        return Worker(self.broker, lambda: micros(self.now), ROSTER, self.accepted.take)

    def run(self, work: Awaitable[Any]) -> Any:
        return self.loop.run_until_complete(work)

    # -- what is produced

    def produce(self, event: dict, in_wrong_partition: bool = False) -> None:
        value = raw(event)
        self.accepted.send(value, event)
        self.produced.append(event)
        key = event["lead_id"] if event["topic"] == "lead-status" else event["rep_id"]
        partition = PARTITION_OF(key) ^ in_wrong_partition
        self.broker.append(TOPICS_OF[event["topic"]], partition, key.encode(), value)

    @rule(drawn=st.lists(events, min_size=1, max_size=8), misrouted=st.integers(0, 30))
    def events_come(self, drawn: list[dict], misrouted: int) -> None:
        for number, event in enumerate(drawn):
            self.produce(event, in_wrong_partition=number == misrouted)

    @precondition(lambda self: self.produced)
    @rule(which=st.lists(st.integers(0, 200), min_size=1, max_size=5))
    def events_come_again(self, which: list[int]) -> None:
        for number in which:
            self.produce(self.produced[number % len(self.produced)])

    @rule(name=st.sampled_from(("w1", "w2")), minutes=st.integers(20, 2000))
    def a_touch_moves(self, name: str, minutes: int) -> None:
        """To a quarter hour that soon expires, or back from there, each time in a new version."""
        if name not in self.has_rested and name in self.walks:
            self.rest()
        version = self.walks[name] = self.walks.get(name, 0) + 1
        self.has_rested.discard(name)
        since = -KEPT + MOST_LATER * 0.7 if version % 2 == 0 else -dt.timedelta(minutes=10)
        at = NOW + since - dt.timedelta(minutes=minutes)
        self.produce(call(rep="ana", id=name, at=at.isoformat(), version=version))

    @rule(rep=st.sampled_from(strategies.REPS), in_wrong_partition=st.booleans())
    def a_credit_changes_hands(self, rep: str, in_wrong_partition: bool) -> None:
        """A correction takes a lead from one rep and gives it to another."""
        self.hands += 1
        at = (NOW - dt.timedelta(minutes=50)).isoformat()
        given = status("created", at, rep, "L4", version=self.hands)
        self.produce(given, in_wrong_partition)

    @rule(minutes=st.integers(1, 2000))
    def a_lead_is_old(self, minutes: int) -> None:
        at = NOW - dt.timedelta(days=118) - dt.timedelta(minutes=minutes)
        self.produce(status("created", at.isoformat(), lead=f"old{minutes % 4}", rep="bob"))

    # -- what workers do

    def act(self, slot: int, work: Awaitable[Any], fault: Fault | None = None) -> None:
        """Let a worker work; where it crashes another process comes in its place."""
        self.act_on(slot, self.workers[slot].run(work, fault))

    def act_on(self, slot: int, work: Awaitable[Any]) -> None:
        try:
            self.run(work)
        except Crash:
            self.workers[slot] = self.new_worker()

    def is_awake(self, slot: int) -> bool:
        return self.workers[slot].task is None

    @rule(slot=slots, most=st.integers(1, 6), skipped=st.integers(0, 20))
    def records_are_delivered(self, slot: int, most: int, skipped: int) -> None:
        worker = self.workers[slot]
        if self.is_awake(slot):
            for number, place in enumerate(worker.sources):
                if number != skipped:
                    self.run(worker.take(place, most))

    @rule(slot=slots, fault=faults)
    def it_flushes(self, slot: int, fault: Fault) -> None:
        if self.is_awake(slot):
            self.act(slot, self.workers[slot].flusher.flush(), Fault(**vars(fault)))

    @rule(drawn=close, slot=slots, fault=faults, compacted=st.booleans())
    def it_is_delivered_and_flushes(
        self, drawn: list[dict], slot: int, fault: Fault, compacted: bool
    ) -> None:
        self.events_come(drawn, misrouted=99)
        self.records_are_delivered(slot, 9, skipped=99)
        self.it_flushes(slot, fault)
        if compacted:
            for topic in CHANGELOGS:
                self.a_log_is_compacted(topic, tombstones_too=True)

    @rule(slot=slots, step=st.integers(0, 6))
    def it_is_paused_in_a_flush(self, slot: int, step: int) -> None:
        if self.is_awake(slot):
            self.act(slot, self.workers[slot].flusher.flush(), Fault(pause_at=step))

    @rule(slot=slots, fault=faults)
    def it_wakes_up(self, slot: int, fault: Fault) -> None:
        if not self.is_awake(slot):
            self.act_on(slot, self.workers[slot].wake(Fault(**vars(fault))))

    @rule(slot=slots)
    def it_is_killed(self, slot: int) -> None:
        self.run(self.workers[slot].kill())
        self.workers[slot] = self.new_worker()

    @rule(slot=slots)
    def it_looks_for_others(self, slot: int) -> None:
        if self.is_awake(slot) and self.workers[slot].is_member:
            self.act(slot, self.workers[slot].look_for_others())

    @rule(slot=slots)
    def it_sweeps(self, slot: int) -> None:
        if self.is_awake(slot) and self.workers[slot].is_member:
            self.act(slot, self.workers[slot].sweep())

    # -- what happens to the group and its log

    @rule(
        reps=owners,
        leads=owners,
        in_time=st.booleans(),
        without=st.none() | slots,
        cut_short=st.none() | st.integers(0, 25),
    )
    def the_group_rebalances(
        self,
        reps: tuple[int, int],
        leads: tuple[int, int],
        in_time: bool,
        without: int | None,
        cut_short: int | None,
    ) -> None:
        """All who are awake take part, but for the one *without* whom it goes on as if it slept."""
        members = [slot for slot in (0, 1) if self.is_awake(slot) and slot != without]
        if cut_short is not None:
            self.revoke(members, in_time)
            self.assign(members, reps, leads, cut_short)
            reps, leads = leads, reps
        self.revoke(members, in_time)
        self.assign(members, reps, leads)

    @rule(
        slot=slots,
        step=st.none() | st.integers(0, 4),
        before=close,
        after=close,
        misrouted=st.booleans(),
        fault=faults,
        late=st.none() | st.builds(Fault) | crashes,
        dies=st.sampled_from(((), (), (0,), (1,), (0, 1))),
    )
    def an_owner_is_overtaken(
        self,
        slot: int,
        step: int | None,
        before: list[dict],
        after: list[dict],
        misrouted: bool,
        fault: Fault,
        late: Fault | None,
        dies: tuple[int, ...],
    ) -> None:
        """It holds what it did not write, or wrote half of; it may write that *late*, or never."""
        self.events_come(before, misrouted=0 if misrouted else 99)
        self.records_are_delivered(slot, 9, skipped=99)
        if step is not None:
            self.it_is_paused_in_a_flush(slot, step)
        if not self.is_awake(1 - slot):
            return
        self.assign([1 - slot], (0, 0), (0, 0))
        self.it_is_delivered_and_flushes(after, 1 - slot, fault, compacted=False)
        if late is not None:
            self.it_wakes_up(slot, late)
            self.it_flushes(slot, late)
        for dead in dies:
            self.it_is_killed(dead)

    def revoke(self, members: list[int], in_time: bool) -> None:
        """They flush and commit, as far as it is in time."""
        for slot in members:
            worker = self.workers[slot]
            if worker.is_member and in_time:
                self.act(slot, worker.flusher.flush())
                worker.commit()

    def assign(
        self,
        members: list[int],
        reps: tuple[int, int],
        leads: tuple[int, int],
        cut_short: int | None = None,
    ) -> None:
        """Give each partition to its owner, or to who is there; all others are no members now."""
        for worker in self.workers:
            worker.is_member = False
        for slot in members:
            mine = [
                {
                    p
                    for p, owner in enumerate(owners)
                    if slot in ({owner} & {*members} or members[:1])
                }
                for owners in (reps, leads)
            ]
            self.run(_cut_short(self.workers[slot].assign(*mine), cut_short))

    @rule(topic=st.sampled_from((*CHANGELOGS, TOPICS.credits)), tombstones_too=st.booleans())
    def a_log_is_compacted(self, topic: str, tombstones_too: bool) -> None:
        """Of the changelogs, what their owner knows and has healed; of the credits, what is taken.

        Both are a matter of a minute, and `min.compaction.lag.ms` has to be longer.
        """
        limits = dict(self.broker.committed)
        for worker in self.workers:
            if worker.is_member and worker.task is None:
                limits |= worker.known
        self.broker.compact(topic, limits, tombstones_too=tombstones_too)

    @rule(minutes=st.integers(1, 1500))
    def time_passes(self, minutes: int) -> None:
        if not self.has_rested.issuperset(self.walks):
            self.rest()  # what was taken and lost must not be late when it comes again
        self.later = min(MOST_LATER, self.later + dt.timedelta(minutes=minutes))

    # -- at rest

    @rule(restarts=st.booleans())
    def all_comes_to_rest(self, restarts: bool) -> None:
        self.rest(restarts)

    def rest(self, restarts: bool = False) -> None:
        """Wake everybody, drain every log, and compare.

        The group stays as it is where it can: a rebalance would heal more than an owner does alone.
        """
        for slot in (0, 1):
            self.it_wakes_up(slot, Fault())
            self.it_flushes(slot, Fault())
        if restarts:
            self.workers = [self.new_worker(), self.new_worker()]
        if not self.is_complete:
            self.assign([0, 1], (0, 1), (1, 0))
        self.drain()
        self.has_rested.update(self.walks)
        self.check()

    def drain(self) -> None:
        """Have everything taken, written and committed, what they write to each other included."""
        for _ in range(ROUNDS):
            members = [worker for worker in self.workers if worker.is_member]
            for worker in members:
                for place in worker.sources:
                    self.run(worker.take(place, 100))
                self.run(worker.flusher.flush())
                worker.commit()
                self.run(worker.look_for_others())
            if all(worker.is_drained for worker in members):
                break
        else:
            raise AssertionError("it does not come to rest")

    @property
    def is_complete(self) -> bool:
        """Whether every source is some member's, and nobody else is there."""
        places = [place for worker in self.workers if worker.is_member for place in worker.sources]
        return len(places) == len(TOPICS.sources) * 2

    def check(self) -> None:
        counted = self.accepted.recounted()
        expected, leads = numbers(counted), lead_rows(counted.processor)
        shown: dict = {}
        rebuilt: dict = {}
        rows: dict = {}
        for worker in self.workers:
            assert_ledger_equation(worker)
            if not worker.is_member:
                continue
            worker.processor.advance()
            shown |= numbers_on(worker.processor.board)
            rows |= lead_rows(worker.processor)
            deque(worker.processor.rebuild(worker.processor.shown), maxlen=0)  # as on a new day
            rebuilt |= numbers_on(worker.processor.board)
        assert shown == expected
        assert rebuilt == expected
        assert rows == leads
        for topic in CHANGELOGS:
            self.broker.compact(topic, self.broker.ends, tombstones_too=False)
        fresh = self.new_worker()
        self.run(fresh.assign({0, 1}, {0, 1}))
        assert numbers_on(fresh.processor.board) == expected
        assert lead_rows(fresh.processor) == leads

    def teardown(self) -> None:
        try:
            self.rest()
        finally:
            for worker in self.workers:
                self.run(worker.kill())
            self.loop.close()


TOPICS_OF = {name: topic for topic in TOPICS.inputs for name in [topic.rpartition(".")[2]]}


async def _cut_short(work: Awaitable[None], after: int | None) -> None:
    """Do *work*, or cancel it after so many rounds of the loop."""
    task = asyncio.ensure_future(work)
    if after is not None:
        for _ in range(after):
            await asyncio.sleep(0)
        task.cancel()
    try:
        await task
    except asyncio.CancelledError:
        assert after is not None


def lead_rows(processor: Processor) -> dict[str, list[LeadChange]]:
    """The changes of every lead that does not expire in a run."""
    rows = {lead: processor.leads.changes_of(lead) for lead in LEADS}
    return {lead: sorted(row, key=lambda change: change.key) for lead, row in rows.items() if row}


def assert_ledger_equation(worker: Worker) -> None:
    counts = worker.processor.intake.counts
    for topic, received in worker.deliveries.received.items():
        if topic != TOPICS.credits:
            assert received == sum(n for (where, _), n in counts.items() if where == topic)


class CrowdedFloor(Floor):
    """Rows that take two touches: most quarter hours have several parts."""

    def __init__(self) -> None:
        self.most = touchrows.MAX_ENTRIES
        touchrows.MAX_ENTRIES = 2
        super().__init__()

    def teardown(self) -> None:
        try:
            super().teardown()
        finally:
            touchrows.MAX_ENTRIES = self.most


SETTINGS = settings(
    max_examples=EXAMPLES,
    stateful_step_count=20,
    deadline=None,
    report_multiple_bugs=False,
    phases=(Phase.explicit, Phase.reuse, Phase.generate, Phase.shrink),
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
TestFloor = Floor.TestCase
TestFloor.settings = SETTINGS
TestCrowdedFloor = CrowdedFloor.TestCase
TestCrowdedFloor.settings = settings(SETTINGS, max_examples=EXAMPLES // 5)
