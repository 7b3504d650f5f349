"""`explain`: the events behind a number."""

from pathlib import Path

import click

from floorpulse.gathering import forgotten_of, gather_rep, instant_asked
from floorpulse.inputs import (
    EVENTS_FILE,
    Instant,
    read_roster,
    settings_of_env,
    with_forgotten,
)
from floorpulse.text.answer import answer_lines, answer_table, what_is_gone
from metrics.channels import CHANNEL_NAMES
from streams.audit.evidence import Evidence
from streams.audit.explain import explain as find
from streams.audit.question import Question
from streams.clock import Micros


@click.command()
@click.argument("rep")
@click.argument("measure")
@click.argument("window")
@click.option("--channel", type=click.Choice(CHANNEL_NAMES), help="Only this channel; default all.")
@click.option("--team", help="Only what was earned in this team; default all of the rep's teams.")
@click.option("--file", type=EVENTS_FILE, help="Read events from here, not the changelogs.")
@click.option("--at", type=Instant(), help="Where the windows end; default the workers' clock.")
@click.option(
    "--roster",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Default FLOORPULSE_ROSTER.",
)
@with_forgotten
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
    forgotten: Path | None,
    form: str,
) -> None:
    """Why is this number of REP what it is?

    Prints the number, what it is defined by, every event that counts, and those left out with the
    reason. The events are those of the rep's own rows in the changelogs (no worker need run, none
    is disturbed), or of a file of one JSON event a line as `recount` takes it. The list is checked
    against the read model's own number; a difference ends the command with an error.

    json prints one object a line: the number, then what counts, then what is left out. table prints
    the nearest events before and after the window only.

    \b
    floorpulse explain ana effective_touches today --channel call
    floorpulse explain ana contacts 5d --file events.jsonl --at 2026-11-23T15:00:00+01:00
    """
    settings = settings_of_env()
    at = instant_asked(settings, file, at)
    gone = forgotten_of(settings, file, forgotten)
    now = max(at, settings.clock()) if file is None else at  # rows are merged as they are now
    known = read_roster(roster or settings.roster, settings.unassigned_zone)
    question = Question.ask(rep, measure, window, channel, team)
    evidence = Evidence(rep, known, now, gone)
    gather_rep(settings, evidence, file)
    answer = find(question, evidence, at)
    for note in what_is_gone(answer, now):
        click.echo(note, err=True)
    if form == "table":
        click.echo(answer_table(answer))
    else:
        for line in answer_lines(answer):
            click.echo(line)
