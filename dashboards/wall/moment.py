"""What holds for all floors of a wall at one moment."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from dashboards.wall import completeness
from dashboards.wall.completeness import Doubt
from dashboards.wall.figures import Trust
from dashboards.wall.snapshot import Snapshot
from metrics.channels import FEEDS
from metrics.readings import FloorInfo, Part, TeamDay


@dataclass(frozen=True, slots=True)
class Moment:
    """What holds for all floors at one moment; `pasts` are those of the parts, encoded."""

    parts: Collection[Part]
    clock: float | None
    age: float | None
    is_old: bool
    doubts: Sequence[Doubt]
    late: Mapping[str, str]
    silent: Mapping[str, Mapping[str, str]]
    smallest_team: int
    pasts: tuple[bytes, ...]

    @property
    def is_grey(self) -> bool:
        """Whether nothing of it can be read as the present."""
        return self.is_old or len(self.late) == len(FEEDS)

    def days(self, floor: str, team: str | None = None) -> list[TeamDay]:
        """Today by the quarter hour of the teams of a floor, or of one of them."""
        return [
            day
            for part in self.parts
            for day in part.days
            if day.floor == floor and team in (None, day.team)
        ]

    def trust(self, info: FloorInfo, doubts: Sequence[Doubt]) -> Trust:
        """How far the numbers of a floor, or of a team of it, can be believed."""
        return Trust(
            is_old=self.is_old,
            is_whole=not doubts,
            is_open=info.is_open,
            late={**self.silent.get(info.name, {}), **self.late},
        )


def moment_of(snapshot: Snapshot, now: float, *, is_away: bool, smallest_team: int) -> Moment:
    """The moment *now*, the machine's clock in Unix seconds, by what is in a snapshot.

    The snapshot is the last one that was read where Redis *is_away*.
    """
    parts = snapshot.parts.values()
    return Moment(
        parts=parts,
        clock=completeness.clock(snapshot, now),
        age=completeness.age(parts, now),
        is_old=is_away or bool(snapshot.trouble),
        doubts=completeness.doubts(snapshot, now),
        late=completeness.late_feeds(parts, now),
        silent=completeness.silent_feeds(parts),
        smallest_team=smallest_team,
        pasts=tuple(bytes(part.pasts) for part in parts),
    )
