"""`link`: addresses that open the wall, or the pages of a person."""

import difflib
import sys
from collections.abc import Callable, Collection
from typing import Any, TypeVar

import click
import segno

from dashboards.door.passes import Identity, Pass
from floorpulse.access.decision import sight
from floorpulse.access.links import link_of, recorded_link
from floorpulse.access.looks import this_user
from floorpulse.inputs import read_roster, settings_of_env
from streams.clock import SECOND, system_clock
from streams.roster.people import Roster
from streams.roster.persons import login_key
from streams.settings import Settings

F = TypeVar("F", bound=Callable[..., Any])
MOST_DAYS = 400  # browsers keep no cookie for longer


@click.group()
def link() -> None:
    """Print a link that opens the wall or a person's page.

    Whoever has the link sees what it opens until it ends, so send it to that person alone. The
    roster takes it back: `links_from`. Needs FLOORPULSE_SECRET_FILE, as the wall does. That a link
    of a person was made stands in the look log that they read: Kafka has to be there for it.
    """


def _options(days: int) -> Callable[[F], F]:
    def add(command: F) -> F:
        command = click.option(
            "--days",
            type=click.IntRange(1, MOST_DAYS),
            default=days,
            show_default=True,
            help="How long it opens.",
        )(command)
        return click.option(
            "--qr/--no-qr",
            default=None,
            help="A QR code below it, for a phone; without either, on a terminal.",
        )(command)

    return add


_by = click.option(
    "--by", metavar="NAME", help="Who makes it, for the look log; without it, the system's user."
)


@link.command()
@click.argument("rep_id", metavar="ID")
@_by
@_options(30)
def rep(rep_id: str, by: str | None, days: int, qr: bool | None) -> None:
    """Print a link of one rep, for that rep alone.

    \b
    floorpulse link rep ana --days 30
    """
    settings, roster = _roster()
    _check(rep_id, roster.reps, "rep")
    who = Identity("rep", rep_id)
    _print(roster, who, recorded_link(settings, who, days, by or this_user()), qr)


@link.command()
@click.argument("login")
@_by
@_options(30)
def person(login: str, by: str | None, days: int, qr: bool | None) -> None:
    """Print a link of a manager, lead or auditor, for that person alone.

    LOGIN is the one of their entry in `people:`.

    \b
    floorpulse link person carla@example.org
    """
    settings, roster = _roster()
    _check(login_key(login), roster.logins.persons, "person")
    who = Identity("person", login_key(login))
    _print(roster, who, recorded_link(settings, who, days, by or this_user()), qr)


@link.command()
@click.option("--floor", default="", help="The floor to show; without it, all of them.")
@_options(365)
def wall(floor: str, days: int, qr: bool | None) -> None:
    """Print a link of the wall, for a television.

    \b
    floorpulse link wall --floor north --days 365
    """
    settings, roster = _roster()
    if floor:
        _check(floor, roster.floors, "floor")
    who = Identity("wall", floor)
    _print(roster, who, link_of(settings, who, days), qr)


def _roster() -> tuple[Settings, Roster]:
    settings = settings_of_env()
    return settings, read_roster(settings.roster, settings.unassigned_zone)


def _check(name: str, known: Collection[str], what: str) -> None:
    if name in known:
        return
    near = difflib.get_close_matches(name, known, n=1)
    hint = f"; did you mean {near[0]!r}?" if near else ""
    raise click.ClickException(f"{name!r} is not a {what} of the roster{hint}")


def _print(roster: Roster, who: Identity, address: str, qr: bool | None) -> None:
    click.echo(address)
    now = system_clock()
    if sight(Pass(who, now // SECOND, now // SECOND), roster, now) is None:
        click.echo(
            "By the roster it does not open now: see `from`, `to` and `links_from`.", err=True
        )
    if qr if qr is not None else sys.stdout.isatty():
        segno.make(address, error="l").terminal(compact=True)
