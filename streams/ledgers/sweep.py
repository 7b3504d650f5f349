"""A sweep of all ledgers in slices: drops the rows that are not kept any more."""

import sys
from collections.abc import Container

from streams.clock import Micros
from streams.ledgers.credits import CreditLedger
from streams.ledgers.leads import LeadLedger
from streams.ledgers.rows import RowWrite, Table
from streams.ledgers.touches import TouchLedger

DROPPING = 20  # times the work of looking at a row, to drop one


class Sweep:
    """Goes once over touches by rep, and over each lead and copy; then it can begin anew."""

    def __init__(self, touches: TouchLedger, leads: LeadLedger, credits: CreditLedger) -> None:
        self._touches = touches
        self._leads = leads
        self._credits = credits
        self._left: list[tuple[Table, list[bytes]]] = []  # keys still to be looked at

    @property
    def is_going_on(self) -> bool:
        """Whether the last sweep is not at its end yet."""
        return bool(self._left)

    def expire(
        self, now: Micros, caught_up_leads: Container[int], at_most: int | None
    ) -> list[tuple[Table, RowWrite]]:
        """Go on with the sweep, or begin one; returns the tombstones. See `Processor.expire`."""
        if not self._left:
            reps = [rep_id.encode() for rep_id in self._touches.rep_ids]
            self._left = [
                ("leads", self._leads.keys),
                ("credits", self._credits.keys),
                ("touches", reps),
            ]
        tombstones: list[tuple[Table, RowWrite]] = []
        work = sys.maxsize if at_most is None else at_most
        while self._left and work > 0:
            table, keys = self._left[-1]
            some = keys[-1:] if table == "touches" else keys[-work:]
            del keys[len(keys) - len(some) :]
            writes = self._drop(table, some, now, caught_up_leads)
            tombstones.extend((table, write) for write in writes)
            work -= len(some) + DROPPING * len(writes)
            if not keys:
                self._left.pop()
        return tombstones

    def _drop(
        self, table: Table, keys: list[bytes], now: Micros, caught_up_leads: Container[int]
    ) -> list[RowWrite]:
        if table == "leads":
            return self._leads.expire(now, caught_up_leads, keys)
        if table == "credits":
            return self._credits.expire(now, keys)
        return [write for rep in keys for write in self._touches.expire(now, rep.decode())]
