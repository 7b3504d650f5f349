"""The look log is read newest first, each entry once, and no further back than a page shows."""

from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from aiokafka import TopicPartition

from streams.kafka.looks import NEWEST, STEP, LookEntry, _partitions, _Reading
from streams.kafka.topics import Topics, partitioner
from streams.settings import Settings
from tests.memorylog import Log

SETTINGS = Settings(partitions=4)
PLACES = [TopicPartition(Topics(SETTINGS).looks, number) for number in range(4)]
START = datetime(2026, 11, 29, 11, tzinfo=UTC)
ODD = ["{}", "a/b", " ana ", "jürgen {0}", "<b>", "=1+1", 'x"y', "../bob"]


def entry(whom: str = "ana", hour: int = 0, who: str = "lea@example.org") -> LookEntry:
    at = START + timedelta(hours=hour)
    return LookEntry(who=who, role="lead", kind="rep", whom=whom, page="rep", hour=at)


class SmallLog(Log):
    """Counts the records that are read of it."""

    taken = 0

    async def read(self, stretches):
        async for place, records in super().read(stretches):
            self.taken += len(records)
            yield place, records

    def write(self, made: LookEntry, value: bytes | None = None) -> None:
        """A record where the producer puts it."""
        number = partitioner(len(PLACES))(made.whom)
        self.append(PLACES[number], made.key, msgspec.json.encode(made) if value is None else value)


async def newest(log: SmallLog, whom: str | None = None, kind: str | None = None):
    return await _Reading(log, whom, kind).newest(PLACES)


def test_an_entry_is_plain_json() -> None:
    assert msgspec.json.encode(entry()) == (
        b'{"who":"lea@example.org","role":"lead","kind":"rep","whom":"ana","page":"rep",'
        b'"hour":"2026-11-29T11:00:00Z"}'
    )


async def test_each_entry_is_read_once_and_the_newest_first() -> None:
    log = SmallLog()
    for hour in (0, 1, 2):
        for whom in ("ana", "bob", "cem"):
            for _ in range(3):  # as several processes of the wall write it
                log.write(entry(whom, hour))
    read = await newest(log)
    assert [one.hour for one in read.entries] == sorted(
        (entry(hour=hour).hour for hour in (0, 1, 2) for _ in range(3)), reverse=True
    )
    assert (len(set(read.entries)), read.is_cut, read.unreadable) == (9, False, 0)
    assert (await newest(log, "bob")).entries == [entry("bob", hour) for hour in (2, 1, 0)]
    assert len((await newest(log, "bob", "rep")).entries) == 3
    assert (await newest(log, "bob", "person")).entries == []
    assert (await newest(log, "nobody")).entries == []
    assert (await newest(SmallLog())).entries == []


async def test_of_many_entries_the_newest_are_read_and_it_says_that_it_was_cut() -> None:
    log = SmallLog()
    for hour in range(3 * STEP):
        log.write(entry("ana", hour))
        if hour % 100 == 0:
            log.write(entry("bob", hour))
    read = await newest(log, "ana")
    assert read.entries == [entry("ana", 3 * STEP - 1 - back) for back in range(NEWEST)]
    assert read.is_cut
    assert log.taken <= 2 * STEP, "no further back than it needs"
    read = await newest(log, "bob")
    assert [one.whom for one in read.entries] == ["bob"] * (3 * STEP // 100)
    assert not read.is_cut


async def test_exactly_as_many_as_a_page_shows_are_not_cut() -> None:
    log = SmallLog()
    for hour in range(NEWEST):
        log.write(entry("ana", hour))
    assert not (await newest(log, "ana")).is_cut
    log.write(entry("ana", NEWEST))
    assert (await newest(log, "ana")).is_cut


async def test_what_cannot_be_read_hides_nothing_else() -> None:
    log = SmallLog()
    log.write(entry("ana", 0))
    naive = msgspec.json.encode(entry()).replace(b"Z", b"")
    for broken in (b"{", b"", b"null", b"[]", b'{"who": 7}', b"\xff", naive):
        log.write(entry("ana"), broken)
    log.append(PLACES[partitioner(4)("ana")], b"ana", None)
    log.write(entry("ana", 1))
    log.write(entry("bob"), b"{")
    later = msgspec.json.encode(entry("ana", 2)).replace(b"{", b'{"more":1,')
    log.write(entry("ana"), later)

    read = await newest(log, "ana")
    assert read.entries == [entry("ana", hour) for hour in (2, 1, 0)]
    assert read.unreadable == 8
    assert (await newest(log)).unreadable == 9


@pytest.mark.parametrize("whom", ODD)
async def test_whoever_was_seen_reads_of_themselves_alone(whom: str) -> None:
    log = SmallLog()
    for other in ODD:
        log.write(entry(other))
    assert (await newest(log, whom)).entries == [entry(whom)]
    assert _partitions(SETTINGS, 4, whom) == [partitioner(4)(whom)]


def test_a_topic_of_another_number_of_partitions_is_read_whole() -> None:
    assert list(_partitions(SETTINGS, 6, "ana")) == list(range(6))
    assert list(_partitions(SETTINGS, 4, None)) == list(range(4))


async def test_of_an_hour_what_was_written_last_is_the_newest() -> None:
    log = SmallLog()
    for who in ("lea", "mo", "aud"):
        log.write(entry(who=who))
    assert [one.who for one in (await newest(log, "ana")).entries] == ["aud", "mo", "lea"]


async def test_a_page_that_is_full_with_one_reading_says_that_there_are_older_ones() -> None:
    log = SmallLog()
    log.write(entry("ana", 0))
    for number in range(STEP):
        log.write(entry("ana", 1 + number * NEWEST // STEP))
    read = await newest(log, "ana")
    assert read.is_cut
    assert read.entries == [entry("ana", NEWEST - back) for back in range(NEWEST)]
