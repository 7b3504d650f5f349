"""What is known of the consumer group where its coordinator answers with errors."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from types import SimpleNamespace
from typing import Any

import pytest
from aiokafka import TopicPartition
from aiokafka.errors import (
    CoordinatorLoadInProgressError,
    CoordinatorNotAvailableError,
    GroupAuthorizationFailedError,
    IncompatibleBrokerVersion,
    InconsistentGroupProtocolError,
    InvalidRequestError,
    InvalidSessionTimeoutError,
    KafkaError,
    NodeNotReadyError,
    NotCoordinatorError,
    TopicAuthorizationFailedError,
    UnknownMemberIdError,
    UnsupportedVersionError,
)
from aiokafka.protocol.commit import OffsetFetchRequest
from aiokafka.protocol.group import JoinGroupRequest

from streams.kafka import group
from streams.kafka.connection import KafkaUnusableError
from streams.kafka.group import check_group, committed_offsets
from streams.settings import Settings

CALLS = TopicPartition("sales.calls", 2)
ALL_ALLOWED, READ_DENIED = -(2**31), 1 << 8
UNKNOWN = UnknownMemberIdError.errno


def described(code: int = 0, allowed: int = ALL_ALLOWED) -> SimpleNamespace:
    return SimpleNamespace(groups=[(code, "floorpulse", "", "", "", [], allowed)])


def joined(code: int = UNKNOWN) -> SimpleNamespace:
    return SimpleNamespace(error_code=code)


def offsets(code: int = 0, of_partition: int = 0, offset: int = 7) -> SimpleNamespace:
    topics = [] if code else [("sales.calls", [(2, offset, "", of_partition)])]
    return SimpleNamespace(error_code=code, topics=topics)


class Coordinator:
    """Answers each request with the next of *answers* of its kind; the last is given on and on."""

    def __init__(self) -> None:
        self.describes: list[Any] = [described()]
        self.joins: list[Any] = [joined()]
        self.offsets: list[Any] = [offsets()]
        self.lookups: list[Any] = [1]

    async def coordinator_lookup(self, kind: object, name: str) -> Any:
        assert name == "floorpulse"
        return _next(self.lookups)

    async def send(self, node: int, request: object) -> Any:
        assert node == 1
        if isinstance(request, OffsetFetchRequest):
            return _next(self.offsets)
        return _next(self.joins if isinstance(request, JoinGroupRequest) else self.describes)


def _next(answers: list[Any]) -> Any:
    answer = answers.pop(0) if len(answers) > 1 else answers[0]
    if isinstance(answer, Exception):
        raise answer
    return answer


@pytest.fixture(name="coordinator")
def _coordinator(monkeypatch: pytest.MonkeyPatch) -> Coordinator:
    made = Coordinator()

    @asynccontextmanager
    async def connected(*_: object) -> AsyncIterator[Coordinator]:
        yield made

    now = 0.0

    async def sleep(seconds: float) -> None:
        nonlocal now
        now += seconds

    monkeypatch.setattr(group, "connected", connected)
    monkeypatch.setattr("streams.kafka.connection.asyncio.sleep", sleep)
    monkeypatch.setattr("streams.kafka.connection.time", SimpleNamespace(monotonic=lambda: now))
    return made


async def committed() -> dict[TopicPartition, int]:
    async with committed_offsets(Settings()) as ask:
        return dict(await ask([CALLS]))


PASSING = [CoordinatorLoadInProgressError.errno, NotCoordinatorError.errno]


async def test_a_group_that_may_be_joined_is_right(coordinator: Coordinator) -> None:
    await check_group(Settings())


@pytest.mark.parametrize("code", PASSING)
async def test_a_right_that_is_missing_shows_after_errors_that_pass(
    coordinator: Coordinator, code: int
) -> None:
    denied = described(allowed=READ_DENIED)
    coordinator.describes = [NodeNotReadyError(), described(code), denied]
    coordinator.lookups = [CoordinatorNotAvailableError(), 1]
    with pytest.raises(KafkaUnusableError, match="lacks Read of group floorpulse"):
        await check_group(Settings())


@pytest.mark.parametrize("code", PASSING)
async def test_a_session_timeout_is_refused_after_errors_that_pass(
    coordinator: Coordinator, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    async def bounds(settings: Settings, node: int) -> str:
        return "6 to 1800 seconds"

    monkeypatch.setattr(group, "_session_bounds", bounds)
    coordinator.joins = [
        NodeNotReadyError(),
        joined(code),
        joined(InvalidSessionTimeoutError.errno),
    ]
    with pytest.raises(KafkaUnusableError, match=r"_TIMEOUT=3: the brokers take 6 to 1800"):
        await check_group(Settings(session_timeout=3))


@pytest.mark.parametrize("code", [UNKNOWN, InconsistentGroupProtocolError.errno])
async def test_a_member_that_is_refused_had_its_timeout_taken(
    coordinator: Coordinator, code: int
) -> None:
    coordinator.joins = [joined(code)]
    await check_group(Settings())


@pytest.mark.parametrize("question", ["describes", "joins"])
@pytest.mark.parametrize("unknown", [IncompatibleBrokerVersion(), NotImplementedError()])
async def test_brokers_without_the_question_are_not_judged(
    coordinator: Coordinator, question: str, unknown: Exception
) -> None:
    setattr(coordinator, question, [unknown])
    await check_group(Settings())


async def test_brokers_that_answer_that_they_do_not_know_it_are_not_judged(
    coordinator: Coordinator,
) -> None:
    coordinator.describes = [described(UnsupportedVersionError.errno)]
    await check_group(Settings())


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("describes", described(InvalidRequestError.errno)),
        ("describes", InvalidRequestError("no")),
        ("joins", joined(InvalidRequestError.errno)),
        ("joins", joined(81)),  # the group is full
        ("lookups", InvalidRequestError("no")),
    ],
)
async def test_another_error_is_no_group_that_may_be_joined(
    coordinator: Coordinator, question: str, answer: object
) -> None:
    setattr(coordinator, question, [answer])
    with pytest.raises(KafkaError):
        await check_group(Settings())


async def test_a_group_without_a_coordinator_is_a_line(coordinator: Coordinator) -> None:
    coordinator.lookups = [CoordinatorNotAvailableError()]
    with pytest.raises(
        KafkaUnusableError, match="no broker coordinates group floorpulse after 20 s"
    ):
        await check_group(Settings())


async def test_committed_offsets_are_asked_again_after_errors_that_pass(
    coordinator: Coordinator,
) -> None:
    coordinator.lookups = [CoordinatorNotAvailableError(), 1]
    coordinator.offsets = [NodeNotReadyError(), *map(offsets, PASSING), offsets()]
    assert await committed() == {CALLS: 7}


async def test_an_error_is_no_group_that_has_committed_nothing(
    coordinator: Coordinator,
) -> None:
    coordinator.offsets = [offsets(offset=-1)]
    assert await committed() == {CALLS: -1}
    coordinator.offsets = [offsets(InvalidRequestError.errno)]
    with pytest.raises(InvalidRequestError, match="coordinator of group floorpulse answers"):
        await committed()
    coordinator.offsets = [offsets(of_partition=TopicAuthorizationFailedError.errno)]
    with pytest.raises(TopicAuthorizationFailedError):
        await committed()


@pytest.mark.parametrize("question", ["lookups", "offsets"])
async def test_a_missing_right_to_what_is_committed_is_named(
    coordinator: Coordinator, question: str
) -> None:
    denied = GroupAuthorizationFailedError()
    setattr(coordinator, question, [denied if question == "lookups" else offsets(denied.errno)])
    with pytest.raises(KafkaUnusableError, match="lacks Describe of group floorpulse"):
        await committed()
