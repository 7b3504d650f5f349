"""The topics as the brokers have them: how many partitions, made and checked."""

import asyncio
import time
from collections.abc import Collection, Sequence

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.client import AIOKafkaClient
from aiokafka.errors import KafkaError, TopicAuthorizationFailedError, for_code

from streams.kafka.connection import PATIENCE, KafkaUnusableError, ask
from streams.kafka.rights import lacks
from streams.kafka.topics import TopicSpec
from streams.settings import Settings

_DENIED = TopicAuthorizationFailedError.errno


async def partition_counts(settings: Settings) -> dict[str, int]:
    """How many partitions each existing topic has; asking creates none."""

    cluster = await ask(settings, AIOKafkaClient, lambda client: client.fetch_all_metadata())
    return {name: len(cluster.partitions_for_topic(name)) for name in cluster.topics()}


async def check_topics(settings: Settings, specs: Sequence[TopicSpec]) -> list[str]:
    """What is wrong with the topics, a line each.

    Missing, of another number of partitions, or cleaned up otherwise than they have to be: state is
    made of every newest record of a key, and counts of every record of an input.
    """
    counts = await partition_counts(settings)
    missing = [spec.name for spec in specs if not counts.get(spec.name)]
    wrong = [_missing(settings, missing)] if missing else []
    for spec in specs:
        count = counts.get(spec.name)
        if count and count != spec.partitions:
            wrong.append(_wrong_count(spec, count))
    due = {spec.name: spec for spec in specs if spec.name in counts}
    for name, config in (await topic_configs(settings, due)).items():
        policy = config.get("cleanup.policy")
        if policy is not None and policy != due[name].cleanup:
            wrong.append(
                f"topic {name} has cleanup.policy={policy}: set it to {due[name].cleanup}, "
                "and only that"
            )
    return wrong


async def history_warnings(settings: Settings, specs: Sequence[TopicSpec]) -> list[str]:
    """The topics whose records carry their producers' times, by which retention deletes."""
    due = {spec.name: spec for spec in specs if spec.is_input}
    existing = await partition_counts(settings)
    configs = await topic_configs(settings, [name for name in due if name in existing])
    return [
        f"topic {name} has message.timestamp.type={kind}: history sent with its own times may be "
        "deleted by retention before it is read; set it to LogAppendTime"
        for name, config in configs.items()
        if (kind := config.get("message.timestamp.type", "LogAppendTime")) != "LogAppendTime"
    ]


def _wrong_count(spec: TopicSpec, count: int) -> str:
    if count < spec.partitions:
        mend = (
            f"add partitions (kafka-topics.sh --alter --topic {spec.name} --partitions "
            f"{spec.partitions})"
        )
        if spec.cleanup == "compact":
            mend = "start again under another FLOORPULSE_APP_ID"
    else:
        mend = "set FLOORPULSE_PARTITIONS and FLOORPULSE_LEAD_PARTITIONS to what it was made with"
    return (
        f"topic {spec.name} has {count} partitions, not {spec.partitions}: {mend}, or delete the "
        "topic if it is empty and run `floorpulse topics create`"
    )


def _missing(settings: Settings, names: Sequence[str]) -> str:
    """One line for all topics that are not there; of several, the app id may be a new one."""
    mend = "run `floorpulse topics create`"
    if len(names) == 1:
        return f"topic {names[0]} does not exist: {mend}"
    return (
        f"topic {names[0]} and {len(names) - 1} more do not exist: {mend}. If they did, is "
        f"FLOORPULSE_APP_ID={settings.app_id} right? Another id has empty state"
    )


async def topic_configs(settings: Settings, names: Collection[str]) -> dict[str, dict[str, str]]:
    """The settings of topics; none where the brokers know no such question, as the embedded one.

    Raises KafkaUnusableError where the user may not ask.
    """
    if not names:
        return {}
    asked = [ConfigResource(ConfigResourceType.TOPIC, name) for name in names]
    try:
        answers = await ask(
            settings, AIOKafkaAdminClient, lambda admin: admin.describe_configs(asked)
        )
    except KafkaError:
        return {}
    configs, denied = {}, []
    for answer in answers:
        for code, _, _, name, entries in answer.resources:
            if code == _DENIED:
                denied.append(name)
            configs[name] = dict(entry[:2] for entry in entries)
    if denied:
        raise KafkaUnusableError(lacks(settings, "DescribeConfigs", "topic", denied))
    return configs


async def cleanup_policies(settings: Settings, names: Collection[str]) -> dict[str, str]:
    """The cleanup.policy of topics, where the brokers say it."""
    configs = await topic_configs(settings, names)
    return {
        name: config["cleanup.policy"]
        for name, config in configs.items()
        if "cleanup.policy" in config
    }


async def create_topics(settings: Settings, specs: Sequence[TopicSpec]) -> list[str]:
    """Make the topics that do not exist yet; returns their names.

    Raises KafkaUnusableError when the brokers refuse.
    """
    existing = await partition_counts(settings)
    missing = [spec for spec in specs if spec.name not in existing]
    wanted = [
        NewTopic(spec.name, spec.partitions, settings.replication, topic_configs=spec.config)
        for spec in missing
    ]
    try:
        response = await ask(
            settings, AIOKafkaAdminClient, lambda admin: admin.create_topics(wanted)
        )
    except KafkaError as error:
        raise KafkaUnusableError(f"topics cannot be made: {error!r}") from None
    denied = [n for n, code, *_ in response.topic_errors if code == _DENIED]
    if denied:
        raise KafkaUnusableError(lacks(settings, "Create", "topic", denied))
    for name, code, *rest in response.topic_errors:
        if code:
            reason = rest[0] if rest and rest[0] else for_code(code).__name__
            raise KafkaUnusableError(f"topic {name} cannot be made: {reason}")
    made = [spec.name for spec in missing]
    await _until_known(settings, made)
    return made


async def _until_known(settings: Settings, names: Collection[str]) -> None:
    """Wait until the brokers know the topics that they have just made."""
    until = time.monotonic() + PATIENCE
    while not set(names) <= (await partition_counts(settings)).keys():
        if time.monotonic() > until:
            raise KafkaUnusableError(f"topics were made and are not there: {', '.join(names)}")
        await asyncio.sleep(0.2)
