"""What an event costs, counted and not timed: bytecodes of the pure part, the same on any machine.

A bound stands a tenth above what was counted when it was set. If a change passes it for a good
reason, measure with `make bench PARTS=pure` and set it anew; if one falls well below it, too.
"""

from itertools import islice

import pytest

from bench import load, pure
from bench.counting import Counting
from bench.floor import QUARTER, Floor, batches, opening, quarter
from streams.events.contract import KIND_OF
from streams.processor import Processor
from streams.roster.file import parse_roster

WARM_UP, COUNTED = 2_000, 1_000


def bytecodes_an_event(events: list[tuple[str, bytes, bytes]], reps: int) -> float:
    """Of the last so many events, in batches as a fetch brings them; rows are written as well."""
    processor = Processor(
        lambda: load.NOW,
        parse_roster(load.roster(reps).encode()),
        lambda _: {},
        partition_of_rep=pure.partition_of,
        partition_of_lead=pure.partition_of,
    )
    list(processor.rebuild(range(pure.PARTITIONS)))
    _take(processor, events[:WARM_UP])
    with Counting() as counting:
        _take(processor, events[WARM_UP:])
    return counting.bytecodes / (len(events) - WARM_UP)


def _take(processor: Processor, events: list[tuple[str, bytes, bytes]]) -> None:
    for batch in pure.batches(events):
        processor.take(KIND_OF[batch[0].topic], batch)
    pure.flush(processor)


@pytest.mark.parametrize(("name", "bound"), [("A", 760), ("B", 1150), ("leads", 3250)])
def test_an_event_costs_no_more_than_it_did(name: str, bound: int) -> None:
    events, reps = {
        "A": (pure.load_a(), pure.REPS_A),
        "B": (pure.load_b(), pure.REPS_B),
        "leads": ((e for e in pure.load_b() if e[0] == "lead-status"), pure.REPS_B),
    }[name]

    assert bytecodes_an_event(list(islice(events, WARM_UP + COUNTED)), reps) <= bound


def bytecodes_after(reps: int, days: int) -> float:
    """An event's, of the first 60 of so many reps, who worked three hours on so many days."""
    *past, today = load.working_days(days + 1)
    floor = Floor(reps, parse_roster(load.roster(reps).encode()), opening(past[0]))
    for day in past:
        for number in range(12):
            floor.quarter(day, number)
    floor.quarter(today, 0)
    made = batches(quarter(60, today, 1))
    floor.slide_to(opening(today) + 2 * QUARTER)
    with Counting() as counting:
        floor.take(made)
        floor.flush()
    return counting.bytecodes / sum(map(len, made))


def test_an_event_costs_the_same_with_more_reps() -> None:
    assert bytecodes_after(300, days=1) == bytecodes_after(60, days=1)


def test_an_event_costs_hardly_more_with_more_history() -> None:
    few, many = bytecodes_after(60, days=2), bytecodes_after(60, days=8)

    assert many <= 1.05 * few  # more of the contacts were reached before
