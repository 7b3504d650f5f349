"""How long the loop of a process stands still, seen from outside: the longest answer of /livez.

Run as `python -m bench.stalls PORT`: asks every 10 ms over one connection until its standard input
ends, and prints the longest answers in milliseconds, as JSON.
"""

import asyncio
import json
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from heapq import nlargest

EVERY = 0.01  # seconds from one question to the next
SHOWN = 5


class Stalls:
    """The longest answers in milliseconds, longest first, once the block is over."""

    longest: list[float]


@contextmanager
def watching(port: int) -> Iterator[Stalls]:
    """Ask the process at *port* for as long as the block lasts."""
    command = [sys.executable, "-m", "bench.stalls", str(port)]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    stalls = Stalls()
    try:
        yield stalls
    finally:
        out, _ = process.communicate()
    stalls.longest = json.loads(out)


async def ask(port: int, is_over: threading.Event) -> list[float]:
    """Ask until *is_over*."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    took = []
    while not is_over.is_set():
        began = time.monotonic()
        writer.write(b"GET /livez HTTP/1.1\r\nHost: worker\r\n\r\n")
        await reader.readuntil(b"alive\n")
        took.append(1000 * (time.monotonic() - began))
        await asyncio.sleep(EVERY)
    writer.close()
    return nlargest(SHOWN, took)


def main(port: str) -> None:
    """Ask until there is no more input, and print the longest answers."""
    is_over = threading.Event()

    def wait() -> None:
        sys.stdin.read()
        is_over.set()

    threading.Thread(target=wait, daemon=True).start()
    print(json.dumps(asyncio.run(ask(int(port), is_over))))


if __name__ == "__main__":
    main(*sys.argv[1:])
