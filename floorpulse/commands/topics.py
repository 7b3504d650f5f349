"""`topics create` and `topics check`."""

import asyncio

import click

from floorpulse.inputs import settings_of_env
from streams.kafka.admin import check_topics, create_topics, partition_counts
from streams.kafka.connection import KafkaUnusableError
from streams.kafka.rights import check_rights, needs
from streams.kafka.topics import Topics, TopicSpec
from streams.settings import Settings


@click.group()
def topics() -> None:
    """Make the Kafka topics, or check those that exist."""


@topics.command()
def create() -> None:
    """Make the topics that do not exist yet.

    They get the partitions and policies that they need. Partition counts are fixed for the life of
    an app id: choose FLOORPULSE_PARTITIONS first, at least as many as there will ever be workers.
    """
    settings = settings_of_env()
    specs = Topics(settings).specs()
    made, counts = asyncio.run(_create(settings, specs))
    for spec in specs:
        state = "made" if spec.name in made else "exists"
        count = counts[spec.name]
        plural = "" if count == 1 else "s"
        click.echo(f"{state:7}{spec.name} ({count} partition{plural}, {spec.cleanup})")
    asyncio.run(_check(settings, specs))


@topics.command()
def check() -> None:
    """Say what is wrong with the topics, if anything."""
    settings = settings_of_env()
    specs = Topics(settings).specs()
    asyncio.run(_check(settings, specs))
    click.echo(f"{len(specs)} topics are as they have to be")


async def _create(settings: Settings, specs: list[TopicSpec]) -> tuple[list[str], dict[str, int]]:
    """The names of the topics made, and how many partitions each topic has."""
    await check_rights(settings, needs(_names(specs), "Describe"))
    made = await create_topics(settings, specs)
    return made, await partition_counts(settings)


async def _check(settings: Settings, specs: list[TopicSpec]) -> None:
    """Raise KafkaUnusableError with a line for each thing wrong; warnings go to stderr."""
    await check_rights(settings, needs(_names(specs), "Describe", "DescribeConfigs"))
    faults = await check_topics(settings, specs)
    for warning in faults.times:
        click.echo(f"warning: {warning}", err=True)
    if wrong := faults.stops + faults.forwarded:
        raise KafkaUnusableError("\n".join(wrong))


def _names(specs: list[TopicSpec]) -> list[str]:
    return [spec.name for spec in specs]
