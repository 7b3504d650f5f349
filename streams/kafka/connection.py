"""Connections to Kafka outside of Faust."""

import asyncio
import logging
import ssl
import time
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from aiokafka import TopicPartition as TopicPartition  # noqa: PLC0414
from aiokafka.conn import collect_hosts, create_conn
from aiokafka.errors import (
    ClusterAuthorizationFailedError,
    GroupAuthorizationFailedError,
    IllegalSaslStateError,
    KafkaConnectionError,
    SaslAuthenticationFailed,
    TopicAuthorizationFailedError,
    UnsupportedSaslMechanismError,
)
from aiokafka.errors import KafkaError as KafkaError  # noqa: PLC0414

from streams.settings import Settings

log = logging.getLogger(__name__)
T = TypeVar("T")
PATIENCE = 60.0  # seconds for which brokers that are away are tried
PAUSE = 1.0  # seconds between two tries
AUTHORIZATION_ERRORS = (
    ClusterAuthorizationFailedError,
    GroupAuthorizationFailedError,
    TopicAuthorizationFailedError,
)


class KafkaUnusableError(RuntimeError):
    """Kafka cannot be used as it is; the message says what to do about it."""


def connection(settings: Settings) -> dict[str, Any]:
    """What every client of the brokers is given."""
    told: dict[str, Any] = {
        "bootstrap_servers": ",".join(settings.brokers),
        "security_protocol": settings.kafka_security,
    }
    if "SASL" in settings.kafka_security:
        told["sasl_mechanism"] = settings.kafka_sasl_mechanism
        told["sasl_plain_username"] = settings.kafka_username
        told["sasl_plain_password"] = settings.kafka_password
    if "SSL" in settings.kafka_security:
        told["ssl_context"] = ssl_context(settings)
    return told


def ssl_context(settings: Settings) -> ssl.SSLContext:
    """The TLS settings for the brokers; raises KafkaUnusableError for a file that is none."""
    name, path = "CA_FILE", settings.kafka_ca_file
    try:
        context = ssl.create_default_context(cafile=path)
        if settings.kafka_cert_file is not None:
            name, path = "CERT_FILE", settings.kafka_cert_file
            context.load_cert_chain(path, settings.kafka_key_file)
    except (OSError, ssl.SSLError) as error:
        told = f"FLOORPULSE_KAFKA_{name}: {path} cannot be used ({error})"
        raise KafkaUnusableError(told) from None
    return context


async def patiently(settings: Settings, connect: Callable[[], Awaitable[T]]) -> T:
    """Do what *connect* does, again and again for a minute while the brokers are away.

    Raises KafkaUnusableError when the minute is over, or at once when they do not let us in.
    """
    where = ", ".join(settings.brokers)
    until = time.monotonic() + PATIENCE
    is_told = False
    while True:
        try:
            await _knock(settings)
            return await connect()
        except (KafkaConnectionError, OSError, TimeoutError) as error:
            if time.monotonic() > until:
                told = f"Kafka at {where} cannot be reached for {PATIENCE:.0f} s"
                raise KafkaUnusableError(
                    f"{told} ({error}); are FLOORPULSE_BROKERS and FLOORPULSE_KAFKA_SECURITY right?"
                ) from None
            if not is_told:
                log.warning("Kafka at %s cannot be reached, trying for %.0f s", where, PATIENCE)
                is_told = True
            await asyncio.sleep(PAUSE)


async def _knock(settings: Settings) -> None:
    """See that a broker lets us in: the clients take every refusal for a broker that is away.

    Raises KafkaUnusableError when one refuses, else ConnectionError when none answers.
    """
    how = connection(settings)
    told = ""
    for host, port, _ in collect_hosts(how.pop("bootstrap_servers")):
        try:
            conn = await create_conn(host, port, **how)
        except (KafkaError, OSError, TimeoutError) as error:
            if refusal := _refusal(settings, error):
                raise KafkaUnusableError(f"Kafka at {host}:{port} {refusal}") from None
            told = str(error) or type(error).__name__
        else:
            conn.close()
            return
    raise ConnectionError(told)


def _refusal(settings: Settings, error: Exception) -> str | None:
    """What a broker does not take from us, and which setting says it; None if it is away."""
    if isinstance(error, SaslAuthenticationFailed):
        user, mechanism = settings.kafka_username, settings.kafka_sasl_mechanism
        return (
            f"refuses FLOORPULSE_KAFKA_USERNAME={user} with the password given, by {mechanism}: "
            "are user, FLOORPULSE_KAFKA_PASSWORD and FLOORPULSE_KAFKA_SASL_MECHANISM right?"
        )
    if isinstance(error, UnsupportedSaslMechanismError):
        return f"does not take FLOORPULSE_KAFKA_SASL_MECHANISM={settings.kafka_sasl_mechanism}"
    if isinstance(error, IllegalSaslStateError):
        return (
            f"asks for no user there: is FLOORPULSE_KAFKA_SECURITY={settings.kafka_security} right?"
        )
    if isinstance(error, ssl.SSLCertVerificationError):
        return (
            f"shows a certificate that is not trusted ({error.verify_message}): is "
            "FLOORPULSE_KAFKA_CA_FILE right?"
        )
    if isinstance(error, ssl.SSLError) and not isinstance(error, ssl.SSLEOFError):
        told = f"and this client agree on no TLS ({error})"
        return f"{told}: is FLOORPULSE_KAFKA_SECURITY={settings.kafka_security} right?"
    return None
