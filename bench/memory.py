"""Resident memory of everything one worker has: reps, their touches of 25 days, leads of 400.

Run as `python -m bench.memory REPS DAYS LEADS`, in a process of its own; prints one line of JSON:
the bytes that each part added. The ledgers are filled as deliveries fill them, then the read model
is made of the rows as after a restore. The id index grows beside the rows: its part is the size of
its tables.
"""

import gc
import json
import os
import subprocess
import sys
from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import chain, pairwise
from random import Random

from bench import load
from bench.stage import resident_bytes
from streams.clock import HOUR, SECOND, Micros, micros
from streams.events.contract import Direction, LeadChange, Origin, Outcome, Status, Touch
from streams.kafka.topics import TABLES, partitioner
from streams.ledgers.credits import credit_key
from streams.ledgers.leads import reps_named
from streams.ledgers.retention import LEADS_KEPT
from streams.ledgers.rows import Rows, Table, decode_changes
from streams.processor import Processor
from streams.roster.file import parse_roster
from streams.worker.process import Worker

PARTITIONS = 12
FLUSHED = 2_000  # leads between two flushes
WITHIN = 600.0  # seconds
SYSTEM = "crm"
_OUTCOMES = (Outcome.HUMAN, Outcome.NO_ANSWER, Outcome.VOICEMAIL)
PROCESS, TOUCHES, INDEX = f"process ({Worker.__module__} imported)", "touch rows", "id index"
LEADS, CREDITS, BOARD = "lead rows", "credits", "read model"


def fill(reps: int, days: int, leads: int) -> dict[str, int]:
    """The bytes that each part adds."""
    rows: dict[Table, Rows] = {table: {} for table in TABLES}
    processor = processor_of(reps, rows)
    marks = [resident()]
    marks += [resident() for _ in _filled(processor, reps, days, leads, rows)]
    store = processor.touches._store
    index = sum(_size_of(store.rep(rep_id).index) for rep_id in store.rep_ids)
    for _ in processor.rebuild(range(PARTITIONS)):
        pass
    marks.append(resident())
    touches, lead_rows, credits, board = (b - a for a, b in pairwise(marks))
    added = (marks[0], touches - index, index, lead_rows, credits, board)
    return dict(zip((PROCESS, TOUCHES, INDEX, LEADS, CREDITS, BOARD), added, strict=True))


def rows_of(reps: int, days: int, leads: int, of_a_system: int) -> dict[Table, Rows]:
    """The rows of so many reps, working days and leads, and of so many leads of a system."""
    rows: dict[Table, Rows] = {table: {} for table in TABLES}
    processor = processor_of(reps, rows)
    for _ in _filled(processor, reps, days, leads, rows, of_a_system):
        pass
    return rows


def _filled(
    processor: Processor,
    reps: int,
    days: int,
    leads: int,
    rows: dict[Table, Rows],
    of_a_system: int = 0,
) -> Iterator[None]:
    """Fill the ledgers, stopping after each: touches, leads, their copies."""
    for _ in _filled_touches(processor, reps, days):
        processor.touches.take_writes()
        processor.touches.take_changes()
    yield
    both = chain(_leads(load.rep_ids(reps), leads), _leads([SYSTEM], of_a_system))
    for number, (lead, changes) in enumerate(both):
        for change in changes:
            processor.leads.fold(lead, change)
        if number % FLUSHED == 0:
            processor.leads.take_writes()
    processor.leads.take_writes()
    yield
    _fill_credits(processor, rows["leads"])
    yield


def processor_of(reps: int, rows: dict[Table, Rows]) -> Processor:
    partition = partitioner(PARTITIONS)
    text = load.roster(reps) + f"systems: {{{SYSTEM}: {{floor: floor-0}}}}\n"
    roster = parse_roster(text.encode())
    return Processor(
        lambda: load.NOW,
        roster,
        rows.__getitem__,
        partition_of_rep=partition,
        partition_of_lead=partition,
    )


def resident() -> int:
    """The bytes of this process."""
    gc.collect()
    return resident_bytes(os.getpid())


def _size_of(index: object) -> int:
    """The bytes of an id index: its table."""
    return sys.getsizeof(index._slots)  # type: ignore[attr-defined]


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


def _leads(ids: list[str], leads: int) -> Iterator[tuple[str, Iterable[LeadChange]]]:
    """So many leads, each created, delivered and decided by the side of one of these reps."""
    rng = Random(leads)
    steps = (Status.CREATED, Status.DELIVERED, Status.ACCEPTED)
    for number in range(leads):
        at = load.NOW - rng.randrange(LEADS_KEPT)
        rep, contact = ids[number % len(ids)], f"contact-{rng.randrange(1_000_000)}"
        yield (
            f"{ids[0]}-{number:07d}",
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
