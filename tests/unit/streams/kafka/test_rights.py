"""What is said of a right that is missing, and where brokers answer with errors."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest
from aiokafka.errors import (
    IncompatibleBrokerVersion,
    InvalidRequestError,
    InvalidTopicError,
    KafkaError,
    LeaderNotAvailableError,
    RequestTimedOutError,
    TopicAuthorizationFailedError,
    UnknownTopicOrPartitionError,
    UnsupportedVersionError,
)

from streams.kafka import rights
from streams.kafka.connection import KafkaUnusableError
from streams.kafka.rights import check_rights, lacks, naming_denials, needs_of_worker
from streams.kafka.topics import TABLES, Topics
from streams.settings import Settings

DENIED = TopicAuthorizationFailedError()


async def ends_with(error: Exception, said: Exception | None) -> Exception:
    """What a block ends with that fails by *error*, where the check says *said*."""

    async def check() -> None:
        if said is not None:
            raise said

    with pytest.raises(type(error) if said is None else Exception) as raised:
        async with naming_denials(check):
            raise error
    return raised.value


async def test_what_is_denied_meanwhile_is_named_by_the_check() -> None:
    named = KafkaUnusableError("Kafka user desk lacks Read of topic sales.calls")

    assert await ends_with(DENIED, named) is named


@pytest.mark.parametrize("said", [None, RequestTimedOutError()])
async def test_where_the_check_says_nothing_of_it_the_error_stays(said: Exception | None) -> None:
    assert await ends_with(DENIED, said) is DENIED


async def test_an_error_of_another_kind_asks_for_no_right() -> None:
    error = RequestTimedOutError()

    assert await ends_with(error, KafkaUnusableError("lacks Read")) is error


async def test_a_check_that_hangs_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rights, "NAMED_WITHIN", 0.0)

    with pytest.raises(TopicAuthorizationFailedError):
        async with naming_denials(asyncio.Event().wait):
            raise DENIED


@pytest.mark.parametrize(
    ("security", "certificate", "user", "note"),
    [
        ("SASL_SSL", Path("desk.pem"), "desk", ""),
        ("SASL_PLAINTEXT", None, "desk", ""),
        ("SSL", Path("desk.pem"), "SUBJECT", " (the subject of FLOORPULSE_KAFKA_CERT_FILE)"),
        ("SSL", None, "ANONYMOUS", ""),
        ("PLAINTEXT", Path("desk.pem"), "ANONYMOUS", ""),
    ],
)
def test_the_right_is_granted_to_whom_the_brokers_take_us_for(
    security: str, certificate: Path | None, user: str, note: str
) -> None:
    settings = Settings(kafka_security=security, kafka_username="desk", kafka_cert_file=certificate)

    said = lacks(settings, "Read", "topic", ["sales.calls"])

    assert said.startswith(f"Kafka user {user}{note} lacks Read of topic sales.calls: grant it")
    assert f" --allow-principal User:{user} --operation Read --topic sales.calls " in said


def test_a_worker_writes_neither_who_was_forgotten_nor_who_saw_whom() -> None:
    topics = Topics(Settings())
    needed = needs_of_worker(topics)

    assert needed[topics.forgotten] == ("Read", "DescribeConfigs")
    assert needed[topics.looks] == ("Describe", "DescribeConfigs")
    assert all("Write" in needed[topics.changelog(table)] for table in TABLES)


def answers_of_brokers(monkeypatch: pytest.MonkeyPatch, *answers: object) -> None:
    """Have brokers say these of the rights to topics, one at each question; without pauses."""
    left = list(answers)

    class Client:
        def get_random_node(self) -> int:
            return 1

        async def send(self, node: int, request: object) -> SimpleNamespace:
            answer = left.pop(0)
            if isinstance(answer, Exception):
                raise answer
            return SimpleNamespace(topics=[answer])

    async def ask(settings: Settings, create: object, question: Callable) -> object:
        return await question(Client())

    async def sleep(seconds: float) -> None: ...

    monkeypatch.setattr(rights, "ask", ask)
    monkeypatch.setattr("streams.kafka.connection.asyncio.sleep", sleep)


def said(code: int = 0, allowed: int = 1 << 8) -> tuple[int, str, bool, list[object], int]:
    """What brokers say of one topic; by default that nothing but Describe is allowed."""
    return code, "sales.calls", False, [], allowed


async def check() -> None:
    await check_rights(Settings(), {"sales.calls": ("Read",)})


async def test_a_right_that_is_missing_shows_after_errors_that_pass(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    passing = said(LeaderNotAvailableError.errno)
    answers_of_brokers(monkeypatch, RequestTimedOutError(), passing, said())
    with pytest.raises(KafkaUnusableError, match=r"lacks Read of topic sales\.calls"):
        await check()


@pytest.mark.parametrize(
    "answer",
    [
        said(UnknownTopicOrPartitionError.errno),
        said(InvalidTopicError.errno),
        IncompatibleBrokerVersion(),
        NotImplementedError(),
        UnsupportedVersionError(),
    ],
)
async def test_a_topic_or_a_question_that_is_not_there_is_not_judged(
    monkeypatch: pytest.MonkeyPatch, answer: object
) -> None:
    answers_of_brokers(monkeypatch, answer)
    await check()


@pytest.mark.parametrize(
    "answer", [InvalidRequestError("no"), said(InvalidRequestError.errno, allowed=-(2**31))]
)
async def test_another_error_is_no_right(monkeypatch: pytest.MonkeyPatch, answer: object) -> None:
    answers_of_brokers(monkeypatch, answer)
    with pytest.raises(KafkaError):
        await check()
