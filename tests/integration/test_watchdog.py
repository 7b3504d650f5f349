"""A worker that stands still ends by itself, names where it stood, and restarts without harm."""

import subprocess
import sys

import pytest

from tests.build import NORTH, call, status
from tests.integration.conftest import Install
from tests.realkafka import free_port
from tests.running import PATIENCE, recounted, without_expected

CLOCK = "2026-11-23T15:30:00+01:00"
EVENTS = [
    *(call(id=f"c{n}", at=f"2026-11-23T10:{n}:00+01:00") for n in range(10, 27)),
    status("created", "2026-11-23T10:30:00+01:00"),
]

# A worker with short limits, one second after it is ready to count.
SCRIPT = """
import asyncio, time
from floorpulse.cli import main
from streams.changelog import flush
from streams.worker import rebalance, watchdog

def stand_still():
    time.sleep(1000)

async def never_flush(self):
    await asyncio.Event().wait()

def on_flow(self):
    flow(self)
    {what}

flow, rebalance.Rebalances.on_flow = rebalance.Rebalances.on_flow, on_flow
watchdog.BLOCKED = watchdog.STALLED = 3.0
main(["worker"])
"""
BLOCKS = "asyncio.get_running_loop().call_later(1, stand_still)"
STALLS = "flush.Flusher.flush = never_flush"


@pytest.mark.parametrize(
    ("what", "why", "where"),
    [
        (BLOCKS, "the event loop has been blocked for more than 3 s", "in stand_still"),
        (STALLS, "nothing was taken nor committed for 3 s", "in never_flush"),
    ],
)
def test_it_ends_with_its_stacks_and_a_restart_counts_right(
    install: Install, what: str, why: str, where: str
) -> None:
    processor = install(NORTH, CLOCK)
    port = str(free_port())
    process = subprocess.Popen(
        [sys.executable, "-c", SCRIPT.format(what=what)],
        env={**processor.env, "FLOORPULSE_WORKER_PORT": port},
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        processor.replay(EVENTS)
        said = process.communicate(timeout=PATIENCE)[1]
    finally:
        process.kill()

    assert process.returncode == 70, said[-3000:]
    assert why in said.splitlines()[-1]
    assert where in said

    processor.ready(processor.start())
    assert without_expected(processor.numbers()) == recounted(EVENTS, NORTH, CLOCK)
