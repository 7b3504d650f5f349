"""What is measured beside the verdict: the age of the wall's data, and a naive worker's counts."""

import asyncio
import json
import subprocess
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path

from tests.chaos import operating
from tests.readingsums import fetch

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
