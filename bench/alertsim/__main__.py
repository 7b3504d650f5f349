"""`make alert-sim`: simulates good and bad weeks against the thresholds of the catalogue."""

import os
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, datetime

import click

from bench.alertsim.report import Sizes, tables

SIZES = Sizes(decision_days=4000, lead_days=2000, touch_days=1000, jumps=100, shifts=4000)
QUICK = Sizes(decision_days=5, lead_days=5, touch_days=1, jumps=1, shifts=10)


def lines(seed: int, sizes: Sizes, processes: int) -> Iterator[str]:
    """The tables, each as soon as it is worked out."""
    with ProcessPoolExecutor(processes) as pool:
        for table in tables(str(seed), sizes, pool.map):
            yield from table


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--seed", default=20261125, show_default=True)
@click.option("--quick", is_flag=True, help="Some days only: to see that it runs.")
@click.option("--processes", default=os.cpu_count() or 1, show_default=True)
def alertsim(seed: int, quick: bool, processes: int) -> None:
    """Simulate weeks of sales floors, and say how often alerts fire, in tables for docs/alerts.md.

    The same seed gives the same figures.
    """
    began = time.monotonic()
    click.echo(f"{datetime.now(UTC):%Y-%m-%d}, seed {seed}{', quick' * quick}")
    for line in lines(seed, QUICK if quick else SIZES, processes):
        click.echo(line)
    click.echo(f"\n{time.monotonic() - began:.0f} s on {processes} processes", err=True)


if __name__ == "__main__":
    alertsim()
