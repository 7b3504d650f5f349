"""What operators, and the lapse of days, do to topics and groups; done here within seconds."""

import asyncio
import os
from collections.abc import Collection, Mapping
from pathlib import Path

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.protocol.group import LeaveGroupRequest

from streams.kafka.topics import TopicSpec

SHOWN_WITHIN = 30.0  # seconds
EMPTY_WITHIN = 60.0  # seconds; the broker looks for what is too old once a second


async def configure(brokers: str, topics: Collection[str], config: Mapping[str, str]) -> None:
    """Give topics these settings, and no others; returns once the broker says that they have them.

    It takes a change before it shows it.
    """
    admin = AIOKafkaAdminClient(bootstrap_servers=brokers)
    await admin.start()
    try:
        for name in topics:
            resource = ConfigResource(ConfigResourceType.TOPIC, name, configs=dict(config))
            await admin.alter_configs([resource])
            async with asyncio.timeout(SHOWN_WITHIN):
                while not config.items() <= (await _config_of(admin, name)).items():  # noqa: ASYNC110
                    await asyncio.sleep(0.1)
    finally:
        await admin.close()


async def _config_of(admin: AIOKafkaAdminClient, topic: str) -> dict[str, str]:
    (answer,) = await admin.describe_configs([ConfigResource(ConfigResourceType.TOPIC, topic)])
    return {entry[0]: entry[1] for *_, entries in answer.resources for entry in entries}


async def outlive_retention(brokers: str, specs: Collection[TopicSpec]) -> int:
    """Have the broker delete all that is in topics, as too old; returns how many offsets are gone.

    Their first offsets are then their ends, and they keep what comes from now on.
    """
    names = [spec.name for spec in specs]
    await configure(brokers, names, {"cleanup.policy": "delete", "retention.ms": "1"})
    places = [TopicPartition(s.name, p) for s in specs for p in range(s.partitions)]
    consumer = AIOKafkaConsumer(bootstrap_servers=brokers)
    await consumer.start()
    try:
        ends = await consumer.end_offsets(places)
        async with asyncio.timeout(EMPTY_WITHIN):
            while await consumer.beginning_offsets(places) != ends:  # noqa: ASYNC110
                await asyncio.sleep(0.2)
    finally:
        await consumer.stop()
    for spec in specs:
        await configure(brokers, [spec.name], spec.config)
    return sum(ends.values())


async def make_anew(
    brokers: str, topic: str, partitions: int = 4, config: Mapping[str, str] | None = None
) -> None:
    """Delete a topic and make one of the same name."""
    admin = AIOKafkaAdminClient(bootstrap_servers=brokers)
    await admin.start()
    try:
        await admin.delete_topics([topic])
        async with asyncio.timeout(30):
            while topic in await admin.list_topics():  # noqa: ASYNC110
                await asyncio.sleep(0.1)
        new = NewTopic(topic, partitions, 1, topic_configs=dict(config or {}))
        made = await admin.create_topics([new])
        assert made.topic_errors[0][1] == 0
    finally:
        await admin.close()


def cut_logs(data: Path, topic: str) -> int:
    """Cut half of the newest segment off each partition's log; returns how many bytes are gone.

    So does a power failure before a broker's pages are on the disk. The broker must not run.
    """
    cut = 0
    for log in data.glob(f"{topic}-*"):
        segment = max(log.glob("*.log"))
        size = segment.stat().st_size
        os.truncate(segment, size // 2)
        for suffix in (".index", ".timeindex"):
            segment.with_suffix(suffix).unlink(missing_ok=True)
        cut += size - size // 2
    return cut


async def expel_members(brokers: str, group_id: str) -> int:
    """Put all members out of a group, which they learn from their next request; returns how many.

    Kafka's own tool does the same with --remove-members: the coordinator refuses what they commit.
    """
    admin = AIOKafkaAdminClient(bootstrap_servers=brokers)
    await admin.start()
    try:
        coordinator = await admin.find_coordinator(group_id)
        [described] = await admin.describe_consumer_groups([group_id])
        members = [member[0] for group in described.groups for member in group[5]]
        for member in members:
            await admin._send_request(LeaveGroupRequest(group_id, member), coordinator)
        return len(members)
    finally:
        await admin.close()


async def is_drained(brokers: str, group_id: str, specs: Collection[TopicSpec]) -> bool:
    """Whether a group committed all that is in its sources, what it sent itself included."""
    places = [TopicPartition(s.name, p) for s in specs for p in range(s.partitions)]
    admin = AIOKafkaAdminClient(bootstrap_servers=brokers)
    consumer = AIOKafkaConsumer(bootstrap_servers=brokers)
    try:
        await admin.start()
        await consumer.start()
        committed = await admin.list_consumer_group_offsets(group_id)
        ends = await consumer.end_offsets(places)  # after: what was sent before a commit is there
    finally:
        await admin.close()
        await consumer.stop()
    return all(end == (committed[at].offset if at in committed else 0) for at, end in ends.items())


async def records_of(brokers: str, topic: str, partitions: int) -> int:
    """How many records were ever written to a topic."""
    consumer = AIOKafkaConsumer(bootstrap_servers=brokers)
    await consumer.start()
    try:
        places = [TopicPartition(topic, partition) for partition in range(partitions)]
        return sum((await consumer.end_offsets(places)).values())
    finally:
        await consumer.stop()
