"""What lies in the input topics and is in no row yet: numbers read from the rows lack it."""

from contextlib import aclosing
from typing import NamedTuple

import click

from floorpulse.errors import message_of
from streams.clock import Micros
from streams.events.decode import times
from streams.kafka.connection import KafkaError, KafkaUnusableError, TopicPartition
from streams.kafka.group import committed_offsets
from streams.kafka.reader import LogReader
from streams.kafka.rights import check_rights, needs
from streams.kafka.topics import Topics
from streams.settings import Settings


class Uncounted(NamedTuple):
    """How many records no worker has taken, and the earliest `at` of the first of each partition.

    `since` is 0 where such a record cannot be read.
    """

    records: int
    since: Micros


async def uncounted(settings: Settings) -> Uncounted | None:
    """What no worker has taken; None where all is counted, or where that cannot be seen.

    Says either on stderr.
    """
    topics = Topics(settings)
    try:
        await check_rights(settings, needs(topics.inputs, "Read"))
        found = await _uncounted(settings, topics)
    except (KafkaUnusableError, KafkaError) as error:
        why = message_of(error)
        click.echo(f"cannot see whether all events are counted: {why}", err=True)
        return None
    if found is not None:
        click.echo(f"incomplete: {found.records} events are not counted yet", err=True)
    return found


async def _uncounted(settings: Settings, topics: Topics) -> Uncounted | None:
    places = [
        TopicPartition(name, number)
        for name in topics.inputs
        for number in range(
            settings.lead_partitions if name == topics.leads else settings.partitions
        )
    ]
    async with committed_offsets(settings) as committed, LogReader(settings) as reader:
        done = await committed(places)
        begins, ends = await reader.beginnings(places), await reader.ends(places)
        records, instants = 0, []
        for place in places:
            start = max(begins[place], done.get(place, 0))
            first = await _first(reader, place, start, ends[place])
            if first is not None:
                when = times(first)
                records += ends[place] - start
                instants.append(0 if when is None else when[0])
    return Uncounted(records, min(instants)) if instants else None


async def _first(reader: LogReader, place: TopicPartition, start: int, end: int) -> bytes | None:
    """The first record of a stretch; None where there is none but marks of transactions."""
    if start < end:
        async with aclosing(reader.read({place: (start, end)})) as stretches:
            async for _, records in stretches:
                if records:
                    return records[0].value or b""
    return None
