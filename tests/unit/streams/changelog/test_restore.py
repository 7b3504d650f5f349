"""What a restore does where records are lost or cannot be read."""

from collections.abc import Mapping
from typing import NamedTuple

import msgspec
import pytest
from aiokafka import TopicPartition

from streams.changelog.lost_history import (
    LOST_HISTORY_KEY,
    IncompleteError,
    LostHistory,
    TopicId,
    decode_lost_history,
    encode_lost_history,
)
from streams.changelog.positions import ForeignRange, Positions
from streams.changelog.restore import Restorer, UnreadableRowError
from streams.clock import DAY, micros
from streams.kafka.topics import TABLES, Topics
from streams.ledgers.rows import SCHEMA, NewerRowError, Table
from streams.settings import Settings
from tests.build import MovingDesk
from tests.oldrows import old_rows
from tests.strategies import NOW

SETTINGS = Settings(app_id="desk2", partitions=1, lead_partitions=1)
TOPICS = Topics(SETTINGS)
CALLS, LEADS = TopicPartition("sales.calls", 0), TopicPartition("sales.lead-status", 0)
CHANGELOGS = {table: TopicPartition(TOPICS.changelog(table), 0) for table in TABLES}


class Record(NamedTuple):
    offset: int
    key: bytes
    value: bytes | None


class Log:
    """Partitions in memory, as `LogReader` reads them."""

    def __init__(self) -> None:
        self.begin: dict[TopicPartition, int] = {}
        self.records: dict[TopicPartition, list[Record]] = {}
        self.ends_of: dict[TopicPartition, int] = {}
        self.ids: dict[str, bytes | None] = {}

    def append(self, place: TopicPartition, key: bytes, value: bytes | None) -> None:
        records = self.records.setdefault(place, [])
        records.append(Record(len(records), key, value))

    async def beginnings(self, places) -> Mapping[TopicPartition, int]:
        return {place: self.begin.get(place, 0) for place in places}

    async def ends(self, places) -> Mapping[TopicPartition, int]:
        return {place: len(self.records.get(place, ())) for place in places}

    async def high_watermarks(self, places) -> Mapping[TopicPartition, int]:
        return {place: self.ends_of[place] for place in places if place in self.ends_of}

    async def topic_ids(self, topics) -> Mapping[str, bytes | None]:
        return {topic: self.ids[topic] for topic in topics if topic in self.ids}

    async def read(self, stretches):
        for place, (start, end) in stretches.items():
            yield place, self.records.get(place, [])[start:end]


class Case:
    """A restorer on a log; `write` is what the flusher does with rows."""

    def __init__(self, log: Log, processor: MovingDesk, *, accept: bool = False) -> None:
        self.log = log
        self.written = 0
        self.restorer = Restorer(
            SETTINGS,
            processor,
            Positions(),
            log,  # type: ignore[arg-type]
            accept_incomplete=accept,
        )

    async def write(self, take) -> None:
        for table, (_, key, value) in take():
            self.written += 1
            self.log.append(CHANGELOGS[table], key, value)

    async def start(self, committed: Mapping[TopicPartition, int]) -> dict[tuple[str, int], int]:
        await self.restorer.restore(CHANGELOGS.values())
        begins = await self.restorer.check_inputs([CALLS, LEADS], committed)
        await self.restorer.write_losses(self.write)
        return begins


@pytest.fixture(name="log")
def _log() -> Log:
    return Log()


def processor() -> MovingDesk:
    return MovingDesk(micros(NOW))


async def test_an_input_that_begins_after_what_is_due_stops_it(log: Log) -> None:
    log.begin = {CALLS: 7}

    with pytest.raises(IncompleteError, match=r"sales\.calls/0 begins at offset 7, after the 6 "):
        await Case(log, processor()).start({CALLS: 6})

    assert (await Case(log, processor()).start({CALLS: 7}))[CALLS] == 7


async def test_an_app_id_that_read_nothing_of_what_is_gone_is_named(log: Log) -> None:
    log.begin = {LEADS: 7}

    with pytest.raises(
        IncompleteError, match="nothing of it was read before for FLOORPULSE_APP_ID=desk2"
    ):
        await Case(log, processor()).start({CALLS: 6})


async def test_a_loss_that_was_accepted_is_found_by_a_restart(log: Log) -> None:
    log.begin = {CALLS: 7, LEADS: 3}
    first = Case(log, processor(), accept=True)
    assert await first.start({}) == {CALLS: 7, LEADS: 3}
    assert (first.restorer.is_complete, first.written) == (False, 2)

    again = Case(log, processor())

    assert await again.start({LEADS: 3}) == {CALLS: 7, LEADS: 3}, "nothing more was lost"
    assert (again.restorer.is_complete, again.written) == (False, 0)
    log.begin[CALLS] = 8
    with pytest.raises(IncompleteError, match="begins at offset 8"):
        await Case(log, processor()).start({})


async def test_losses_go_with_their_partition_and_with_time(log: Log) -> None:
    log.begin = {LEADS: 3}
    await Case(log, processor(), accept=True).start({})
    moving = processor()
    case = Case(log, moving)
    await case.start({})

    moving.now += 90 * DAY
    assert not case.restorer.is_complete
    moving.now += 1
    assert case.restorer.is_complete
    moving.now -= 1
    await case.restorer.restore([CHANGELOGS["touches"]])
    assert case.restorer.is_complete


