"""A worker's pure parts, wired together: intake, ledgers and read model.

What Kafka delivers goes in; what has to be sent comes out, in the order in which it has to be
awaited. The worker adds the network, `recount` a file, and the tests their faults.
"""

from collections import Counter, deque
from collections.abc import Callable, Collection, Container, Iterable, Iterator
from dataclasses import dataclass, field

import msgspec

from metrics.rows import RepRow
from streams.clock import MINUTE, Clock, Micros
from streams.events.contract import CHANNEL_OF, Kind, Rejection, Touch
from streams.events.flood import FloodLimit
from streams.events.outgoing import Outgoing, Record
from streams.intake import Intake
from streams.ledgers.cleaning import clean
from streams.ledgers.credits import CreditLedger
from streams.ledgers.forgotten import Forgotten
from streams.ledgers.leads import Copy, LeadLedger
from streams.ledgers.retention import LEADS_KEPT
from streams.ledgers.rows import Fold, Rows, RowWrite, Table
from streams.ledgers.sweep import Sweep
from streams.ledgers.touches import TouchLedger
from streams.measures.board import Board
from streams.measures.partition_sums import PartitionSums
from streams.roster.people import Roster

PartitionOf = Callable[[str], int]

SLICE = 2  # reps that are rebuilt at once: some 50 ms


@dataclass(frozen=True, slots=True)
class Writes:
    """What to send for the batches taken so far, before they may be acknowledged.

    First `copies` and `outgoing`, awaited; then `rows`, awaited: a crash in between is made good by
    the replay, since copies follow every delivered change, duplicates included.
    """

    copies: list[Copy] = field(default_factory=list)
    outgoing: list[Outgoing] = field(default_factory=list)
    rows: list[tuple[Table, RowWrite]] = field(default_factory=list)


