"""A flush sends copies, then rows, and acknowledges last; a woken old owner shows as a gap."""

import asyncio

import pytest

from streams.audit.recount import LineRecord
from streams.changelog.flush import Flusher
from streams.changelog.positions import ForeignRange, Positions
from streams.clock import micros
from streams.events.contract import KIND_OF, LeadChange
from streams.kafka.topics import Topics
from streams.ledgers.credits import credit_key
from streams.ledgers.retention import LEADS_KEPT
from streams.ledgers.rows import encode_changes
from streams.ledgers.touchstore import ROWS_AT_ONCE
from streams.processor import Processor
from streams.settings import Settings
from tests.build import NORTH, call, record, roster, status
from tests.strategies import NOW

LATE = record(call(id="late", at="2026-06-01T10:00:00+02:00"))
TOPICS = Topics(Settings(partitions=1, lead_partitions=1))


class Broker:
    """Takes records; offsets count per topic, and *foreign* ones are written in between."""

    def __init__(self) -> None:
        self.log: list[str] = []
        self.written: list[tuple[bytes, bytes | None]] = []  # of those sent together
        self.ends: dict[str, int] = {}
        self.fails_on = ""

    async def send(self, topic, key, value, partition, headers):
        async def written() -> None:
            self.write(topic, 1)

        return written()

    async def send_together(self, records):
        await asyncio.sleep(0)
        self.written += [pair for pairs in records.values() for pair in pairs]
        return {place: [self.write(place[0], len(pairs))] for place, pairs in records.items()}

    async def acknowledge(self, batch: str) -> None:
        self.log.append(f"ack {batch}")

    def write(self, topic: str, count: int) -> range:
        if topic == self.fails_on:
            raise ConnectionError(topic)
        self.log.append(topic)
        start = self.ends.get(topic, 0)
        self.ends[topic] = start + count
        return range(start, start + count)


class Case:
    def __init__(self) -> None:
        now = micros(NOW)
        self.processor = Processor(
            lambda: now,
            roster(NORTH),
            lambda _: {},
            partition_of_rep=lambda _: 0,
            partition_of_lead=lambda _: 0,
        )
        self.broker = Broker()
        self.foreign: list[ForeignRange] = []
        self.flusher: Flusher[str] = Flusher(
            self.processor, TOPICS, Positions(), self.broker, self.merge_foreign
        )

    async def merge_foreign(self, ranges: list[ForeignRange]) -> None:
        self.foreign.extend(ranges)

    async def take(self, event: dict, batch: str) -> None:
        self.processor.take(KIND_OF[event["topic"]], [record(event)])
        await self.flusher.taken(batch, 1)


CALL = call(at="2026-11-02T10:00:00+01:00")
LEAD = status("created", "2026-11-02T10:00:00+01:00")


async def test_copies_are_durable_before_rows_and_rows_before_the_acknowledgement() -> None:
    case = Case()
    await case.take(LEAD, "one")
    await case.take(CALL, "two")

    await case.flusher.flush()

    log = case.broker.log
    rows = [log.index(TOPICS.changelog(table)) for table in ("touches", "leads")]
    assert log.index(TOPICS.credits) < min(rows)
    assert max(rows) < log.index("ack one") < log.index("ack two")
    assert not case.foreign


async def test_an_expired_copy_goes_from_the_credits_topic_before_its_row_goes() -> None:
    case = Case()
    row = encode_changes([LeadChange("s", micros(NOW) - LEADS_KEPT - 1, rep_id="ana")])
    case.processor.take_copies([LineRecord("credits", row, 0, key=credit_key("ana", "L1"))])
    await case.flusher.flush()
    case.broker.log.clear()
    case.broker.written.clear()

    await case.flusher.write(lambda: case.processor.expire({0}))

    assert case.broker.log == [TOPICS.credits, TOPICS.changelog("credits")]
    assert case.broker.written == [(credit_key("ana", "L1"), None)] * 2
    await case.flusher.flush()
    assert len(case.broker.log) == 2, "nothing is written twice"


async def test_what_comes_while_many_rows_are_taken_is_acknowledged_the_next_time() -> None:
    case = Case()
    for number in range(2 * ROWS_AT_ONCE):
        await case.take(call(f"rep-{number}", at=CALL["at"]), f"{number}")
    flushing = asyncio.create_task(case.flusher.flush())
    await asyncio.sleep(0)

    assert case.processor.has_writes, "the rows are still being taken"
    await case.take({**CALL, "id": "c2"}, "meanwhile")

    await flushing
    assert "ack 0" in case.broker.log
    assert "ack meanwhile" not in case.broker.log
    await case.flusher.flush()
    assert case.broker.log[-2:] == [TOPICS.changelog("touches"), "ack meanwhile"]


async def test_letters_are_durable_before_rows() -> None:
    case = Case()
    await case.take(CALL, "one")
    case.processor.take("call", [LATE])

    await case.flusher.flush()

    assert case.broker.log == [TOPICS.late, TOPICS.changelog("touches"), "ack one"]


@pytest.mark.parametrize("topic", [TOPICS.credits, TOPICS.late, TOPICS.changelog("leads")])
async def test_a_failed_send_is_raised_and_nothing_is_acknowledged(topic: str) -> None:
    case = Case()
    await case.take(LEAD, "one")
    case.processor.take("call", [LATE])
    case.broker.fails_on = topic

    with pytest.raises(ConnectionError):
        await case.flusher.flush()

    assert "ack one" not in case.broker.log


async def test_a_duplicate_sends_the_copies_again() -> None:
    """A crash may have come between the copies and the rows."""
    case = Case()
    await case.take(LEAD, "one")
    await case.flusher.flush()
    await case.take(LEAD, "again")
    await case.flusher.flush()

    assert case.broker.log.count(TOPICS.credits) == 2
    assert case.broker.log.count(TOPICS.changelog("leads")) == 1


async def test_what_another_wrote_in_between_is_read_before_the_acknowledgement() -> None:
    case = Case()
    case.broker.ends[TOPICS.changelog("touches")] = 5
    case.flusher.positions.reach("touches", 0, 3)
    await case.take(CALL, "one")

    await case.flusher.flush()

    assert case.foreign == [ForeignRange("touches", 0, 3, 5)]
    assert case.flusher.positions["touches", 0] == 6
    assert case.broker.log[-1] == "ack one"


def test_batches_of_our_own_leave_no_gap_and_those_of_others_do() -> None:
    positions = Positions()
    positions.reach("leads", 2, 10)

    assert positions.wrote("leads", 2, [range(11, 13), range(10, 11)]) == []
    assert positions.wrote("leads", 2, [range(14, 16), range(18, 19)]) == [
        ForeignRange("leads", 2, 13, 14),
        ForeignRange("leads", 2, 16, 18),
    ]
    assert positions["leads", 2] == 19


async def test_delivery_waits_while_too_much_is_not_durable() -> None:
    case = Case()
    waiting = asyncio.create_task(case.flusher.taken("huge", 60_000))
    await asyncio.sleep(0)
    assert not waiting.done()

    await case.flusher.flush()

    await asyncio.wait_for(waiting, 1)
