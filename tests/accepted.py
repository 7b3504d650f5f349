"""What two workers have to count, whatever happens to them: all that either of them accepted."""

import datetime as dt
from collections.abc import Callable

from streams.audit.recount import Recount
from streams.clock import micros
from tests.build import record, roster
from tests.model import PARTITION_OF, TOPICS, Record
from tests.strategies import WORLD

ROSTER = roster(WORLD)
KEPT = dt.timedelta(days=60)
AHEAD = dt.timedelta(minutes=5)


def at_of(event: dict) -> dt.datetime:
    return dt.datetime.fromisoformat(event["at"])


class Accepted:
    """The events that were accepted at the clock *now*, and what they come to."""

    def __init__(self, now: Callable[[], dt.datetime]) -> None:
        self._now = now
        self._sent: dict[bytes, dict] = {}
        self._accepted: dict[bytes, dict] = {}
        self.forgotten: list[tuple[str, str, dt.datetime]] = []  # subject, id, until

    def send(self, value: bytes, event: dict) -> None:
        """Note what the bytes of an event say."""
        self._sent[value] = event

    def take(self, record: Record) -> None:
        """Note what has to be counted from now on: in its partition, neither late nor ahead."""
        event = self._sent.get(record.value or b"")
        if event is None or record.topic == TOPICS.credits:
            return
        is_lead = event["topic"] == "lead-status"
        if PARTITION_OF(event["lead_id"] if is_lead else event["rep_id"]) != record.partition:
            return
        times = [event["at"], *([event["recorded_at"]] if event.get("recorded_at") else [])]
        if any(dt.datetime.fromisoformat(at) > self._now() + AHEAD for at in times):
            return
        if is_lead or at_of(event) >= self._now() - KEPT:
            self._accepted[record.value or b""] = event

    def recounted(self) -> Recount:
        """A recount of all that was accepted; of a touch that expired, the newest version."""
        accepted = [
            kept for event in self._accepted.values() if (kept := self.kept(event)) is not None
        ]
        expired = {
            (event["rep_id"], event["id"])
            for event in accepted
            if event["topic"] != "lead-status" and at_of(event) < self._now() - KEPT
        }
        kept = [
            event
            for event in accepted
            if (event["rep_id"], event["id"]) not in expired
            or event["version"] == self._newest_version(event["id"], accepted)
        ]
        counted = Recount(ROSTER, micros(self._now()))
        counted.take(record(event, offset) for offset, event in enumerate(kept))
        return counted

    @staticmethod
    def _newest_version(walker: str, events: list[dict]) -> int:
        return max(e["version"] for e in events if e["id"] == walker)

    @property
    def values(self) -> list[bytes]:
        """The bytes of all events that were sent."""
        return list(self._sent)

    def event_of(self, value: bytes) -> dict:
        """What bytes that were sent say."""
        return self._sent[value]

    def kept(self, event: dict) -> dict | None:
        """What is kept of an event, without those who were forgotten; None of nothing."""
        if event["topic"] != "lead-status":
            if self._is_forgotten("rep", event["rep_id"], event):
                return None
            is_gone = self._is_forgotten("contact", event.get("contact_id"), event)
            return {**event, "contact_id": None} if is_gone else event
        people = {"rep_id": "rep", "decided_by": "rep", "contact_id": "contact"}
        gone = [n for n, of in people.items() if self._is_forgotten(of, event.get(n), event)]
        return {**event, **dict.fromkeys(gone), "reason": None} if gone else event

    def _is_forgotten(self, subject: str, who: str | None, event: dict) -> bool:
        return any(
            (subject, who) == (of, person) and at_of(event) <= until
            for of, person, until in self.forgotten
        )
