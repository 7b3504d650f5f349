"""What this user may do on the brokers, asked before anything is read or written.

The client takes a missing right for a broker that is away, or fails in the middle of its work; the
brokers say in their metadata which operations they allow (Kafka 2.3 and later). Where they do not
say, as the embedded one, nothing is judged.
"""

import asyncio
from collections import defaultdict
from collections.abc import (
    AsyncIterator,
    Awaitable,
    Callable,
    Collection,
    Iterable,
    Mapping,
    Sequence,
)
from contextlib import asynccontextmanager, suppress
from typing import Any, Literal

from aiokafka.client import AIOKafkaClient
from aiokafka.errors import (
    InvalidTopicError,
    KafkaError,
    TopicAuthorizationFailedError,
    UnknownTopicOrPartitionError,
    for_code,
)
from aiokafka.protocol.api import Request, RequestStruct, Response
from aiokafka.protocol.types import Array, Boolean, Int16, Int32, Schema, String

from streams.kafka.connection import (
    AUTHORIZATION_ERRORS,
    NO_SUCH_QUESTION,
    KafkaUnusableError,
    ask,
    tried,
)
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
NAMED_WITHIN = 5.0  # seconds
Needs = Mapping[str, Collection[Operation]]  # by topic

_UNSAID = -(2**31)  # what a broker answers that does not say
_NO_RIGHT = TopicAuthorizationFailedError.errno  # not even to see the topic
_NOT_THERE = (UnknownTopicOrPartitionError.errno, InvalidTopicError.errno)
_SHOWS: Collection[Operation] = ("Read", "Write", "Describe")  # a topic, to who may do it


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


def needs(names: Iterable[str], *operations: Operation) -> dict[str, Collection[Operation]]:
    """The same operations on each of these topics."""
    return dict.fromkeys(names, operations)


def needs_of_worker(topics: Topics) -> Needs:
    """What a worker does with each topic."""
    of_all = needs((spec.name for spec in topics.specs()), "Read", "Write", "DescribeConfigs")
    return {
        **of_all,
        **dict.fromkeys(topics.inputs, ("Read", "DescribeConfigs")),
        topics.dead_letters: ("Write", "DescribeConfigs"),
        topics.late: ("Write", "DescribeConfigs"),
        topics.looks: ("Describe", "DescribeConfigs"),
        topics.forgotten: ("Read", "DescribeConfigs"),
    }


async def check_rights(settings: Settings, needed: Needs) -> None:
    """See that every operation is allowed; topics that do not exist are passed over.

    Raises KafkaUnusableError with a line for each operation that is not, and KafkaError where the
    brokers answer with an error that does not pass.
    """
    try:
        topics = await tried(lambda: ask(settings, AIOKafkaClient, lambda c: _allowed(c, needed)))
    except NO_SUCH_QUESTION:
        return
    missing: defaultdict[Operation, list[str]] = defaultdict(list)
    for code, name, _, _, mask in topics:
        for operation in _missing(needed[name], code, mask):
            missing[operation].append(name)
    if missing:
        lines = (lacks(settings, each, "topic", sorted(missing[each])) for each in sorted(missing))
        raise KafkaUnusableError("\n".join(lines))


async def _allowed(client: AIOKafkaClient, names: Collection[str]) -> Sequence[Any]:
    """What brokers say of topics; raises KafkaError where that is not what is allowed."""
    answer: Any = await client.send(client.get_random_node(), _TopicsRequest(names))
    for code, name, *_ in answer.topics:
        if code not in (0, _NO_RIGHT, *_NOT_THERE):
            raise for_code(code)(f"the rights to topic {name} are not given (error {code})")
    topics: Sequence[Any] = answer.topics
    return topics


@asynccontextmanager
async def naming_denials(check: Callable[[], Awaitable[None]]) -> AsyncIterator[None]:
    """Where the block fails by a right, fail by what *check* says of it: the client names none.

    Where it finds nothing missing, or not soon, the block's own error goes on.
    """
    try:
        yield
    except AUTHORIZATION_ERRORS:
        with suppress(TimeoutError, KafkaError):
            async with asyncio.timeout(NAMED_WITHIN):
                await check()
        raise


def _missing(operations: Collection[Operation], code: int, mask: int) -> list[Operation]:
    """Which of *operations* on a topic are surely denied, by the brokers' answer about it."""
    if code == _NO_RIGHT:  # whatever lets a user see the topic is missing, of the others who knows
        return [each for each in operations if each in _SHOWS] or list(operations)
    return [each for each in operations if code == 0 and not allows(mask, each)]


def allows(mask: int, operation: Operation) -> bool:
    """Whether an answer's *mask* of allowed operations has this one, or says nothing of any."""
    return mask == _UNSAID or bool(mask >> _BITS[operation] & 1)


def lacks(settings: Settings, operation: Operation, kind: str, names: Sequence[str]) -> str:
    """One line for a right that is missing, with the command that gives it."""
    user, note = _principal(settings)
    plural = "s" if len(names) > 1 else ""
    resources = " ".join(f"--{kind} {name}" for name in names)
    return (
        f"Kafka user {user}{note} lacks {operation} of {kind}{plural} {', '.join(names)}: grant "
        f"it with kafka-acls.sh --add --allow-principal User:{user} --operation {operation} "
        f"{resources} (docs/kafka.md)"
    )


def _principal(settings: Settings) -> tuple[str, str]:
    """Who we are to the brokers, and a note where that is read elsewhere."""
    if "SASL" in settings.kafka_security:
        return settings.kafka_username, ""
    if settings.kafka_security == "SSL" and settings.kafka_cert_file is not None:
        return "SUBJECT", " (the subject of FLOORPULSE_KAFKA_CERT_FILE)"
    return "ANONYMOUS", ""
