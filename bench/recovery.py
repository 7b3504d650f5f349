"""Recovery: what a worker does with its rows before it is ready, and how long nothing else goes on.

The rows of touches of 25 days and leads of 400 are merged into an empty processor as a restore
merges them, the reps are rebuilt, and what has expired a month later is swept. Kafka's own share is
in `restore`. Run as `python -m bench.recovery REPS DAYS LEADS OF_A_SYSTEM`, in a process of its
own; prints one line of JSON.
"""

import gc
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from itertools import islice

from bench import load
from bench.memory import PARTITIONS, WITHIN, processor_of, resident, rows_of
from streams.changelog.restore import AT_ONCE as RECORDS_AT_ONCE
from streams.clock import DAY
from streams.kafka.topics import TABLES
from streams.ledgers.rows import Rows, Table
from streams.processor import Processor
from streams.worker.sweep import AT_ONCE

MONTH = 30 * DAY


def recover(reps: int, days: int, leads: int, of_a_system: int) -> dict[str, float]:
    """Seconds of each step, milliseconds of its longest slice, and bytes that the restore added.

    Of processor time, which other work on the machine does not change.
    """
    written = rows_of(reps, days, leads, of_a_system)
    rows: dict[Table, Rows] = {table: {} for table in TABLES}
    processor = processor_of(reps, rows)
    before = resident()
    gc.disable()  # as rarely as in a worker
    done = {"rows": float(sum(map(len, written.values())))}
    done |= _timed("restore", _restored(processor, written))
    done |= _timed("rebuild", processor.rebuild(range(PARTITIONS)))
    done["added"] = resident() - before
    done |= _timed("sweep", _swept(processor))
    done["left"] = float(sum(map(len, rows.values())))
    return done


def _restored(processor: Processor, written: dict[Table, Rows]) -> Iterator[None]:
    for table, rows in written.items():
        records = ((key, bytes(bytearray(row))) for key, row in rows.items())  # as if read anew
        while some := list(islice(records, RECORDS_AT_ONCE)):
            processor.restore(table, some, range(PARTITIONS))
            yield


def _swept(processor: Processor) -> Iterator[None]:
    now = load.NOW + MONTH
    processor.expire(range(PARTITIONS), AT_ONCE, now=now)
    yield
    while processor.is_sweeping:
        processor.expire(range(PARTITIONS), AT_ONCE, now=now)
        yield


def _timed(name: str, slices: Iterator[object]) -> dict[str, float]:
    longest, started = 0.0, time.thread_time()
    while True:
        at = time.thread_time()
        is_last = next(slices, _END) is _END
        longest = max(longest, time.thread_time() - at)
        if is_last:
            break
    return {
        f"{name} seconds": time.thread_time() - started,
        f"{name} slice ms": longest * 1e3,
    }


_END = object()


def measure(reps: int, days: int, leads: int, of_a_system: int) -> dict[str, float]:
    """`recover` in a process of its own."""
    sizes = map(str, (reps, days, leads, of_a_system))
    command = [sys.executable, "-m", "bench.recovery", *sizes]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, timeout=2 * WITHIN)
    measured: dict[str, float] = json.loads(done.stdout)
    return measured


def lines(
    reps: int, days: int, leads: int, of_a_system: int, done: dict[str, float]
) -> Iterator[str]:
    """The figures."""
    yield (
        f"Recovery of {reps:,} reps, {days} working days, {leads:,} leads over 400 days and "
        f"{of_a_system:,} of a system: {done['rows']:,.0f} rows, {done['added'] / 1e6:,.0f} MB"
    )
    for name in ("restore", "rebuild", "sweep"):
        yield (
            f"  {name:10} {done[f'{name} seconds']:>6.1f} s, "
            f"longest slice {done[f'{name} slice ms']:>5.0f} ms"
        )


if __name__ == "__main__":
    print(json.dumps(recover(*map(int, sys.argv[1:5]))))
