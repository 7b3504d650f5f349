"""`roster draft`, `roster check` and `roster missing`."""

import asyncio
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from zoneinfo import ZoneInfo

import click

from floorpulse.changelogs import read_rows_of_reps
from floorpulse.gathering import forgotten_of, gather
from floorpulse.inputs import (
    EVENTS_FILE,
    Zone,
    event_lines,
    read_roster,
    say_bad_lines,
    settings_of_env,
)
from floorpulse.text.yaml import entry, quoted
from streams.audit.all_reps import AllReps
from streams.audit.recount import read_event, read_lines
from streams.audit.unlisted import Unlisted, unlisted
from streams.clock import Clock, iso
from streams.events.contract import LeadEvent, TouchEvent
from streams.events.decode import Decoder
from streams.roster.people import NOBODY, Roster
from streams.roster.values import holiday_test, user_id
from streams.roster.values import name as valid_name

ROSTER_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.group()
def roster() -> None:
    """Draft a roster, check one, or print who is missing on it."""


@roster.command()
@click.argument("events", type=EVENTS_FILE)
@click.option("--floor", "name", required=True, help="Name of the floor, and of its one team.")
@click.option("--zone", type=Zone(), required=True, help="Its time zone, such as Europe/Amsterdam.")
@click.option("--holidays", help="Its public holidays: a country, or a part such as DE-BY.")
def draft(events: Path, name: str, zone: ZoneInfo, holidays: str | None) -> None:
    """Print a roster of the reps in EVENTS.

    EVENTS is a file of one JSON event a line, as `recount` takes it. One floor and one team, Monday
    to Friday 08:30-17:30 with a break at 12:30, no targets: a start to edit, not an answer.

    \b
    floorpulse roster draft events.jsonl --floor north --zone Europe/Amsterdam > roster.yaml
    """
    with _refused("--floor"):
        valid_name(name)
    with _refused("--holidays"):
        holiday_test(holidays or "NL")
    reps = {
        event.rep_id if isinstance(event, TouchEvent) else event.change.rep_id
        for event in _events_of(events, settings_of_env().clock)
    }
    click.echo("\n".join(_draft(name, zone, holidays, sorted(filter(_is_accepted, reps)))))


@contextmanager
def _refused(option: str) -> Iterator[None]:
    try:
        yield
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint=option) from None


def _events_of(path: Path, clock: Clock) -> Iterator[TouchEvent | LeadEvent]:
    """The accepted events of a file; says on stderr what was passed over."""
    decoder = Decoder()
    bad: Counter[str] = Counter()
    for record in read_lines(event_lines(path, "reading"), bad):
        event = read_event(decoder, record, clock())
        if isinstance(event, TouchEvent | LeadEvent):
            yield event
    say_bad_lines(bad)


def _is_accepted(rep_id: str) -> bool:
    """Whether a rep of this id may stand on a roster; says so where not."""
    if rep_id == NOBODY:
        return False
    try:
        user_id(rep_id)
    except ValueError as error:
        click.echo(f"left out: {error}", err=True)
        return False
    return True


def _draft(name: str, zone: ZoneInfo, holidays: str | None, reps: list[str]) -> list[str]:
    floor = quoted(name)
    return [
        "floors:",
        *entry(name, ""),
        f"    zone: {zone.key}",
        *([f"    holidays: {quoted(holidays)}"] if holidays else []),
        '    hours: {mon-fri: "08:30-17:30"}',
        '    breaks: ["12:30-13:00"]',
        "teams:",
        *entry(name, f"{{floor: {floor}}}"),
        "reps:" if reps else "reps: {}",
        *(line for rep in reps for line in entry(rep, f"{{team: {floor}}}")),
    ]


@roster.command()
@click.argument("file", type=ROSTER_FILE)
def check(file: Path) -> None:
    """Check a roster: every mistake with its line and what to write.

    Says how many floors, teams and reps there are where it can be used, and warns of what is hardly
    meant.

    \b
    floorpulse roster check roster.yaml
    """
    read = read_roster(file, settings_of_env().unassigned_zone)
    counts = f"{len(read.floors)} floors, {len(read.teams)} teams, {len(read.reps)} reps"
    if read.systems:
        counts += f", {len(read.systems)} systems"
    if read.logins.persons:
        counts += f", {len(read.logins.persons)} people who see reps"
    click.echo(f"{file}: {counts}; sha256 {read.sha256[:12]}")
    for warning in _warnings(read):
        click.echo(f"warning: {warning}", err=True)


def _warnings(read: Roster) -> Iterator[str]:
    """What can be used, but is hardly meant."""
    for floor in read.floors.values():
        days = sum(bool(spans) for spans in floor.hours)
        if days < 3:
            yield (
                f"floor {floor.name!r} opens {days} days a week; its last 20 open days reach "
                "further back than the 60 days for which touches are kept"
            )


@roster.command()
@click.option("--file", type=EVENTS_FILE, help="Read events from here, not the changelogs.")
@click.option("--roster", "path", type=ROSTER_FILE, help="Default FLOORPULSE_ROSTER.")
def missing(file: Path | None, path: Path | None) -> None:
    """Print who is counted but not on the roster.

    As lines for the roster; each has what is known of the rep: touches, leads, and the newest of
    them. Read from the rows in the changelogs (no worker need run, none is disturbed), or from a
    file of one JSON event a line as `recount` takes it.

    \b
    floorpulse roster missing
    floorpulse roster missing --file events.jsonl
    """
    settings = settings_of_env()
    listed = read_roster(path or settings.roster, settings.unassigned_zone)
    now = settings.clock()
    reps = AllReps(listed, now, forgotten_of(settings, file, None))
    if file is None:
        asyncio.run(read_rows_of_reps(settings, range(settings.partitions), reps))
    else:
        gather(settings, reps, file)
    _print_missing(unlisted(reps, listed, now), listed)


def _print_missing(missing: list[Unlisted], listed: Roster) -> None:
    if not missing:
        click.echo("Everybody who is counted is on the roster.", err=True)
        return
    teams = list(listed.teams)
    team = quoted(teams[0]) if len(teams) == 1 else "TEAM"
    for rep_id, touches, leads, newest in missing:
        what = f"# {touches} touches, {leads} leads, the newest of {iso(newest)}"
        if rep_id == NOBODY:
            click.echo(f"# nobody: SYSTEM  {what}, that no person did")
        elif _is_accepted(rep_id):
            click.echo("\n".join(entry(rep_id, f"{{team: {team}}}  {what}")))
    click.echo(
        f"TEAM is one of {', '.join(teams) or 'none so far'}. Put the lines under `reps:`; a user "
        "who is no person under `systems:`, as {floor: ...}.",
        err=True,
    )
