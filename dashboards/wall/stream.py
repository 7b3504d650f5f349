"""One document that any number of clients watch, made once for all of them."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from typing import Generic, TypeVar

T = TypeVar("T")

LEAST = 0.25  # seconds between two makings
MOST = 5.0  # seconds after which it is made again unasked, so that ages stay fresh


class Stream(Generic[T]):
    """Makes a document when asked and at least every *most* seconds, and shows it to watchers.

    What is asked for within *least* seconds is made together. A slow watcher misses documents in
    between, never the newest.
    """

    def __init__(
        self, make: Callable[[], Awaitable[T]], *, least: float = LEAST, most: float = MOST
    ) -> None:
        self._make = make
        self._least = least
        self._most = most
        self._asked = asyncio.Event()
        self._made = asyncio.Event()
        self._document: T | None = None
        self._is_closed = False

    def ask(self) -> None:
        """Have it made anew: something changed."""
        self._asked.set()

    async def run(self) -> None:
        """Make documents until cancelled; raises what making one raises. Watchers end with it."""
        try:
            while True:
                self._asked.clear()
                self._document = await self._make()
                self._wake()
                await asyncio.sleep(self._least)
                with suppress(TimeoutError):
                    async with asyncio.timeout(max(0.0, self._most - self._least)):
                        await self._asked.wait()
        finally:
            self.close()

    def close(self) -> None:
        """End all watching."""
        self._is_closed = True
        self._wake()

    async def watch(self) -> AsyncIterator[T]:
        """The document as it is now, and each newer one, until the stream is closed."""
        while not self._is_closed:
            made = self._made
            if self._document is not None:
                yield self._document
            await made.wait()

    def _wake(self) -> None:
        made, self._made = self._made, asyncio.Event()
        made.set()
