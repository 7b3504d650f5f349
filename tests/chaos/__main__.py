"""`make chaos SEED=… MINUTES=…`: faults at random moments on real Kafka, each with a recount."""

import datetime as dt
import logging
import random
import shutil
import signal
import sys
import tempfile
import time
from pathlib import Path

import click

from tests.chaos.faults import FAULTS, Fault
from tests.chaos.run import Chaos
from tests.chaos.verdict import differences, letters_differ
from tests.faketime import HOW, LIBRARY


@click.command()
@click.option("--seed", type=int, default=None, help="The same seed, the same schedule of faults.")
@click.option("--minutes", type=float, default=5.0, show_default=True)
@click.option(
    "--fault",
    "only",
    type=click.Choice([fault.__name__ for fault in FAULTS]),
    multiple=True,
    help="Only this one; again for several.",
)
def main(seed: int | None, minutes: float, only: tuple[str, ...]) -> None:
    """Every fault once in a random order, then at random until the time is over."""
    seed = random.SystemRandom().randrange(10**6) if seed is None else seed
    click.echo(f"seed {seed}, {minutes:g} minutes")
    if LIBRARY is None:
        click.echo(f"left out: {HOW}")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("ended from outside"))
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)  # it logs every broker's death
    home = Path(tempfile.mkdtemp(prefix="floorpulse-chaos-"))
    is_evidence = True
    chaos = Chaos(home, seed)
    try:
        faults = [fault for fault in FAULTS if not only or fault.__name__ in only]
        is_evidence = not _run(chaos, faults, minutes * 60)
    except (KeyboardInterrupt, SystemExit):
        is_evidence = False  # whoever ends it looks for nothing
        raise
    finally:
        chaos.close()
        if is_evidence:
            chaos.keep_events()
            click.echo(f"the logs of all workers, Kafka's data and the events sent are in {home}")
        else:
            shutil.rmtree(home)
    sys.exit(1 if is_evidence else 0)


def _run(chaos: Chaos, faults: list[Fault], seconds: float) -> bool:
    started = time.monotonic()
    chaos.scale(2)
    chaos.until_whole()
    schedule = chaos.chance.sample(faults, len(faults))
    rounds = 0
    wrong: list[str] = []
    while time.monotonic() < started + seconds and not wrong:
        fault = schedule.pop() if schedule else chaos.chance.choice(faults)
        began, at = time.monotonic(), dt.datetime.now().astimezone()
        fault(chaos)
        wrong = differences(chaos)
        rounds += 1
        took = f"{at:%H:%M:%S} {time.monotonic() - began:5.1f} s"
        click.echo(f"{rounds:3} {fault.__name__:20} {took}  {_verdict(chaos, wrong)}")
    if not wrong:
        wrong = list(letters_differ(chaos))
        click.echo(f"what could not be taken: {_problems(wrong)}")
    click.echo(chaos.report(rounds, len(wrong), time.monotonic() - started))
    return not wrong


def _verdict(chaos: Chaos, wrong: list[str]) -> str:
    is_marked = chaos.is_incomplete and not wrong
    return _problems(wrong) + (", and marked incomplete" if is_marked else "")


def _problems(wrong: list[str]) -> str:
    return "\n    ".join(("DIFFERS", *wrong)) if wrong else "right"


if __name__ == "__main__":
    main()
