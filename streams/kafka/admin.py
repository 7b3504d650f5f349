"""The topics as the brokers have them: how many partitions, made and checked."""

import asyncio
import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import NamedTuple

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.client import AIOKafkaClient
from aiokafka.errors import (
    InvalidPartitionsError,
    InvalidReplicationFactorError,
    InvalidTopicError,
    KafkaError,
    TopicAuthorizationFailedError,
    for_code,
)

from streams.kafka.connection import NO_SUCH_QUESTION, PATIENCE, KafkaUnusableError, ask, tried
from streams.kafka.rights import lacks
from streams.kafka.topics import TopicSpec
from streams.settings import Settings

_DENIED = TopicAuthorizationFailedError.errno


async def partition_counts(settings: Settings) -> dict[str, int]:
    """How many partitions each existing topic has; asking creates none."""
    return await ask(settings, AIOKafkaClient, fetch_partition_counts)


async def fetch_partition_counts(client: AIOKafkaClient) -> dict[str, int]:
    """How many partitions each existing topic has, as a broker says now."""
    cluster = await client.fetch_all_metadata()
    return {name: len(cluster.partitions_for_topic(name)) for name in cluster.topics()}


async def counts_of(settings: Settings, names: Collection[str]) -> dict[str, int]:
    """How many partitions each of these topics has; raises KafkaUnusableError where one is missing.

    To be asked before anything is sent: brokers may make a topic of what is sent to it, with their
    own number of partitions, and a producer waits for one that they do not make.
    """
    return existing(await partition_counts(settings), names)


def existing(counts: Mapping[str, int], names: Collection[str]) -> dict[str, int]:
    """Of the *counts* those of these topics; raises KafkaUnusableError where one is missing."""
    if missing := sorted(name for name in names if not counts.get(name)):
        what = "topic {} does" if len(missing) == 1 else "topics {} do"
        line = f"{what.format(', '.join(missing))} not exist: run `floorpulse topics create`"
        raise KafkaUnusableError(line)
    return {name: counts[name] for name in names}


class TopicFaults(NamedTuple):
    """What is wrong with the topics, a line each.

    With those of `stops` no worker counts rightly; `forwarded` inputs cost a hop for each record;
    by those of `times` records carry the times of producers instead of the brokers'.
    """

    stops: list[str]
    forwarded: list[str]
    times: list[str]

    def stop_if_unusable(self) -> None:
        """Raise KafkaUnusableError with the lines with which no worker counts rightly."""
        if self.stops:
            raise KafkaUnusableError("\n".join(self.stops))


async def check_topics(settings: Settings, specs: Sequence[TopicSpec]) -> TopicFaults:
    """What is wrong with the topics.

    Missing, of another number of partitions, or cleaned up otherwise than they have to be: state is
    made of every newest record of a key, and counts of every record of an input.
    """
    counts = await partition_counts(settings)
    faults = TopicFaults([], [], [])
    missing = [spec.name for spec in specs if not counts.get(spec.name)]
    if missing:
        faults.stops.append(_missing(settings, missing))
    for spec in specs:
        count = counts.get(spec.name)
        if count and count != spec.partitions and spec.is_counted:
            lines = faults.forwarded if spec.is_input else faults.stops
            lines.append(spec.wrong_count(count))
    due = {spec.name: spec for spec in specs if spec.name in counts}
    configs = await topic_configs(settings, due)
    for name, config in configs.items():
        faults.stops.extend(_wrong_cleanup(due[name], config))
    faults.times.extend(
        _wrong_times([due[name] for name in configs if _has_own_times(configs[name])])
    )
    return faults


def _wrong_cleanup(spec: TopicSpec, config: Mapping[str, str]) -> Iterator[str]:
    policy = config.get("cleanup.policy", spec.cleanup)
    if policy != spec.cleanup:
        yield f"topic {spec.name} has cleanup.policy={policy}: set it to {spec.cleanup}, only that"


def _has_own_times(config: Mapping[str, str]) -> bool:
    return config.get("message.timestamp.type", "LogAppendTime") != "LogAppendTime"


def _wrong_times(specs: Sequence[TopicSpec]) -> Iterator[str]:
    """Lines about topics whose records carry the times of producers."""
    mend = "set message.timestamp.type=LogAppendTime"
    for spec in specs:
        if spec.is_input:
            yield (
                f"topic {spec.name} has the times of producers: history that is sent late may be "
                f"deleted by retention before it is read; {mend}"
            )
    ours = ", ".join(spec.name for spec in specs if not spec.is_input)
    if ours:
        yield (
            f"topics {ours} have the times of the workers: a clock that leaps is not seen, and "
            f"brokers may refuse what they send; {mend}"
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

    Raises KafkaUnusableError where the user may not ask, and KafkaError for an error that does not
    pass: what is not known of a topic is not taken for its default.
    """
    if not names:
        return {}
    try:
        return await tried(lambda: _topic_configs(settings, names))
    except NO_SUCH_QUESTION:
        return {}


async def _topic_configs(settings: Settings, names: Collection[str]) -> dict[str, dict[str, str]]:
    asked = [ConfigResource(ConfigResourceType.TOPIC, name) for name in names]
    answers = await ask(settings, AIOKafkaAdminClient, lambda admin: admin.describe_configs(asked))
    configs, denied = {}, []
    for code, reason, _, name, entries in (said for answer in answers for said in answer.resources):
        if code == _DENIED:
            denied.append(name)
        elif code:
            raise for_code(code)(f"the settings of topic {name} cannot be read ({reason})")
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
    counts = await partition_counts(settings)
    missing = [spec for spec in specs if spec.name not in counts]
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
    specs_of = {spec.name: spec for spec in missing}
    for name, code, *rest in response.topic_errors:
        if code:
            reason = rest[0] if rest and rest[0] else for_code(code).__name__
            raise KafkaUnusableError(_refused(settings, specs_of[name], code, reason))
    made = [spec.name for spec in missing]
    await _until_known(settings, made)
    return made


def _refused(settings: Settings, spec: TopicSpec, code: int, reason: str) -> str:
    """Why a topic cannot be made, and the setting that it follows from, where it is known."""
    said = f"topic {spec.name} cannot be made: {reason.rstrip('.')}"
    if code == InvalidReplicationFactorError.errno:
        mend = "set it to the number of brokers at most"
        return f"{said}. FLOORPULSE_REPLICATION={settings.replication}: {mend}"
    if code == InvalidPartitionsError.errno:
        return f"{said}. {spec.setting}={spec.partitions}: set it to another number"
    if code == InvalidTopicError.errno:
        name, value = "FLOORPULSE_APP_ID", settings.app_id
        if spec.is_input:
            name, value = "FLOORPULSE_TOPIC_PREFIX", settings.topic_prefix
        return f"{said}. {name}={value}: set it to another name"
    return said


async def _until_known(settings: Settings, names: Collection[str]) -> None:
    """Wait until the brokers know the topics that they have just made."""
    until = time.monotonic() + PATIENCE
    while not set(names) <= (await partition_counts(settings)).keys():
        if time.monotonic() > until:
            raise KafkaUnusableError(f"topics were made and are not there: {', '.join(names)}")
        await asyncio.sleep(0.2)
