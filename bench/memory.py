"""Resident memory of everything one worker holds: reps, their touches of 25 days, and leads.

Run as `python -m bench.memory REPS DAYS LEADS`, in a process of its own; prints one line of JSON:
the bytes that each part added. The ledgers are filled as deliveries fill them, then the read model
is made of the rows as after a restore. The id index grows beside the rows, so it is known by
the size of its arrays.
"""

import gc
import json
import os
import subprocess
import sys
from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import pairwise
from random import Random

from bench import load
from bench.stage import resident_bytes
from streams.clock import DAY, HOUR, SECOND, Micros, micros
from streams.events.contract import Direction, LeadChange, Origin, Outcome, Status, Touch
from streams.kafka.topics import partitioner
from streams.ledgers.credits import credit_key
from streams.ledgers.leads import reps_named
from streams.ledgers.rows import Rows, Table, decode_changes
from streams.processor import Processor
from streams.roster.file import parse_roster
from streams.worker.process import Worker

PARTITIONS = 12
FLUSHED = 2_000  # leads between two flushes
WITHIN = 600.0  # seconds
LEADS_KEPT = 115 * DAY
_OUTCOMES = (Outcome.HUMAN, Outcome.NO_ANSWER, Outcome.VOICEMAIL)
PROCESS, TOUCHES, INDEX = f"process ({Worker.__module__} imported)", "touch rows", "id index"
LEADS, CREDITS, BOARD = "lead rows", "credits", "read model"


def fill(reps: int, days: int, leads: int) -> dict[str, int]:
    """The bytes that each part adds."""
    rows: dict[Table, Rows] = {"touches": {}, "leads": {}, "credits": {}}
    processor = _processor(reps, rows)
    marks = [_resident()]
    for _ in _filled_touches(processor, reps, days):
        processor.touches.take_writes()
        processor.touches.take_changes()
    index = sum(_size_of(rep.index) for rep in processor.touches._reps.values())
    marks.append(_resident())
    for number, (lead, changes) in enumerate(_leads(reps, leads)):
        for change in changes:
            processor.leads.fold(lead, change)
        if number % FLUSHED == 0:
            processor.leads.take_writes()
    processor.leads.take_writes()
    marks.append(_resident())
    _fill_credits(processor, rows["leads"])
    marks.append(_resident())
    for _ in processor.rebuild(range(PARTITIONS)):
        pass
    marks.append(_resident())
    touches, lead_rows, credits, board = (b - a for a, b in pairwise(marks))
    added = (marks[0], touches - index, index, lead_rows, credits, board)
    return dict(zip((PROCESS, TOUCHES, INDEX, LEADS, CREDITS, BOARD), added, strict=True))


def _processor(reps: int, rows: dict[Table, Rows]) -> Processor:
    partition = partitioner(PARTITIONS)
    roster = parse_roster(load.roster(reps).encode())
    return Processor(
        lambda: load.NOW,
        roster,
        rows.__getitem__,
        partition_of_rep=partition,
        partition_of_lead=partition,
    )


def _resident() -> int:
    gc.collect()
    return resident_bytes(os.getpid())


def _size_of(index: object) -> int:
    """The bytes of an id index: its arrays, and what its dictionary holds."""
    recent: dict[int, int] = index._recent  # type: ignore[attr-defined]
    arrays = sys.getsizeof(index._sorted) + sys.getsizeof(recent)  # type: ignore[attr-defined]
    return arrays + sum(sys.getsizeof(key) + sys.getsizeof(at) for key, at in recent.items())


def _filled_touches(processor: Processor, reps: int, days: int) -> Iterator[None]:
    """Fold the touches of so many working days, stopping after each for a flush."""
    for day in load.working_days(days):
        rng = Random(day.toordinal())
        opens = micros(datetime(day.year, day.month, day.day, 8, 30, tzinfo=load.ZONE))
        for rep in load.rep_ids(reps):
            for number in range(load.TOUCHES_A_DAY):
                touch = _touch(rng, f"{day:%m%d}-{rep}-{number:03d}", opens)
                processor.touches.fold(rep, touch)
        yield


def _touch(rng: Random, name: str, opens: Micros) -> Touch:
    at = opens + rng.randrange(9 * 3600) * SECOND
    return Touch(
        "c" + name,
        at,
        version=1,
        direction=Direction.OUTBOUND,
        outcome=_OUTCOMES[rng.randrange(3)],
        talk_seconds=rng.randrange(600),
        contact_id=f"contact-{rng.randrange(1_000_000)}",
    )


def _leads(reps: int, leads: int) -> Iterator[tuple[str, Iterable[LeadChange]]]:
    """So many leads, each created, delivered and decided by a rep's side."""
    ids, rng = load.rep_ids(reps), Random(leads)
    steps = (Status.CREATED, Status.DELIVERED, Status.ACCEPTED)
    for number in range(leads):
        at = load.NOW - rng.randrange(LEADS_KEPT)
        rep, contact = ids[number % reps], f"contact-{rng.randrange(1_000_000)}"
        yield (
            f"lead-{number:07d}",
            [
                LeadChange(
                    f"{number:07d}-{step}",
                    at + step * HOUR,
                    version=1,
                    rep_id=rep,
                    status=status,
                    origin=Origin.OUTBOUND,
                    contact_id=contact,
                )
                for step, status in enumerate(steps)
            ],
        )


def _fill_credits(processor: Processor, rows: Rows) -> None:
    """Every lead's row comes back as a copy to the reps named in it."""
    for number, (key, row) in enumerate(rows.items()):
        for rep_id in reps_named(decode_changes(row)):
            processor.credits.fold(credit_key(rep_id, key.decode()), row)
        if number % FLUSHED == 0:
            processor.credits.take_writes()
            processor.credits.take_changes()
    processor.credits.take_writes()
    processor.credits.take_changes()


def measure(reps: int, days: int, leads: int) -> dict[str, int]:
    """`fill` in a process of its own."""
    command = [sys.executable, "-m", "bench.memory", str(reps), str(days), str(leads)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, timeout=WITHIN)
    sizes: dict[str, int] = json.loads(done.stdout)
    return sizes


def lines(reps: int, days: int, leads: int, added: dict[str, int]) -> Iterator[str]:
    """The sum and the shares."""
    total = sum(added.values())
    yield (
        f"Resident memory of one worker with {reps:,} reps, {days} working days of "
        f"{load.TOUCHES_A_DAY} touches and {leads:,} leads: {total / 1e6:,.0f} MB"
    )
    for name, size in added.items():
        yield f"  {name:36} {size / 1e6:>7,.0f} MB {size / total:>5.0%}"


if __name__ == "__main__":
    print(json.dumps(fill(*map(int, sys.argv[1:4]))))
