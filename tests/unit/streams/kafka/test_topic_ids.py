"""The ids of topics where brokers answer with errors."""

from types import SimpleNamespace

import pytest
from aiokafka.errors import (
    IncompatibleBrokerVersion,
    InvalidRequestError,
    LeaderNotAvailableError,
    TopicAuthorizationFailedError,
    UnknownTopicOrPartitionError,
    UnsupportedVersionError,
)

from streams.kafka.topic_ids import NO_ID, fetch_topic_ids

ID = bytes(range(16))


async def ids_by(*topics: tuple[int, str, bytes], error: Exception | None = None) -> dict:
    """The ids by what brokers say of some topics."""

    class Client:
        def get_random_node(self) -> int:
            return 1

        async def send(self, node: int, request: object) -> SimpleNamespace:
            if error is not None:
                raise error
            return SimpleNamespace(topics=topics)

    return await fetch_topic_ids(Client(), [])


async def test_a_topic_that_does_not_exist_has_none() -> None:
    gone = (UnknownTopicOrPartitionError.errno, "mails", NO_ID)
    assert await ids_by((0, "calls", ID), gone) == {"calls": ID, "mails": None}


@pytest.mark.parametrize(
    "error", [NotImplementedError(), IncompatibleBrokerVersion(), UnsupportedVersionError()]
)
async def test_of_brokers_without_ids_nothing_is_known(error: Exception) -> None:
    assert await ids_by(error=error) == {}
    assert await ids_by((0, "calls", NO_ID)) == {}


@pytest.mark.parametrize(
    "error", [LeaderNotAvailableError, TopicAuthorizationFailedError, InvalidRequestError]
)
async def test_an_error_is_no_topic_of_which_nothing_is_known(error: type) -> None:
    with pytest.raises(error, match="the id of topic calls is not given"):
        await ids_by((error.errno, "calls", NO_ID))


async def test_an_id_is_known_whoever_leads_the_topic() -> None:
    assert await ids_by((LeaderNotAvailableError.errno, "calls", ID)) == {"calls": ID}
