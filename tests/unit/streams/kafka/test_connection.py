"""Brokers that are away are tried for a while; a refusal is reported at once, not the secret."""

import ssl
from collections.abc import Iterator

import pytest
from aiokafka.errors import (
    IllegalSaslStateError,
    KafkaConnectionError,
    SaslAuthenticationFailed,
    UnsupportedSaslMechanismError,
)

from streams.kafka import connection
from streams.kafka.connection import KafkaUnusableError, patiently
from streams.settings import Settings

SETTINGS = Settings(
    brokers=("one:9092", "two:9093"),
    kafka_security="SASL_PLAINTEXT",
    kafka_username="kpi-desk",
    kafka_password="Tulip-7193",
)
AWAY = OSError("nobody there")


class Brokers:
    """Answers each connection with the next of *answers*: an error, or None to let it in."""

    def __init__(self) -> None:
        self.answers: dict[str, list[Exception | None]] = {}
        self.asked: list[str] = []

    async def create_conn(self, host: str, port: int, **options: str) -> "Brokers":
        assert options["sasl_plain_password"] == SETTINGS.kafka_password
        self.asked.append(host)
        left = self.answers[host]
        answer = left.pop(0) if len(left) > 1 else left[0]
        if answer is not None:
            raise answer
        return self

    def close(self) -> None:
        """As a connection is closed."""


@pytest.fixture(name="brokers")
def _brokers(monkeypatch: pytest.MonkeyPatch) -> Iterator[Brokers]:
    made = Brokers()
    monkeypatch.setattr(connection, "create_conn", made.create_conn)
    monkeypatch.setattr(connection, "PAUSE", 0.0)
    return made


async def connect() -> str:
    return "connected"


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (SaslAuthenticationFailed("no"), "FLOORPULSE_KAFKA_USERNAME=kpi-desk"),
        (UnsupportedSaslMechanismError(), "FLOORPULSE_KAFKA_SASL_MECHANISM=SCRAM-SHA-512"),
        (IllegalSaslStateError(), "FLOORPULSE_KAFKA_SECURITY=SASL_PLAINTEXT"),
        (ssl.SSLError(1, "[SSL: NO_SHARED_CIPHER]"), "FLOORPULSE_KAFKA_SECURITY"),
    ],
)
async def test_a_refusal_is_reported_at_once(
    brokers: Brokers, error: Exception, message: str
) -> None:
    brokers.answers = {"one": [error], "two": [error]}

    with pytest.raises(KafkaUnusableError, match=message) as raised:
        await patiently(SETTINGS, connect)

    assert len(brokers.asked) == 1
    assert "\n" not in str(raised.value)
    assert SETTINGS.kafka_password not in str(raised.value)


async def test_brokers_that_come_back_are_waited_for_and_it_is_said_once(
    brokers: Brokers, caplog: pytest.LogCaptureFixture
) -> None:
    brokers.answers = {"one": [AWAY], "two": [AWAY, ssl.SSLEOFError(8, "EOF"), None]}

    assert await patiently(SETTINGS, connect) == "connected"

    assert brokers.asked.count("two") == 3
    assert [record.message for record in caplog.records] == [
        "Kafka at one:9092, two:9093 cannot be reached, trying for 60 s"
    ]


async def test_brokers_that_stay_away_are_reported_with_what_to_look_at(
    brokers: Brokers, monkeypatch: pytest.MonkeyPatch
) -> None:
    brokers.answers = {"one": [AWAY], "two": [AWAY]}
    monkeypatch.setattr(connection, "PATIENCE", 0.0)

    with pytest.raises(KafkaUnusableError) as raised:
        await patiently(SETTINGS, connect)

    assert str(raised.value) == (
        "Kafka at one:9092, two:9093 cannot be reached for 0 s (nobody there); "
        "are FLOORPULSE_BROKERS and FLOORPULSE_KAFKA_SECURITY right?"
    )


async def test_what_the_connecting_itself_fails_with_is_tried_again(brokers: Brokers) -> None:
    brokers.answers = {"one": [None], "two": [None]}
    failures = [KafkaConnectionError("gone meanwhile")]

    async def connect_at_last() -> str:
        if failures:
            raise failures.pop()
        return "connected"

    assert await patiently(SETTINGS, connect_at_last) == "connected"
