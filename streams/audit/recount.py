"""The numbers from a file of events: the same pure functions as the worker's, without Kafka."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import msgspec

from metrics.names import SERIES
from metrics.rows import RepRow
from streams.clock import Micros
from streams.events.contract import KIND_OF, LeadEvent, Rejection, RejectionReason, TouchEvent
from streams.events.decode import Decoder
from streams.ledgers.credits import credit_key
from streams.ledgers.forgotten import Forgotten
from streams.measures.board import Board
from streams.processor import Processor
from streams.roster.people import Roster


class EventLineError(ValueError):
    """A line of an events file that no topic would have taken, or a worker would reject."""

    def __init__(self, line: int, reason: str, detail: str) -> None:
        super().__init__(f"line {line}: {reason}: {detail}")


_FORM = "write one JSON object a line, whose `topic` is one of " + ", ".join(KIND_OF)


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


def read_lines(
    lines: Iterable[bytes], bad: Counter[str], *, strict: bool = False
) -> Iterator[LineRecord]:
    """The records of an events file: JSON lines, of which `topic` names the topic without prefix.

    Lines that name no known topic are counted in *bad*, by reason; the first one raises
    EventLineError when *strict*. What else may be wrong with an event is for the intake to reject.
    Empty lines, and a byte order mark, are passed over.
    """
    for number, line in enumerate(lines, 1):
        text = line.strip().removeprefix(_BYTE_ORDER_MARK).strip()
        if not text:
            continue
        topic = _topic_of(text)
        if isinstance(topic, str):
            yield LineRecord(topic, text, number)
            continue
        bad[topic.reason] += 1
        if strict:
            raise EventLineError(number, topic.reason, f"{topic.detail}; {_FORM}")


def read_event(
    decoder: Decoder, record: LineRecord, now: Micros
) -> TouchEvent | LeadEvent | Rejection:
    """The event of a line, or why a worker whose clock stands at *now* rejects it."""
    kind = KIND_OF[record.topic]
    return (
        decoder.lead(record.value, now)
        if kind == "lead"
        else decoder.touch(kind, record.value, now)
    )


def strictly(
    processor: Processor, records: Iterable[LineRecord], now: Micros
) -> Iterator[LineRecord]:
    """The records, until *processor*, whose clock stands at *now*, rejects one, but for its time.

    Raises EventLineError, which says what is wrong with it.
    """
    rejections = processor.intake.rejections
    seen: Counter[tuple[str, RejectionReason]] = Counter()
    for record in records:
        yield record
        for (topic, reason), count in rejections.items():
            if count > seen[topic, reason] and reason not in ("future", "forgotten"):
                event = read_event(Decoder(), record, now)
                why = f": {event.detail}" if isinstance(event, Rejection) else ""
                raise EventLineError(record.offset, reason, f"rejected in {topic}{why}")
            seen[topic, reason] = count


class _NoTopic(NamedTuple):
    reason: str
    detail: str


_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_topic_decoder = msgspec.json.Decoder(_Topic)


def _topic_of(line: bytes) -> str | _NoTopic:
    """The topic that a line names, or why it names none."""
    try:
        topic = _topic_decoder.decode(line).topic
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return _no_topic(line)
    return topic if topic in KIND_OF else _NoTopic("unknown_topic", repr(topic[:64]))


def _no_topic(line: bytes) -> _NoTopic:
    try:
        value = msgspec.json.decode(line)
    except RecursionError:
        return _NoTopic("not_json", "nested too deeply")
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        return _NoTopic("not_json", str(error))
    if not isinstance(value, dict):
        return _NoTopic("not_an_object", f"expected an object, got {type(value).__name__}")
    return _NoTopic("no_topic", "the line has no `topic`")


class Total(NamedTuple):
    """The numbers of a rep, a team or a floor, in the order of `metrics.names.SERIES`."""

    level: str
    floor: str
    team: str | None
    rep: str | None
    values: Sequence[float]


def deliver(processor: Processor, records: Iterable[LineRecord]) -> None:
    """Hand records to a processor that holds everything, in whatever order; none is sent on."""
    for record in records:
        processor.take(KIND_OF[record.topic], (record,))
        processor.intake.take_outgoing()
    for rep_id, lead_id, row in processor.take_writes().copies:
        assert row is not None  # nothing is forgotten after it was taken
        processor.take_copies((LineRecord("credits", row, 0, key=credit_key(rep_id, lead_id)),))


def left_out(processor: Processor) -> Counter[str]:
    """How many of the events delivered are `late`, and how many `rejected`; none is not there."""
    counts: Counter[str] = Counter()
    for (_, outcome), count in processor.intake.counts.items():
        if outcome in ("late", "rejected"):
            counts[outcome] += count
    return counts


class Recount:
    """What a worker whose clock stands at *at* would hold, had it been delivered these records.

    Without those who were *forgotten*.
    """

    def __init__(self, roster: Roster, at: Micros, forgotten: Forgotten | None = None) -> None:
        self.processor = Processor(
            lambda: at,
            roster,
            lambda _: {},
            partition_of_rep=_all_here,
            partition_of_lead=_all_here,
            forgotten=forgotten,
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
        """Every rep by team, then the teams and the floors as sums over them."""
        return totals_of(self.board.rows())


def totals_of(rep_rows: Iterable[RepRow]) -> list[Total]:
    """Every rep by team, then the teams and the floors as sums over them."""
    rows = sorted(rep_rows, key=lambda row: row[:3])
    return [
        *(
            Total(level="rep", floor=row.floor, team=row.team, rep=row.rep, values=row.values)
            for row in rows
        ),
        *_sums("team", rows),
        *_sums("floor", rows),
    ]


def _sums(level: str, rows: Iterable[RepRow]) -> list[Total]:
    sums: dict[tuple[str, str | None], list[float]] = {}
    for row in rows:
        key = (row.floor, row.team if level == "team" else None)
        total = sums.setdefault(key, [0] * len(SERIES))
        for index, value in enumerate(row.values):
            total[index] += value
    return [
        Total(level=level, floor=floor, team=team, rep=None, values=values)
        for (floor, team), values in sums.items()
    ]


_HERE = 0


def _all_here(_id: str) -> int:
    return _HERE
