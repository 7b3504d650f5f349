"""Connections to Kafka outside of Faust."""

import asyncio
import logging
import ssl
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any, TypeVar

from aiokafka import TopicPartition as TopicPartition  # noqa: PLC0414
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.client import AIOKafkaClient
from aiokafka.conn import collect_hosts, create_conn
from aiokafka.errors import (
    ClusterAuthorizationFailedError,
    GroupAuthorizationFailedError,
    IllegalSaslStateError,
    IncompatibleBrokerVersion,
    KafkaConnectionError,
    KafkaTimeoutError,
    SaslAuthenticationFailed,
    TopicAuthorizationFailedError,
    UnsupportedSaslMechanismError,
    UnsupportedVersionError,
)
from aiokafka.errors import KafkaError as KafkaError  # noqa: PLC0414

from streams.settings import Settings

log = logging.getLogger(__name__)
T = TypeVar("T")
C = TypeVar("C", bound=Any)  # a client
PATIENCE = 60.0  # seconds for which brokers that are away are tried
PAUSE = 1.0  # seconds between two tries
TRY_FOR = 20.0  # seconds in which what a broker is asked is asked again, after errors that pass
TRY_EVERY = 0.2  # seconds
AUTHORIZATION_ERRORS = (
    ClusterAuthorizationFailedError,
    GroupAuthorizationFailedError,
    TopicAuthorizationFailedError,
)
# From brokers that do not know what they are asked, as the embedded one: any other error says
# nothing of what they are or allow.
NO_SUCH_QUESTION = (IncompatibleBrokerVersion, NotImplementedError, UnsupportedVersionError)


class KafkaUnusableError(RuntimeError):
    """Kafka cannot be used as it is; the message says what to do about it."""


@asynccontextmanager
async def connected(
    settings: Settings, create: Callable[..., C], *, is_patient: bool = True, **options: Any
) -> AsyncIterator[C]:
    """A client of the brokers for as long as the block lasts.

    Waits for brokers that are away, if it *is_patient*.
    """
    async with AsyncExitStack() as stack:
        yield await patiently(
            settings,
            lambda: stack.enter_async_context(_client(settings, create, options)),
            is_patient=is_patient,
        )


async def ask(
    settings: Settings, create: Callable[..., C], question: Callable[[C], Awaitable[T]]
) -> T:
    """The answer to a question that a client of its own asks; waits for brokers that are away."""

    async def answer() -> T:
        async with _client(settings, create, {}) as client:
            return await question(client)

    return await patiently(settings, answer)


async def tried(
    ask: Callable[[], Awaitable[T]], seconds: float = TRY_FOR, pause: float = TRY_EVERY
) -> T:
    """The answer of brokers, asked again for *seconds* after errors that pass by themselves.

    KafkaTimeoutError is one of them, though the client does not say so: what is sent waited 30 s
    behind another batch of its partition, and was not handed over.
    """
    until = time.monotonic() + seconds
    while True:
        try:
            return await ask()
        except KafkaError as error:
            passes = error.retriable or isinstance(error, KafkaTimeoutError)
            if not passes or time.monotonic() > until:
                raise
        await asyncio.sleep(pause)


@asynccontextmanager
async def _client(
    settings: Settings, create: Callable[..., C], options: Mapping[str, Any]
) -> AsyncIterator[C]:
    """A client that is connected, of whichever kind it is, and disconnected at the end."""
    client = create(**connection(settings), **options)
    try:
        await (client.bootstrap() if isinstance(client, AIOKafkaClient) else client.start())
        yield client
    finally:
        is_closed = isinstance(client, AIOKafkaClient | AIOKafkaAdminClient)
        await (client.close() if is_closed else client.stop())


def connection(settings: Settings) -> dict[str, Any]:
    """The options of every client of the brokers."""
    options: dict[str, Any] = {
        "bootstrap_servers": ",".join(settings.brokers),
        "security_protocol": settings.kafka_security,
    }
    if "SASL" in settings.kafka_security:
        options["sasl_mechanism"] = settings.kafka_sasl_mechanism
        options["sasl_plain_username"] = settings.kafka_username
        options["sasl_plain_password"] = settings.kafka_password
    if "SSL" in settings.kafka_security:
        options["ssl_context"] = ssl_context(settings)
    return options


def ssl_context(settings: Settings) -> ssl.SSLContext:
    """The TLS settings for the brokers; raises KafkaUnusableError for a file that is none."""
    name, path = "CA_FILE", settings.kafka_ca_file
    try:
        context = ssl.create_default_context(cafile=path)
        if settings.kafka_cert_file is not None:
            name, path = "CERT_FILE", settings.kafka_cert_file
            context.load_cert_chain(path, settings.kafka_key_file)
    except (OSError, ssl.SSLError) as error:
        raise KafkaUnusableError(
            f"FLOORPULSE_KAFKA_{name}: {path} cannot be used ({error})"
        ) from None
    return context


async def patiently(
    settings: Settings, connect: Callable[[], Awaitable[T]], *, is_patient: bool = True
) -> T:
    """Do what *connect* does, again and again for a minute while the brokers are away.

    Raises KafkaUnusableError when the minute is over, or at once when they do not let us in; at
    once too where it is not patient.
    """
    where = ", ".join(settings.brokers)
    until = time.monotonic() + (PATIENCE if is_patient else 0.0)
    is_logged = False
    while True:
        try:
            await _knock(settings)
            return await connect()
        except (KafkaConnectionError, OSError, TimeoutError) as error:
            if time.monotonic() > until:
                span = f" for {PATIENCE:.0f} s" if is_patient else ""
                raise KafkaUnusableError(
                    f"Kafka at {where} cannot be reached{span} ({error}); "
                    "are FLOORPULSE_BROKERS and FLOORPULSE_KAFKA_SECURITY right?"
                ) from None
            if not is_logged:
                log.warning("Kafka at %s cannot be reached, trying for %.0f s", where, PATIENCE)
                is_logged = True
            await asyncio.sleep(PAUSE)


async def _knock(settings: Settings) -> None:
    """See that a broker lets us in: the clients take every refusal for a broker that is away.

    Raises KafkaUnusableError when one refuses, else ConnectionError when none answers.
    """
    options = connection(settings)
    problem = ""
    for host, port, _ in collect_hosts(options.pop("bootstrap_servers")):
        try:
            conn = await create_conn(host, port, **options)
        except (KafkaError, OSError, TimeoutError) as error:
            if refusal := _refusal(settings, error):
                raise KafkaUnusableError(f"Kafka at {host}:{port} {refusal}") from None
            problem = str(error) or type(error).__name__
        else:
            conn.close()
            return
    raise ConnectionError(problem)


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
        problem = f"and this client agree on no TLS ({error})"
        return f"{problem}: is FLOORPULSE_KAFKA_SECURITY={settings.kafka_security} right?"
    return None
