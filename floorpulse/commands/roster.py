"""`roster draft` and `roster check`."""

import json
from collections import Counter
from pathlib import Path
from zoneinfo import ZoneInfo

import click

from floorpulse.inputs import (
    EVENTS_FILE,
    Zone,
    event_lines,
    read_roster,
    say_bad_lines,
    settings_of_env,
)
from streams.audit.recount import LineRecord, read_lines
from streams.events.contract import KIND_OF, LeadEvent, Rejection, TouchEvent
from streams.events.decode import Decoder
from streams.roster.values import holiday_test

ROSTER_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.group()
def roster() -> None:
    """Draft a roster from events, or check one that was written."""


@roster.command()
@click.argument("events", type=EVENTS_FILE)
@click.option("--floor", "name", required=True, help="Name of the floor, and of its one team.")
@click.option("--zone", type=Zone(), required=True, help="Its time zone, as Europe/Amsterdam.")
@click.option("--holidays", help="Its public holidays: a country, or a part such as DE-BY.")
def draft(events: Path, name: str, zone: ZoneInfo, holidays: str | None) -> None:
    """Print a roster of the reps in the accepted events of EVENTS.

    One floor and one team, Monday to Friday 08:30-17:30 with a break at 12:30, no targets: a start
    to edit, not an answer.
    """
    if holidays is not None:
        try:
            holiday_test(holidays)
        except ValueError as error:
            raise click.BadParameter(str(error), param_hint="--holidays") from None
    clock = settings_of_env().clock
    decoder = Decoder()
    reps: set[str] = set()
    bad: Counter[str] = Counter()
    for record in read_lines(event_lines(events, "reading"), bad):
        reps.update(_reps_of(decoder, record, clock()))
    say_bad_lines(bad)
    click.echo("\n".join(_draft(name, zone, holidays, sorted(reps))))


def _reps_of(decoder: Decoder, record: LineRecord, now: int) -> list[str]:
    kind = KIND_OF[record.topic]
    event: TouchEvent | LeadEvent | Rejection
    event = (
        decoder.lead(record.value, now)
        if kind == "lead"
        else decoder.touch(kind, record.value, now)
    )
    if isinstance(event, TouchEvent):
        return [event.rep_id]
    if isinstance(event, LeadEvent) and event.change.rep_id:
        return [event.change.rep_id]
    return []


def _draft(name: str, zone: ZoneInfo, holidays: str | None, reps: list[str]) -> list[str]:
    floor = json.dumps(name, ensure_ascii=False)
    return [
        "floors:",
        f"  {floor}:",
        f"    zone: {zone.key}",
        *([f'    holidays: "{holidays}"'] if holidays else []),
        '    hours: {mon-fri: "08:30-17:30"}',
        '    breaks: ["12:30-13:00"]',
        "teams:",
        f"  {floor}: {{floor: {floor}}}",
        "reps:" if reps else "reps: {}",
        *(f"  {json.dumps(rep, ensure_ascii=False)}: {{team: {floor}}}" for rep in reps),
    ]


@roster.command()
@click.argument("file", type=ROSTER_FILE)
def check(file: Path) -> None:
    """Say whether FILE is a roster that can be used; else every mistake with its line."""
    read = read_roster(file, settings_of_env().unassigned_zone)
    counts = f"{len(read.floors)} floors, {len(read.teams)} teams, {len(read.reps)} reps"
    if read.systems:
        counts += f", {len(read.systems)} systems"
    click.echo(f"{file}: {counts}; sha256 {read.sha256[:12]}")
    for floor in read.floors.values():
        days = sum(bool(spans) for spans in floor.hours)
        if days < 3:
            click.echo(
                f"warning: floor {floor.name!r} opens {days} days a week; its last 20 open days "
                "reach further back than the 60 days for which touches are kept",
                err=True,
            )
