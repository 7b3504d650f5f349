"""A stream makes a document once for all who watch it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import pytest

from dashboards.wall.stream import Stream


class Press:
    """Counts what it makes; stands still while `held`."""

    def __init__(self) -> None:
        self.made = 0
        self.free = asyncio.Event()
        self.free.set()

    async def __call__(self) -> str:
        await self.free.wait()
        self.made += 1
        return f"edition {self.made}"


@asynccontextmanager
async def running(press: Press, *, most: float = 60.0) -> AsyncIterator[Stream]:
    stream = Stream(press, least=0.0, most=most)
    task = asyncio.create_task(stream.run())
    yield stream
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


async def test_all_watchers_see_the_same_and_a_late_one_sees_it_at_once() -> None:
    press = Press()
    async with running(press) as stream:
        watchers = [stream.watch() for _ in range(50)]
        assert {await anext(watcher) for watcher in watchers} == {"edition 1"}
        stream.ask()
        assert {await anext(watcher) for watcher in watchers} == {"edition 2"}

        assert await anext(stream.watch()) == "edition 2"
        assert press.made == 2


async def test_what_is_asked_while_one_is_made_is_made_once_more_together() -> None:
    press = Press()
    async with running(press) as stream:
        watcher = stream.watch()
        await anext(watcher)
        press.free.clear()
        stream.ask()
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        for _ in range(9):
            stream.ask()
        press.free.set()

        assert await anext(watcher) == "edition 2"
        assert await anext(watcher) == "edition 3"
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.01):
                await anext(watcher)


async def test_a_slow_watcher_gets_the_newest_and_not_all_between() -> None:
    press = Press()
    async with running(press) as stream:
        slow, quick = stream.watch(), stream.watch()
        await anext(slow)
        await anext(quick)
        for _ in range(3):
            stream.ask()
            await anext(quick)

        assert await anext(slow) == "edition 4"


async def test_it_is_made_again_unasked_so_that_ages_stay_fresh() -> None:
    async with running(Press(), most=0.001) as stream:
        watcher = stream.watch()

        assert [await anext(watcher) for _ in range(3)] == ["edition 1", "edition 2", "edition 3"]


async def test_watching_ends_when_the_stream_does() -> None:
    async with running(Press()) as stream:
        watcher = stream.watch()
        await anext(watcher)
    with pytest.raises(StopAsyncIteration):
        await anext(watcher)
    assert [each async for each in stream.watch()] == []
