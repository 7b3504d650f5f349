"""`replay`: recorded events into Kafka."""

import asyncio
import dataclasses
import random
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import click

from floorpulse.inputs import EVENTS_FILE, event_lines, say_bad_lines, settings_of_env
from streams.audit.recount import EventLineError, read_event, read_lines
from streams.clock import SECOND, Micros, iso
from streams.events.contract import Rejection, is_ahead
from streams.events.decode import Decoder, times
from streams.kafka.admin import counts_of
from streams.kafka.producer import OutEvent, feeding, key_of
from streams.kafka.rights import check_rights, needs
from streams.ledgers.retention import is_late
from streams.settings import SettingError, Settings


@click.command()
@click.argument("file", type=EVENTS_FILE)
@click.option("--bootstrap", metavar="HOST:PORT", help="The brokers; default FLOORPULSE_BROKERS.")
@click.option(
    "--speed",
    type=click.Choice(["max", "1"]),
    default="max",
    help="max sends at once; 1 keeps the pauses between the events' times.",
)
@click.option("--shuffle", type=int, metavar="SEED", help="Send in a random order.")
@click.option(
    "--duplicate",
    type=click.FloatRange(0, 1),
    default=0.0,
    metavar="SHARE",
    help="Send this share of the events a second time, somewhere later.",
)
@click.option(
    "--strict",
    is_flag=True,
    help="Send nothing if workers would reject a line, but not for its time (late, future).",
)
def replay(
    file: Path,
    bootstrap: str | None,
    speed: str,
    shuffle: int | None,
    duplicate: float,
    strict: bool,
) -> None:
    """Send the events of FILE to the input topics.

    FILE has one JSON event a line, gzipped or not; `topic` names the topic without prefix. Each is
    sent with the right key. Days long past count only where the workers' clock stands there: set
    FLOORPULSE_CLOCK for them (and for this command, which then says how many events they will not
    take).

    Lines that name no topic are passed over; events that workers reject are sent all the same, and
    become dead letters. How many there were is said by reason.

    \b
    floorpulse replay october.jsonl.gz --bootstrap 127.0.0.1:9092 --shuffle 7 --duplicate 0.05
    """
    settings = settings_of_env()
    if bootstrap is not None:
        try:
            brokers = Settings.from_env({"FLOORPULSE_BROKERS": bootstrap}).brokers
        except SettingError as error:
            raise click.BadParameter(str(error), param_hint="--bootstrap") from None
        settings = dataclasses.replace(settings, brokers=brokers)
    try:
        events = list(_read(file, settings.clock(), strict=strict))
    except EventLineError as error:
        raise click.ClickException(f"{file}: {error}") from None
    _warn_of_other_times(events, settings.clock())
    events = _arranged(events, shuffle, duplicate)
    asyncio.run(_send(settings, events, paced=speed == "1"))
    click.echo(f"sent {len(events)} events to {', '.join(settings.brokers)}")


def _read(file: Path, now: Micros, *, strict: bool) -> Iterator[OutEvent]:
    """The events to send; says in the end what was passed over, and what workers will reject."""
    decoder = Decoder()
    bad: Counter[str] = Counter()
    rejected: Counter[str] = Counter()
    for record in read_lines(event_lines(file, "reading"), bad, strict=strict):
        event = read_event(decoder, record, now)
        if isinstance(event, Rejection) and event.reason != "future":
            rejected[event.reason] += 1
            if strict:
                raise EventLineError(record.offset, event.reason, event.detail)
        yield OutEvent(record.topic, key_of(record.topic, record.value), record.value)
    say_bad_lines(bad)
    if rejected:
        why = ", ".join(f"{count} {reason}" for reason, count in sorted(rejected.items()))
        click.echo(f"{sum(rejected.values())} events that workers reject: {why}", err=True)


def _warn_of_other_times(events: list[OutEvent], now: Micros) -> None:
    """Say so when the workers will not take more than one event in a hundred."""
    refused = 0
    for event in events:
        when = times(event.value)
        if when is not None:
            is_old = event.topic != "lead-status" and is_late(when[0], now)
            refused += is_old or is_ahead(when[1], now)
    if refused * 100 > len(events):
        click.echo(
            f"{refused} of {len(events)} events are late or in the future at {iso(now)}; to have "
            "them counted, set FLOORPULSE_CLOCK to an instant of their time for the workers",
            err=True,
        )


def _arranged(events: list[OutEvent], seed: int | None, duplicate: float) -> list[OutEvent]:
    """The events with some sent twice, in their order or in a random one."""
    chance = random.Random(0 if seed is None else seed)
    again = [
        (chance.uniform(number, len(events)), event)
        for number, event in enumerate(events)
        if chance.random() < duplicate
    ]
    placed = sorted([*enumerate(events), *again], key=lambda item: item[0])
    arranged = [event for _, event in placed]
    if seed is not None:
        chance.shuffle(arranged)
    return arranged


async def _send(settings: Settings, events: list[OutEvent], *, paced: bool) -> None:
    names = {settings.topic_prefix + event.topic for event in events}
    await check_rights(settings, needs(sorted(names), "Write"))
    await counts_of(settings, names)
    stderr = click.get_text_stream("stderr")
    async with feeding(settings) as feeder:
        with click.progressbar(events, label="sending", file=stderr) as bar:
            before: Micros | None = None
            for event in bar:
                when = times(event.value) if paced else None
                if when is not None:
                    at = when[0]
                    await asyncio.sleep(max(0, at - (before or at)) / SECOND)
                    before = max(at, before or at)
                await feeder.send(event)
        await feeder.flush()
