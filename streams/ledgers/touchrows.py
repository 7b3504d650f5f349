"""The rows of one rep's touches while they are worked on, and what is known of the others.

A row's key is (rep_id, quarter hour of `at` in UTC, part).
"""

from array import array
from itertools import islice

import msgspec

from streams.clock import MINUTE
from streams.events.contract import Touch
from streams.ledgers.idindex import IdIndex
from streams.ledgers.rows import ROW_BYTES, decode_touches, encode_touches, entries_size

QUARTER = 15 * MINUTE
MAX_ENTRIES = 512  # of a part; new ids then go to the next part
MAX_ROW_BYTES = 32 * 1024  # of a part that still takes new ids; corrections may let it grow
MAX_ENTRY_BYTES = 1100  # encoded: four texts of 256 bytes, and numbers


def row_key(rep_id: str, quarter: int, part: int) -> bytes:
    """The key of a row in the table and in its changelog."""
    return _key_encoder.encode((rep_id, quarter, part))


def parse_row_key(key: bytes) -> tuple[str, int, int]:
    """The rep, the quarter hour and the part that *key* names."""
    return _key_decoder.decode(key)


_key_encoder = msgspec.msgpack.Encoder()
_key_decoder = msgspec.msgpack.Decoder(tuple[str, int, int])


class TouchRow:
    """A decoded row: the newest version of each id in it.

    `room` is how many entries fit for certain, however long they are; it is counted down, and
    reckoned anew when none is left, from the bytes of the entries that came since (new ones are the
    last of `entries`).
    """

    __slots__ = (
        "_measured",
        "_size",
        "entries",
        "is_dirty",
        "key",
        "part",
        "quarter",
        "rep",
        "room",
    )

    def __init__(self, rep: "RepRows", quarter: int, part: int, key: bytes, value: bytes) -> None:
        self.rep = rep
        self.quarter = quarter
        self.part = part
        self.key = key
        self.entries = {touch.key: touch for touch in decode_touches(value)} if value else {}
        self.is_dirty = False
        self._reckon(len(value))

    def put(self, touch: Touch) -> None:
        """Take this version of its id."""
        if touch.key in self.entries:
            self._measured, self._size = 0, ROW_BYTES  # all anew, when it is asked for
        self.entries[touch.key] = touch
        self.room -= 1

    def drop(self, key: str) -> None:
        """Let go of an id; what it leaves free is reckoned when the row is encoded."""
        if self.entries.pop(key, None) is not None:
            self._measured, self._size = 0, ROW_BYTES

    def encode(self) -> bytes:
        """The bytes of the row."""
        value = encode_touches(self.entries.values())
        self._reckon(len(value))
        return value

    @property
    def takes_new_ids(self) -> bool:
        """Whether one more entry fits."""
        unmeasured = len(self.entries) - self._measured
        if self.room <= 0 and unmeasured and len(self.entries) < MAX_ENTRIES:
            newest = list(islice(reversed(self.entries.values()), unmeasured))
            self._reckon(self._size + entries_size(newest))
        return self.room > 0

    def _reckon(self, size: int) -> None:
        self._size, self._measured = size, len(self.entries)
        fitting = (MAX_ROW_BYTES - size) // MAX_ENTRY_BYTES
        left = MAX_ENTRIES - self._measured
        self.room = fitting if fitting < left else left


class RepRows:
    """What is known of one rep's rows without decoding them, and the rows that are open."""

    __slots__ = ("extra_parts", "index", "open", "partition", "quarters", "rep_id")

    def __init__(self, rep_id: str, partition: int) -> None:
        self.rep_id = rep_id
        self.partition = partition
        self.index = IdIndex()
        self.quarters = array("q")  # of every row, so several times where it has parts
        self.extra_parts: dict[int, int] = {}  # quarter -> last part, where there are several
        self.open: dict[tuple[int, int], TouchRow] = {}

    def parts(self, quarter: int) -> range:
        """The parts of a quarter hour, of which there is at least one."""
        return range(self.extra_parts.get(quarter, 0) + 1)

    @property
    def is_empty(self) -> bool:
        """Whether no row has an entry, or is still to be written."""
        return not self.quarters and not any(
            row.entries or row.is_dirty for row in self.open.values()
        )

    def close(self) -> bool:
        """Let go of rows with nothing to write, but for the newest two quarters, still to come.

        Returns whether all that is left open are those.
        """
        if len(self.open) > OPEN_QUARTERS:
            newest = sorted({quarter for quarter, _ in self.open})[-OPEN_QUARTERS:]
            for slot, row in list(self.open.items()):
                if slot[0] < newest[0] and not row.is_dirty:
                    del self.open[slot]
        return len(self.open) <= OPEN_QUARTERS


OPEN_QUARTERS = 2  # of a rep, whose rows stay decoded
