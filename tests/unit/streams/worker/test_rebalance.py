"""What a worker does before partitions are restored."""

import asyncio
from types import SimpleNamespace

from streams.worker.rebalance import Rebalances


async def test_who_was_forgotten_is_known_before_anything_is_restored() -> None:
    done: list[str] = []

    async def read() -> None:
        done.append("who was forgotten")

    async def restore(_: object) -> None:
        done.append("rows")

    rebalances = Rebalances(
        app=SimpleNamespace(),  # type: ignore[arg-type]
        topics=SimpleNamespace(),  # type: ignore[arg-type]
        flusher=SimpleNamespace(lock=asyncio.Lock(), forget=lambda: None),  # type: ignore[arg-type]
        restorer=SimpleNamespace(restore=restore),  # type: ignore[arg-type]
        deliveries=SimpleNamespace(next_offset={}),  # type: ignore[arg-type]
        group=SimpleNamespace(rebalance=SimpleNamespace(end=lambda _: None)),  # type: ignore[arg-type]
        health=SimpleNamespace(why_not=None),  # type: ignore[arg-type]
        forgetting=SimpleNamespace(read=read),  # type: ignore[arg-type]
    )

    await rebalances.restore(set())

    assert done == ["who was forgotten", "rows"]
