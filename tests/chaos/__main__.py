"""`make chaos SEED=… MINUTES=…`: faults at random moments on real Kafka, each with a recount."""

import logging
import random
import sys
import tempfile
import time
from pathlib import Path

import click

from tests.chaos.faults import FAULTS
from tests.chaos.run import Chaos


@click.command()
@click.option("--seed", type=int, default=None, help="The same seed, the same schedule of faults.")
@click.option("--minutes", type=float, default=5.0, show_default=True)
def main(seed: int | None, minutes: float) -> None:
    """Every fault once in a random order, then at random until the time is over."""
    seed = random.SystemRandom().randrange(10**6) if seed is None else seed
    click.echo(f"seed {seed}, {minutes:g} minutes")
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)  # it tells of every broker's death
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="floorpulse-chaos-") as home:
        chaos = Chaos(Path(home), seed)
        try:
            differences = _run(chaos, started, started + minutes * 60)
        finally:
            chaos.close()
    sys.exit(1 if differences else 0)


def _run(chaos: Chaos, started: float, until: float) -> int:
    chaos.scale(2)
    chaos.until_whole()
    schedule = chaos.chance.sample(FAULTS, len(FAULTS))
    rounds = differences = 0
    while time.monotonic() < until and not differences:
        fault = schedule.pop() if schedule else chaos.chance.choice(FAULTS)
        began = time.monotonic()
        fault(chaos)
        wrong = chaos.verdict()
        rounds += 1
        differences += len(wrong)
        told = "as recounted" if not wrong else "DIFFERS"
        click.echo(f"{rounds:3} {fault.__name__:20} {time.monotonic() - began:5.1f} s  {told}")
        for line in wrong:
            click.echo(f"    {line}")
    click.echo(chaos.report(rounds, differences, time.monotonic() - started))
    if differences:
        click.echo("\n".join(worker.log.read_text()[-3000:] for worker in chaos.desk.workers))
    return differences


if __name__ == "__main__":
    main()
