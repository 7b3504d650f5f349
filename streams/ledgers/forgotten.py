"""Who was forgotten: people of whom nothing is kept that happened up to an instant.

A person is known here by a hash of their id alone. Of two records about one person the later
instant stands, so records merge in any order and grouping, and one that is read again changes
nothing. Whatever comes into a ledger is put through here first, whoever brings it:

- a touch of a forgotten rep goes,
- a touch of a forgotten contact stays, and the contact goes,
- a lead's change by a forgotten rep stays as one that no person did, so that what others did for
  the lead still counts; their decision stays as nobody's, and a contact goes. With any of the three
  goes the free text in `reason`, which may name them.
"""

from collections.abc import Callable
from functools import lru_cache
from hashlib import sha256
from typing import Literal, NamedTuple

import msgspec

from streams.clock import Micros, iso, parse_instant
from streams.events.contract import LeadChange, Touch
from streams.ledgers.rows import decode_changes, encode_changes

Subject = Literal["rep", "contact"]

NEVER: Micros = -(2**63)
_KNOWN_IDS = 100_000  # whose hash is remembered


class ForgottenRecord(NamedTuple):
    """A person, by the hash of their id, and the instant up to which they are forgotten."""

    subject: Subject
    hash: str
    until: Micros


def hash_of(app_id: str, subject: Subject, person: str) -> str:
    """SHA-256, in hex, of an id with what it is of: the same id in two installations differs."""
    return sha256("\0".join((app_id, subject, person)).encode()).hexdigest()


def encode_forgotten(record: ForgottenRecord) -> tuple[bytes, bytes]:
    """The key and the value of a record in its topic.

    The instant is part of the key: compaction keeps what came last of a key, which need not be what
    is latest.
    """
    return f"{record.hash}@{record.until}".encode(), msgspec.json.encode(record._asdict())


def decode_forgotten(value: bytes) -> ForgottenRecord:
    """The record of a value; raises msgspec.MsgspecError or UnicodeDecodeError."""
    return ForgottenRecord(**msgspec.structs.asdict(_record.decode(value)))


def encode_line(app_id: str, record: ForgottenRecord) -> bytes:
    """A record as a line of JSON, for who reads it elsewhere: with the installation it is of."""
    line = {"app_id": app_id, **record._asdict(), "until": iso(record.until)}
    return msgspec.json.encode(line)


def decode_line(line: bytes) -> tuple[str, ForgottenRecord]:
    """The app id and the record of a line; raises ValueError."""
    read = _line.decode(line)
    return read.app_id, ForgottenRecord(read.subject, read.hash, parse_instant(read.until))


class _Line(msgspec.Struct):
    app_id: str
    subject: Subject
    hash: str
    until: str


_line = msgspec.json.Decoder(_Line)


class _Stored(msgspec.Struct):
    subject: Subject
    hash: str
    until: Micros


_record = msgspec.json.Decoder(_Stored)


class Forgotten:
    """All who were forgotten in the installation *app_id*.

    While `is_empty`, everything passes as it is: nothing need be asked.
    """

    def __init__(self, app_id: str = "") -> None:
        self._app_id = app_id
        self._until: dict[tuple[Subject, str], Micros] = {}
        self._subjects: set[Subject] = set()  # of whom anybody was forgotten
        self._until_of = self._remembering()

    def merge(self, record: ForgottenRecord) -> bool:
        """Take a record; whether it forgets more than was known."""
        who = record.subject, record.hash
        if record.until <= self._until.get(who, NEVER):
            return False
        self._until[who] = record.until
        self._subjects.add(record.subject)
        self._until_of = self._remembering()
        return True

    @property
    def is_empty(self) -> bool:
        """Whether nobody was forgotten."""
        return not self._subjects

    @property
    def records(self) -> list[ForgottenRecord]:
        """One record for each who was forgotten."""
        return [ForgottenRecord(*who, until) for who, until in sorted(self._until.items())]

    def until(self, subject: Subject, person: str) -> Micros:
        """The instant up to which somebody is forgotten, inclusive; NEVER who is not."""
        return self._until_of(subject, person) if subject in self._subjects else NEVER

    def _remembering(self) -> Callable[[Subject, str], Micros]:
        @lru_cache(maxsize=_KNOWN_IDS)
        def until_of(subject: Subject, person: str) -> Micros:
            return self._until.get((subject, hash_of(self._app_id, subject, person)), NEVER)

        return until_of

    # -- touches

    def concerns(self, rep_id: str) -> bool:
        """Whether a row of this rep's touches may hold somebody who was forgotten."""
        return "contact" in self._subjects or self.until("rep", rep_id) != NEVER

    def is_dropped(self, rep_id: str, at: Micros) -> bool:
        """Whether a touch of a rep at *at* goes."""
        return not self.is_empty and at <= self.until("rep", rep_id)

    def kept_touches(self, rep_id: str, touches: list[Touch]) -> list[Touch]:
        """What is kept of these touches of a rep: the list itself where that is all."""
        if not self.concerns(rep_id):
            return touches
        until = self.until("rep", rep_id)
        kept = [self.without_contact(touch) for touch in touches if touch.at > until]
        is_all = len(kept) == len(touches) and all(map(_is, kept, touches))
        return touches if is_all else kept

    def without_contact(self, touch: Touch) -> Touch:
        """A touch without its contact, if that was forgotten: else the touch itself."""
        if touch.contact_id is None or touch.at > self.until("contact", touch.contact_id):
            return touch
        return msgspec.structs.replace(touch, contact_id=None)

    # -- leads

    def kept_change(self, change: LeadChange) -> LeadChange:
        """What is kept of a lead's change: the change itself where that is all."""
        at, gone = change.at, dict[str, str | None]()
        if change.rep_id and at <= self.until("rep", change.rep_id):
            gone["rep_id"] = ""
        if change.decided_by and at <= self.until("rep", change.decided_by):
            gone["decided_by"] = None
        if change.contact_id and at <= self.until("contact", change.contact_id):
            gone["contact_id"] = None
        return msgspec.structs.replace(change, reason=None, **gone) if gone else change

    def kept_row(self, row: bytes) -> bytes:
        """What is kept of a lead's row, encoded: the same bytes where that is all.

        Raises as `decode_changes`.
        """
        changes = decode_changes(row)
        kept = [self.kept_change(change) for change in changes]
        return row if all(map(_is, kept, changes)) else encode_changes(kept)


def _is(one: object, other: object) -> bool:
    return one is other
