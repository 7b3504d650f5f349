"""Reading what a person gives a command: settings, events files, rosters, instants."""

import gzip
import os
import zlib
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from pathlib import Path
from typing import IO, Any, cast
from zoneinfo import ZoneInfo

import click

from streams.clock import Micros, parse_instant
from streams.ledgers.forgotten import Forgotten, decode_line
from streams.roster.file import RosterError, load_roster
from streams.roster.people import Roster
from streams.roster.values import zone as parse_zone
from streams.settings import Settings


class Instant(click.ParamType):
    """An RFC 3339 instant with offset."""

    name = "instant"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> Micros:
        """Microseconds since the epoch."""
        if isinstance(value, int):
            return value
        try:
            return parse_instant(value)
        except ValueError as error:
            self.fail(str(error), param, ctx)


class Date(click.ParamType):
    """A date, as 2026-11-23."""

    name = "date"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> date:
        """The date itself."""
        if isinstance(value, date):
            return value
        try:
            return datetime.strptime(value, "%Y-%m-%d").date()  # noqa: DTZ007 -- a day, no instant
        except ValueError:
            self.fail(f"{value!r} is not a date: write it as 2026-11-23", param, ctx)


class Zone(click.ParamType):
    """A name of the IANA time zone database."""

    name = "zone"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> ZoneInfo:
        """The zone itself."""
        if isinstance(value, ZoneInfo):
            return value
        try:
            return parse_zone(value)
        except ValueError as error:
            self.fail(str(error), param, ctx)


def settings_of_env() -> Settings:
    """The settings of this process's environment; raises SettingError."""
    return Settings.from_env(os.environ)


EVENTS_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
with_forgotten = click.option(
    "--forgotten",
    type=EVENTS_FILE,
    help="Without these people, as `forget --list` prints them; for events of a file.",
)


def event_lines(path: Path, label: str) -> Iterator[bytes]:
    """The lines of an events file, gzipped or not, with a progress bar on a terminal.

    A file that cannot be read to its end ends the command.
    """
    try:
        yield from _lines(path, label)
    except (OSError, EOFError, zlib.error) as error:
        raise click.ClickException(f"{path}: cannot be read ({error})") from None


def _lines(path: Path, label: str) -> Iterator[bytes]:
    with path.open("rb") as raw:
        opened: IO[bytes] = raw
        if path.suffix == ".gz":
            opened = cast(IO[bytes], gzip.GzipFile(fileobj=raw))
        length = path.stat().st_size
        with click.progressbar(
            length=length, label=label, file=click.get_text_stream("stderr")
        ) as bar:
            for number, line in enumerate(opened):
                if number % 1000 == 0:
                    bar.update(raw.tell() - bar.pos)
                yield line
            bar.update(length - bar.pos)


def read_roster(path: Path, unassigned_zone: ZoneInfo) -> Roster:
    """The roster of a file; mistakes end the command, each on a line of its own."""
    try:
        return load_roster(path, unassigned_zone)
    except OSError as error:
        raise click.ClickException(f"{path}: cannot be read ({error.strerror})") from None
    except RosterError as error:
        raise click.ClickException("\n".join(error.mistakes)) from None


def read_forgotten(path: Path | None) -> Forgotten:
    """Who was forgotten, as `forget --list` prints it; nobody where there is no file."""
    if path is None:
        return Forgotten()
    try:
        lines = [decode_line(line) for line in path.read_bytes().splitlines() if line.strip()]
    except (OSError, ValueError) as error:
        raise click.ClickException(f"{path}: not what `forget --list` prints ({error})") from None
    app_ids = {app_id for app_id, _ in lines}
    if len(app_ids) > 1:
        raise click.ClickException(
            f"{path}: of several installations, {', '.join(sorted(app_ids))}; take one of them"
        )
    forgotten = Forgotten(*app_ids)
    for _, record in lines:
        forgotten.merge(record)
    return forgotten


def say_bad_lines(bad: Mapping[str, int]) -> None:
    """Say on stderr how many lines of an events file were passed over, by reason."""
    if bad:
        why = ", ".join(f"{count} {reason}" for reason, count in sorted(bad.items()))
        click.echo(f"{sum(bad.values())} lines passed over: {why}", err=True)
