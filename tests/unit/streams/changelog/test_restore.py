"""What a restore does where records are lost or cannot be read."""

import msgspec
import pytest

from streams.changelog.lost_history import (
    LOST_HISTORY_KEY,
    IncompleteError,
    LostHistory,
    decode_lost_history,
    encode_lost_history,
)
from streams.changelog.positions import ForeignRange
from streams.changelog.restore import AT_ONCE, UnreadableRowError
from streams.clock import DAY, micros
from streams.kafka.topics import TABLES
from streams.ledgers.rows import SCHEMA, NewerRowError, Table
from streams.settings import Settings
from tests.build import MovingDesk
from tests.memorylog import CALLS, CHANGELOGS, LEADS, Case, Log
from tests.oldrows import old_rows
from tests.strategies import NOW


@pytest.fixture(name="log")
def _log() -> Log:
    return Log()


def processor() -> MovingDesk:
    return MovingDesk(micros(NOW))


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


async def test_a_restore_merges_a_few_records_at_once(log: Log) -> None:
    row = next(row for row in old_rows(SCHEMA) if row.table == "leads")
    for number in range(2 * AT_ONCE + 7):
        log.append(CHANGELOGS["leads"], f"L{number}".encode(), row.value)
    merged: list[int] = []

    class Counting(MovingDesk):
        def restore(self, table: Table, records, gained) -> None:
            some = list(records)
            merged.append(len(some))
            super().restore(table, some, gained)

    desk = Counting(micros(NOW))
    await Case(log, desk).start({})

    assert merged == [AT_ONCE, AT_ONCE, 7]
    assert len(desk.leads) == 2 * AT_ONCE + 7


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
        (
            msgspec.msgpack.encode((SCHEMA + 1, [])),
            f"a row of schema {SCHEMA + 1}; this version reads up to {SCHEMA}",
        ),
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


def test_losses_written_before_ids_were_noted_are_read() -> None:
    written = msgspec.msgpack.encode((SCHEMA, 7, {"a": 5}), order="sorted")

    assert decode_lost_history(written) == LostHistory(7, {"a": 5}, {})


async def test_that_brokers_did_not_say_how_changelogs_are_cleaned_is_not_kept(
    log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    topic = CHANGELOGS["leads"].topic
    answers: list[dict[str, str]] = [{}, {topic: "compact"}]

    async def policies(settings: Settings, names: list[str]) -> dict[str, str]:
        return answers.pop(0)

    monkeypatch.setattr("streams.changelog.restore.cleanup_policies", policies)
    restorer = Case(log, processor()).restorer

    assert [await restorer._is_compacted(topic) for _ in range(3)] == [False, True, True]
