"""Where a rep's touches are: a compact index from the hash of an id to the quarter hour it is in.

One 64-bit number an id, sorted, instead of a dictionary entry of over a hundred bytes: millions of
ids must fit beside the rows. The hash only finds candidates; the row itself, which holds the ids,
decides, so two ids of one hash cost a look and nothing else.
"""

from array import array
from bisect import bisect_left, insort

QUARTER_BITS = 22  # quarter hours since 1970, until 2089: whatever the clock shows meanwhile
_QUARTERS = (1 << QUARTER_BITS) - 1
_HASHES = (1 << (64 - QUARTER_BITS)) - 1
_RECENT = 256  # ids held in the dictionary before they are sorted in


class IdIndex:
    """A multimap from an id's hash to quarter hours."""

    __slots__ = ("_recent", "_sorted")

    def __init__(self) -> None:
        self._sorted = array("Q")
        self._recent: dict[int, int] = {}

    def __len__(self) -> int:
        return len(self._sorted) + len(self._recent)

    def candidates(self, key: str) -> list[int]:
        """Quarters in which *key* may be; nearly always none or one."""
        digest = hash(key) & _HASHES
        packed = self._recent.get(digest)
        found = [] if packed is None else [packed & _QUARTERS]
        ids = self._sorted
        position = bisect_left(ids, digest << QUARTER_BITS)
        while position < len(ids) and ids[position] >> QUARTER_BITS == digest:
            found.append(ids[position] & _QUARTERS)
            position += 1
        return found

    def add(self, key: str, quarter: int) -> None:
        """Note that *key* is in *quarter*."""
        digest = hash(key) & _HASHES
        packed = digest << QUARTER_BITS | quarter & _QUARTERS
        if digest in self._recent:
            insort(self._sorted, packed)
            return
        self._recent[digest] = packed
        if len(self._recent) > _RECENT:
            self._sorted = array("Q", sorted([*self._sorted, *self._recent.values()]))
            self._recent.clear()

    def discard(self, key: str, quarter: int) -> None:
        """Forget that *key* is in *quarter*."""
        digest = hash(key) & _HASHES
        packed = digest << QUARTER_BITS | quarter & _QUARTERS
        if self._recent.get(digest) == packed:
            del self._recent[digest]
            return
        position = bisect_left(self._sorted, packed)
        if position < len(self._sorted) and self._sorted[position] == packed:
            del self._sorted[position]
