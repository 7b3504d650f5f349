"""`report`: the numbers of past business days."""

import asyncio
from datetime import date
from pathlib import Path

import click

from floorpulse.gathering import forgotten_of, gather, instant_asked
from floorpulse.inputs import (
    EVENTS_FILE,
    Date,
    Instant,
    read_roster,
    settings_of_env,
    with_forgotten,
)
from floorpulse.text.report import report_csv, report_lines, report_table
from floorpulse.uncounted import uncounted
from streams.audit.all_reps import AllReps
from streams.audit.report import LEVELS, Kept, Level, Period, Report
from streams.clock import DAY, MINUTE, Micros
from streams.ledgers.rows import Table
from streams.roster.people import Roster
from streams.settings import Settings


@click.command()
@click.option("--from", "first", type=Date(), required=True, help="The first business day.")
@click.option("--to", "last", type=Date(), required=True, help="The last one, inclusive.")
@click.option(
    "--by",
    "level",
    type=click.Choice(LEVELS),
    default="floor",
    show_default=True,
    help="Whose rows there are.",
)
@click.option(
    "--format",
    "form",
    type=click.Choice(["table", "csv", "json"]),
    default="table",
    show_default=True,
)
@click.option("--file", type=EVENTS_FILE, help="Read events from here, not the changelogs.")
@click.option("--at", type=Instant(), help="Where the last day ends; default the workers' clock.")
@click.option("--roster", "path", type=EVENTS_FILE, help="Default FLOORPULSE_ROSTER.")
@with_forgotten
def report(
    first: date,
    last: date,
    level: Level,
    form: str,
    file: Path | None,
    at: Micros | None,
    path: Path | None,
    forgotten: Path | None,
) -> None:
    """Print the KPIs of past business days, and their total.

    For the weekly meeting and the spreadsheet. A day is a rep's business day, under the name of the
    date on which it starts. Its numbers are those that the `today` windows had at its end, with the
    corrections and decisions since. In a total a contact counts once, however often it was reached.

    The rows come from the changelogs (no worker need run, none is disturbed), or from a file of one
    JSON event a line as `recount` takes it. Touches are kept for 60 days, leads for 400. What is
    not known of a day any more is empty, never low, and `note` says why.

    table has the KPIs with their targets; csv and json have the measures too.

    \b
    Last week, by team:       floorpulse report --from 2026-11-23 --to 2026-11-27 --by team
    A month for a spreadsheet:
      floorpulse report --from 2026-10-01 --to 2026-10-31 --by rep --format csv > october.csv
    From a file:
      floorpulse report --from 2026-11-23 --to 2026-11-27 --file events.jsonl \\
        --at 2026-11-28T00:00:00+01:00
    """
    settings = settings_of_env()
    at = instant_asked(settings, file, at)
    gone = forgotten_of(settings, file, forgotten)
    now = max(at, settings.clock()) if file is None else at  # rows are merged as they are now
    roster = read_roster(path or settings.roster, settings.unassigned_zone)
    period = Period(first.toordinal(), last.toordinal())
    period.check(_last_day_so_far(roster, at))
    reps = AllReps(roster, now, gone)
    kept = _kept(settings, now, file, gather(settings, reps, file))
    rows = _add_up(Report(period, level, at, kept), reps, roster).rows()
    if form == "json":
        for line in report_lines(rows):
            click.echo(line)
    elif form == "csv":
        click.echo(report_csv(rows, level), nl=False)
    else:
        click.echo(report_table(rows, level, roster))


def _last_day_so_far(roster: Roster, now: Micros) -> int:
    """The newest business day that has begun for anybody."""
    reps = [*roster.reps.values(), roster.rep("")]
    return max(rep.days.day_of(now // MINUTE) for rep in reps)


def _kept(settings: Settings, now: Micros, file: Path | None, lost: dict[Table, Micros]) -> Kept:
    if file is not None:
        return Kept.at(now)._replace(leads_since=0)  # a file has all that ever was
    kept = Kept.at(now, settings.leads_kept_days * DAY)
    waiting = asyncio.run(uncounted(settings))
    return kept._replace(
        uncounted_since=None if waiting is None else waiting.since,
        lost_touches=lost.get("touches", 0),
        lost_leads=max(lost.get("leads", 0), lost.get("credits", 0)),
    )


def _add_up(report: Report, reps: AllReps, roster: Roster) -> Report:
    ids = reps.ids(roster)
    stderr = click.get_text_stream("stderr")
    with click.progressbar(ids, label="counting", file=stderr) as bar:
        for rep_id in bar:
            report.add(
                roster.rep(rep_id),
                reps.touches(rep_id),
                reps.copies(rep_id),
                is_listed=rep_id in roster.reps,
            )
    return report
