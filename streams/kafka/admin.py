"""The topics as the brokers have them: how many partitions, made and checked."""

import asyncio
import time
from collections.abc import Collection, Sequence

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.client import AIOKafkaClient
from aiokafka.errors import KafkaError, for_code

from streams.kafka.connection import PATIENCE, KafkaUnusableError, connection, patiently
from streams.kafka.topics import TopicSpec
from streams.settings import Settings


async def partition_counts(settings: Settings) -> dict[str, int]:
    """How many partitions each existing topic has; asking creates none."""

    async def ask() -> dict[str, int]:
        client = AIOKafkaClient(**connection(settings))
        try:
            await client.bootstrap()
            cluster = await client.fetch_all_metadata()
            return {name: len(cluster.partitions_for_topic(name)) for name in cluster.topics()}
        finally:
            await client.close()

    return await patiently(settings, ask)


async def check_topics(settings: Settings, specs: Sequence[TopicSpec]) -> list[str]:
    """What is wrong with the topics, a line each.

    Missing, of another number of partitions, or cleaned up otherwise than they have to be: state is
    made of every newest record of a key, and counts of every record of an input.
    """
    counts = await partition_counts(settings)
    missing = [spec.name for spec in specs if not counts.get(spec.name)]
    wrong = [_missing(settings, missing)] if missing else []
    for spec in specs:
        found = counts.get(spec.name)
        if found and found != spec.partitions:
            wrong.append(
                f"topic {spec.name} has {found} partitions, not {spec.partitions}: set "
                "FLOORPULSE_PARTITIONS and FLOORPULSE_LEAD_PARTITIONS to what it was made with"
            )
    due = {spec.name: spec.cleanup for spec in specs if spec.name in counts}
    for name, policy in (await cleanup_policies(settings, due)).items():
        if policy != due[name]:
            told = f"topic {name} has cleanup.policy={policy}"
            wrong.append(f"{told}: set it to {due[name]}, and only that")
    return wrong


def _missing(settings: Settings, names: Sequence[str]) -> str:
    """One line for all topics that are not there; of several, the app id may be a new one."""
    mend = "run `floorpulse topics create`"
    if len(names) == 1:
        return f"topic {names[0]} does not exist: {mend}"
    return (
        f"topic {names[0]} and {len(names) - 1} more do not exist: {mend}. If they did, is "
        f"FLOORPULSE_APP_ID={settings.app_id} right? Another id has empty state"
    )


async def cleanup_policies(settings: Settings, names: Collection[str]) -> dict[str, str]:
    """The cleanup.policy of topics; none where the brokers do not tell, as the embedded one."""
    if not names:
        return {}
    admin = AIOKafkaAdminClient(**connection(settings))
    await admin.start()
    try:
        asked = [ConfigResource(ConfigResourceType.TOPIC, name) for name in names]
        policies = {}
        for response in await admin.describe_configs(asked):
            for _, _, _, name, entries in response.resources:
                policies[name] = dict(entry[:2] for entry in entries).get("cleanup.policy", "")
        return policies
    except KafkaError:
        return {}
    finally:
        await admin.close()


async def create_topics(settings: Settings, specs: Sequence[TopicSpec]) -> list[str]:
    """Make the topics that do not exist yet; returns their names.

    Raises KafkaUnusableError when the brokers refuse.
    """
    existing = await partition_counts(settings)
    missing = [spec for spec in specs if spec.name not in existing]
    admin = AIOKafkaAdminClient(**connection(settings))
    await admin.start()
    try:
        response = await admin.create_topics(
            [
                NewTopic(
                    spec.name, spec.partitions, settings.replication, topic_configs=spec.config
                )
                for spec in missing
            ]
        )
    except KafkaError as error:
        raise KafkaUnusableError(f"topics cannot be made: {error!r}") from None
    finally:
        await admin.close()
    for name, code, *rest in response.topic_errors:
        if code:
            told = rest[0] if rest and rest[0] else for_code(code).__name__
            raise KafkaUnusableError(f"topic {name} cannot be made: {told}")
    made = [spec.name for spec in missing]
    await _until_known(settings, made)
    return made


async def _until_known(settings: Settings, names: Collection[str]) -> None:
    """Wait until the brokers tell of topics that they have just made."""
    until = time.monotonic() + PATIENCE
    while not set(names) <= (await partition_counts(settings)).keys():
        if time.monotonic() > until:
            raise KafkaUnusableError(f"topics were made and are not there: {', '.join(names)}")
        await asyncio.sleep(0.2)
