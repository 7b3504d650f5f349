"""A broker in this process, and a hand to write to its topics and read them."""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from aiokafka import TopicPartition
from click import Command
from click.testing import CliRunner, Result
from confluent_kafka import Producer

from floorpulse.cli import main
from streams.audit.recount import LineRecord
from streams.events.contract import KIND_OF
from streams.kafka.reader import LogReader
from streams.kafka.topics import Topics, partitioner
from streams.ledgers.credits import credit_key
from streams.processor import Processor
from streams.roster.file import load_roster
from streams.settings import Settings
from tests.build import record

PARTITIONS = 4  # of every topic of the broker


@dataclass
class Broker:
    """librdkafka's own broker; it ends with this object."""

    producer: Producer = field(
        default_factory=lambda: Producer(
            {"bootstrap.servers": "embedded", "test.mock.num.brokers": 1, "log_level": 0}
        )
    )

    @property
    def address(self) -> str:
        """HOST:PORT."""
        broker = next(iter(self.producer.list_topics(timeout=10).brokers.values()))
        return f"{broker.host}:{broker.port}"

    def write(
        self,
        topic: str,
        key: bytes | None,
        value: bytes | None,
        partition: int = 0,
        headers: Iterable[tuple[str, bytes]] = (),
    ) -> None:
        """Write a record and wait until it is there."""
        self.producer.produce(topic, value, key, partition, headers=list(headers))
        assert self.producer.flush(10) == 0


class Desktop:
    """An installation as its operator has it: settings in the environment, and the command."""

    def __init__(self, app_id: str, roster: Path, clock: str) -> None:
        self.broker = Broker()
        self.env = {
            "FLOORPULSE_APP_ID": app_id,
            "FLOORPULSE_BROKERS": self.broker.address,
            "FLOORPULSE_TOPIC_PREFIX": "in.",
            "FLOORPULSE_PARTITIONS": str(PARTITIONS),
            "FLOORPULSE_LEAD_PARTITIONS": str(PARTITIONS),
            "FLOORPULSE_ROSTER": str(roster),
            "FLOORPULSE_CLOCK": clock,
        }
        self.settings = Settings.from_env(self.env)
        self.topics = Topics(self.settings)

    def make_topics(self) -> None:
        """Every topic of the installation: asking for one makes it."""
        for spec in self.topics.specs():
            self.broker.producer.list_topics(spec.name, timeout=10)

    def write_rows(self, events: Iterable[dict]) -> None:
        """Write what a worker writes to its changelogs, a flush after each event."""
        now, roster = self.settings.clock(), load_roster(self.settings.roster)
        processor = Processor(
            lambda: now,
            roster,
            {"touches": {}, "leads": {}, "credits": {}}.__getitem__,
            partition_of_rep=partitioner(PARTITIONS),
            partition_of_lead=partitioner(PARTITIONS),
        )
        for event in events:
            owner = partitioner(PARTITIONS)(event.get("lead_id", event["rep_id"]))
            place = LineRecord(event["topic"], record(event).value, 0, owner)
            processor.take(KIND_OF[event["topic"]], [place])
            writes = processor.take_writes()
            for rep_id, lead_id, row in writes.copies:
                copy = LineRecord("credits", row, 0, key=credit_key(rep_id, lead_id))
                processor.take_copies([copy])
            for table, (partition, key, value) in [*writes.rows, *processor.take_writes().rows]:
                self.broker.write(self.topics.changelog(table), key, value, partition)

    def run(self, command: Command, *args: str, answer: str | None = None) -> Result:
        """What a command prints in this environment, given an *answer* to what it asks."""
        return CliRunner().invoke(main, [command.name or "", *args], env=self.env, input=answer)

    def records(self, topic: str) -> list:
        """All records of a topic, by partition and offset."""
        return sorted(
            asyncio.run(self._read(topic)), key=lambda record: (record.partition, record.offset)
        )

    async def _read(self, topic: str) -> list:
        reader = LogReader(self.settings)
        await reader.start()
        try:
            places = [TopicPartition(topic, partition) for partition in range(PARTITIONS)]
            stretches = {place: (0, end) for place, end in (await reader.ends(places)).items()}
            return [record async for _, batch in reader.read(stretches) for record in batch]
        finally:
            await reader.stop()
