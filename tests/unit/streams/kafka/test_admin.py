"""What is known of the settings of topics where brokers answer with errors."""

from types import SimpleNamespace

import pytest
from aiokafka.errors import (
    IncompatibleBrokerVersion,
    InvalidRequestError,
    KafkaError,
    NodeNotReadyError,
    RequestTimedOutError,
    TopicAuthorizationFailedError,
    UnknownTopicOrPartitionError,
    UnsupportedVersionError,
)

from streams.kafka.admin import cleanup_policies
from streams.kafka.connection import KafkaUnusableError
from streams.settings import Settings

COMPACT = [("cleanup.policy", "compact", False, 1, False, [])]


def answer(code: int = 0) -> list[SimpleNamespace]:
    """What brokers say of one topic, as the client gives it."""
    entries = [] if code else COMPACT
    return [SimpleNamespace(resources=[(code, "why", 2, "rows", entries)])]


@pytest.fixture(name="answers")
def _answers(monkeypatch: pytest.MonkeyPatch) -> list[list[SimpleNamespace] | Exception]:
    """What brokers answer, one at each question; no pause is made between two."""
    answers: list[list[SimpleNamespace] | Exception] = []

    async def ask(*_: object) -> list[SimpleNamespace]:
        said = answers.pop(0)
        if isinstance(said, Exception):
            raise said
        return said

    async def sleep(seconds: float) -> None: ...

    monkeypatch.setattr("streams.kafka.admin.ask", ask)
    monkeypatch.setattr("streams.kafka.connection.asyncio.sleep", sleep)
    return answers


@pytest.mark.parametrize(
    "passing",
    [
        NodeNotReadyError(),
        RequestTimedOutError(),
        answer(RequestTimedOutError.errno),
        answer(UnknownTopicOrPartitionError.errno),
    ],
)
async def test_what_passes_by_itself_is_asked_again(answers, passing) -> None:
    answers += [passing, passing, answer()]
    assert await cleanup_policies(Settings(), ["rows"]) == {"rows": "compact"}


@pytest.mark.parametrize(
    "unknown",
    [
        IncompatibleBrokerVersion(),
        NotImplementedError(),
        UnsupportedVersionError(),
        answer(UnsupportedVersionError.errno),
    ],
)
async def test_brokers_without_the_question_say_nothing(answers, unknown) -> None:
    answers.append(unknown)
    assert await cleanup_policies(Settings(), ["rows"]) == {}


@pytest.mark.parametrize("error", [InvalidRequestError("no"), answer(InvalidRequestError.errno)])
async def test_another_error_is_no_topic_without_settings(answers, error) -> None:
    answers.append(error)
    with pytest.raises(KafkaError):
        await cleanup_policies(Settings(), ["rows"])


async def test_an_error_of_a_topic_names_it(answers) -> None:
    answers.append(answer(InvalidRequestError.errno))
    with pytest.raises(InvalidRequestError, match="settings of topic rows cannot be read"):
        await cleanup_policies(Settings(), ["rows"])


async def test_a_right_that_is_missing_is_named(answers) -> None:
    answers.append(answer(TopicAuthorizationFailedError.errno))
    with pytest.raises(KafkaUnusableError, match="DescribeConfigs"):
        await cleanup_policies(Settings(), ["rows"])
