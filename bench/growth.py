"""Cost as it grows: with more reps, and with more days of history, what does an event cost?

Each cell is measured in a fresh process, and the rounds take the cells in turns; printed are the
medians, and what they are of the cell with a hundred reps, or with one day.
"""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from statistics import median

import click

from bench.cell import Figures
from bench.memory import WITHIN
from metrics.names import SERIES

ONE_DAY, SOME_REPS = 1, 250  # of history, where reps grow; of reps, where history does
BY_REPS = [(reps, ONE_DAY) for reps in (10, 100, 1_000, 10_000)]
BY_DAYS = [(SOME_REPS, days) for days in (1, 5, 20)]
BASE_OF_REPS, BASE_OF_DAYS = BY_REPS[1], BY_DAYS[0]

Shape = tuple[int, int]  # reps and days
Cells = dict[Shape, Figures]

# What is printed of each cell, how it is made of its figures, and in how many digits.
COLUMNS: tuple[tuple[str, Callable[[Figures, int], float], int], ...] = (
    ("us an event", lambda f, _: f["event us"], 1),
    ("bytecodes an event", lambda f, _: f["bytecodes"], 0),
    ("us, flushed alone", lambda f, _: f["live us"], 1),
    ("MB", lambda f, _: f["all MB"], 0),
    ("KB a rep, history", lambda f, reps: f["history MB"] / reps * 1e3, 1),
    ("KB a rep, shown", lambda f, reps: f["shown MB"] / reps * 1e3, 1),
    ("us a rep, scrape", lambda f, reps: f["scrape ms"] / reps * 1e3, 0),
    ("us a rep, same scrape", lambda f, reps: f["same scrape ms"] / reps * 1e3, 0),
    ("us a rep, minute", lambda f, reps: f["slide ms"] / reps * 1e3, 1),
    ("us a rep, all to Redis", lambda f, reps: f["all ms"] / reps * 1e3, 1),
    ("us a rep, parts to Redis", lambda f, reps: f["parts ms"] / reps * 1e3, 1),
    ("us a rep, roster read", lambda f, reps: f["roster s"] / reps * 1e6, 0),
    ("us a rep, roster, minute", lambda f, reps: f["roster minute ms"] / reps * 1e3, 1),
    ("KB a rep, roster", lambda f, reps: f["roster MB"] / reps * 1e3, 1),
    ("us, one rep to Redis", lambda f, _: f["one ms"] * 1e3, 0),
)


def measure(rounds: int) -> Cells:
    """The medians of each cell's figures; says on stderr how far it is."""
    shapes = list(dict.fromkeys([*BY_REPS, *BY_DAYS]))
    took: dict[Shape, list[Figures]] = {shape: [] for shape in shapes}
    for number in range(1, rounds + 1):
        for shape in shapes:
            figures = in_a_fresh_process(*shape)
            took[shape].append(figures)
            click.echo(f"  round {number}/{rounds}: {_named(shape)}, {_short(figures)}", err=True)
    return {
        shape: {name: median(figures[name] for figures in of_shape) for name in of_shape[0]}
        for shape, of_shape in took.items()
    }


def in_a_fresh_process(reps: int, days: int) -> Figures:
    """`cell.measure` where nothing was measured before."""
    command = [sys.executable, "-m", "bench.cell", str(reps), str(days)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, timeout=WITHIN)
    figures: Figures = json.loads(done.stdout)
    return figures


def lines(cells: Cells) -> Iterator[str]:
    """The figures, and what they are of the base's."""
    for title, shapes, base in (
        ("reps", BY_REPS, BASE_OF_REPS),
        ("days of history", BY_DAYS, BASE_OF_DAYS),
    ):
        yield f"Cost as {title} grow, processor time (x: of {_named(base)}):"
        yield f"  {'':24}" + "".join(f"{_named(shape):>22}" for shape in shapes)
        for name, of, digits in COLUMNS:
            values = [of(cells[shape], shape[0]) for shape in shapes]
            first = of(cells[base], base[0])
            ratios = (f"x{value / first:.2f}" if first else "-" for value in values)
            shown = (f"{v:,.{digits}f} ({ratio})" for v, ratio in zip(values, ratios, strict=True))
            yield f"  {name:24}" + "".join(f"{text:>22}" for text in shown)
    yield from _counted(cells[BASE_OF_REPS], BASE_OF_REPS[0])


def _named(shape: Shape) -> str:
    reps, days = shape
    return f"{reps:,} reps, {days} day{'' if days == 1 else 's'}"


def _short(figures: Figures) -> str:
    return f"{figures['event us']:.1f} us an event, {figures['all MB']:.0f} MB"


def _counted(figures: Figures, reps: int) -> Iterator[str]:
    """What is the same for any size: counts, of the base."""
    yield f"Counted, {reps:,} reps:"
    for name, when in (("live", "flushed alone"), ("backlog", "flushed each quarter hour")):
        yield (
            f"  {when}: {figures[f'{name} records']:.2f} records and "
            f"{figures[f'{name} bytes']:.0f} bytes an event to changelogs and credits"
        )
    yield (
        f"  series of a rep: {len(SERIES)}; a scrape: {figures['scrape bytes'] / reps / 1e3:.1f} "
        f"KB a rep, {figures['scrape gzip'] / reps / 1e3:.2f} compressed"
    )
    for name, what in (
        ("one", "one rep changed"),
        ("parts", "parts renewed, each 2 s"),
        ("all", "everything, each 20 s and each minute"),
    ):
        calls, keys, size = (figures[f"{name} {unit}"] for unit in ("calls", "keys", "bytes"))
        yield f"  to Redis, {what}: {calls:.0f} calls, {keys:.0f} keys, {size / 1e3:.1f} KB"
