"""`recount`: the numbers of a file, to check live ones against."""

from collections import Counter
from pathlib import Path
from zoneinfo import ZoneInfo

import click
import msgspec

from floorpulse.inputs import (
    EVENTS_FILE,
    Instant,
    Zone,
    event_lines,
    read_forgotten,
    read_roster,
    say_bad_lines,
    with_forgotten,
)
from floorpulse.text.tables import kpi_table
from metrics.names import SERIES
from streams.audit.recount import EventLineError, Recount, Total, read_lines, strictly
from streams.clock import Micros


@click.command()
@click.argument("file", type=EVENTS_FILE)
@click.option(
    "--roster", type=click.Path(exists=True, dir_okay=False, path_type=Path), required=True
)
@click.option("--at", type=Instant(), required=True, help="Where the clock of the worker stands.")
@click.option("--format", "form", type=click.Choice(["table", "json"]), default="table")
@click.option("--zone", type=Zone(), default="UTC", help="Zone of reps not on the roster.")
@with_forgotten
@click.option(
    "--strict",
    is_flag=True,
    help="Stop at the first line that a worker would reject, but not for its time (late, future).",
)
def recount(
    file: Path,
    roster: Path,
    at: Micros,
    form: str,
    zone: ZoneInfo,
    forgotten: Path | None,
    strict: bool,
) -> None:
    """Count the events of FILE as a worker would, without Kafka.

    FILE has one JSON event a line, gzipped or not; `topic` names the topic without prefix. Whatever
    a worker would accept whose clock stands at that instant is counted, in whatever order it comes.

    A bad line costs that line and no other; how many there were is said at the end, by reason.

    json prints one object a line for every number that is not zero; table prints the KPIs of floors
    and teams with their targets.

    \b
    floorpulse recount events.jsonl --roster roster.yaml --at 2026-11-23T15:00:00+01:00
    """
    counted = Recount(read_roster(roster, zone), at, read_forgotten(forgotten))
    bad: Counter[str] = Counter()
    records = read_lines(event_lines(file, "counting"), bad, strict=strict)
    try:
        counted.take(strictly(counted.processor, records, at) if strict else records)
    except EventLineError as error:
        raise click.ClickException(f"{file}: {error}") from None
    if form == "json":
        for total in counted.totals():
            _print_json(total)
    else:
        click.echo(kpi_table(counted.board.roster, counted.totals()))
    _print_left_out(counted)
    say_bad_lines(bad)


def _print_json(total: Total) -> None:
    level = {"level": total.level, "floor": total.floor, "team": total.team, "rep": total.rep}
    for series, value in zip(SERIES, total.values, strict=True):
        if value:
            row = {
                **level,
                "window": series.window,
                "measure": series.measure,
                "channel": series.channel,
                "value": value,
            }
            present = {name: item for name, item in row.items() if item is not None}
            click.echo(msgspec.json.encode(present))


def _print_left_out(counted: Recount) -> None:
    intake = counted.processor.intake
    for outcome in ("late", "rejected"):
        left = sum(n for (_, became), n in intake.counts.items() if became == outcome)
        if left:
            reasons = intake.rejections if outcome == "rejected" else {}
            why = ", ".join(f"{n} {reason} in {topic}" for (topic, reason), n in reasons.items())
            click.echo(f"{left} events {outcome}" + (f": {why}" if why else ""), err=True)
