"""`make bench`: runs the benches, some on a real Kafka and Valkey of their own, on loopback."""

import os
import platform
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from typing import NamedTuple

import click

from bench import catchup, files, growth, latency, memory, pure, recovery, restore, wall
from bench.stage import Stage, stage

TOUCHES_DAYS = 25  # working days of touches that a worker is to hold
LEADS_OF_A_SYSTEM = 200_000  # such as marketing automation, beside those of reps


class Sizes(NamedTuple):
    """How much of everything."""

    reps: int
    days: int
    rounds: int
    seconds: float
    leads: int


def _catch_up(where: Stage, sizes: Sizes) -> Iterator[str]:
    yield from catchup.catch_up(where, sizes.reps, sizes.days, sizes.rounds)


def _latency(where: Stage, sizes: Sizes) -> Iterator[str]:
    yield from latency.measure(where, sizes.seconds)


def _restore(where: Stage, sizes: Sizes) -> Iterator[str]:
    yield restore.lines(sizes.reps, restore.restore(where, sizes.reps))


def _memory(sizes: Sizes) -> Iterator[str]:
    shape = (sizes.reps, TOUCHES_DAYS, sizes.leads)
    yield from memory.lines(*shape, memory.measure(*shape))


def _wall(where: Stage, sizes: Sizes) -> Iterator[str]:
    yield wall.lines(wall.measure(where, sizes.seconds))


def _pure(sizes: Sizes) -> Iterator[str]:
    yield from pure.lines(sizes.rounds)


def _files(sizes: Sizes) -> Iterator[str]:
    yield from map(files.lines, files.measure(sizes.reps, sizes.days))


def _recovery(sizes: Sizes) -> Iterator[str]:
    shape = (sizes.reps, TOUCHES_DAYS, sizes.leads, LEADS_OF_A_SYSTEM)
    yield from recovery.lines(*shape, recovery.measure(*shape))


def _growth(sizes: Sizes) -> Iterator[str]:
    yield from growth.lines(growth.measure(sizes.rounds))


ALONE: dict[str, Callable[[Sizes], Iterator[str]]] = {  # need no servers
    "pure": _pure,
    "memory": _memory,
    "files": _files,
    "recovery": _recovery,
    "growth": _growth,
}
ON_STAGE: dict[str, Callable[[Stage, Sizes], Iterator[str]]] = {
    "catch-up": _catch_up,
    "latency": _latency,
    "restore": _restore,
    "wall": _wall,
}
PARTS = (*ALONE, *ON_STAGE)


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("parts", nargs=-1, type=click.Choice(PARTS))
@click.option("--reps", default=1000, show_default=True, type=click.IntRange(12, 2000))
@click.option(
    "--days",
    default=2,
    show_default=True,
    type=click.IntRange(1, 15),
    help="Working days of backlog: 105 events a day and rep.",
)
@click.option("--rounds", default=3, show_default=True, type=click.IntRange(1, 15))
@click.option(
    "--seconds",
    default=15.0,
    show_default=True,
    type=click.FloatRange(2, 120),
    help="Of live events, for each size of floor.",
)
@click.option("--leads", default=600_000, show_default=True, type=click.IntRange(1, 2_000_000))
def bench(parts: tuple[str, ...], **sizes: float) -> None:
    """Measure a worker: all PARTS, or those named. Some need java, as `make kafka` does.

    Everything listens on loopback, and its data is temporary. What is measured how stands in
    docs/performance.md.
    """
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("ended from outside"))  # servers end too
    click.echo(
        f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC, {os.cpu_count()} cores, "
        f"{platform.machine()}, Python {platform.python_version()}, "
        f"load {os.getloadavg()[0]:.1f} before it began"
    )
    for line in _lines(parts or PARTS, Sizes(**sizes)):  # type: ignore[arg-type]
        click.echo(line)


def _lines(chosen: Sequence[str], sizes: Sizes) -> Iterator[str]:
    for name in (name for name in chosen if name in ALONE):
        yield from ALONE[name](sizes)
    on_stage = [name for name in chosen if name in ON_STAGE]
    if on_stage:
        with stage() as where:
            for name in on_stage:
                yield from ON_STAGE[name](where, sizes)


if __name__ == "__main__":
    bench()
