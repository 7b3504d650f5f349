"""Sources that are not the logs that were counted, or have another number of partitions."""

import pytest
from aiokafka import TopicPartition

from streams.changelog.lost_history import (
    IncompleteError,
    LostHistory,
    TopicId,
    decode_lost_history,
    encode_lost_history,
)
from streams.clock import micros
from streams.kafka.connection import KafkaUnusableError
from tests.build import MovingDesk
from tests.memorylog import CALLS, LEADS, TOPICS, Case, Log
from tests.strategies import NOW

CALLS_6 = TopicPartition(CALLS.topic, 6)


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
    assert not await case.restorer.sources.find_losses({CALLS: 9})

    for ids, end, why in (
        ({CALLS.topic: b"one" * 5}, 8, "ends at offset 8"),
        ({CALLS.topic: b"two" * 5}, 9, "made anew"),
        ({CALLS.topic: None}, 9, "was deleted"),
    ):
        log.ids, log.ends_of = ids, {CALLS: end}
        loss, *_ = await case.restorer.sources.find_losses({CALLS: 9})
        assert why in str(loss)


def test_losses_of_a_topic_made_anew_replace_those_of_the_old_one() -> None:
    old = LostHistory(5, {"a": 900, "b": 3}, {"a": TopicId(0, b"one")})
    new = LostHistory(4, {"a": 2}, {"a": TopicId(1, b"two")})

    merged = LostHistory(5, {"a": 2, "b": 3}, {"a": TopicId(1, b"two")})
    assert old.merged(new) == new.merged(old) == merged
    assert decode_lost_history(encode_lost_history(merged)) == merged


async def test_an_input_with_another_number_of_partitions_is_forwarded_while_it_has_it(
    log: Log, caplog: pytest.LogCaptureFixture
) -> None:
    case = Case(log, processor())
    for _ in range(2):
        log.counts = {CALLS.topic: 8}
        assert await case.start({CALLS_6: 3}, [CALLS, CALLS_6]) == {CALLS: 0, CALLS_6: 3}
        assert case.intake.unaligned == {CALLS.topic: 8}
    log.counts = {CALLS.topic: 1}
    await case.start({}, [CALLS])
    assert not case.intake.unaligned

    assert len(caplog.records) == 1
    assert "sales.calls has 8 partitions, not 1, and none can be taken away" in caplog.text


async def test_an_input_that_came_without_its_reps_is_forwarded_whatever_is_known_of_it(
    log: Log,
) -> None:
    case = Case(log, processor())

    await case.start({}, [CALLS_6, LEADS])

    assert case.intake.unaligned == {CALLS.topic: 7}


@pytest.mark.parametrize("topic", [TOPICS.misrouted_touches, TOPICS.changelog("leads")])
async def test_a_topic_of_our_own_with_another_number_of_partitions_stops_it(
    log: Log, topic: str
) -> None:
    log.counts = {topic: 3, TOPICS.late: 3}

    with pytest.raises(KafkaUnusableError, match=f"topic {topic} has 3 partitions, not 1: set"):
        await Case(log, processor()).start({})


async def test_losses_of_an_unaligned_input_are_of_single_partitions(log: Log) -> None:
    log.counts, log.begin = {CALLS.topic: 8}, {CALLS: 5, CALLS_6: 9}
    sources = [CALLS, CALLS_6]
    first = Case(log, processor(), accept=True)
    assert await first.start({}, sources) == {CALLS: 5, CALLS_6: 9}

    again = Case(log, processor())
    assert await again.start({}, sources) == {CALLS: 5, CALLS_6: 9}, "nothing more was lost"
    assert (again.restorer.is_complete, again.written) == (False, 0)
    log.begin[CALLS] = 6
    with pytest.raises(IncompleteError, match="calls/0 begins at offset 6"):
        await Case(log, processor()).start({}, sources)


async def test_an_unaligned_input_made_anew_is_begun_anew_in_all_partitions(log: Log) -> None:
    log.ids, log.ends_of = {CALLS.topic: b"one" * 5}, {CALLS: 50, CALLS_6: 50}
    await Case(log, processor()).start({CALLS: 9})
    log.ids, log.counts = {CALLS.topic: b"two" * 5}, {CALLS.topic: 8}
    sources, committed = [CALLS, CALLS_6], {CALLS: 9, CALLS_6: 7}

    for due in (CALLS, CALLS_6):
        with pytest.raises(IncompleteError, match="was deleted and made anew"):
            await Case(log, processor()).start({due: 9}, [due])
    first = Case(log, processor(), accept=True)
    assert await first.start(committed, sources) == {CALLS: 0, CALLS_6: 0}

    again = Case(log, processor())
    assert await again.start(committed, sources) == {CALLS: 9, CALLS_6: 7}
    assert not again.restorer.is_complete


async def test_a_shortened_partition_is_found_whoever_owns_its_number(log: Log) -> None:
    log.counts, log.ends_of = {CALLS.topic: 8}, {CALLS_6: 9}
    case = Case(log, processor())
    await case.start({CALLS_6: 9}, [CALLS_6])
    assert not await case.restorer.sources.find_losses({CALLS_6: 9})

    log.ends_of = {CALLS_6: 8}

    (loss,) = await case.restorer.sources.find_losses({CALLS_6: 9})
    assert "calls/6 ends at offset 8" in str(loss)
