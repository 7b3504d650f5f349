"""The consumer group before it is joined: its coordinator, the right to it, the session timeout.

The client takes a refusal of the group for a broker that is away, and tries for ever.
"""

from collections import defaultdict
from collections.abc import (
    AsyncIterator,
    Awaitable,
    Callable,
    Collection,
    Iterable,
    Iterator,
    Mapping,
)
from contextlib import asynccontextmanager, suppress
from typing import Any

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.client import AIOKafkaClient, CoordinationType
from aiokafka.errors import (
    CoordinatorLoadInProgressError,
    CoordinatorNotAvailableError,
    GroupAuthorizationFailedError,
    InconsistentGroupProtocolError,
    InvalidSessionTimeoutError,
    KafkaError,
    MemberIdRequired,
    NotCoordinatorError,
    UnknownMemberIdError,
    for_code,
)
from aiokafka.protocol.admin import DescribeGroupsResponse_v3
from aiokafka.protocol.api import Request, RequestStruct
from aiokafka.protocol.commit import OffsetFetchRequest
from aiokafka.protocol.group import JoinGroupRequest
from aiokafka.protocol.types import Array, Boolean, Schema, String

from streams.kafka.connection import (
    NO_SUCH_QUESTION,
    TRY_FOR,
    KafkaUnusableError,
    TopicPartition,
    ask,
    connected,
    tried,
)
from streams.kafka.rights import Operation, allows, lacks
from streams.settings import Settings

_NO_COORDINATOR = (
    CoordinatorLoadInProgressError,
    CoordinatorNotAvailableError,
    NotCoordinatorError,
)
# What a group says to a member that it does not have, once it has judged all else.
_NOT_THAT_MEMBER = (UnknownMemberIdError, MemberIdRequired, InconsistentGroupProtocolError)
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

    Raises KafkaUnusableError, and KafkaError for an error that does not pass. Brokers that do not
    say what is allowed are not judged.
    """
    async with connected(settings, AIOKafkaClient) as client:
        try:
            await _check_right(client, settings)
            await _check_session_timeout(client, settings)
        except NO_SUCH_QUESTION:
            return


async def _check_right(client: AIOKafkaClient, settings: Settings) -> None:
    request = _GroupRequest(settings.app_id)
    answer = await _answer(
        client, settings, request, lambda said: [code for code, *_ in said.groups]
    )
    if not all(allows(allowed, "Read") for *_, allowed in answer.groups):
        raise KafkaUnusableError(lacks(settings, "Read", "group", [settings.app_id]))


async def _check_session_timeout(client: AIOKafkaClient, settings: Settings) -> None:
    """Ask to join as a member that does not exist: the session timeout is judged before that."""
    milliseconds = round(settings.session_timeout * 1000)
    request = JoinGroupRequest(
        settings.app_id, milliseconds, milliseconds, _NOBODY, None, "consumer", [("none", b"")]
    )
    try:
        await _answer(client, settings, request, lambda said: [said.error_code])
    except _NOT_THAT_MEMBER:
        return
    except InvalidSessionTimeoutError:
        bounds = await _session_bounds(settings, await _coordinator(client, settings))
        raise KafkaUnusableError(
            f"FLOORPULSE_SESSION_TIMEOUT={settings.session_timeout:g}: the brokers take {bounds}"
        ) from None


async def _answer(
    client: AIOKafkaClient,
    settings: Settings,
    request: Request[Any],
    codes: Callable[[Any], Iterable[int]],
    right: Operation = "Read",
) -> Any:
    """What the group's coordinator answers; *codes* gives the error codes in an answer.

    Asked again after errors that pass by themselves, as while a new cluster makes the topic of the
    groups. Raises KafkaUnusableError where the *right* to the group is missing or it has no
    coordinator, and KafkaError for any other error.
    """
    group = settings.app_id

    async def answer() -> Any:
        said = await client.send(await _coordinator(client, settings), request)
        for code in filter(None, codes(said)):
            raise for_code(code)(f"the coordinator of group {group} answers with error {code}")
        return said

    try:
        return await tried(answer)
    except GroupAuthorizationFailedError:
        raise KafkaUnusableError(lacks(settings, right, "group", [group])) from None
    except _NO_COORDINATOR as error:
        raise KafkaUnusableError(
            f"no broker coordinates group {group} after {TRY_FOR:.0f} s "
            f"({type(error).__name__}): are the brokers up?"
        ) from None


async def _coordinator(client: AIOKafkaClient, settings: Settings) -> int:
    node: int = await client.coordinator_lookup(CoordinationType.GROUP, settings.app_id)
    return node


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
    """Asks for the offsets that the group has committed: -1 where it has none.

    Asking raises KafkaUnusableError where the user may not or the group has no coordinator, and
    KafkaError for an error that does not pass: what is not known is not taken for no commit.
    """
    async with connected(settings, AIOKafkaClient) as client:

        async def committed(places: Collection[TopicPartition]) -> Mapping[TopicPartition, int]:
            asked: defaultdict[str, list[int]] = defaultdict(list)
            for topic, partition in places:
                asked[topic].append(partition)
            request = OffsetFetchRequest(settings.app_id, list(asked.items()))
            answer = await _answer(client, settings, request, _offset_codes, "Describe")
            return {
                TopicPartition(topic, partition): offset
                for topic, partitions in answer.topics
                for partition, offset, *_ in partitions
            }

        yield committed


def _offset_codes(answer: Any) -> Iterator[int]:
    """The error codes of an answer about offsets; the client's own question drops the first."""
    yield getattr(answer, "error_code", 0)  # none before version 2
    for _, partitions in answer.topics:
        yield from (code for *_, code in partitions)
