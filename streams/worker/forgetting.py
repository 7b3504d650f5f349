"""Learns who was forgotten, and has the rows that hold them written anew."""

import asyncio
import logging
import time

from aiokafka.errors import KafkaError

from streams.changelog.flush import Flusher
from streams.changelog.forgotten_log import ForgottenLog
from streams.kafka.reader import LogReader
from streams.kafka.topics import Topics
from streams.processor import Processor
from streams.worker.agents import Batch
from streams.worker.standing import Group

log = logging.getLogger(__name__)

SLICE = 0.01  # seconds for which rows are looked at before other work goes on
WRITTEN_AT = 500  # rows that were changed, after which they are written before the next


class Forgetting:
    """Reads the topic before anything is restored, and follows it while the worker runs.

    From then on nothing of those people is taken or restored. What the rows here hold of them goes
    after that, slice by slice; a worker that ends in between finds it when it restores.
    """

    def __init__(
        self,
        topics: Topics,
        reader: LogReader,
        processor: Processor,
        flusher: Flusher[Batch],
        group: Group,
    ) -> None:
        self._log = ForgottenLog(topics, reader)
        self._processor = processor
        self._flusher = flusher
        self._group = group
        self._is_due = False  # whether rows here may hold somebody

    async def begin(self) -> None:
        """Learn of all who were forgotten by now, while there are no rows yet."""
        await self.read()
        self._is_due = False  # whatever is restored from now on is without them

    async def read(self) -> None:
        """Learn of all who were forgotten by now."""
        async for record in self._log.read():
            self._is_due |= self._processor.forgotten.merge(record)

    async def look(self) -> None:
        """Read on, and take out of the rows whoever was forgotten since."""
        if not self._group.is_ready:
            return
        try:
            await self.read()
        except (KafkaError, OSError):
            return  # the brokers are away: asked again
        if self._is_due:
            await self._clean()

    async def _clean(self) -> None:
        """Clean all rows, or give up when partitions go: then it is due again."""
        self._is_due = False
        began, cleaning, changed, written = time.monotonic(), self._processor.clean(), 0, 0
        while True:
            async with self._flusher.lock:
                if not self._group.is_ready:
                    self._is_due = True
                    return
                until = time.monotonic() + SLICE
                for changed in cleaning:
                    if time.monotonic() > until or changed - written >= WRITTEN_AT:
                        break
                else:
                    break
            if changed - written >= WRITTEN_AT:
                written = changed
                await self._flusher.flush()
            await asyncio.sleep(0)
        await self._flusher.flush()
        self._processor.drop_gone()
        log.info(
            "%d rows held somebody who was forgotten, and were written anew in %.1f s",
            changed,
            time.monotonic() - began,
        )
