"""`explain`: the events behind a number."""

import asyncio
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import click

from floorpulse.inputs import (
    EVENTS_FILE,
    Instant,
    event_lines,
    read_roster,
    say_bad_lines,
    settings_of_env,
)
from floorpulse.text.answer import answer_lines, answer_table
from metrics.kpis import CHANNELS, CONTACTS, CONTACTS_CONVERTED, EFFECTIVE_TOUCHES, TOUCHES
from streams.audit.evidence import REP_TABLES, Evidence
from streams.audit.explain import Answer
from streams.audit.explain import explain as find
from streams.audit.question import Question
from streams.audit.recount import read_lines
from streams.changelog.lost_history import LOST_HISTORY_KEY, decode_lost_history
from streams.clock import MINUTE, Micros, iso
from streams.kafka.admin import check_topics, cleanup_policies
from streams.kafka.connection import KafkaUnusableError, TopicPartition
from streams.kafka.reader import LogReader
from streams.kafka.rights import check_rights, needs
from streams.kafka.topics import Topics, partitioner
from streams.ledgers.retention import is_late
from streams.settings import Settings

_OF_TOUCHES = (TOUCHES, EFFECTIVE_TOUCHES, CONTACTS, CONTACTS_CONVERTED)


@click.command()
@click.argument("rep")
@click.argument("measure")
@click.argument("window")
@click.option("--channel", type=click.Choice(CHANNELS), help="Only this channel; default all.")
@click.option("--team", help="Only what was earned in this team; default all of the rep's teams.")
@click.option("--file", type=EVENTS_FILE, help="Read events from here, not the changelogs.")
@click.option("--at", type=Instant(), help="Where the windows end; default the workers' clock.")
@click.option(
    "--roster",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Default FLOORPULSE_ROSTER.",
)
@click.option("--format", "form", type=click.Choice(["table", "json"]), default="table")
def explain(
    rep: str,
    measure: str,
    window: str,
    channel: str | None,
    team: str | None,
    file: Path | None,
    at: Micros | None,
    roster: Path | None,
    form: str,
) -> None:
    """Why is this number of REP what it is?

    Prints the number, what it is defined by, every event that counts, and those left out with the
    reason. The events are those of the rep's own rows in the changelogs (no worker need run, none
    is disturbed), or of a file of one JSON event a line as `recount` takes it. What is listed is
    held against the read model's own number; a difference ends the command with an error.

    json prints one object a line: the number, then what counts, then what is left out. table
    prints the nearest events outside of the window only.

    \b
    floorpulse explain ana effective_touches today --channel call
    floorpulse explain ana contacts 5d --file events.jsonl --at 2026-11-23T15:00:00+01:00
    """
    settings = settings_of_env()
    if file is not None and at is None:
        raise click.UsageError("--file needs --at: the instant at which the windows end")
    clock = settings.clock() if file is None else 0
    at = clock if at is None else at
    now = max(at, clock)  # rows are merged as they are now, also for windows that ended before
    known = read_roster(roster or settings.roster, settings.unassigned_zone)
    question = Question.ask(rep, measure, window, channel, team)
    evidence = Evidence(rep, known, now)
    _gather(settings, evidence, file)
    answer = find(question, evidence, at)
    _warn_of_what_is_gone(answer, now)
    if form == "table":
        click.echo(answer_table(answer))
    else:
        for line in answer_lines(answer):
            click.echo(line)


def _gather(settings: Settings, evidence: Evidence, file: Path | None) -> None:
    if file is None:
        asyncio.run(_read_changelogs(settings, evidence))
        return
    bad: Counter[str] = Counter()
    evidence.deliver(read_lines(event_lines(file, "reading"), bad))
    say_bad_lines(bad)
    counts = evidence.processor.intake.counts
    for outcome in ("late", "rejected"):
        left = sum(count for (_, each), count in counts.items() if each == outcome)
        if left:
            click.echo(f"{left} events of the file are {outcome}; recount says why", err=True)


async def _read_changelogs(settings: Settings, evidence: Evidence) -> None:
    """Read the partition of each changelog that holds the rep; joins no group."""
    topics = Topics(settings)
    table_of = {topics.changelog(table): table for table in REP_TABLES}
    specs = [spec for spec in topics.specs() if spec.name in table_of]
    await check_rights(settings, needs(table_of, "Read", "DescribeConfigs"))
    wrong = await check_topics(settings, specs)
    if wrong:
        raise KafkaUnusableError("\n".join(wrong))
    partition = partitioner(settings.partitions)(evidence.rep_id)
    places = [TopicPartition(name, partition) for name in table_of]
    async with LogReader(settings) as reader:
        begins, ends = await reader.beginnings(places), await reader.ends(places)
        await _warn_of_lost_rows(settings, [p for p in places if begins[p] > 0])
        stretches = {place: (begins[place], ends[place]) for place in places}
        async for place, records in reader.read(stretches):
            rows = [(r.key, r.value) for r in records if r.key and r.key != LOST_HISTORY_KEY]
            lost = [r.value for r in records if r.key == LOST_HISTORY_KEY and r.value]
            if any(decode_lost_history(value).before for value in lost):
                click.echo(f"incomplete: {place.topic} reports lost events", err=True)
            evidence.restore(table_of[place.topic], rows)


async def _warn_of_lost_rows(settings: Settings, places: Iterable[TopicPartition]) -> None:
    """Say so where a changelog lost its beginning otherwise than by compaction."""
    names = [place.topic for place in places]
    policies = await cleanup_policies(settings, names)
    for name in names:
        if policies.get(name) != "compact":
            click.echo(f"incomplete: {name} lost its first records; rows may be missing", err=True)


def _warn_of_what_is_gone(answer: Answer, now: Micros) -> None:
    """Say so when the window reaches back to touches that are not kept."""
    start = answer.frame.start * MINUTE
    if answer.question.measure in _OF_TOUCHES and is_late(start, now):
        click.echo(
            f"touches of before {iso(start)} are kept no more; some may be missing", err=True
        )
