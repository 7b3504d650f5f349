"""Quix Streams as its documentation writes it: a dataframe a topic, reduced by tumbling window.

Run as `python quixcounts.py BROKERS EVENTS TOPIC...`; prints one line of JSON.
"""

import json
import sys
import tempfile
import time
from datetime import datetime, timedelta
from typing import Any

from counts import add, count
from quixstreams import Application

WINDOW = timedelta(minutes=15)
GRACE = timedelta(days=30)  # a partition is read beside another: nothing is late


def happened(event: dict, *_: Any) -> int:
    """When an event happened, in milliseconds."""
    return int(datetime.fromisoformat(event["at"]).timestamp() * 1000)


class Counted:
    """The newest counts of every rep and window, and when the first one came."""

    def __init__(self) -> None:
        self.clock: tuple[float, float] | None = None
        self._windows: dict[tuple[str, Any, int], list[int]] = {}

    def note(self, topic: str) -> Any:
        """What takes each update of a window of *topic*."""

        def take(window: dict, key: Any, *_: Any) -> None:
            if self.clock is None:
                self.clock = time.monotonic(), time.process_time()
            self._windows[topic, key, window["start"]] = window["value"]

        return take

    def totals(self) -> list[int]:
        """The sums over all reps and windows."""
        return [sum(column) for column in zip(*self._windows.values(), strict=True)]


def main(brokers: str, events: str, *topics: str) -> None:
    """Count what the topics have, and say what it took."""
    counted = Counted()
    with tempfile.TemporaryDirectory(prefix="floorpulse-bench-") as home:
        app = Application(
            brokers,
            consumer_group=f"quix-{time.time_ns()}",
            auto_offset_reset="earliest",
            state_dir=home,
            loglevel="ERROR",
        )
        for name in topics:
            topic = app.topic(name, value_deserializer="json", timestamp_extractor=happened)
            windows = app.dataframe(topic).tumbling_window(WINDOW, grace_ms=GRACE)
            windows.reduce(reducer=add, initializer=count).current().update(
                counted.note(name), metadata=True
            )
        app.run(count=int(events), timeout=60, collect=False)
    assert counted.clock is not None
    seconds = time.monotonic() - counted.clock[0]
    cpu = time.process_time() - counted.clock[1]
    totals = counted.totals()
    assert totals[0] == int(events), (totals, events)
    print(json.dumps({"events": totals[0], "seconds": seconds, "cpu": cpu, "totals": totals}))


if __name__ == "__main__":
    main(*sys.argv[1:])
