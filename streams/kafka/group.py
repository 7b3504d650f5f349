"""The consumer group before it is joined: its coordinator, the right to it, the session timeout.

The client takes a refusal of the group for a broker that is away, and tries for ever.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping
from contextlib import asynccontextmanager, suppress

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.client import AIOKafkaClient, CoordinationType
from aiokafka.errors import (
    CoordinatorNotAvailableError,
    GroupAuthorizationFailedError,
    IncompatibleBrokerVersion,
    InvalidSessionTimeoutError,
    KafkaError,
    NotCoordinatorError,
)
from aiokafka.protocol.admin import DescribeGroupsResponse_v3
from aiokafka.protocol.api import Request, RequestStruct
from aiokafka.protocol.group import JoinGroupRequest
from aiokafka.protocol.types import Array, Boolean, Schema, String

from streams.kafka.connection import KafkaUnusableError, TopicPartition, ask, connected
from streams.kafka.rights import allows, lacks
from streams.settings import Settings

COORDINATOR_WITHIN = 10.0  # seconds; a new cluster makes the topic of the groups first
PAUSE = 0.2  # seconds between two tries
_NOT_YET = (CoordinatorNotAvailableError, NotCoordinatorError)
_NOBODY = "floorpulse-asks"  # an id that no member has: brokers refuse it, and nobody joins


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


async def check_group(settings: Settings) -> None:
    """See that the group has a coordinator, and that we may join it with our session timeout.

    Raises KafkaUnusableError. Brokers that do not say what is allowed are not judged.
    """
    async with connected(settings, AIOKafkaClient) as client:
        node = await _coordinator(client, settings)
        try:
            answer = await client.send(node, _GroupRequest(settings.app_id))
        except (NotImplementedError, IncompatibleBrokerVersion, KafkaError):
            return
        if not all(allows(allowed, "Read") for *_, allowed in answer.groups):
            raise KafkaUnusableError(lacks(settings, "Read", "group", [settings.app_id]))
        await _check_session_timeout(client, settings, node)


async def _coordinator(client: AIOKafkaClient, settings: Settings) -> int:
    group = settings.app_id
    until = time.monotonic() + COORDINATOR_WITHIN
    while True:
        try:
            node: int = await client.coordinator_lookup(CoordinationType.GROUP, group)
        except GroupAuthorizationFailedError:
            raise KafkaUnusableError(lacks(settings, "Read", "group", [group])) from None
        except _NOT_YET as error:
            if time.monotonic() > until:
                raise KafkaUnusableError(
                    f"no broker coordinates group {group} after {COORDINATOR_WITHIN:.0f} s "
                    f"({type(error).__name__}): are the brokers up?"
                ) from None
            await asyncio.sleep(PAUSE)
        else:
            return node


async def _check_session_timeout(client: AIOKafkaClient, settings: Settings, node: int) -> None:
    """Ask to join as a member that does not exist: the session timeout is judged before that."""
    milliseconds = round(settings.session_timeout * 1000)
    request = JoinGroupRequest(
        settings.app_id, milliseconds, milliseconds, _NOBODY, None, "consumer", [("none", b"")]
    )
    try:
        answer = await client.send(node, request)
    except (NotImplementedError, IncompatibleBrokerVersion, KafkaError):
        return
    if answer.error_code == InvalidSessionTimeoutError.errno:
        bounds = await _session_bounds(settings, node)
        raise KafkaUnusableError(
            f"FLOORPULSE_SESSION_TIMEOUT={settings.session_timeout:g}: the brokers take {bounds}"
        )


async def _session_bounds(settings: Settings, node: int) -> str:
    """The session timeouts that the brokers take; their defaults where we may not ask."""
    names = ("group.min.session.timeout.ms", "group.max.session.timeout.ms")
    least, most, note = "6000", "1800000", ", unless they are set otherwise"
    asked = ConfigResource(ConfigResourceType.BROKER, str(node), configs=dict.fromkeys(names))
    with suppress(KafkaError):
        answers = await ask(
            settings, AIOKafkaAdminClient, lambda admin: admin.describe_configs([asked])
        )
        for code, *_, entries in answers[0].resources:
            config = {entry[0]: entry[1] for entry in entries}
            if code == 0 and config.keys() >= set(names):
                least, most, note = config[names[0]], config[names[1]], ""
    return f"{int(least) / 1000:g} to {int(most) / 1000:g} seconds ({' and '.join(names)}){note}"


Committed = Callable[[Collection[TopicPartition]], Awaitable[Mapping[TopicPartition, int]]]


@asynccontextmanager
async def committed_offsets(settings: Settings) -> AsyncIterator[Committed]:
    """Asks for the offsets that the group has committed; none while it has no coordinator.

    Asking raises KafkaUnusableError where the user may not.
    """
    async with connected(settings, AIOKafkaAdminClient) as admin:

        async def committed(places: Collection[TopicPartition]) -> Mapping[TopicPartition, int]:
            try:
                answer = await admin.list_consumer_group_offsets(
                    settings.app_id, partitions=list(places)
                )
            except GroupAuthorizationFailedError:
                group = settings.app_id
                raise KafkaUnusableError(lacks(settings, "Describe", "group", [group])) from None
            except KafkaError:
                return {}
            return {place: offset.offset for place, offset in answer.items()}

        yield committed
