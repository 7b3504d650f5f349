"""What an event costs, counted and not timed: bytecodes of the pure part, the same on any machine.

A bound stands a tenth above what was counted when it was set. If a change passes it for a good
reason, measure with `make bench PARTS=pure` and set it anew; if one falls well below it, too.
"""

import sys
from itertools import islice
from types import FrameType

import pytest

from bench import load, pure
from streams.events.contract import KIND_OF
from streams.processor import Processor
from streams.roster.file import parse_roster

WARM_UP, COUNTED = 2_000, 1_000


class Counting:
    """Counts the bytecodes that run in the block, in Python code of any module."""

    def __init__(self) -> None:
        self.bytecodes = 0

    def __enter__(self) -> "Counting":
        sys.settrace(self._trace)
        return self

    def __exit__(self, *_: object) -> None:
        sys.settrace(None)

    def _trace(self, frame: FrameType, event: str, _: object) -> object:
        frame.f_trace_opcodes = True
        frame.f_trace_lines = False
        if event == "opcode":
            self.bytecodes += 1
        return self._trace


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
