"""Gathers the rows of a rep, or of all: from the changelogs, or from a file of events."""

import asyncio
from collections import Counter
from pathlib import Path

import click

from floorpulse.changelogs import read_all_rows, read_rows_of_reps
from floorpulse.inputs import event_lines, read_forgotten, say_bad_lines
from streams.audit.all_reps import AllReps
from streams.audit.evidence import Evidence
from streams.audit.recount import left_out, read_lines
from streams.clock import Micros
from streams.kafka.topics import partitioner
from streams.ledgers.forgotten import Forgotten
from streams.ledgers.rows import Table
from streams.settings import Settings


def gather(settings: Settings, reps: AllReps, file: Path | None) -> dict[Table, Micros]:
    """Fill *reps*; returns by table until when events were lost, which of a file none were.

    Says on stderr what is not in the numbers.
    """
    if file is None:
        return asyncio.run(read_all_rows(settings, reps))
    bad: Counter[str] = Counter()
    reps.deliver(read_lines(event_lines(file, "reading"), bad))
    say_bad_lines(bad)
    _say_left_out(left_out(reps.processor))
    return {}


def gather_rep(settings: Settings, evidence: Evidence, file: Path | None) -> None:
    """Fill *evidence* of a rep; says on stderr what is not in the numbers."""
    if file is None:
        partition = partitioner(settings.partitions)(evidence.rep_id)
        asyncio.run(read_rows_of_reps(settings, [partition], evidence))
        return
    bad: Counter[str] = Counter()
    evidence.deliver(read_lines(event_lines(file, "reading"), bad))
    say_bad_lines(bad)
    _say_left_out(left_out(evidence.processor))


def _say_left_out(counts: Counter[str]) -> None:
    for outcome, count in sorted(counts.items()):
        click.echo(f"{count} events of the file are {outcome}; recount says why", err=True)


def forgotten_of(settings: Settings, file: Path | None, forgotten: Path | None) -> Forgotten:
    """Who was forgotten of the events of a file; of rows, their topic says it."""
    if file is not None:
        return read_forgotten(forgotten)
    if forgotten is not None:
        raise click.UsageError("--forgotten is for --file: rows are without them already")
    return Forgotten(settings.app_id)


def instant_asked(settings: Settings, file: Path | None, at: Micros | None) -> Micros:
    """Where the windows end: *at*, or the workers' clock; raises UsageError for a file without."""
    if at is not None:
        return at
    if file is not None:
        raise click.UsageError("--file needs --at: the instant at which the windows end")
    return settings.clock()
