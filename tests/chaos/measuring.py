"""What is measured beside the verdict: the age of the wall's data, and a naive worker's counts."""

import asyncio
import json
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from streams.worker.standing import REBALANCE_STEPS
from tests.chaos import operating
from tests.readingsums import fetch
from tests.running import RunningWorker

FRESH = 5.0  # seconds; what a floor's data may be old when nothing is wrong
NO_FURTHER = 8.0  # seconds after which a count that stays is taken for the last


class Freshness:
    """Watches a wall until it is stopped; `longest_gap` is in seconds."""

    def __init__(self, wall: str) -> None:
        self._wall = wall
        self.longest_gap = 0.0
        self._ended = threading.Event()
        self._watcher = threading.Thread(target=self._watch, daemon=True)
        self._watcher.start()

    def stop(self) -> None:
        """Watch no longer."""
        self._ended.set()
        self._watcher.join()

    def _watch(self) -> None:
        fresh_at = time.monotonic()
        while not self._ended.wait(0.5):
            if self._is_fresh():
                fresh_at = time.monotonic()
            self.longest_gap = max(self.longest_gap, time.monotonic() - fresh_at)

    def _is_fresh(self) -> bool:
        with suppress(OSError, ValueError):
            floors = fetch(f"{self._wall}/data")["floors"]
            ages = [FRESH + 1 if floor["age"] is None else floor["age"] for floor in floors]
            return bool(floors) and all(age <= FRESH for age in ages)
        return False


class Recoveries:
    """How long it took after each kill until all partitions counted again, and by which steps."""

    def __init__(self) -> None:
        self._seconds: list[float] = []
        self._steps: list[dict[str, float]] = []

    def add(self, seconds: float, workers: list[RunningWorker]) -> None:
        """Note one; its steps are those of the worker whose last rebalance took longest."""
        steps = max((_rebalance_steps(worker) for worker in workers), key=lambda s: sum(s.values()))
        self._seconds.append(seconds)
        self._steps.append({"before": seconds - sum(steps.values()), **steps})

    def report(self) -> Iterator[str]:
        """What the run gives to publish: nothing without a kill."""
        if not self._seconds:
            return
        times = sorted(self._seconds)
        p95 = times[min(len(times) - 1, int(len(times) * 0.95))]
        yield (
            f"recovery after a kill: p50 {statistics.median(times):.1f} s, p95 {p95:.1f} s, "
            f"max {times[-1]:.1f} s"
        )
        parts = {step: [steps[step] for steps in self._steps] for step in self._steps[0]}
        medians = (f"{step} {statistics.median(its):.1f} s" for step, its in parts.items())
        yield f"of it, p50: {', '.join(medians)}"


def _rebalance_steps(worker: RunningWorker) -> dict[str, float]:
    name = "floorpulse_rebalance_step_seconds"
    return {step: worker.total(name, step=step) for step in REBALANCE_STEPS}


class NaiveWorker:
    """The process of `naive`, which counts the records of a topic of four partitions."""

    def __init__(self, brokers: str, topic: str, home: Path) -> None:
        self._brokers = brokers
        self._topic = topic
        self._home = home
        self._process = self._start()

    def _start(self) -> "subprocess.Popen[bytes]":
        command = [sys.executable, "-m", "tests.chaos.naive", self._brokers, self._topic]
        with (self._home / "naive.log").open("ab") as log:
            return subprocess.Popen([*command, str(self._home)], stdout=log, stderr=log)

    def kill(self) -> None:
        """SIGKILL."""
        self._process.kill()
        self._process.wait()

    def kill_and_restart(self) -> None:
        """SIGKILL, and start another."""
        self.kill()
        self._process = self._start()

    def counted(self) -> int:
        """What it counted, once it counts no further."""
        last, since = -1, time.monotonic()
        while time.monotonic() - since < NO_FURTHER:
            now = self._counts()
            if now != last:
                last, since = now, time.monotonic()
            time.sleep(0.5)
        return last

    def _counts(self) -> int:
        with suppress(OSError, ValueError):
            return sum(json.loads((self._home / "counts.json").read_text()).values())
        return 0

    def over_count(self) -> float:
        """How much too much it counted, as a share of the records there are."""
        records = asyncio.run(operating.records_of(self._brokers, self._topic, 4))
        return (self.counted() - records) / records
