"""The numbers of the reps who are not on the roster, as one sum of each partition."""

from collections.abc import Iterator

from metrics.rows import RepRow


class UnassignedSums:
    """Sums by partition, floor and team.

    A field that is mapped wrongly makes reps by the thousand: one by one they would be as many
    series.
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
