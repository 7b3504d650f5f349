"""How long `compare` and `report` take for days of events in a file, the whole process included."""

import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from resource import RUSAGE_CHILDREN, getrusage
from typing import NamedTuple

import msgspec

from bench import load
from streams.clock import iso

WITHIN = 600.0  # seconds
# Every rep is measured anew: the proposal has another rule and another target.
PROPOSAL = (("talk_seconds: 60", "talk_seconds: 90"), ("call: 40", "call: 50"))


class Took(NamedTuple):
    """Seconds by the clock on the wall, and of processor time."""

    command: str
    events: int
    seconds: float
    processor: float


def measure(reps: int, days: int) -> Iterator[Took]:
    """A day of so many reps by two rosters, then so many days of them as a report."""
    with tempfile.TemporaryDirectory(prefix="floorpulse-files-") as home:
        old, new, file = (Path(home) / name for name in ("old.yaml", "new.yaml", "events.jsonl"))
        old.write_text(load.roster(reps))
        text = old.read_text()
        for part, other in PROPOSAL:
            text = text.replace(part, other)
        new.write_text(text)
        source = ["--file", str(file), "--at", iso(load.NOW)]
        yield _run(["compare", str(old), str(new), *source], _write(file, reps, 1))
        first = str(load.working_days(days)[0])
        period = ["--from", first, "--to", str(load.TODAY), "--by", "rep", "--format", "csv"]
        count = _write(file, reps, days)
        yield _run(["report", *period, "--roster", str(old), *source], count)


def _write(file: Path, reps: int, days: int) -> int:
    """Write the last so many working days; returns how many events they were."""
    count = 0
    with file.open("wb") as out:
        for day in load.working_days(days):
            for _, topic, event in load.day_of(day, reps):
                out.write(msgspec.json.encode({"topic": topic, **event}) + b"\n")
                count += 1
    return count


def _run(arguments: list[str], events: int) -> Took:
    before, started = _processor_time(), time.monotonic()
    subprocess.run(
        [sys.executable, "-m", "floorpulse.cli", *arguments],
        check=True,
        capture_output=True,
        timeout=WITHIN,
    )
    seconds = time.monotonic() - started
    return Took(arguments[0], events, seconds, _processor_time() - before)


def _processor_time() -> float:
    used = getrusage(RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def lines(took: Took) -> str:
    """The figures as a line."""
    return (
        f"{took.command} of {took.events:,} events in a file: {took.seconds:.1f} s, "
        f"{took.processor:.1f} s of processor time"
    )
