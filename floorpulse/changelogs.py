"""Reads the rows of reps from the changelogs, without a worker; joins no group."""

from collections.abc import Callable, Iterable

import click

from streams.audit.evidence import REP_TABLES
from streams.changelog.lost_history import LOST_HISTORY_KEY, decode_lost_history
from streams.kafka.admin import check_topics, cleanup_policies
from streams.kafka.connection import KafkaUnusableError, TopicPartition
from streams.kafka.reader import LogReader
from streams.kafka.rights import check_rights, needs
from streams.kafka.topics import Topics
from streams.ledgers.rows import Table
from streams.settings import Settings

Restore = Callable[[Table, list[tuple[bytes, bytes | None]]], None]


async def read_rows_of_reps(
    settings: Settings, partitions: Iterable[int], restore: Restore
) -> None:
    """Hand the rows of the changelogs that are keyed by rep to *restore*, in batches.

    Says on stderr what the changelogs lack. Raises KafkaUnusableError where they are not as set.
    """
    topics = Topics(settings)
    table_of = {topics.changelog(table): table for table in REP_TABLES}
    specs = [spec for spec in topics.specs() if spec.name in table_of]
    await check_rights(settings, needs(table_of, "Read", "DescribeConfigs"))
    wrong = await check_topics(settings, specs)
    if wrong:
        raise KafkaUnusableError("\n".join(wrong))
    places = [TopicPartition(name, number) for name in table_of for number in partitions]
    async with LogReader(settings) as reader:
        begins, ends = await reader.beginnings(places), await reader.ends(places)
        await _warn_of_lost_rows(settings, [p for p in places if begins[p] > 0])
        stretches = {place: (begins[place], ends[place]) for place in places}
        async for place, records in reader.read(stretches):
            rows = [(r.key, r.value) for r in records if r.key and r.key != LOST_HISTORY_KEY]
            lost = [r.value for r in records if r.key == LOST_HISTORY_KEY and r.value]
            if any(decode_lost_history(value).before for value in lost):
                click.echo(f"incomplete: {place.topic} reports lost events", err=True)
            restore(table_of[place.topic], rows)


async def _warn_of_lost_rows(settings: Settings, places: Iterable[TopicPartition]) -> None:
    """Say so where a changelog lost its beginning otherwise than by compaction."""
    names = sorted({place.topic for place in places})
    policies = await cleanup_policies(settings, names)
    for name in names:
        if policies.get(name) != "compact":
            click.echo(f"incomplete: {name} lost its first records; rows may be missing", err=True)