async def test_what_an_old_owner_knew_of_losses_takes_nothing_away(log: Log) -> None:
    now = micros(NOW)
    ours, theirs = LostHistory(now, {"a": 5, "b": 3}), LostHistory(now - DAY, {"a": 2, "c": 1})
    for lost in (ours, theirs):
        log.append(CHANGELOGS["touches"], LOST_HISTORY_KEY, encode_lost_history(lost))
    case = Case(log, processor())
    await case.start({})

    last = log.records[CHANGELOGS["touches"]][-1].value
    assert case.written == 1
    assert decode_lost_history(last or b"") == LostHistory(now, {"a": 5, "b": 3, "c": 1})
    again = Case(log, processor())
    await again.start({})
    assert again.written == 0


def test_losses_of_a_newer_schema_are_refused() -> None:
    with pytest.raises(NewerRowError):
        decode_lost_history(msgspec.msgpack.encode((SCHEMA + 1, 0, {})))


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize(
    ("bad", "why"),
    [
        (msgspec.msgpack.encode((SCHEMA + 1, [])), "a row of schema 3; this version reads up to 2"),
        (b"not a row", "(Expected `array`, got `int`): restore the topic"),
    ],
)
async def test_a_row_that_cannot_be_read_stops_it_and_is_named(
    log: Log, table: Table, bad: bytes, why: str
) -> None:
    key = next(row.key for row in old_rows(SCHEMA) if row.table == table)
    for value in (next(r.value for r in old_rows(SCHEMA) if r.table == table), None, bad):
        log.append(CHANGELOGS[table], key, value)

    with pytest.raises(UnreadableRowError) as raised:
        await Case(log, processor()).start({})

    assert f"desk2-{table}-changelog/0@2 {why}" in str(raised.value)
    assert "\n" not in str(raised.value)


async def test_foreign_rows_that_cannot_be_read_are_named_too(log: Log) -> None:
    case = Case(log, processor())
    await case.start({})
    log.append(CHANGELOGS["leads"], b"L1", b"not a row")

    with pytest.raises(UnreadableRowError, match="unreadable row at desk2-leads-changelog/0@0 "):
        await case.restorer.merge_foreign([ForeignRange("leads", 0, 0, 1)])


async def test_an_input_that_ends_before_what_is_due_stops_it(log: Log) -> None:
    log.ends_of = {CALLS: 5}

    with pytest.raises(IncompleteError, match=r"sales\.calls/0 ends at offset 5, before the 9 "):
        await Case(log, processor()).start({CALLS: 9})

    assert (await Case(log, processor()).start({CALLS: 5}))[CALLS] == 5, "all was counted"


async def test_a_shortened_input_is_counted_from_its_first_record_if_accepted(log: Log) -> None:
    log.begin, log.ends_of = {CALLS: 2}, {CALLS: 5}
    first = Case(log, processor(), accept=True)

    assert (await first.start({CALLS: 9}))[CALLS] == 2

    again = Case(log, processor())
    assert (await again.start({CALLS: 5}))[CALLS] == 5
    assert not again.restorer.is_complete


async def test_a_topic_made_anew_is_known_by_its_id_however_long_it_is(log: Log) -> None:
    log.ids, log.ends_of = {CALLS.topic: b"one" * 5}, {CALLS: 50}
    await Case(log, processor()).start({CALLS: 9})
    log.ids = {CALLS.topic: b"two" * 5}

    for committed in ({CALLS: 9}, {}):
        with pytest.raises(IncompleteError, match="was deleted and made anew"):
            await Case(log, processor()).start(committed)
    first = Case(log, processor(), accept=True)
    assert (await first.start({CALLS: 9}))[CALLS] == 0
    assert not first.restorer.is_complete

    again = Case(log, processor())
    assert (await again.start({CALLS: 3}))[CALLS] == 3, "the new one is the one counted now"
    assert (again.restorer.is_complete, again.written) == (False, 0)


async def test_under_a_running_worker_a_log_that_is_another_is_found(log: Log) -> None:
    log.ids, log.ends_of = {CALLS.topic: b"one" * 5}, {CALLS: 9}
    case = Case(log, processor())
    await case.start({CALLS: 9})
    assert not await case.restorer.find_losses({CALLS: 9})

    for ids, end, why in (
        ({CALLS.topic: b"one" * 5}, 8, "ends at offset 8"),
        ({CALLS.topic: b"two" * 5}, 9, "made anew"),
        ({CALLS.topic: None}, 9, "was deleted"),
    ):
        log.ids, log.ends_of = ids, {CALLS: end}
        loss, *_ = await case.restorer.find_losses({CALLS: 9})
        assert why in str(loss)


def test_losses_of_a_topic_made_anew_replace_those_of_the_old_one() -> None:
    old = LostHistory(5, {"a": 900, "b": 3}, {"a": TopicId(0, b"one")})
    new = LostHistory(4, {"a": 2}, {"a": TopicId(1, b"two")})

    merged = LostHistory(5, {"a": 2, "b": 3}, {"a": TopicId(1, b"two")})
    assert old.merged(new) == new.merged(old) == merged
    assert decode_lost_history(encode_lost_history(merged)) == merged


def test_losses_written_before_ids_were_noted_are_read() -> None:
    written = msgspec.msgpack.encode((SCHEMA, 7, {"a": 5}), order="sorted")

    assert decode_lost_history(written) == LostHistory(7, {"a": 5}, {})
