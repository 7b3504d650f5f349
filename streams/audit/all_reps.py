"""The rows of every rep, merged by the worker's own ledgers, from a file or the changelogs."""

from collections.abc import Iterable, Iterator

from streams.audit.recount import LineRecord, deliver
from streams.clock import Micros
from streams.events.contract import Touch
from streams.ledgers.forgotten import Forgotten
from streams.ledgers.rows import Table
from streams.processor import Processor
from streams.roster.people import Roster

_HERE = 0


class AllReps:
    """What workers whose clock stands at *now* have of all reps; *roster* says what words mean.

    Without those who were *forgotten*.
    """

    def __init__(self, roster: Roster, now: Micros, forgotten: Forgotten | None = None) -> None:
        rows: dict[Table, dict[bytes, bytes]] = {"touches": {}, "leads": {}, "credits": {}}
        self.processor = Processor(
            lambda: now,
            roster,
            rows.__getitem__,
            partition_of_rep=lambda _: _HERE,
            partition_of_lead=lambda _: _HERE,
            forgotten=forgotten,
        )

    def restore(self, table: Table, records: Iterable[tuple[bytes, bytes | None]]) -> None:
        """Merge records of a changelog keyed by rep, as a worker's restore does."""
        self.processor.restore(table, records, gained=[_HERE])

    def deliver(self, records: Iterable[LineRecord]) -> None:
        """Take records of the input topics, in whatever order, as `recount` does."""
        deliver(self.processor, records)

    def ids(self, roster: Roster) -> list[str]:
        """The reps and systems with rows, and those of a roster."""
        ledgers = self.processor.touches, self.processor.credits
        return sorted({*ledgers[0].rep_ids, *ledgers[1].rep_ids, *roster.ids})

    def touches(self, rep_id: str) -> Iterator[Touch]:
        """Every touch of a rep in the version that counts, retracted ones too."""
        return self.processor.touches.touches_of(rep_id)

    def copies(self, rep_id: str) -> Iterator[tuple[str, bytes]]:
        """The leads, with their encoded rows, that name a rep."""
        return self.processor.credits.copies_of(rep_id)