class Processor:
    """Everything a worker knows of the partitions it holds.

    *rows* gives the mapping in which each table keeps its encoded rows. The ledgers hold nobody who
    is among *forgotten*: all of those have to be known before anything is restored. Of who is
    merged into it later, what the rows hold goes with `clean`.
    """

    def __init__(
        self,
        clock: Clock,
        roster: Roster,
        rows: Callable[[Table], Rows],
        *,
        partition_of_rep: PartitionOf,
        partition_of_lead: PartitionOf,
        flood_limit: FloodLimit | None = None,
        leads_kept: Micros = LEADS_KEPT,
        forgotten: Forgotten | None = None,
    ) -> None:
        self.clock = clock
        self.forgotten = forgotten = Forgotten() if forgotten is None else forgotten
        self.touches = TouchLedger(rows("touches"), partition_of_rep, forgotten)
        lead_rows = rows("leads")
        self.leads = LeadLedger(lead_rows, partition_of_lead, leads_kept, forgotten)
        self.credits = CreditLedger(
            rows("credits"), lead_rows, partition_of_rep, leads_kept, forgotten
        )
        self._sweep = Sweep(self.touches, self.leads, self.credits)
        self.intake = Intake(
            clock,
            self.touches,
            self.leads,
            partition_of_rep,
            partition_of_lead,
            flood_limit,
            forgotten,
        )
        self.intake.decoder.use_words(roster.words)
        self.board = Board(roster, clock() // MINUTE)
        self.copy_counts: Counter[Fold] = Counter()
        self._partition_of_rep = partition_of_rep
        self._ahead: set[str] = set()  # reps whose windows end after the clock, which went back
        self._shown_partitions: set[int] = set()  # partitions whose reps are on the board

    # -- delivery

    def take(self, kind: Kind, records: Iterable[Record], *, forwarded: bool = False) -> None:
        """Take a batch of events into the ledgers and show it.

        Raises FloodError when too many of them cannot be read.
        """
        self.intake.take(kind, records, forwarded=forwarded)
        self._show()

    def take_copies(self, records: Iterable[Record]) -> None:
        """Take a batch of the credits topic."""
        for record in records:
            if record.value is None:  # expired, or of a rep who was forgotten: known here anyway
                self.intake.counts[record.topic, "tombstone"] += 1
                continue
            try:
                self.copy_counts[self.credits.fold(record.key or b"", record.value)] += 1
            except (msgspec.MsgspecError, UnicodeDecodeError) as error:
                rejection = Rejection("wrong_type", f"not a copy of a lead's row: {error}")
                self.intake.reject(record, rejection)
        self._show()

    def take_writes(self) -> Writes:
        """What has to be sent for everything taken so far; not given twice."""
        return deque(self.take_slices(), maxlen=1)[0]

    def take_slices(self) -> Iterator[Writes]:
        """The same, growing, in slices of some ms, between which more may be taken.

        What comes meanwhile may be in the touch rows: delivered again, it is a duplicate there.
        """
        copies, lead_rows = self.leads.take_writes()
        rows: list[tuple[Table, RowWrite]] = [("leads", write) for write in lead_rows]
        copies += self.credits.take_corrections()
        rows.extend(("credits", write) for write in self.credits.take_writes())
        writes = Writes(copies, self.intake.take_outgoing(), rows)
        yield writes
        for some in self.touches.take_slices():
            rows.extend(("touches", write) for write in some)
            yield writes

    @property
    def shown(self) -> frozenset[int]:
        """The partitions whose reps are shown."""
        return frozenset(self._shown_partitions)

    @property
    def has_writes(self) -> bool:
        """Whether `take_writes` would give anything."""
        ledgers = (self.touches, self.leads, self.credits)
        return self.intake.has_outgoing or any(ledger.has_writes for ledger in ledgers)

    def _show(self) -> None:
        self.board.apply(self.touches.take_changes(), self.credits.take_changes())
        self.advance()

    def advance(self) -> None:
        """Slide the windows on to the clock.

        When it went back by more than a minute, they are computed anew from the rows, the reps of
        one slice with each call; `is_turning_back` until all are.
        """
        now = self.clock() // MINUTE
        if now < self.board.now - 1:
            self.board.turn_back(now)
            self._ahead = set(self.board.rep_ids)
        for rep_id in self.board.advance(now):
            deque(self._rebuild(rep_id), maxlen=0)
        for _ in range(min(SLICE, len(self._ahead))):
            rep_id = self._ahead.pop()
            if rep_id in self.board.rep_ids:
                deque(self._rebuild(rep_id), maxlen=0)

    @property
    def is_turning_back(self) -> bool:
        """Whether windows of some reps still end where the clock was before it went back."""
        return bool(self._ahead)

    @property
    def _with_rows(self) -> set[str]:
        """The reps with touches or copies of leads."""
        return {*self.touches.rep_ids, *self.credits.rep_ids}

    # -- restore and foreign rows

    def absorb(self, table: Table, records: Iterable[tuple[bytes, bytes | None]]) -> None:
        """Merge records that another worker wrote to a changelog, and show what they change.

        Our own record of a row may have come after, and compaction then keeps that one.
        """
        self._absorb(table, records, is_overwritten=True)
        self._show()

    def restore(
        self,
        table: Table,
        records: Iterable[tuple[bytes, bytes | None]],
        gained: Container[int],
    ) -> None:
        """Merge records of a changelog; reps of *gained* partitions are not shown yet.

        They are shown by `rebuild`, once, when all is read.
        """
        self._absorb(table, records)
        touches, copies = self.touches.take_changes(), self.credits.take_changes()
        self.board.apply(
            {
                rep_id: changes
                for rep_id, changes in touches.items()
                if self._partition_of_rep(rep_id) not in gained
            },
            [change for change in copies if self._partition_of_rep(change.rep_id) not in gained],
        )

    def _absorb(
        self,
        table: Table,
        records: Iterable[tuple[bytes, bytes | None]],
        *,
        is_overwritten: bool = False,
    ) -> None:
        now = self.clock()
        for key, value in records:
            if table == "touches":
                self.touches.absorb(key, value, now, is_overwritten=is_overwritten)
            elif table == "leads":
                self.leads.absorb(key, value, is_overwritten=is_overwritten)
            else:
                self.credits.absorb(key, value, is_overwritten=is_overwritten)
        self.touches.close_rows()

    def rebuild(self, gained: Collection[int]) -> Iterator[str]:
        """Show the reps of these partitions, one after another: those with rows, and all rostered.

        In slices of some 20 ms, each of which gives its rep: one may have very many leads. Given up
        before its end, when another rebalance begins, it has to be done again.
        """
        self._shown_partitions.update(gained)
        known = {*self._with_rows, *self.board.roster.ids}
        try:
            for rep_id in sorted(known):
                if self._partition_of_rep(rep_id) in gained:
                    self.advance()
                    for _ in self.credits.share(rep_id):
                        yield rep_id
                    for _ in self._rebuild(rep_id):
                        yield rep_id
                    yield rep_id
        except GeneratorExit:
            self._shown_partitions.difference_update(gained)
            raise

    def _rebuild(self, rep_id: str) -> Iterator[None]:
        return self.board.rebuild(rep_id, self._noted(rep_id), self.credits.copies_of(rep_id))

    def _noted(self, rep_id: str) -> Iterator[Touch]:
        """The touches of a rep; notes the newest of each channel, so that a silent feed shows."""
        newest: dict[str, Micros] = {}
        for touch in self.touches.touches_of(rep_id):
            letter = touch.key[0]
            if touch.at > newest.get(letter, 0):
                newest[letter] = touch.at
            yield touch
        for letter, at in newest.items():
            self.intake.note(CHANNEL_OF[letter], self._partition_of_rep(rep_id), at)

    # -- what goes

    def drop(self, rep_partitions: Collection[int], lead_partitions: Container[int]) -> None:
        """Drop the reps and leads of partitions that are another worker's now."""
        self._shown_partitions.difference_update(rep_partitions)
        self.touches.drop_partitions(rep_partitions)
        self.credits.drop_partitions(rep_partitions)
        self.leads.drop_partitions(lead_partitions)
        known = {*self.board.rep_ids, *self.board.rebuilding}
        self.board.drop([rep for rep in known if self._partition_of_rep(rep) in rep_partitions])

    @property
    def is_sweeping(self) -> bool:
        """Whether the last sweep is not at its end yet: `expire` goes on with it."""
        return self._sweep.is_going_on

    def expire(
        self,
        caught_up_leads: Container[int],
        at_most: int | None = None,
        *,
        now: Micros | None = None,
    ) -> list[tuple[Table, RowWrite]]:
        """Drop what is not kept any more at *now*, by default the clock's; returns the tombstones.

        Leads only of partitions that are caught up: a change that is still to come may be newer.
        What `credits.take_corrections` gives has to be durable before them. Does *at_most* so much
        work, of which a lead or a copy looked at is one, and next time goes on with what is left.
        """
        now = self.clock() if now is None else now
        tombstones = self._sweep.expire(now, caught_up_leads, at_most)
        self._show()
        self.drop_gone()
        return tombstones

    def drop_gone(self) -> None:
        """Take those off the board who are not on the roster and have no rows any more."""
        kept = {*self._with_rows, *self.board.roster.ids}
        self.board.drop([rep_id for rep_id in self.board.rep_ids if rep_id not in kept])

    def clean(self) -> Iterator[int]:
        """Take out of all rows whoever was forgotten, in slices of a few ms, and show it.

        Gives how many rows were changed so far; they have to be written. Given up before its end,
        it has to be done again.
        """
        changed = 0
        for is_changed in clean(self.touches, self.leads, self.credits):
            if is_changed:
                changed += 1
                self._show()
            yield changed

    # -- what is exported

    @property
    def unassigned_reps(self) -> Counter[int]:
        """By partition, how many reps are shown who are not on the roster."""
        return Counter(map(self._partition_of_rep, self.board.unassigned))

    def exported_rows(
        self, rep_ids: Iterable[str], sums: PartitionSums, *, are_named: bool = True
    ) -> Iterator[RepRow]:
        """The numbers of the reps and systems of the roster; adds those of others to *sums*.

        Where none *are_named*, adds all to *sums*.
        """
        roster = self.board.roster
        for rep_id in rep_ids:
            rows = self.board.rows([rep_id])
            if are_named and roster.names(rep_id):
                yield from rows
            else:
                for row in rows:
                    sums.add(self._partition_of_rep(rep_id), row)

    # -- roster

    def missing_in(self, roster: Roster) -> list[str]:
        """The reps with rows here who are on the roster, and not in another, the new one."""
        gone = {*self.board.roster.reps} - {*roster.reps, *roster.systems}
        return sorted(gone & self._with_rows)

    def reload(self, roster: Roster) -> Iterator[str]:
        """Take a new roster; recomputes, one by one, only reps and systems whose entry changed."""
        old = self.board.roster
        self.board.roster = roster
        self.intake.decoder.use_words(roster.words)
        with_rows = self._with_rows
        for rep_id in {*with_rows, *old.ids, *roster.ids}:
            if self._partition_of_rep(rep_id) not in self._shown_partitions:
                continue
            if rep_id not in roster.ids and rep_id not in with_rows:
                self.board.drop([rep_id])
            elif old.rep(rep_id).fingerprint != roster.rep(rep_id).fingerprint:
                for _ in self._rebuild(rep_id):
                    yield rep_id
                yield rep_id
