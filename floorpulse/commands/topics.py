"""`topics create` and `topics check`."""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

import click

from floorpulse.inputs import settings_of_env
from streams.kafka.admin import check_topics, create_topics
from streams.kafka.connection import KafkaUnusableError
from streams.kafka.topics import Topics

T = TypeVar("T")


@click.group()
def topics() -> None:
    """Make the Kafka topics, or check those that exist."""


@topics.command()
def create() -> None:
    """Make the topics that do not exist yet, with the partitions and policies they need.

    Partition counts are fixed for the life of an app id: choose FLOORPULSE_PARTITIONS first, at
    least as many as there will ever be workers.
    """
    settings = settings_of_env()
    specs = Topics(settings).specs()
    made = _run(create_topics(settings, specs))
    for spec in specs:
        state = "made" if spec.name in made else "exists"
        click.echo(f"{state:7}{spec.name} ({spec.partitions} partitions, {spec.cleanup})")
    _fail(_run(check_topics(settings, specs)))


@topics.command()
def check() -> None:
    """Say what is wrong with the topics, if anything."""
    settings = settings_of_env()
    specs = Topics(settings).specs()
    _fail(_run(check_topics(settings, specs)))
    click.echo(f"{len(specs)} topics are as they have to be")


def _run(asked: Coroutine[Any, Any, T]) -> T:
    try:
        return asyncio.run(asked)
    except KafkaUnusableError as error:
        raise click.ClickException(str(error)) from None


def _fail(wrong: list[str]) -> None:
    if wrong:
        raise click.ClickException("\n".join(wrong))
