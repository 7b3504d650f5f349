"""Reads the rows of reps from the changelogs, without a worker; joins no group."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping

import click

from streams.audit.all_reps import AllReps
from streams.audit.evidence import REP_TABLES, Evidence
from streams.changelog.forgotten_log import ForgottenLog
from streams.changelog.lost_history import LOST_HISTORY_KEY, decode_lost_history
from streams.clock import Micros
from streams.kafka.admin import check_topics, cleanup_policies
from streams.kafka.connection import TopicPartition
from streams.kafka.reader import LogReader
from streams.kafka.rights import check_rights, needs
from streams.kafka.topics import Topics
from streams.ledgers.rows import Table
from streams.settings import Settings

Ledgers = Evidence | AllReps
Say = Callable[[str], None]


def say_on_stderr(words: str) -> None:
    """Print a line for a person at a terminal."""
    click.echo(words, err=True)


async def read_rows_of_reps(
    settings: Settings, partitions: Collection[int], ledgers: Ledgers, say: Say = say_on_stderr
) -> None:
    """Restore the rows of the changelogs that are keyed by rep, without who was forgotten.

    Hands what the changelogs lack to *say*. Raises KafkaUnusableError where they are not as set.
    """
    await _read(settings, dict.fromkeys(REP_TABLES, partitions), ledgers, say)


async def read_all_rows(settings: Settings, ledgers: Ledgers) -> dict[Table, Micros]:
    """As `read_rows_of_reps`, of all reps, with a progress bar.

    Returns by table until when events were lost. For that the changelog of the leads is read too.
    """
    partitions = {table: range(settings.partitions) for table in REP_TABLES}
    partitions["leads"] = range(settings.lead_partitions)
    return await _read(settings, partitions, ledgers, say_on_stderr, label="reading the changelogs")


async def _read(
    settings: Settings,
    partitions: Mapping[Table, Collection[int]],
    ledgers: Ledgers,
    say: Say,
    label: str | None = None,
) -> dict[Table, Micros]:
    topics = Topics(settings)
    table_of = {topics.changelog(table): table for table in partitions}
    names = {*table_of, topics.forgotten}
    specs = [spec for spec in topics.specs() if spec.name in names]
    await check_rights(settings, needs(sorted(names), "Read", "DescribeConfigs"))
    (await check_topics(settings, specs)).stop_if_unusable()
    places = [TopicPartition(n, number) for n, t in table_of.items() for number in partitions[t]]
    lost: defaultdict[Table, Micros] = defaultdict(int)
    async with LogReader(settings) as reader:
        async for record in ForgottenLog(topics, reader).read():
            ledgers.processor.forgotten.merge(record)
        begins, ends = await reader.beginnings(places), await reader.ends(places)
        for name in await _without_beginning(settings, [p for p in places if begins[p] > 0], say):
            lost[table_of[name]] = settings.clock()
        stretches = {place: (begins[place], ends[place]) for place in places}
        stderr = click.get_text_stream("stderr")
        length = sum(end - begin for begin, end in stretches.values())
        with click.progressbar(length=length, label=label, file=stderr, hidden=not label) as bar:
            async for place, records in reader.read(stretches):
                table = table_of[place.topic]
                losses = [r.value for r in records if r.key == LOST_HISTORY_KEY and r.value]
                for value in losses:
                    lost[table] = max(lost[table], _lost_until(place.topic, value, say))
                if table in REP_TABLES:
                    ledgers.restore(
                        table,
                        [(r.key, r.value) for r in records if r.key and r.key != LOST_HISTORY_KEY],
                    )
                bar.update(len(records))
            bar.update(length - bar.pos)  # what compaction took
    return dict(lost)


def _lost_until(topic: str, value: bytes, say: Say) -> Micros:
    """Until when events were lost; 0 where none were."""
    lost = decode_lost_history(value)
    if not lost.before:
        return 0
    say(f"incomplete: {topic} reports lost events")
    return lost.at


async def _without_beginning(
    settings: Settings, places: Iterable[TopicPartition], say: Say
) -> list[str]:
    """The changelogs that lost their beginning otherwise than by compaction; says so of each."""
    names = sorted({place.topic for place in places})
    policies = await cleanup_policies(settings, names)
    cut = [name for name in names if policies.get(name) != "compact"]
    for name in cut:
        say(f"incomplete: {name} lost its first records; rows may be missing")
    return cut
