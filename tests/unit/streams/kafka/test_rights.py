"""What is said of a right that is missing."""

import asyncio
from pathlib import Path

import pytest
from aiokafka.errors import RequestTimedOutError, TopicAuthorizationFailedError

from streams.kafka import rights
from streams.kafka.connection import KafkaUnusableError
from streams.kafka.rights import lacks, naming_denials
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
