"""`forget`: nothing of a person from now on, and what is stored of them goes."""

import asyncio
from collections.abc import Mapping

import click

from floorpulse.inputs import settings_of_env
from floorpulse.text.tables import columns
from floorpulse.traces import Lifetime, Person, Traces, find_traces, lifetimes
from streams.changelog.forgotten_log import ForgottenLog, remember
from streams.clock import MINUTE, Micros, iso, system_clock
from streams.events.contract import MAX_ID_BYTES
from streams.events.words import is_placeholder
from streams.kafka.admin import check_topics
from streams.kafka.reader import LogReader
from streams.kafka.rights import check_rights, needs
from streams.kafka.topics import Topics, TopicSpec
from streams.ledgers.forgotten import (
    Forgotten,
    ForgottenRecord,
    encode_line,
    hash_of,
)
from streams.roster.file import RosterError, load_roster
from streams.roster.people import Roster
from streams.settings import Settings


@click.command()
@click.option("--rep", metavar="ID", help="Forget this rep: their touches go, leads stay.")
@click.option("--contact", metavar="ID", help="Forget this contact: touches and leads stay.")
@click.option("--list", "listing", is_flag=True, help="Print who was forgotten, by hash.")
@click.option("--dry-run", is_flag=True, help="Say what would go, by topic, and do nothing.")
@click.option("--yes", is_flag=True, help="Do not ask before.")
def forget(rep: str | None, contact: str | None, listing: bool, dry_run: bool, yes: bool) -> None:
    """Forget a person: keep nothing of them up to now.

    Of a rep the touches go, and what they did to leads stays as done by nobody. Of a contact the
    touches and leads stay, and the contact goes from them. Rows, copies, Redis, /metrics and the
    pages follow within seconds, if a worker runs; else when one starts. What comes later from a
    source, a replay or the dead letters and is older than this moment is not taken either. There is
    no way back.

    The topics of events, the dead letters and the late events keep theirs until retention: it is
    printed until when. docs/forget.md says how to shorten that, and what is left elsewhere.

    --list prints one object a line, by the hash of an id: for `recount --forgotten` and the like.

    \b
    floorpulse forget --rep ann --dry-run
    floorpulse forget --rep ann
    """
    settings = settings_of_env()
    if listing:
        if rep or contact or dry_run:
            raise click.UsageError("--list goes alone")
        for record in asyncio.run(_known(settings)).records:
            click.echo(encode_line(settings.app_id, record))
        return
    person = _person(rep, contact)
    roster = _roster(settings) if person.subject == "rep" else None
    if roster and person.id in roster.systems:
        raise click.ClickException(f"{person.id!r} is a system on {settings.roster}, and no person")
    if dry_run:
        _print_traces(*asyncio.run(_looked_for(settings, person, _record(settings, person))))
        return
    kept = asyncio.run(_checked(settings))
    if not yes:
        by = iso(settings.clock())
        click.confirm(f"It is {by}. Forget {person.subject} {person.id!r} for good?", abort=True)
    record = _record(settings, person)
    asyncio.run(remember(settings, record))
    click.echo(f"{person.subject} {person.id!r} is forgotten up to {iso(record.until)}")
    if roster and roster.names(person.id):
        click.echo(
            f"{settings.roster} still names {person.id!r}: take the entry out, or their name and "
            "targets stay on the pages",
            err=True,
        )
    _print_lifetimes(settings, kept)


def _person(rep: str | None, contact: str | None) -> Person:
    if (rep is None) is (contact is None):
        raise click.UsageError("name one person: --rep ID or --contact ID")
    person = Person("rep", rep) if rep is not None else Person("contact", contact or "")
    if not _is_id(person.id):
        raise click.BadParameter(
            f"{person.id!r} is no id of a person: no event has it", param_hint=f"--{person.subject}"
        )
    return person


def _is_id(text: str) -> bool:
    """Whether an event may have this id; what came as other bytes than UTF-8 has none."""
    try:
        size = len(text.encode())
    except UnicodeEncodeError:
        return False
    return 1 <= size <= MAX_ID_BYTES and not is_placeholder(text)


def _record(settings: Settings, person: Person) -> ForgottenRecord:
    """That a person is forgotten up to now."""
    hashed = hash_of(settings.app_id, person.subject, person.id)
    return ForgottenRecord(person.subject, hashed, settings.clock())


async def _known(settings: Settings) -> Forgotten:
    """Who was forgotten so far."""
    topics, forgotten = Topics(settings), Forgotten(settings.app_id)
    await check_rights(settings, needs([topics.forgotten], "Read"))
    async with LogReader(settings) as reader:
        async for record in ForgottenLog(topics, reader).read():
            forgotten.merge(record)
    return forgotten


def _specs(settings: Settings) -> list[TopicSpec]:
    """The topics that may name somebody."""
    topics = Topics(settings)
    return [spec for spec in topics.specs() if spec.name != topics.forgotten]


async def _looked_for(
    settings: Settings, person: Person, record: ForgottenRecord
) -> tuple[dict[str, Traces], dict[str, Lifetime]]:
    specs = _specs(settings)
    names = [spec.name for spec in specs]
    await check_rights(settings, needs(names, "Read", "DescribeConfigs"))
    (await check_topics(settings, specs)).stop_if_unusable()
    forgotten = Forgotten(settings.app_id)
    forgotten.merge(record)
    kept = await lifetimes(settings, specs)
    return await find_traces(settings, specs, person, forgotten), kept


async def _checked(settings: Settings) -> dict[str, Lifetime]:
    """How long topics keep what they have, once it is sure that somebody can be forgotten."""
    specs = Topics(settings).specs()
    of_all = needs([spec.name for spec in specs], "Describe", "DescribeConfigs")
    forgotten = needs([Topics(settings).forgotten], "Write", "DescribeConfigs")
    await check_rights(settings, {**of_all, **forgotten})
    (await check_topics(settings, specs)).stop_if_unusable()
    return await lifetimes(settings, _specs(settings))


def _roster(settings: Settings) -> Roster | None:
    """The roster, where it can be read here: who forgets somebody may have none."""
    try:
        return load_roster(settings.roster, settings.unassigned_zone)
    except (OSError, RosterError):
        return None


def _print_traces(found: Mapping[str, Traces], kept: Mapping[str, Lifetime]) -> None:
    if not found:
        click.echo("no topic names them")
        return
    rows = [("topic", "count", "of", "goes")]
    for name, traces in found.items():
        if traces.is_of_rows:
            goes = f"at once, from disks {_by(kept[name], system_clock(), 'when compacted')}"
        else:
            goes = _by(kept[name], traces.newest, "when retention deletes them")
        rows.append((name, f"{traces.number:,}", traces.what, goes))
    click.echo(columns(rows))


def _print_lifetimes(settings: Settings, kept: Mapping[str, Lifetime]) -> None:
    rows = [("topic", "what it has of them is gone")]
    for spec in _specs(settings):
        otherwise = "when it is compacted" if spec.cleanup == "compact" else "by its retention"
        rows.append((spec.name, _by(kept[spec.name], system_clock(), otherwise)))
    click.echo("\n" + columns(rows))


def _by(lifetime: Lifetime, written: Micros, otherwise: str) -> str:
    """Until when a record is kept, or *otherwise* where the brokers' settings do not say it."""
    by = lifetime.gone_by(written)
    return otherwise if by is None else f"by {iso(-(-by // MINUTE) * MINUTE)}"
