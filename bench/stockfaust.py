"""Faust as its documentation writes it: one agent, one tumbling table, one update per event.

Run as `python -m bench.stockfaust BROKERS APP_ID SECONDS TOPIC...`: counts for so many seconds
after its first event, and prints one line of JSON. The changelog topic has to be there.
"""

import asyncio
import json
import sys
import tempfile
import time

import faust

TABLE = "touches"


class Event(faust.Record, serializer="json"):
    """An event, as far as this count needs it."""

    id: str
    rep_id: str
    at: str


def changelog(app_id: str) -> str:
    """The changelog of the table, as Faust names it."""
    return f"{app_id}-{TABLE}-changelog"


async def count(
    brokers: str, app_id: str, seconds: float, topics: list[str], home: str
) -> dict[str, float]:
    """Count events by rep and quarter hour for so many *seconds*; what it took."""
    app = faust.App(
        app_id,
        broker=f"kafka://{brokers}",
        store="memory://",
        datadir=home,
        web_enabled=False,
        topic_allow_declare=False,
        topic_disable_leader=True,
        topic_partitions=4,
        consumer_auto_offset_reset="earliest",
    )
    table = app.Table(TABLE, default=int).tumbling(900.0, expires=86_400.0)
    done = asyncio.Event()
    first: list[tuple[float, float]] = []
    taken = 0

    @app.agent(app.topic(*topics, value_type=Event))
    async def touches(stream):  # type: ignore[no-untyped-def]
        nonlocal taken
        async for event in stream:
            if not first:
                first.append((time.monotonic(), time.process_time()))
            table[event.rep_id] += 1
            taken += 1
            if taken % 100 == 0 and time.monotonic() - first[0][0] > seconds:
                done.set()

    await app.start()
    try:
        await asyncio.wait_for(done.wait(), seconds + 60)
        took, cpu = time.monotonic() - first[0][0], time.process_time() - first[0][1]
        return {"events": taken, "seconds": took, "cpu": cpu}
    finally:
        await app.stop()


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(prefix="floorpulse-bench-") as home:
        took = asyncio.run(count(sys.argv[1], sys.argv[2], float(sys.argv[3]), sys.argv[4:], home))
    print(json.dumps(took))
