"""Counts what a block does, the same on any machine: the bytecodes that run in it."""

import sys
from types import FrameType


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
