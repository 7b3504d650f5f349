"""Talking to Kafka outside of Faust: connections, topics, and reading of changelogs."""

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
    Sequence,
)
from typing import Any, TypeVar

from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.client import AIOKafkaClient
from aiokafka.conn import collect_hosts, create_conn
from aiokafka.errors import (
    IllegalSaslStateError,
    KafkaConnectionError,
    KafkaError,
    SaslAuthenticationFailed,
    UnsupportedSaslMechanismError,
    for_code,
)

from streams.kafka.topics import TopicSpec
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


async def partition_counts(settings: Settings) -> dict[str, int]:
    """How many partitions each existing topic has; asking creates none."""

    async def ask() -> dict[str, int]:
        client = AIOKafkaClient(**connection(settings))
        try:
            await client.bootstrap()
            cluster = await client.fetch_all_metadata()
            return {name: len(cluster.partitions_for_topic(name)) for name in cluster.topics()}
        finally:
            await client.close()

    return await patiently(settings, ask)


async def check_topics(settings: Settings, specs: Sequence[TopicSpec]) -> list[str]:
    """What is wrong with the topics, a line each.

    Missing, of another number of partitions, or cleaned up otherwise than they have to be: state is
    made of every newest record of a key, and counts of every record of an input.
    """
    counts = await partition_counts(settings)
    missing = [spec.name for spec in specs if not counts.get(spec.name)]
    wrong = [_missing(settings, missing)] if missing else []
    for spec in specs:
        found = counts.get(spec.name)
        if found and found != spec.partitions:
            wrong.append(
                f"topic {spec.name} has {found} partitions, not {spec.partitions}: set "
                "FLOORPULSE_PARTITIONS and FLOORPULSE_LEAD_PARTITIONS to what it was made with"
            )
    due = {spec.name: spec.cleanup for spec in specs if spec.name in counts}
    for name, policy in (await cleanup_policies(settings, due)).items():
        if policy != due[name]:
            told = f"topic {name} has cleanup.policy={policy}"
            wrong.append(f"{told}: set it to {due[name]}, and only that")
    return wrong


def _missing(settings: Settings, names: Sequence[str]) -> str:
    """One line for all topics that are not there; of several, the app id may be a new one."""
    mend = "run `floorpulse topics create`"
    if len(names) == 1:
        return f"topic {names[0]} does not exist: {mend}"
    return (
        f"topic {names[0]} and {len(names) - 1} more do not exist: {mend}. If they did, is "
        f"FLOORPULSE_APP_ID={settings.app_id} right? Another id has empty state"
    )


async def cleanup_policies(settings: Settings, names: Collection[str]) -> dict[str, str]:
    """The cleanup.policy of topics; none where the brokers do not tell, as the embedded one."""
    if not names:
        return {}
    admin = AIOKafkaAdminClient(**connection(settings))
    await admin.start()
    try:
        asked = [ConfigResource(ConfigResourceType.TOPIC, name) for name in names]
        policies = {}
        for response in await admin.describe_configs(asked):
            for _, _, _, name, entries in response.resources:
                policies[name] = dict(entry[:2] for entry in entries).get("cleanup.policy", "")
        return policies
    except KafkaError:
        return {}
    finally:
        await admin.close()


async def create_topics(settings: Settings, specs: Sequence[TopicSpec]) -> list[str]:
    """Make the topics that do not exist yet; returns their names.

    Raises KafkaUnusableError when the brokers refuse.
    """
    existing = await partition_counts(settings)
    missing = [spec for spec in specs if spec.name not in existing]
    admin = AIOKafkaAdminClient(**connection(settings))
    await admin.start()
    try:
        response = await admin.create_topics(
            [
                NewTopic(
                    spec.name, spec.partitions, settings.replication, topic_configs=spec.config
                )
                for spec in missing
            ]
        )
    except KafkaError as error:
        raise KafkaUnusableError(f"topics cannot be made: {error!r}") from None
    finally:
        await admin.close()
    for name, code, *rest in response.topic_errors:
        if code:
            told = rest[0] if rest and rest[0] else for_code(code).__name__
            raise KafkaUnusableError(f"topic {name} cannot be made: {told}")
    made = [spec.name for spec in missing]
    await _until_known(settings, made)
    return made


async def _until_known(settings: Settings, names: Collection[str]) -> None:
    """Wait until the brokers tell of topics that they have just made."""
    until = time.monotonic() + PATIENCE
    while not set(names) <= (await partition_counts(settings)).keys():
        if time.monotonic() > until:
            raise KafkaUnusableError(f"topics were made and are not there: {', '.join(names)}")
        await asyncio.sleep(0.2)


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
