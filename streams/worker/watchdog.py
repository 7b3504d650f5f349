"""Ends a worker that stands still, with the stacks of all it was doing; a restart of it is safe.

Two things are no ordinary waiting. A loop that does not beat is blocked by something that
should not block. A worker that is ready, whose group and brokers answer, and which yet neither
takes nor commits anything while it lags, will not begin to by itself.
"""

import asyncio
import faulthandler
import os
import sys
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import suppress
from typing import Any, NoReturn

from aiokafka import TopicPartition
from aiokafka.errors import KafkaError

from streams.kafka.reader import Stretches
from streams.worker.standing import Standing

BEAT = 1.0  # seconds from one beat of the loop, and one look at it, to the next
BLOCKED = 20.0  # seconds without a beat
STALLED = 60.0  # seconds with lag in which nothing was taken nor committed
ANSWER_WITHIN = 10.0  # seconds for the brokers; less than BLOCKED: the beat waits for them
SUSPENDED = 5.0  # seconds without a look: the machine or the process slept, and nobody is to blame
EXIT_CODE = 70  # EX_SOFTWARE of sysexits.h

Read = Callable[[Stretches], AsyncIterator[tuple[TopicPartition, list[Any]]]]


class Watchdog:
    """Watches one worker; *read* reads stretches of partitions, outside of the group.

    The loop beats; a thread of its own looks whether it does, as a blocked loop cannot.
    """

    def __init__(
        self,
        standing: Callable[[], Standing],
        read: Read,
        *,
        give_up: Callable[[str], object] | None = None,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._standing = standing
        self._read = read
        self._give_up = give_up or end_process
        self._now = now
        self._beat_at = self._looked_at = self._moved_at = now()
        self._moved: object = None
        self._ended = threading.Event()

    async def run(self) -> None:
        """Beat until cancelled."""
        threading.Thread(target=self._look_on, name="watchdog", daemon=True).start()
        try:
            while True:
                await self.beat()
                await asyncio.sleep(BEAT)
        finally:
            self._ended.set()

    def _look_on(self) -> None:
        while not self._ended.wait(BEAT):
            self.look()

    def look(self) -> None:
        """Give up when the loop did not beat for too long; called from the thread."""
        now = self._now()
        was_suspended = now - self._looked_at > SUSPENDED
        self._looked_at = now
        if was_suspended:
            self._beat_at = self._moved_at = now
        elif now - self._beat_at > BLOCKED:
            self._give_up(f"the event loop has been blocked for more than {BLOCKED:.0f} s")

    async def beat(self) -> None:
        """Note that the loop goes on; give up when the worker does not, though it could."""
        now, before = self._now(), self._beat_at
        self._beat_at = now
        standing = self._standing()
        lagging = _lagging(standing) if standing.is_ready and standing.has_heartbeat else {}
        moved = ({p: seen.taken for p, seen in standing.seen.items()}, dict(standing.committed))
        if not lagging or moved != self._moved or now - before > BLOCKED:
            self._moved, self._moved_at = moved, now
        elif now - self._moved_at >= STALLED:
            self._moved_at = now
            if await self._is_readable(lagging):
                places = ", ".join(f"{topic}/{partition}" for topic, partition in lagging)
                self._give_up(
                    f"nothing was taken nor committed for {STALLED:.0f} s, and there is something "
                    f"to read in {places}"
                )

    async def _is_readable(self, lagging: Stretches) -> bool:
        """Whether another reader gets what is due.

        It does not when the brokers are away, nor when the markers of a transaction end a
        partition: those are offsets that nobody is ever delivered.
        """
        with suppress(TimeoutError, KafkaError):
            async with asyncio.timeout(ANSWER_WITHIN):
                async for _, records in self._read(lagging):
                    if records:
                        return True
        return False


def _lagging(standing: Standing) -> Stretches:
    """Of each partition with lag, the offsets from what is committed to the end."""
    lagging = {}
    for place, seen in sorted(standing.seen.items()):
        committed = standing.committed.get(place, 0)
        if seen.end is not None and seen.end > committed:
            lagging[TopicPartition(*place)] = (committed, seen.end)
    return lagging


def end_process(why: str) -> NoReturn:
    """Write the stacks of all threads to stderr, the reason last, and end at once.

    Nothing is flushed or committed: what is not durable is delivered again to the next worker.
    """
    faulthandler.dump_traceback(file=sys.stderr, all_threads=True)
    with suppress(RuntimeError):  # a loop runs in this thread: then its tasks are what stands still
        for task in asyncio.all_tasks():
            sys.stderr.writelines(_stack_of(task))
    sys.stderr.write(f"watchdog: {why}; ending with code {EXIT_CODE}, a restart is safe\n")
    sys.stderr.flush()
    os._exit(EXIT_CODE)


def _stack_of(task: asyncio.Task[Any]) -> Iterator[str]:
    """Where a task waits, the innermost call last; `Task.print_stack` has the outermost alone."""
    yield f"\nTask {task.get_name()}:\n"
    coroutine: Any = task.get_coro()
    while (frame := getattr(coroutine, "cr_frame", None)) is not None:
        code = frame.f_code
        yield f'  File "{code.co_filename}", line {frame.f_lineno} in {code.co_name}\n'
        coroutine = coroutine.cr_await
