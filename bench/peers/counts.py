"""The five counts of a rep and quarter hour that every contestant keeps."""

NAMES = ("events", "outbound", "human", "with_contact", "talk_seconds")


def add(counts: list[int], event: dict) -> list[int]:
    """*counts*, to which one event was added."""
    counts[0] += 1
    counts[1] += event.get("direction") == "outbound"
    counts[2] += event.get("outcome") == "human"
    counts[3] += "contact_id" in event
    counts[4] += event.get("talk_seconds") or 0
    return counts


def count(event: dict) -> list[int]:
    """The counts of a first event."""
    return add([0, 0, 0, 0, 0], event)
