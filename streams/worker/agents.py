"""The agents: each hands batches of its topics to the processor. There is no arithmetic here."""

from collections import Counter
from collections.abc import Sequence
from typing import Any, cast

from faust.types import EventT, StreamT

from streams.changelog.flush import Flusher
from streams.events.contract import KIND_OF, Kind
from streams.kafka.records import Record
from streams.kafka.topics import Place, Topics
from streams.processor import Processor
from streams.worker.faust_app import AGENTS
from streams.worker.faust_batches import BatchSchema
from streams.worker.faust_recovery import BatchApp

Batch = tuple[StreamT[Any], EventT[Any]]


class Deliveries:
    """What was delivered: how many records of each topic, and up to which offset they are taken."""

    def __init__(self) -> None:
        self.received: Counter[str] = Counter()
        self.next_offset: dict[Place, int] = {}

    def note(self, records: Sequence[Record]) -> None:
        """Note a batch that the processor took."""
        last = records[-1]
        self.received[last.topic] += len(records)
        self.next_offset[last.topic, last.partition] = last.offset + 1


def declare_agents(
    app: BatchApp,
    topics: Topics,
    processor: Processor,
    flusher: Flusher[Batch],
    deliveries: Deliveries,
) -> None:
    """Subscribe the app to its sources; acknowledging is the flusher's."""

    async def consume(stream: Any) -> None:
        unacknowledged = stream.noack()
        async for event in unacknowledged.events():
            records = cast(list[Record], event.value)
            _hand_over(topics, processor, records)
            deliveries.note(records)
            await flusher.taken((unacknowledged, event), len(records))

    sources = {
        "touches": (*topics.touches, topics.misrouted_touches),
        "leads": topics.keyed_by_lead,
        "credits": (topics.credits,),
    }
    for name in AGENTS:
        channel = app.topic(*sources[name], schema=BatchSchema())
        app.agent(channel, name=name)(consume)


def _hand_over(topics: Topics, processor: Processor, records: Sequence[Record]) -> None:
    topic = records[0].topic
    if topic in topics.kind_of:
        processor.take(topics.kind_of[topic], records)
    elif topic == topics.credits:
        processor.take_copies(records)
    else:
        for record in records:
            header = dict(record.headers).get("kind", b"").decode(errors="replace")
            default: Kind = "lead" if topic == topics.misrouted_leads else "call"
            kind = header if header in KIND_OF.values() else default
            processor.take(kind, (record,), forwarded=True)
