"""The topic of who was forgotten: each record once, all of a topic made anew, and what stops it."""

import pytest
from aiokafka import TopicPartition

from streams.changelog.forgotten_log import ForgottenLog
from streams.kafka.connection import KafkaUnusableError
from streams.ledgers.forgotten import ForgottenRecord, encode_forgotten, hash_of
from tests.memorylog import TOPICS, Log

TWO = [TopicPartition(TOPICS.forgotten, number) for number in (0, 1)]


def record(person: str) -> ForgottenRecord:
    return ForgottenRecord("rep", hash_of("desk2", "rep", person), 7)


@pytest.fixture(name="log")
def _log() -> Log:
    log = Log()
    log.counts[TOPICS.forgotten] = 2
    log.ids[TOPICS.forgotten] = b"one"
    return log


def append(log: Log, place: TopicPartition, *people: str) -> None:
    for person in people:
        log.append(place, *encode_forgotten(record(person)))


async def read(forgotten: ForgottenLog) -> list[ForgottenRecord]:
    return [each async for each in forgotten.read()]


def reading(log: Log) -> ForgottenLog:
    return ForgottenLog(TOPICS, log)  # type: ignore[arg-type]


async def test_each_record_is_given_once_of_every_partition(log: Log) -> None:
    forgotten = reading(log)
    append(log, TWO[0], "ana")
    append(log, TWO[1], "bob")

    assert await read(forgotten) == [record("ana"), record("bob")]

    append(log, TWO[1], "cem")
    log.append(TWO[1], b"somebody's own", None)
    assert await read(forgotten) == [record("cem")]
    assert await read(forgotten) == []


async def test_a_topic_made_anew_is_read_from_its_beginning_however_long_it_is(log: Log) -> None:
    forgotten = reading(log)
    append(log, TWO[0], "ana", "bob")
    await read(forgotten)

    log.records.clear()
    log.ids[TOPICS.forgotten] = b"two"
    append(log, TWO[0], "cem", "dot", "eve")

    assert await read(forgotten) == [record("cem"), record("dot"), record("eve")]


async def test_brokers_without_ids_say_that_it_was_made_anew_where_it_is_shorter(log: Log) -> None:
    log.ids.clear()
    forgotten = reading(log)
    append(log, TWO[0], "ana", "bob")
    await read(forgotten)

    log.records.clear()
    append(log, TWO[0], "cem")

    assert await read(forgotten) == [record("cem")]


async def test_a_topic_that_is_missing_or_unreadable_stops_it(log: Log) -> None:
    log.append(TWO[1], b"key", b'{"subject": "team", "hash": "ab", "until": 7}')
    with pytest.raises(KafkaUnusableError, match=r"unreadable record at desk2\.forgotten/1@0 "):
        await read(reading(log))

    log.counts.clear()
    with pytest.raises(KafkaUnusableError, match="run `floorpulse topics create`"):
        await read(reading(log))
