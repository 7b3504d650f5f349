"""`compare`: what another roster would make of the same events."""

import asyncio
from pathlib import Path

import click

from floorpulse.gathering import forgotten_of, gather, gather_rep, instant_asked
from floorpulse.inputs import EVENTS_FILE, Instant, read_roster, settings_of_env, with_forgotten
from floorpulse.text.compare import change_lines, changes_table, move_lines, moves_table
from floorpulse.uncounted import uncounted
from metrics.windows import WINDOWS
from streams.audit.all_reps import AllReps
from streams.audit.compare import Comparison, Moves, moves
from streams.audit.evidence import Evidence
from streams.audit.explain import explain
from streams.audit.question import Question
from streams.clock import MINUTE, Micros
from streams.ledgers.forgotten import Forgotten
from streams.roster.people import Roster
from streams.settings import Settings


@click.command()
@click.argument("old", type=EVENTS_FILE)
@click.argument("new", type=EVENTS_FILE)
@click.option("--at", type=Instant(), help="Where the windows end; default the workers' clock.")
@click.option("--file", type=EVENTS_FILE, help="Read events from here, not the changelogs.")
@click.option(
    "--window",
    type=click.Choice([window.name for window in WINDOWS]),
    help="Compare this window; default the one that each KPI is read in first.",
)
@click.option(
    "--explain",
    "asked",
    nargs=3,
    metavar="REP MEASURE WINDOW",
    help="Show the events that moved this one number.",
)
@with_forgotten
@click.option(
    "--format", "form", type=click.Choice(["table", "json"]), default="table", show_default=True
)
def compare(
    old: Path,
    new: Path,
    at: Micros | None,
    file: Path | None,
    window: str | None,
    asked: tuple[str, str, str] | None,
    forgotten: Path | None,
    form: str,
) -> None:
    """Compare the KPIs of the same events by two rosters.

    What they are by OLD, and what they would be by NEW, with other effective rules, targets, hours,
    absences or teams. Prints each KPI of a floor, a team or a rep that differs, old → new; "-" is
    no such row, or a ratio of nothing. With --explain, one number of a rep by both, and each event
    that only one of them counts, with the reason of the other.

    The rows come from the changelogs (no worker need run, none is disturbed), or from a file of one
    JSON event a line as `recount` takes it. What workers have yet to count is in no row, which is
    said. A roster's `words` apply when an event is read: only a
    file shows what other words would do.

    \b
    floorpulse compare roster.yaml proposal.yaml
    floorpulse compare roster.yaml proposal.yaml --explain ana effective_touches today
    floorpulse compare roster.yaml proposal.yaml --window 20d \\
      --file events.jsonl --at 2026-11-23T15:00:00+01:00
    """
    settings = settings_of_env()
    at = instant_asked(settings, file, at)
    gone = forgotten_of(settings, file, forgotten)
    rosters = [read_roster(path, settings.unassigned_zone) for path in (old, new)]
    if file is None and rosters[0].words != rosters[1].words:
        click.echo("`words` differ: rows are as they were read; compare with --file", err=True)
    now = at if file is not None else max(at, settings.clock())  # rows are merged as they are now
    if file is None:
        asyncio.run(uncounted(settings))
    if asked:
        question = Question.ask(*asked, channel=None, team=None)
        _print_moves(_explained(settings, question, rosters, file, gone, now, at), form)
    else:
        _print_changes(_compared(settings, rosters, file, gone, now, at), window, form)


def _explained(
    settings: Settings,
    question: Question,
    rosters: list[Roster],
    file: Path | None,
    forgotten: Forgotten,
    now: Micros,
    at: Micros,
) -> Moves:
    old, new = rosters
    by_old = Evidence(question.rep_id, old, now, forgotten)
    gather_rep(settings, by_old, file)
    by_new = by_old.by(new)
    if file is not None and old.words != new.words:
        by_new = Evidence(question.rep_id, new, now, forgotten)
        gather_rep(settings, by_new, file)
    return moves(explain(question, by_old, at), explain(question, by_new, at))


def _print_moves(moved: Moves, form: str) -> None:
    if form == "table":
        click.echo(moves_table(moved))
    else:
        for line in move_lines(moved):
            click.echo(line)


def _compared(
    settings: Settings,
    rosters: list[Roster],
    file: Path | None,
    forgotten: Forgotten,
    now: Micros,
    at: Micros,
) -> Comparison:
    old, new = rosters
    reps = [AllReps(old, now, forgotten)]
    if file is not None and old.words != new.words:
        reps.append(AllReps(new, now, forgotten))
    for ledgers in reps:
        gather(settings, ledgers, file)
    compared = Comparison(old, new, at // MINUTE)
    ids = sorted({*reps[0].ids(old), *reps[-1].ids(new)})
    stderr = click.get_text_stream("stderr")
    with click.progressbar(ids, label="counting by both", file=stderr) as bar:
        for rep_id in bar:
            compared.add(rep_id, reps[0], reps[-1])
    return compared


def _print_changes(compared: Comparison, window: str | None, form: str) -> None:
    changes = compared.changes(window)
    click.echo(f"{compared.measured_anew} reps are measured by other rules", err=True)
    if form == "json":
        for line in change_lines(changes):
            click.echo(line)
    elif changes:
        click.echo(changes_table(changes))
    else:
        click.echo("No KPI differs.")
