"""`dead-letters list` and `dead-letters resend`."""

import asyncio
import base64
from collections import Counter
from collections.abc import Callable
from typing import Any, TypeVar

import click
import msgspec

from floorpulse.inputs import Instant, settings_of_env
from floorpulse.text.tables import columns
from streams.clock import Micros, iso
from streams.events.contract import REJECTION_REASONS
from streams.kafka.admin import counts_of
from streams.kafka.dead_letters import (
    DeadLetter,
    DeadLetters,
    Route,
    Selection,
    Survey,
    resend,
    route,
)
from streams.kafka.rights import check_rights, needs
from streams.kafka.topics import Topics
from streams.settings import Settings

F = TypeVar("F", bound=Callable[..., Any])
SHOWN_BYTES = 60  # of a value, in a table


def _selecting(command: F) -> F:
    """The options that say which dead letters are meant."""
    for option in (
        click.option("--late", is_flag=True, help="The late topic instead of the dead letters."),
        click.option("--since", type=Instant(), help="Only those set aside at or after this."),
        click.option("--topic", help="Only those that came from this topic, such as calls."),
        click.option(
            "--reason", type=click.Choice(REJECTION_REASONS), help="Only those of this reason."
        ),
    ):
        command = option(command)
    return command


@click.group(name="dead-letters")
def dead_letters() -> None:
    """List events that could not be taken, or send them again."""


@dead_letters.command(name="list")
@_selecting
@click.option("--limit", type=click.IntRange(min=0), default=20, help="How many, newest first.")
@click.option("--format", "form", type=click.Choice(["table", "json"]), default="table")
def list_letters(
    reason: str | None, topic: str | None, since: Micros | None, late: bool, limit: int, form: str
) -> None:
    """Count the dead letters by reason and topic, and show the newest.

    json prints only the newest, one object a line with the original bytes: as `value` where they
    are UTF-8, else as `value_base64`.

    \b
    floorpulse dead-letters list --reason missing_field --topic calls --limit 5
    """
    settings = settings_of_env()
    letters = _letters(settings, reason, topic, since, late=late)
    survey = asyncio.run(_surveyed(settings, letters, limit))
    if form == "json":
        for letter in survey.newest():
            click.echo(msgspec.json.encode(_object(letter)))
        return
    rows = [(*where, str(count)) for where, count in sorted(survey.counts.items())]
    click.echo(columns([("topic", "reason", "dead letters"), *rows]) if rows else "no dead letters")
    if survey.newest():
        click.echo("\n" + columns([_HEADS, *map(_row, survey.newest())]))


@dead_letters.command(name="resend")
@_selecting
@click.option("--yes", is_flag=True, help="Do not ask before.")
def resend_letters(
    reason: str | None, topic: str | None, since: Micros | None, late: bool, yes: bool
) -> None:
    """Send dead letters again where they came from.

    The original bytes go to the original topics, with the right keys. Harmless to repeat: a row
    keeps the newest version of an event, so what was counted before is a duplicate. What still
    cannot be taken comes back as a new dead letter; the old ones stay until the topic's retention
    ends. What is sent carries the header `resent-from`.

    \b
    floorpulse dead-letters resend --reason future --since 2026-11-23T00:00:00+01:00
    """
    settings = settings_of_env()
    letters = _letters(settings, reason, topic, since, late=late)
    routes = asyncio.run(_routed(settings, letters))
    for (_, why_not), count in sorted(routes.items(), key=lambda route: route[0].why_not):
        if why_not:
            click.echo(f"{count} not sent: {why_not}", err=True)
    sendable = {to.topic: count for to, count in routes.items() if to.topic is not None}
    if not sendable:
        click.echo("nothing to send")
        return
    summary = ", ".join(f"{count} to {name}" for name, count in sorted(sendable.items()))
    click.echo(f"to send: {summary}")
    if not yes:
        click.confirm("Send them again?", abort=True)
    click.echo(f"sent {asyncio.run(resend(settings, letters.read()))} records")


def _letters(
    settings: Settings,
    reason: str | None,
    topic: str | None,
    since: Micros | None,
    *,
    late: bool,
) -> DeadLetters:
    if late and reason is not None:
        raise click.UsageError("--reason is for dead letters: late events have but one")
    topics = Topics(settings)
    full = topic
    if topic is not None and settings.topic_prefix + topic in topics.inputs:
        full = settings.topic_prefix + topic
    if full is not None and full not in topics.sources:
        raise click.BadParameter(
            f"{topic!r} is not a topic that is read; it is one of {', '.join(topics.sources)}",
            param_hint="--topic",
        )
    name = topics.late if late else topics.dead_letters
    return DeadLetters(settings, name, Selection(reason, full, since))


async def _surveyed(settings: Settings, letters: DeadLetters, limit: int) -> Survey:
    await check_rights(settings, needs([letters.topic], "Read"))
    survey = Survey(limit)
    async for letter in letters.read():
        survey.note(letter)
    return survey


async def _routed(settings: Settings, letters: DeadLetters) -> Counter[Route]:
    topics = Topics(settings)
    reading, sending = needs([letters.topic], "Read"), needs(topics.inputs, "Write")
    await check_rights(settings, {**reading, **sending})
    routes: Counter[Route] = Counter()
    async for letter in letters.read():
        routes[route(topics, letter)] += 1
    await counts_of(settings, {to.topic for to in routes if to.topic is not None})
    return routes


_HEADS = ("when", "source", "reason", "detail", "key", "value")


def _row(letter: DeadLetter) -> tuple[str, ...]:
    value = _text(letter.value)
    if len(value) > SHOWN_BYTES:
        value = value[:SHOWN_BYTES] + "…"
    detail, key = _text(letter.detail.encode()), _text(letter.key)
    return iso(letter.when), str(letter.source), letter.reason, detail, key, value


def _text(raw: bytes | None) -> str:
    """Bytes as one line of printable text; a dead letter may hold anything, terminal codes too."""
    if raw is None:
        return "-"
    text = raw[: 4 * SHOWN_BYTES].decode(errors="replace")
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text)


def _object(letter: DeadLetter) -> dict[str, Any]:
    described = {
        "when": iso(letter.when),
        "reason": letter.reason,
        "detail": letter.detail,
        **letter.source._asdict(),
        "letter": letter.place._asdict(),
    }
    return {**described, **_bytes("key", letter.key), **_bytes("value", letter.value)}


def _bytes(name: str, raw: bytes | None) -> dict[str, str | None]:
    try:
        return {name: None if raw is None else raw.decode()}
    except UnicodeDecodeError:
        assert raw is not None
        return {f"{name}_base64": base64.b64encode(raw).decode()}
