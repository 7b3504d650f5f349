"""`make bench`: runs the benches on a real Kafka and a real Valkey of their own, on loopback."""

import os
import platform
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import NamedTuple

import click

from bench import catchup, files, latency, memory, pure, recovery, restore, wall
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
    yield from map(latency.lines, latency.measure(where, sizes.seconds))


def _restore(where: Stage, sizes: Sizes) -> Iterator[str]:
    yield restore.lines(sizes.reps, restore.restore(where, sizes.reps))


def _memory(_where: Stage, sizes: Sizes) -> Iterator[str]:
    shape = (sizes.reps, TOUCHES_DAYS, sizes.leads)
    yield from memory.lines(*shape, memory.measure(*shape))


def _wall(where: Stage, sizes: Sizes) -> Iterator[str]:
    yield wall.lines(wall.measure(where, sizes.seconds))


def _pure(_where: Stage, sizes: Sizes) -> Iterator[str]:
    yield from pure.lines(sizes.rounds)


def _files(_where: Stage, sizes: Sizes) -> Iterator[str]:
    yield from map(files.lines, files.measure(sizes.reps, sizes.days))


def _recovery(_where: Stage, sizes: Sizes) -> Iterator[str]:
    shape = (sizes.reps, TOUCHES_DAYS, sizes.leads, LEADS_OF_A_SYSTEM)
    yield from recovery.lines(*shape, recovery.measure(*shape))


PARTS: dict[str, Callable[[Stage, Sizes], Iterator[str]]] = {
    "pure": _pure,
    "catch-up": _catch_up,
    "latency": _latency,
    "restore": _restore,
    "memory": _memory,
    "files": _files,
    "recovery": _recovery,
    "wall": _wall,
}


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("parts", nargs=-1, type=click.Choice(list(PARTS)))
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
    """Measure a worker: all PARTS, or those named. Needs java, as `make kafka` does.

    Everything listens on loopback, and its data is temporary. What is measured how stands in
    docs/performance.md.
    """
    click.echo(
        f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC, {os.cpu_count()} cores, "
        f"{platform.machine()}, Python {platform.python_version()}, "
        f"load {os.getloadavg()[0]:.1f} before it began"
    )
    with stage() as where:
        for name in parts or PARTS:
            for line in PARTS[name](where, Sizes(**sizes)):  # type: ignore[arg-type]
                click.echo(line)


if __name__ == "__main__":
    bench()
