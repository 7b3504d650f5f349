"""The numbers of reps as one sum of each partition, floor and team: nobody is named."""

from collections.abc import Iterator

from metrics.rows import RepRow


class PartitionSums:
    """Sums by partition, floor and team.

    Of the reps who are not on the roster: a field that is mapped wrongly makes reps by the
    thousand, and one by one they would be as many series. And of all where no series names a rep.
    """

    def __init__(self) -> None:
        self._values: dict[tuple[int, str, str], list[float]] = {}

    def add(self, partition: int, row: RepRow) -> None:
        """Add a rep's numbers."""
        sums = self._values.setdefault((partition, row.floor, row.team), [0] * len(row.values))
        for index, value in enumerate(row.values):
            if value:
                sums[index] += value

    def rows(self) -> Iterator[RepRow]:
        """The sums, each as a row of rep "" with its partition."""
        for (partition, floor, team), values in self._values.items():
            yield RepRow(floor=floor, team=team, rep="", values=values, partition=str(partition))
