"""What this user may do on the brokers, asked before anything is read or written.

The client takes a missing right for a broker that is away, or fails in the middle of its work; the
brokers say in their metadata which operations they allow (Kafka 2.3 and later). Where they do not
say, as the embedded one, nothing is judged.
"""

import asyncio
import time
from collections.abc import Collection, Iterable, Mapping
from typing import Literal

from aiokafka.client import AIOKafkaClient, CoordinationType
from aiokafka.errors import (
    CoordinatorNotAvailableError,
    GroupAuthorizationFailedError,
    IncompatibleBrokerVersion,
    KafkaError,
    NotCoordinatorError,
)
from aiokafka.protocol.admin import DescribeGroupsResponse_v3
from aiokafka.protocol.api import Request, RequestStruct, Response
from aiokafka.protocol.types import Array, Boolean, Int16, Int32, Schema, String

from streams.kafka.connection import KafkaUnusableError, connection, patiently
from streams.kafka.topics import Topics
from streams.settings import Settings

Operation = Literal["Read", "Write", "Create", "Describe", "DescribeConfigs"]
_BITS: Mapping[Operation, int] = {
    "Read": 3,
    "Write": 4,
    "Create": 5,
    "Describe": 8,
    "DescribeConfigs": 10,
}
Needs = Mapping[str, Collection[Operation]]  # by topic

_UNSAID = -(2**31)  # what a broker answers that does not say
_NO_RIGHT = 29  # not even to see the topic
_COORDINATOR_WITHIN = 10.0  # seconds; a new cluster makes the topic of the groups first
_NOT_YET = (CoordinatorNotAvailableError, NotCoordinatorError)


class _TopicsResponse(Response):  # type: ignore[misc]
    API_KEY = 3
    API_VERSION = 8
    SCHEMA = Schema(
        ("throttle_time_ms", Int32),
        (
            "brokers",
            Array(
                ("node_id", Int32),
                ("host", String("utf-8")),
                ("port", Int32),
                ("rack", String("utf-8")),
            ),
        ),
        ("cluster_id", String("utf-8")),
        ("controller_id", Int32),
        (
            "topics",
            Array(
                ("error_code", Int16),
                ("topic", String("utf-8")),
                ("is_internal", Boolean),
                (
                    "partitions",
                    Array(
                        ("error_code", Int16),
                        ("partition", Int32),
                        ("leader", Int32),
                        ("leader_epoch", Int32),
                        ("replicas", Array(Int32)),
                        ("isr", Array(Int32)),
                        ("offline_replicas", Array(Int32)),
                    ),
                ),
                ("authorized_operations", Int32),
            ),
        ),
        ("cluster_authorized_operations", Int32),
    )


class _TopicsStruct(RequestStruct):  # type: ignore[misc]
    API_KEY = 3
    API_VERSION = 8
    RESPONSE_TYPE = _TopicsResponse
    SCHEMA = Schema(
        ("topics", Array(String("utf-8"))),
        ("allow_auto_topic_creation", Boolean),
        ("include_cluster_authorized_operations", Boolean),
        ("include_topic_authorized_operations", Boolean),
    )


class _TopicsRequest(Request[_TopicsStruct]):  # type: ignore[misc]
    """The metadata of topics with the operations allowed; the client knows no version of it."""

    API_KEY = 3

    def __init__(self, names: Collection[str]) -> None:
        self._names = list(names)

    def build(self, request_struct_class: type[_TopicsStruct]) -> _TopicsStruct:
        return request_struct_class(self._names, False, False, True)


class _GroupStruct(RequestStruct):  # type: ignore[misc]
    API_KEY = 15
    API_VERSION = 3
    RESPONSE_TYPE = DescribeGroupsResponse_v3
    SCHEMA = Schema(("groups", Array(String("utf-8"))), ("include_authorized_operations", Boolean))


class _GroupRequest(Request[_GroupStruct]):  # type: ignore[misc]
    """A group with the operations allowed; the client reads the answer as of another version."""

    API_KEY = 15

    def __init__(self, group: str) -> None:
        self._group = group

    def build(self, request_struct_class: type[_GroupStruct]) -> _GroupStruct:
        return request_struct_class([self._group], True)


def needs(names: Iterable[str], *operations: Operation) -> dict[str, Collection[Operation]]:
    """The same operations on each of these topics."""
    return dict.fromkeys(names, operations)


def needs_of_worker(topics: Topics) -> Needs:
    """What a worker does with each topic; it also reads with its group."""
    owned: dict[str, Collection[Operation]] = {
        spec.name: ("Read", "Write", "DescribeConfigs") for spec in topics.specs()
    }
    return {
        **owned,
        **dict.fromkeys(topics.inputs, ("Read", "DescribeConfigs")),
        topics.dead_letters: ("Write", "DescribeConfigs"),
        topics.late: ("Write", "DescribeConfigs"),
    }


async def check_rights(settings: Settings, needed: Needs, group: str | None = None) -> None:
    """See that every operation is allowed; topics that do not exist are passed over.

    Raises KafkaUnusableError with a line for each that is not.
    """

    async def ask() -> list[str]:
        client = AIOKafkaClient(**connection(settings))
        try:
            await client.bootstrap()
            lines = await _missing_of_topics(client, settings, needed)
            if group is not None:
                lines += await _missing_of_group(client, settings, group)
            return lines
        finally:
            await client.close()

    lines = await patiently(settings, ask)
    if lines:
        raise KafkaUnusableError("\n".join(lines))


async def _missing_of_topics(
    client: AIOKafkaClient, settings: Settings, needed: Needs
) -> list[str]:
    try:
        answer = await client.send(client.get_random_node(), _TopicsRequest(needed))
    except (NotImplementedError, IncompatibleBrokerVersion):
        return []
    lines = []
    for code, name, _, _, allowed in answer.topics:
        mask = 0 if code == _NO_RIGHT else allowed
        if code in (0, _NO_RIGHT) and mask != _UNSAID:
            missing = [each for each in needed[name] if not mask >> _BITS[each] & 1]
            lines += [lacks(settings, each, "topic", name) for each in missing]
    return lines


async def _missing_of_group(client: AIOKafkaClient, settings: Settings, group: str) -> list[str]:
    until = time.monotonic() + _COORDINATOR_WITHIN
    while True:
        try:
            node = await client.coordinator_lookup(CoordinationType.GROUP, group)
            break
        except GroupAuthorizationFailedError:
            return [lacks(settings, "Read", "group", group)]
        except _NOT_YET as error:
            if time.monotonic() > until:
                raise KafkaUnusableError(
                    f"no broker coordinates group {group} after {_COORDINATOR_WITHIN:.0f} s "
                    f"({type(error).__name__}): are the brokers up?"
                ) from None
            await asyncio.sleep(0.2)
    try:
        answer = await client.send(node, _GroupRequest(group))
    except (NotImplementedError, IncompatibleBrokerVersion, KafkaError):
        return []
    for _, _, _, _, _, _, allowed in answer.groups:
        if allowed != _UNSAID and not allowed >> _BITS["Read"] & 1:
            return [lacks(settings, "Read", "group", group)]
    return []


def lacks(settings: Settings, operation: Operation, kind: str, name: str) -> str:
    """One line for a right that is missing, with the command that gives it."""
    user = settings.kafka_username or "ANONYMOUS"
    return (
        f"Kafka user {user} lacks {operation} of {kind} {name}: grant it with kafka-acls.sh --add "
        f"--allow-principal User:{user} --operation {operation} --{kind} {name} (docs/kafka.md)"
    )
