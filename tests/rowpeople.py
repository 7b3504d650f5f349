"""Who is named in a row of a changelog, or in a copy of a lead, though they were forgotten."""

import asyncio
import datetime as dt
from collections.abc import Collection, Iterator

from aiokafka import AIOKafkaConsumer, TopicPartition

from streams.changelog.lost_history import LOST_HISTORY_KEY
from streams.clock import Micros, micros
from streams.kafka.topics import TABLES, Topics
from streams.ledgers.credits import parse_credit_key
from streams.ledgers.rows import Table, decode_changes, decode_touches
from streams.ledgers.touchrows import parse_row_key

Person = tuple[str, str, dt.datetime]  # rep or contact, the id, and until when they are forgotten


def people_left(
    table: Table, key: bytes, value: bytes, forgotten: Collection[Person]
) -> Iterator[str]:
    """Who is in a row, and was forgotten before it; the rep of one that is empty."""

    def before(at: Micros, rep: str, contact: str | None = None) -> Iterator[str]:
        for subject, person, until in forgotten:
            if person == {"rep": rep, "contact": contact}[subject] and at <= micros(until):
                yield person

    if table == "touches":
        rep_id, touches = parse_row_key(key)[0], decode_touches(value)
        if not touches:
            yield rep_id
        for touch in touches:
            yield from before(touch.at, rep_id, touch.contact_id)
        return
    changes = decode_changes(value)
    for change in changes:
        yield from before(change.at, change.rep_id, change.contact_id)
        yield from before(change.at, change.decided_by or "")
    if table == "credits":
        yield from before(max(change.at for change in changes), parse_credit_key(key)[0])


def left_in_topics(
    brokers: str, topics: Topics, forgotten: Collection[Person]
) -> list[tuple[str, bytes, str]]:
    """What compaction leaves of the changelogs and of the copies: topic, key, and who is in it."""
    table_of: dict[str, Table] = {topics.changelog(table): table for table in TABLES}
    table_of[topics.credits] = "credits"
    rows = asyncio.run(_newest(brokers, topics, list(table_of)))
    return [
        (topic, key, person)
        for (topic, key), value in rows.items()
        if value is not None and key != LOST_HISTORY_KEY
        for person in people_left(table_of[topic], key, value, forgotten)
    ]


async def _newest(
    brokers: str, topics: Topics, names: list[str]
) -> dict[tuple[str, bytes], bytes | None]:
    """The newest value of each key."""
    rows: dict[tuple[str, bytes], bytes | None] = {}
    consumer = AIOKafkaConsumer(bootstrap_servers=brokers)
    await consumer.start()
    try:
        places = [TopicPartition(name, p) for name in names for p in range(topics.partitions)]
        consumer.assign(places)
        await consumer.seek_to_beginning(*places)
        ends = await consumer.end_offsets(places)
        for place, end in ends.items():
            while await consumer.position(place) < end:
                for record in (await consumer.getmany(place, timeout_ms=500)).get(place, ()):
                    rows[place.topic, record.key] = record.value
    finally:
        await consumer.stop()
    return rows
