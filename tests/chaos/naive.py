"""The usual Faust worker, one table and `+= 1` per event: what it counts, for contrast."""

import json
import os
import sys
from pathlib import Path

import faust


def main() -> None:
    """Count the records of a topic by key; the counts go to a file every second."""
    brokers, topic, home = sys.argv[1:4]
    app = faust.App(
        "naive",
        broker=f"kafka://{brokers}",
        store="memory://",
        datadir=home,
        web_enabled=False,
        topic_partitions=4,
        topic_disable_leader=True,
        broker_session_timeout=6.0,
        broker_heartbeat_interval=1.0,
        broker_rebalance_timeout=8.0,
        autodiscover=False,
    )
    counts = app.Table("counts", default=int, partitions=4)
    calls = app.topic(topic, key_type=str, value_type=bytes, value_serializer="raw")

    @app.agent(calls, name="count")
    async def count(stream: faust.StreamT) -> None:
        async for key, _ in stream.items():  # noqa: PERF102 - not a dict
            counts[key or ""] += 1

    @app.timer(1.0)
    async def report() -> None:
        file = Path(home) / "counts.json"
        fresh = file.with_suffix(".new")
        fresh.write_text(json.dumps(dict(counts.items())))
        os.replace(fresh, file)

    faust.Worker(app, loglevel="ERROR").execute_from_commandline()


if __name__ == "__main__":
    main()
