"""A worker that forgets somebody while it runs shows what one does that knew of it before."""

from collections import deque
from collections.abc import Iterable, Iterator
from itertools import count

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from metrics.readings import NO_EVENTS, TeamDay, decode_events
from streams.audit.recount import LineRecord
from streams.clock import MINUTE, micros
from streams.events.contract import KIND_OF
from streams.kafka.topics import TABLES, Topics
from streams.ledgers.credits import credit_key
from streams.ledgers.forgotten import ForgottenRecord, Subject, hash_of
from streams.ledgers.rows import Table
from streams.serving.readings import Readings
from streams.settings import Settings
from tests.build import MovingDesk, numbers_on, record
from tests.strategies import NOW, REPS, WORLD, events

Rows = dict[Table, list[tuple[bytes, bytes]]]


def _record(subject: Subject, person: str, minutes: int) -> ForgottenRecord:
    hashed = hash_of("", subject, person)
    return ForgottenRecord(subject, hashed, micros(NOW) + minutes * MINUTE)


_untils = st.integers(-300, 8) | st.just(4000)
_forgotten = st.lists(
    st.builds(_record, st.just("rep"), st.sampled_from(REPS), _untils)
    | st.builds(_record, st.just("contact"), st.sampled_from(("k1", "k2")), _untils),
    min_size=1,
    max_size=3,
)


class Desk:
    """A worker, and what it publishes of its reps."""

    def __init__(self) -> None:
        self.processor = MovingDesk(micros(NOW), WORLD)
        hours = count()  # so that all is read whenever it is asked for
        self.readings = Readings(
            self.processor, Topics(Settings.from_env({})), monotonic=hours.__next__
        )

    def take(self, drawn: list[dict]) -> None:
        for event in map(record, drawn):
            self.processor.take(KIND_OF[event.topic], [event])
            self.write()

    def forget(self, people: Iterable[ForgottenRecord]) -> None:
        for person in people:
            self.processor.forgotten.merge(person)
        deque(self.processor.clean(), maxlen=0)
        self.write()

    def restore(self, rows: Rows) -> None:
        for table in TABLES:
            self.processor.restore(table, rows[table], gained=[0])
        deque(self.processor.rebuild([0]), maxlen=0)
        self.write()

    def write(self) -> None:
        """Write what is to be written; copies of leads come back."""
        while self.processor.has_writes:
            for rep_id, lead_id, row in self.processor.take_writes().copies:
                copy = LineRecord("credits", row, 0, key=credit_key(rep_id, lead_id))
                self.processor.take_copies([copy])
        self.processor.drop_gone()

    @property
    def rows(self) -> Rows:
        return {table: sorted(self.processor.rows[table].items()) for table in TABLES}

    def published(self) -> list[object]:
        """The readings of all on the board, but for when they were written.

        A day is as wide as it was at its widest: what has neither touches nor a target is left out.
        """
        self.readings.forget_gone()
        self.readings.refresh(self.processor.board.rep_ids)
        return [
            (
                replace(one, written_at=0, days=[], latest=NO_EVENTS),
                [list(_filled(day)) for day in one.days],
                decode_events(one.latest),
            )
            for one in self.readings.reps(sorted(self.processor.board.rep_ids))
        ]


def _filled(day: TeamDay) -> Iterator[tuple[int, int, float]]:
    for place, (done, due) in enumerate(zip(day.done, day.due, strict=True)):
        if done or due:
            yield day.first + place, done, due


@settings(max_examples=100)
@given(st.lists(events, min_size=1, max_size=40), _forgotten, st.booleans())
def test_what_is_shown_is_what_a_worker_shows_that_knew_before_it_restored(
    drawn: list[dict], people: list[ForgottenRecord], is_published: bool
) -> None:
    """And so it is when everything comes again."""
    desk = Desk()
    desk.processor.deliver(*drawn)
    desk.processor.take_writes()
    before = desk.rows
    if is_published:
        desk.published()

    desk.forget(people)

    others = [Desk(), Desk()]
    for other, rows in zip(others, (before, desk.rows), strict=True):
        other.forget(people)
        other.restore(rows)
        assert_alike(other, desk)
    for each in (desk, *others):
        each.take(drawn)
    for other in others:
        assert_alike(other, desk)


def assert_alike(one: Desk, other: Desk) -> None:
    assert one.rows == other.rows
    assert numbers_on(one.processor.board) == numbers_on(other.processor.board)
    assert one.published() == other.published()
