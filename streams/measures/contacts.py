"""How many distinct contacts a rep reached, and how many of them became leads, since a day.

A contact is in a window when the last day on which it was reached lies in it, so one number per
contact and a count per day answer every window that ends now. A contact is known by the hash of its
id: among the few thousand of a rep, two of one 64-bit hash are as likely as a wrong memory cell.
"""

from collections import defaultdict

from streams.roster.calendar import Day

# Most contacts are reached on one day: its tuple is shared by all of them.
_single: dict[Day, tuple[Day, ...]] = {}


class _Days:
    """A multiset of days for each contact; forgets those before *since*."""

    __slots__ = ("_by_contact",)

    def __init__(self) -> None:
        self._by_contact: dict[int, tuple[Day, ...]] = {}

    def __contains__(self, contact: int) -> bool:
        return contact in self._by_contact

    def last(self, contact: int) -> Day | None:
        days = self._by_contact.get(contact)
        return days[-1] if days else None

    def change(self, contact: int, day: Day, count: int) -> None:
        days = self._by_contact.get(contact, ())
        if count < 0:
            position = days.index(day)
            days = days[:position] + days[position + 1 :]
        elif days and day < days[-1]:
            days = tuple(sorted((*days, day)))
        else:
            days = (*days, day) if days else _single.setdefault(day, (day,))
        if days:
            self._by_contact[contact] = days
        else:
            del self._by_contact[contact]

    def forget_before(self, since: Day) -> None:
        for contact, days in list(self._by_contact.items()):
            if days[0] < since:
                kept = tuple(day for day in days if day >= since)
                if kept:
                    self._by_contact[contact] = kept
                else:
                    del self._by_contact[contact]


class Contacts:
    """The contacts of one rep in one team: how many were `reached` and `converted`, by day.

    The day is the last that counts.
    """

    __slots__ = ("_created", "_since", "_touched", "converted", "reached")

    def __init__(self, since: Day) -> None:
        self._since = since
        self._touched = _Days()
        self._created = _Days()
        self.reached: defaultdict[Day, int] = defaultdict(int)
        self.converted: defaultdict[Day, int] = defaultdict(int)

    def touch(self, contact_id: str, day: Day, count: int) -> None:
        """Add (or with a *count* of -1 take away) an effective touch of a contact on *day*."""
        contact = hash(contact_id)
        if count > 0 and self._touched.last(contact) == day:
            self._touched.change(contact, day, count)  # the day that counts stays the same
        else:
            self._change(self._touched, contact, day, count)

    def create(self, contact_id: str, day: Day, count: int) -> None:
        """Add or take away a lead created of a contact on *day*."""
        self._change(self._created, hash(contact_id), day, count)

    def since(self, day: Day) -> tuple[int, int]:
        """Contacts reached from *day* on, and those of them of whom a lead was created since."""
        reached = sum(count for last, count in self.reached.items() if last >= day)
        converted = sum(count for last, count in self.converted.items() if last >= day)
        return reached, converted

    def forget_before(self, since: Day) -> None:
        """Drop what no window reaches any more; later changes of such days are ignored."""
        self._since = since
        for days in (self._touched, self._created):
            days.forget_before(since)
        for counts in (self.reached, self.converted):
            for day in [day for day in counts if day < since]:
                del counts[day]

    def _change(self, days: _Days, contact: int, day: Day, count: int) -> None:
        if day < self._since:
            return
        if count < 0 or contact in self._touched:
            self._tally(contact, -1)
        days.change(contact, day, count)
        self._tally(contact, 1)

    def _tally(self, contact: int, count: int) -> None:
        reached = self._touched.last(contact)
        if reached is None:
            return
        self.reached[reached] += count
        created = self._created.last(contact)
        if created is not None:
            self.converted[min(reached, created)] += count
