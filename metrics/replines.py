"""The numbers of the reps as lines of an exposition: byte for byte what prometheus_client writes.

They are over a hundred a rep, and few of them change from one scrape to the next.
"""

from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import chain, groupby
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
        self._blocks: dict[str, bytes] = {}  # by measure, its lines and what stands above them

    def render(self, rows: Sequence[RepRow]) -> list[bytes]:
        """The lines of all rows, a block for each measure; to be written one after the other.

        A block of which nothing changed is the same object as the last time.
        """
        labels = [_labels(row.floor, row.team, row.rep, row.partition) for row in rows]
        if labels != self._labels:
            self._begin(labels)
        changed: set[str] = set()
        for place, row in enumerate(rows):
            if row.values is not self._values[place]:
                changed.update(self._write(place, row.values))
        for measure in changed:
            lines = chain.from_iterable(self._lines[_PLACES[measure]])
            self._blocks[measure] = "".join([_above(measure), *lines]).encode()
        return list(self._blocks.values())

    def _begin(self, labels: list[str]) -> None:
        self._labels = labels
        self._values = [[None] * len(SERIES)] * len(labels)
        self._lines = [[""] * len(labels) for _ in SERIES]
        self._blocks = dict.fromkeys(_PLACES, b"")

    def _write(self, place: int, values: Sequence[float]) -> Iterator[str]:
        """Write what changed of the rep at a place; gives the measures."""
        label, before = self._labels[place], self._values[place]
        for index, value in enumerate(values):
            old = before[index]
            if value is not old and (value != old or not value):  # 0.0 equals -0.0
                head, tail = _AROUND[index]
                self._lines[index][place] = f"{head}{label}{tail}{_number(value)}\n"
                yield SERIES[index].measure
        self._values[place] = values


def _above(measure: str) -> str:
    """What stands above the lines of a measure."""
    name = metric(MEASURE[measure])
    return f"# HELP {name} {MEASURE[measure].help}\n# TYPE {name} gauge\n"


def _around() -> Iterator[tuple[str, str]]:
    """Of each series what stands in a line before the labels of the rep, and after them."""
    for measure, window, channel in SERIES:
        name = metric(MEASURE[measure])
        head = f'{name}{{channel="{channel}",' if channel else f"{name}{{"
        yield head, f',window="{window}"}} '


def _places() -> Iterator[tuple[str, slice]]:
    """Of each measure where its series are, which stand side by side."""
    for measure, series in groupby(enumerate(SERIES), lambda numbered: numbered[1].measure):
        places = [place for place, _ in series]
        yield measure, slice(places[0], places[-1] + 1)


_PLACES = dict(_places())
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
