"""Where a worker's time goes in one catch-up, by a thread that looks at the stacks of the others.

Run as `python -m bench.profiled FILE`, in the environment of a worker, until SIGTERM. The looking
thread has to wait for the interpreter as any other, so it looks the more seldom the busier the
others are: each look counts for the time since the one before.
"""

import asyncio
import json
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from types import FrameType

from bench import catchup, load
from bench.stage import Stage, installed
from floorpulse.commands.processes import worker
from tests.running import RunningWorker, free_port

EVERY = 0.005  # seconds
IDLE = "waiting"
SHOWN = 15  # functions
# What a stack belongs to: the first of these of which any frame's name begins so.
PARTS = (
    ("readings to Redis", ("streams/serving/publisher.py", "streams/serving/redis.py")),
    (
        "/metrics",
        ("streams/worker/http.py", "streams/worker/process.py:snapshot", "metrics/exporter.py"),
    ),
    ("rows encoded", ("streams/processor.py:take_writes",)),
    ("rows and letters sent", ("streams/changelog/flush.py:_write", "producer/")),
    ("decoded and checked", ("streams/events/contract.py",)),
    ("windows", ("streams/processor.py:_show",)),
    ("folded", ("streams/ledgers/touches.py", "streams/ledgers/leads.py")),
    ("intake", ("streams/processor.py",)),
    ("fetched and parsed", ("consumer/",)),
)
_OTHER = "event loop, Faust, client"

Seen = Counter[tuple[str, ...]]  # nanoseconds by stack, from the thread's name to what runs


class Sampler(threading.Thread):
    """Adds up the stacks of all other threads until `done`."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.seen: Seen = Counter()
        self.done = threading.Event()

    def run(self) -> None:
        """Look every few milliseconds."""
        before = time.monotonic_ns()
        while not self.done.wait(EVERY):
            now = time.monotonic_ns()
            for ident, frame in sys._current_frames().items():
                if ident != self.ident:
                    self.seen[_stack(ident, frame)] += now - before
            before = now


def _stack(ident: int, frame: FrameType | None) -> tuple[str, ...]:
    names = []
    while frame is not None:
        code = frame.f_code
        names.append(f"{'/'.join(Path(code.co_filename).parts[-2:])}:{code.co_name}")
        frame = frame.f_back
    is_main = ident == threading.main_thread().ident
    return ("main" if is_main else "other", *reversed(names))


def profile(where: Stage, reps: int, days: int) -> Seen:
    """The stacks of a worker that catches up with a backlog of so many working days."""
    prefix = "profile.in."
    with installed(where, "profile", reps, prefix=prefix) as (made, settings):
        events = load.send_days(settings, reps, days)
        port, log, out = free_port(), made.home / "worker.log", made.home / "seen.json"
        with log.open("wb") as told:
            process = subprocess.Popen(
                [sys.executable, "-m", "bench.profiled", str(out)],
                env={**made.env, "FLOORPULSE_WORKER_PORT": str(port)},
                stdout=told,
                stderr=told,
            )
        running = RunningWorker(process, port, log)
        made.workers.append(running)
        made.ready(running)
        process.send_signal(signal.SIGUSR1)
        with catchup.scraped(running):
            asyncio.run(catchup.until_committed(settings, events))
        running.stop()
        return Counter({tuple(stack): spent for stack, spent in json.loads(out.read_text())})


def lines(seen: Seen) -> Iterator[str]:
    """The share of each part in the main thread's work, and the functions that cost most."""
    parts: Counter[str] = Counter()
    functions: Counter[str] = Counter()
    for stack, spent in seen.items():
        part = IDLE if _waits(stack) else _part(stack)
        if stack[0] == "main":
            parts[part] += spent
            if part != IDLE:
                functions[stack[-1]] += spent
    busy = sum(parts.values()) - parts[IDLE]
    other = sum(spent for stack, spent in seen.items() if stack[0] == "other" and not _waits(stack))
    yield "Profile of one catch-up, the main thread's work by part:"
    for part, spent in parts.most_common():
        if part != IDLE:
            yield f"  {part:28} {spent / busy:>5.0%}"
    yield f"  beside it: waiting {parts[IDLE] / busy:.0%}, other threads at work {other / busy:.0%}"
    yield "  most in: " + ", ".join(
        f"{name} {spent / busy:.0%}" for name, spent in functions.most_common(SHOWN)
    )


def _waits(stack: tuple[str, ...]) -> bool:
    return stack[-1].endswith((":select", ":wait", ":_worker"))


def _part(stack: tuple[str, ...]) -> str:
    for name, heads in PARTS:
        if any(frame.startswith(heads) for frame in stack):
            return name
    return _OTHER


def main() -> None:
    """Run a worker, and write what was seen."""
    sampler = Sampler()
    signal.signal(signal.SIGUSR1, lambda *_: sampler.seen.clear())  # ready: the start is over
    sampler.start()
    with suppress(KeyboardInterrupt):
        worker([], standalone_mode=False)
    sampler.done.set()
    sampler.join()
    Path(sys.argv[1]).write_text(json.dumps([*sampler.seen.items()]))


if __name__ == "__main__":
    main()
