"""The numbers from a file of events: the same pure functions as the worker's, without Kafka."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

import msgspec

from metrics.names import SERIES
from streams.clock import Micros
from streams.events.contract import KIND_OF
from streams.ledgers.leads import credit_key
from streams.measures.board import Board, Row
from streams.processor import Processor
from streams.roster.people import Roster


class EventLineError(ValueError):
    """A line of an events file that has no topic; `line` is its number, from 1 on."""

    def __init__(self, line: int, why: str) -> None:
        super().__init__(
            f"line {line}: {why}; write one JSON object a line, whose `topic` is one of "
            + ", ".join(KIND_OF)
        )


class _Topic(msgspec.Struct):
    topic: str


@dataclass(frozen=True, slots=True)
class LineRecord:
    """A line of an events file, as a record of the topic it names."""

    topic: str
    value: bytes
    offset: int
    partition: int = 0
    key: bytes | None = None
    headers: tuple[tuple[str, bytes], ...] = field(default=())


def read_lines(lines: Iterable[bytes]) -> Iterator[LineRecord]:
    """The records of an events file: JSON lines, of which `topic` names the topic without prefix.

    Raises EventLineError at the first line that names no known topic. What else may be wrong with
    an event is for the intake to reject. Empty lines are passed over.
    """
    decoder = msgspec.json.Decoder(_Topic)
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            topic = decoder.decode(line).topic
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            raise EventLineError(number, str(error)) from None
        except RecursionError:
            raise EventLineError(number, "nested too deeply") from None
        if topic not in KIND_OF:
            raise EventLineError(number, f"unknown topic {topic!r}")
        yield LineRecord(topic, line.strip(), number)


class Total(NamedTuple):
    """The numbers of a rep, a team or a floor, in the order of `metrics.names.SERIES`."""

    level: str
    floor: str
    team: str | None
    rep: str | None
    values: list[float]


def deliver(processor: Processor, records: Iterable[LineRecord]) -> None:
    """Hand records to a processor that holds everything, in whatever order; none is sent on."""
    for record in records:
        processor.take(KIND_OF[record.topic], (record,))
        processor.intake.take_outgoing()
    for rep_id, lead_id, row in processor.take_writes().copies:
        processor.take_copies((LineRecord("credits", row, 0, key=credit_key(rep_id, lead_id)),))


class Recount:
    """What a worker whose clock stands at *at* would hold, had it been delivered these records."""

    def __init__(self, roster: Roster, at: Micros) -> None:
        self.processor = Processor(
            lambda: at,
            roster,
            lambda _: {},
            partition_of_rep=_all_here,
            partition_of_lead=_all_here,
        )
        for _ in self.processor.rebuild([_HERE]):
            pass

    @property
    def board(self) -> Board:
        """The windows of all reps."""
        return self.processor.board

    def take(self, records: Iterable[LineRecord]) -> None:
        """Take records, in whatever order; none is sent on."""
        deliver(self.processor, records)

    def totals(self) -> list[Total]:
        """Every rep and team held, then the teams and the floors as sums over them."""
        rows = sorted(self.board.rows(), key=lambda row: row[:3])
        return [
            *(Total("rep", row.floor, row.team, row.rep, row.values) for row in rows),
            *_sums("team", rows),
            *_sums("floor", rows),
        ]


def _sums(level: str, rows: Iterable[Row]) -> list[Total]:
    sums: dict[tuple[str, str | None], list[float]] = {}
    for row in rows:
        key = (row.floor, row.team if level == "team" else None)
        total = sums.setdefault(key, [0] * len(SERIES))
        for index, value in enumerate(row.values):
            total[index] += value
    return [Total(level, floor, team, None, values) for (floor, team), values in sums.items()]


_HERE = 0


def _all_here(_id: str) -> int:
    return _HERE
