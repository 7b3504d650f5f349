"""Drops what is not kept any more, in slices, and only by a clock that is not in doubt."""

import asyncio
from collections.abc import Callable

from streams.changelog.flush import Flusher
from streams.changelog.restore import Restorer
from streams.clock import Micros, uptime
from streams.ledgers.rows import RowWrite, Table
from streams.processor import Processor
from streams.worker.agents import Batch
from streams.worker.clocks import BrokerTime, Sweeps
from streams.worker.standing import Group

AT_ONCE = 20_000  # leads at which a sweep looks before other work goes on


class Sweeper:
    """Sweeps once a day, and an hour after a start."""

    def __init__(
        self,
        processor: Processor,
        flusher: Flusher[Batch],
        restorer: Restorer,
        group: Group,
        broker_time: BrokerTime,
        uptime: Callable[[], float] = uptime,
    ) -> None:
        self._processor = processor
        self._flusher = flusher
        self._restorer = restorer
        self._group = group
        self._broker_time = broker_time
        self._uptime = uptime
        self._sweeps = Sweeps()

    async def look(self) -> None:
        """Note what the clock shows, and sweep if a sweep is due."""
        self._sweeps.look(self._uptime(), self._processor.clock())
        due = self._sweeps.due(self._uptime())
        if due is None:
            return
        while self._may_sweep:
            await self._flusher.write(lambda: self._take_expired(due))
            if not self._processor.is_sweeping:
                self._sweeps.swept(self._uptime())
                return
            await asyncio.sleep(0)

    @property
    def _may_sweep(self) -> bool:
        """Not while a lead that looks expired may still change, nor by a clock in doubt."""
        return self._group.is_ready and self._group.are_leads_caught_up and self._broker_time.agrees

    def _take_expired(self, due: Micros) -> list[tuple[Table, RowWrite]]:
        """The tombstones of what was expired at *due*."""
        if not self._may_sweep:  # another flush or a rebalance came first
            return []
        return self._processor.expire(self._restorer.owned["leads"], AT_ONCE, now=due)
