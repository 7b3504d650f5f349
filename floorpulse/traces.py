"""Where the topics name a person, and until when brokers keep it."""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import click
import msgspec

from streams.changelog.lost_history import LOST_HISTORY_KEY
from streams.clock import Micros
from streams.kafka.admin import topic_configs
from streams.kafka.connection import TopicPartition
from streams.kafka.reader import LogReader
from streams.kafka.topics import TABLES, Topics, TopicSpec
from streams.ledgers.credits import parse_credit_key
from streams.ledgers.forgotten import NEVER, Forgotten, Subject
from streams.ledgers.rows import Table, decode_changes, decode_touches
from streams.ledgers.touchrows import parse_row_key
from streams.settings import Settings

MILLIS = 1000  # microseconds
# Fields of a record that name somebody.
FIELDS: Mapping[Subject, tuple[str, ...]] = {
    "rep": ("rep_id", "decided_by", "who", "whom"),
    "contact": ("contact_id",),
}
IN_ROWS: Mapping[Table, str] = {
    "touches": "touches in rows",
    "leads": "changes of leads in rows",
    "credits": "copies of leads",
}


class Person(NamedTuple):
    """Somebody, by the id that they have in the source system."""

    subject: Subject
    id: str


class Traces(NamedTuple):
    """What of one topic names a person: how many of what, and the newest of those records."""

    what: str
    number: int
    newest: Micros

    @property
    def is_of_rows(self) -> bool:
        """Whether workers write anew what names them."""
        return self.what in IN_ROWS.values()


class Lifetime(NamedTuple):
    """How long brokers keep a record of a topic, in milliseconds; None where nothing says it.

    They delete and compact whole segments: `segment_ms` is how much younger than a record another
    one of its segment may be.
    """

    kept_ms: int | None
    segment_ms: int | None

    def gone_by(self, written: Micros) -> Micros | None:
        """When a record is gone at the latest; None where nothing says so."""
        if self.kept_ms is None or self.segment_ms is None or not 0 <= self.kept_ms < 2**53:
            return None
        return written + (self.kept_ms + self.segment_ms) * MILLIS


async def lifetimes(settings: Settings, specs: Iterable[TopicSpec]) -> dict[str, Lifetime]:
    """How long brokers keep what is in these topics.

    Of a compacted one, for how long after a newer row was written the older one is kept.
    """
    specs = list(specs)
    configs = await topic_configs(settings, [spec.name for spec in specs])
    return {spec.name: _lifetime(spec, configs.get(spec.name, {})) for spec in specs}


def _lifetime(spec: TopicSpec, config: Mapping[str, str]) -> Lifetime:
    if spec.cleanup == "compact":
        return Lifetime(_number(config.get("max.compaction.lag.ms")), 0)
    return Lifetime(_number(config.get("retention.ms")), _number(config.get("segment.ms")))


def _number(text: str | None) -> int | None:
    return None if text is None else int(text)


async def find_traces(
    settings: Settings, specs: Iterable[TopicSpec], person: Person, forgotten: Forgotten
) -> dict[str, Traces]:
    """What each of these topics has of a person, with a progress bar; those without are not there.

    Of a row only the newest version is looked at, and what is not kept with *forgotten* is counted.
    """
    topics = Topics(settings)
    names = [spec.name for spec in specs]
    finding = {name: _Finding(_table_of(topics, name), person, forgotten) for name in names}
    async with LogReader(settings) as reader:
        counts = await reader.partition_counts()
        places = [TopicPartition(name, p) for name in names for p in range(counts.get(name, 0))]
        begins, ends = await reader.beginnings(places), await reader.ends(places)
        stretches = {place: (begins[place], ends[place]) for place in places}
        length = sum(end - begin for begin, end in stretches.values())
        stderr = click.get_text_stream("stderr")
        with click.progressbar(length=length, label="looking through topics", file=stderr) as bar:
            async for place, records in reader.read(stretches):
                for record in records:
                    finding[place.topic].look(record.key, record.value, record.timestamp * MILLIS)
                bar.update(len(records))
    return {name: looked.traces() for name, looked in finding.items() if looked.has_any}


def _table_of(topics: Topics, name: str) -> Table | None:
    """The table whose rows are in a topic; of an event's topic, None."""
    tables: dict[str, Table] = {topics.changelog(table): table for table in TABLES}
    return "credits" if name == topics.credits else tables.get(name)


class _Finding:
    """Looks through the records of one topic."""

    def __init__(self, table: Table | None, person: Person, forgotten: Forgotten) -> None:
        self._table = table
        self._person = person
        self._forgotten = forgotten
        self._rows: dict[bytes, tuple[int, Micros]] = {}  # those that name them
        self._records = 0
        self._newest = NEVER

    @property
    def has_any(self) -> bool:
        """Whether anything names them."""
        return bool(self._rows or self._records)

    def traces(self) -> Traces:
        """What names them."""
        if self._table is None:
            return Traces("records", self._records, self._newest)
        count = sum(count for count, _ in self._rows.values())
        return Traces(IN_ROWS[self._table], count, max(at for _, at in self._rows.values()))

    def look(self, key: bytes | None, value: bytes | None, at: Micros) -> None:
        """Look at one record."""
        if self._table is None:
            if is_named(self._person, key, value):
                self._records += 1
                self._newest = max(self._newest, at)
        elif key and key != LOST_HISTORY_KEY:
            count = 0 if value is None else self._in_row(self._table, key, value)
            self._rows.pop(key, None)
            if count:
                self._rows[key] = count, at

    def _in_row(self, table: Table, key: bytes, value: bytes) -> int:
        """How many events of a row are not kept as they are; of a copy, 1 where any is not."""
        if table == "touches":
            touches = decode_touches(value)
            kept = self._forgotten.kept_touches(parse_row_key(key)[0], touches)
            return len(touches) - sum(any(touch is other for other in kept) for touch in touches)
        changes = decode_changes(value)
        count = sum(self._forgotten.kept_change(change) is not change for change in changes)
        if table == "credits":
            return int(bool(count) or self._person == ("rep", parse_credit_key(key)[0]))
        return count


def is_named(person: Person, key: bytes | None, value: bytes | None) -> bool:
    """Whether a record of an event, as it came, names a person; also one that cannot be read."""
    if person.subject == "rep" and key == person.id.encode():
        return True
    raw = value or b""
    try:
        said: Any = msgspec.json.decode(raw.removeprefix(b"\xef\xbb\xbf"))
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return person.id.encode() in raw
    if not isinstance(said, dict):
        return False
    return any(said.get(name) == person.id for name in FIELDS[person.subject])
