"""The numbers of the reps as lines of an exposition: byte for byte what prometheus_client writes.

They are over a hundred a rep, and few of them change from one scrape to the next.
"""

from collections.abc import Iterator, Sequence
from functools import lru_cache
from math import copysign

from prometheus_client.utils import floatToGoString

from metrics.kpis import MEASURE
from metrics.names import SERIES, metric
from metrics.rows import RepRow


class RepLines:
    """Keeps the lines from one scrape to the next, and writes anew those whose value changed.

    A row that is the same object as in the scrape before is not looked at. Other reps, or the same
    in another order, are written anew as a whole.
    """

    def __init__(self) -> None:
        self._labels: list[str] = []
        self._values: list[Sequence[float | None]] = []
        self._lines: list[list[str]] = []  # by series and rep
        self._blocks: list[bytes] = []  # by series, its lines and what stands above them

    def render(self, rows: Sequence[RepRow]) -> list[bytes]:
        """The lines of all rows, by measure and series; to be written one after the other."""
        labels = [_labels(row.floor, row.team, row.rep, row.partition) for row in rows]
        if labels != self._labels:
            self._begin(labels)
        changed: set[int] = set()
        for place, row in enumerate(rows):
            if row.values is not self._values[place]:
                changed.update(self._write(place, row.values))
        for index in changed:
            self._blocks[index] = _ABOVE[index] + "".join(self._lines[index]).encode()
        return self._blocks

    def _begin(self, labels: list[str]) -> None:
        self._labels = labels
        self._values = [[None] * len(SERIES)] * len(labels)
        self._lines = [[""] * len(labels) for _ in SERIES]
        self._blocks = [b""] * len(SERIES)

    def _write(self, place: int, values: Sequence[float]) -> Iterator[int]:
        """Write what changed of the rep at a place; gives the places of the series."""
        label, before = self._labels[place], self._values[place]
        for index, value in enumerate(values):
            old = before[index]
            if value is not old and (value != old or not value):  # 0.0 equals -0.0
                head, tail = _AROUND[index]
                self._lines[index][place] = f"{head}{label}{tail}{_number(value)}\n"
                yield index
        self._values[place] = values


def _above() -> Iterator[bytes]:
    """Of each series what stands above its lines: the head of the measure over its first one."""
    above = ""
    for series in SERIES:
        measure = MEASURE[series.measure]
        name = metric(measure)
        head = f"# HELP {name} {measure.help}\n# TYPE {name} gauge\n"
        yield head.encode() if head != above else b""
        above = head


def _around() -> Iterator[tuple[str, str]]:
    """Of each series what stands in a line before the labels of the rep, and after them."""
    for measure, window, channel in SERIES:
        name = metric(MEASURE[measure])
        head = f'{name}{{channel="{channel}",' if channel else f"{name}{{"
        yield head, f',window="{window}"}} '


_ABOVE = tuple(_above())
_AROUND = tuple(_around())


@lru_cache(maxsize=20_000)
def _labels(floor: str, team: str, rep: str, partition: str) -> str:
    part = f'partition="{partition}",' if partition else ""
    return f'floor="{_escaped(floor)}",{part}rep="{_escaped(rep)}",team="{_escaped(team)}"'


def _escaped(value: str) -> str:
    return value.replace("\\", r"\\").replace("\n", r"\n").replace('"', r"\"")


def _number(value: float) -> str:
    if not value and copysign(1.0, value) < 0:
        return "-0.0"
    return _usual_number(value)


@lru_cache(maxsize=65_536)
def _usual_number(value: float) -> str:
    return str(floatToGoString(value))  # type: ignore[no-untyped-call]
