"""Restore: how long a worker that starts with nothing takes to have a full day of a floor again."""

import time
from typing import NamedTuple

from bench import load
from bench.stage import Stage, installed
from tests.running import RunningWorker
from tests.scrape import figures, rep_numbers


class Restored(NamedTuple):
    """The rows that were restored, and seconds: by the worker's own figure, and until ready."""

    rows: int
    seconds: float
    until_ready: float


def restore(where: Stage, reps: int) -> Restored:
    """Count a day, stop, start anew; the numbers of every rep are the same before and after."""
    with installed(where, "restore", reps, prefix="restore.in.") as (made, settings):
        load.send(settings, load.days(reps, 1))
        first = made.ready(made.start())
        before = _counted(made.settle())
        assert before, "nothing was counted"
        first.stop()
        started = time.monotonic()
        second = made.ready(made.start())
        until_ready = time.monotonic() - started
        restored = Restored(int(second.total("floorpulse_rows")), _own_figure(second), until_ready)
        assert _counted([second.scrape()]) == before, "other numbers after the restore"
        second.stop()
    return restored


def _counted(texts: list[str]) -> dict[tuple[str, ...], float]:
    """What was counted; windows of a few hours have slid on meanwhile."""
    return {
        key: value
        for key, value in rep_numbers(texts).items()
        if key[2] != "expected_touches" and key[3] not in ("15m", "1h", "4h")
    }


def _own_figure(worker: RunningWorker) -> float:
    durations = figures(worker.scrape(), "floorpulse_restore_duration_seconds")
    return sum(durations.values())


def lines(reps: int, restored: Restored) -> str:
    """The figures."""
    return (
        f"A day of {reps:,} reps restored: {restored.rows:,} rows in {restored.seconds:.1f} s; "
        f"{restored.until_ready:.1f} s from starting the process to ready"
    )
