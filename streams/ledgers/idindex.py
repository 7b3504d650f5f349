"""Where a rep's touches are: a compact index from the hash of an id to the quarter hour it is in.

One 64-bit number an id in an open-addressed table, instead of a dictionary entry of over a hundred
bytes: millions of ids must fit beside the rows. The hash only finds candidates; the row itself,
which holds the ids, decides, so two ids of one hash cost a look and nothing else.
"""

from array import array

QUARTER_BITS = 22  # quarter hours since 1970, until 2089: whatever the clock shows meanwhile
_QUARTERS = (1 << QUARTER_BITS) - 1
_HASHES = (1 << (64 - QUARTER_BITS)) - 1
_FREE, _GONE = 0, 1  # no id has either: a hash of 0 is taken for 1
_SMALLEST = 64


class IdIndex:
    """A multimap from an id's hash to quarter hours."""

    __slots__ = ("_live", "_slots", "_used")

    def __init__(self) -> None:
        self._slots = array("Q", bytes(8 * _SMALLEST))
        self._used = 0  # slots that are not free
        self._live = 0

    def __len__(self) -> int:
        return self._live

    def claim(self, key: str, quarter: int) -> bool:
        """Note that *key* is in *quarter*, if no id of its hash is known; whether that was so."""
        digest = hash(key) & _HASHES or 1
        slots = self._slots
        mask = len(slots) - 1
        place = digest & mask
        while packed := slots[place]:
            if packed >> QUARTER_BITS == digest:
                return False
            place = (place + 1) & mask
        self._occupy(place, digest << QUARTER_BITS | quarter & _QUARTERS)
        return True

    def candidates(self, key: str) -> list[int]:
        """Quarters in which *key* may be; nearly always none or one."""
        digest = hash(key) & _HASHES or 1
        slots = self._slots
        mask = len(slots) - 1
        place = digest & mask
        quarters = []
        while packed := slots[place]:
            if packed >> QUARTER_BITS == digest:
                quarters.append(packed & _QUARTERS)
            place = (place + 1) & mask
        return quarters

    def add(self, key: str, quarter: int) -> None:
        """Note that *key* is in *quarter*."""
        digest = hash(key) & _HASHES or 1
        slots = self._slots
        mask = len(slots) - 1
        place = digest & mask
        while slots[place]:
            place = (place + 1) & mask
        self._occupy(place, digest << QUARTER_BITS | quarter & _QUARTERS)

    def discard(self, key: str, quarter: int) -> None:
        """Forget that *key* is in *quarter*."""
        digest = hash(key) & _HASHES or 1
        wanted = digest << QUARTER_BITS | quarter & _QUARTERS
        slots = self._slots
        mask = len(slots) - 1
        place = digest & mask
        while packed := slots[place]:
            if packed == wanted:
                slots[place] = _GONE  # not free: the search for others goes on past it
                self._live -= 1
                return
            place = (place + 1) & mask

    def _occupy(self, place: int, packed: int) -> None:
        """Write to a free slot; at most two thirds of them are in use, so searches stay short."""
        self._slots[place] = packed
        self._live += 1
        self._used += 1
        if self._used * 3 > len(self._slots) * 2:
            self._resize()

    def _resize(self) -> None:
        size = _SMALLEST
        while size < self._live * 2:
            size *= 2
        slots = array("Q", bytes(8 * size))
        mask = size - 1
        for packed in self._slots:
            if packed > _GONE:
                place = (packed >> QUARTER_BITS) & mask
                while slots[place]:
                    place = (place + 1) & mask
                slots[place] = packed
        self._slots = slots
        self._used = self._live
