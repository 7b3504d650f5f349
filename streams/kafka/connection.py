"""Connections to Kafka outside of Faust, and reading of partitions."""

import asyncio
import logging
import ssl
import time
from collections.abc import (
    AsyncGenerator,
    AsyncIterator,
    Awaitable,
    Callable,
    Collection,
    Mapping,
)
from typing import Any, TypeVar

from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition
from aiokafka.conn import collect_hosts, create_conn
from aiokafka.errors import (
    IllegalSaslStateError,
    KafkaConnectionError,
    KafkaError,
    SaslAuthenticationFailed,
    UnsupportedSaslMechanismError,
)

from streams.settings import Settings

log = logging.getLogger(__name__)
T = TypeVar("T")
PATIENCE = 60.0  # seconds for which brokers that are away are tried
PAUSE = 1.0  # seconds between two tries


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


class LogReader:
    """Reads stretches of partitions from first to last, outside of any consumer group."""

    QUIET = 5.0  # seconds without a record after which a stretch is taken to hold no more

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._consumer: AIOKafkaConsumer | None = None
        self._lock = asyncio.Lock()

    async def start(self) -> None:
        """Connect; waits for brokers that are away."""

        async def connect() -> AIOKafkaConsumer:
            consumer = AIOKafkaConsumer(
                **connection(self._settings),
                enable_auto_commit=False,
                auto_offset_reset="earliest",
                fetch_max_wait_ms=100,
                max_partition_fetch_bytes=4 * 1024 * 1024,
            )
            try:
                await consumer.start()
            except BaseException:
                await consumer.stop()
                raise
            return consumer

        self._consumer = await patiently(self._settings, connect)

    async def stop(self) -> None:
        """Disconnect."""
        if self._consumer is not None:
            await self._consumer.stop()

    async def ends(self, partitions: Collection[TopicPartition]) -> dict[TopicPartition, int]:
        """The offset after the last record of each partition."""
        return dict(await self._started().end_offsets(list(partitions)))

    async def beginnings(self, partitions: Collection[TopicPartition]) -> dict[TopicPartition, int]:
        """The first offset of each partition that is still there."""
        return dict(await self._started().beginning_offsets(list(partitions)))

    async def read(
        self, stretches: Mapping[TopicPartition, tuple[int, int]]
    ) -> AsyncIterator[tuple[TopicPartition, list[ConsumerRecord]]]:
        """The records of [start, end) of each partition, in batches; compaction leaves gaps."""
        consumer = self._started()
        async with self._lock:
            left = {tp: end for tp, (start, end) in stretches.items() if start < end}
            consumer.assign(list(left))
            for tp in left:
                consumer.seek(tp, stretches[tp][0])
            heard = time.monotonic()
            while left:
                batches = await consumer.getmany(*left, timeout_ms=200, max_records=20_000)
                for tp, records in batches.items():
                    heard = time.monotonic()
                    yield tp, [record for record in records if record.offset < left[tp]]
                for tp in list(left):
                    if await consumer.position(tp) >= left[tp]:
                        del left[tp]
                if left and time.monotonic() - heard > self.QUIET and self._reached_ends(left):
                    break
            consumer.pause(*consumer.assignment())

    def _reached_ends(self, left: Mapping[TopicPartition, int]) -> bool:
        """Whether the brokers answer and have no more: the last records were compacted away."""
        consumer = self._started()
        polled = [consumer.last_poll_timestamp(tp) for tp in left]
        now = time.time() * 1000
        return all(at is not None and now - at < 1000 * self.QUIET for at in polled)

    def _started(self) -> AIOKafkaConsumer:
        if self._consumer is None:
            raise RuntimeError("the reader was not started")
        return self._consumer


async def read_apart(
    settings: Settings, stretches: Mapping[TopicPartition, tuple[int, int]]
) -> AsyncGenerator[tuple[TopicPartition, list[ConsumerRecord]], None]:
    """As `LogReader.read`, through a connection of its own that nobody else holds up."""
    reader = LogReader(settings)
    await reader.start()
    try:
        async for read in reader.read(stretches):
            yield read
    finally:
        await reader.stop()
