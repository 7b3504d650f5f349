"""The Faust app: its name, its settings, its tables."""

from typing import Any, cast

import faust
from mode.supervisors import CrashingSupervisor
from yarl import URL

from streams.kafka.connection import ssl_context
from streams.kafka.topics import TABLES, Topics
from streams.ledgers.rows import Rows, Table
from streams.settings import Settings
from streams.worker.faust_recovery import BatchApp, BatchTables

# Names of tables and agents stand in the names of changelogs and in the group's assignment: another
# name is an empty table.
AGENTS = ("touches", "leads", "credits")


def create_app(settings: Settings) -> BatchApp:
    """An app for one worker; nothing is connected before it starts.

    Every setting that differs from Faust's own default does so for a reason given in
    docs/faust.md.
    """
    app = BatchApp(
        settings.app_id,
        broker=[URL(f"kafka://{broker}") for broker in settings.brokers],
        broker_credentials=_credentials(settings),
        store=URL("memory://"),
        autodiscover=False,
        web_enabled=False,
        topic_allow_declare=False,
        topic_disable_leader=True,
        topic_partitions=settings.partitions,
        table_standby_replicas=0,
        TableManager=BatchTables,
        agent_supervisor=CrashingSupervisor,
        consumer_auto_offset_reset="earliest",
        consumer_metadata_max_age_ms=5000,  # topics that were deleted and made anew
        stream_wait_empty=False,
        stream_buffer_maxsize=16,  # batches, not records
        stream_recovery_delay=0.0,
        broker_max_poll_records=5000,
        broker_commit_interval=1.0,
        broker_session_timeout=settings.session_timeout,
        broker_heartbeat_interval=settings.session_timeout / 5,
        broker_rebalance_timeout=max(20.0, settings.session_timeout),
        broker_request_timeout=max(40.0, settings.session_timeout + 5),
        producer_acks=-1,
        producer_linger=0.005,
        producer_max_batch_size=256 * 1024,
        producer_max_request_size=1024 * 1024,  # what brokers take by default, with their overhead
        producer_request_timeout=30.0,
        producer_compression_type=None,
        reply_create_topic=False,
    )
    topics = Topics(settings)
    for table in TABLES:
        _add_table(app, topics, table)
    return app


def _add_table(app: BatchApp, topics: Topics, table: Table) -> None:
    partitions = topics.lead_partitions if table == "leads" else topics.partitions
    app.Table(
        table,
        partitions=partitions,
        schema=faust.Schema(
            key_type=bytes, value_type=bytes, key_serializer="raw", value_serializer="raw"
        ),
    )


def rows_of(app: BatchApp, table: Table) -> Rows:
    """Where a table's rows are kept; what is put there goes to no changelog by itself."""
    collection: Any = app.tables[table]
    return cast(Rows, collection.data.data)


def _credentials(settings: Settings) -> Any:
    context = ssl_context(settings) if "SSL" in settings.kafka_security else None
    if "SASL" in settings.kafka_security:
        return faust.SASLCredentials(
            username=settings.kafka_username,
            password=settings.kafka_password,
            mechanism=settings.kafka_sasl_mechanism,
            ssl_context=context,
        )
    return faust.SSLCredentials(context) if context is not None else None
