"""Bytewax as its documentation writes it: a Kafka source, a key, and a fold by tumbling window.

Run as `python bytewaxcounts.py BROKERS EVENTS TOPIC...`; prints one line of JSON.
"""

import json
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import bytewax.operators as op
import bytewax.operators.windowing as win
import orjson
from bytewax.connectors.kafka import KafkaSource, KafkaSourceMessage
from bytewax.dataflow import Dataflow
from bytewax.testing import TestingSink, run_main
from counts import add

WINDOW = timedelta(minutes=15)


def flow(brokers: str, topics: list[str], clock: list[float], closed: list) -> Dataflow:
    """A dataflow that ends with the topics; *clock* has its start once the first batch is there."""

    def decode(batch: list[KafkaSourceMessage]) -> Iterator[tuple[str, dict]]:
        if not clock:
            clock[:] = time.monotonic(), time.process_time()
        for message in batch:
            event = orjson.loads(message.value)
            yield event["rep_id"], event

    made = Dataflow("counts")
    records = op.input("read", made, KafkaSource([brokers], topics, tail=False))
    events = op.flat_map_batch("decode", records, decode)
    windows = win.fold_window(
        "count",
        events,
        # A topic is read beside another: nothing is late before all are read.
        win.EventClock(
            ts_getter=lambda event: datetime.fromisoformat(event["at"]),
            wait_for_system_duration=timedelta(days=30),
        ),
        win.TumblingWindower(length=WINDOW, align_to=datetime(2026, 1, 1, tzinfo=UTC)),
        builder=lambda: [0, 0, 0, 0, 0],
        folder=add,
        merger=lambda a, b: [x + y for x, y in zip(a, b, strict=True)],
        ordered=False,
    )
    op.output("closed", windows.down, TestingSink(closed))
    return made


def main(brokers: str, events: str, *topics: str) -> None:
    """Count what the topics have, and say what it took."""
    clock: list[float] = []
    closed: list = []
    run_main(flow(brokers, list(topics), clock, closed))
    seconds, cpu = time.monotonic() - clock[0], time.process_time() - clock[1]
    totals = [sum(column) for column in zip(*(counts for _, (_, counts) in closed), strict=True)]
    assert totals[0] == int(events), (totals, events)
    print(json.dumps({"events": totals[0], "seconds": seconds, "cpu": cpu, "totals": totals}))


if __name__ == "__main__":
    main(*sys.argv[1:])
