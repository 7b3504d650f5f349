"""A wrong clock of the wall's machine, or of the worker's, makes data neither older nor younger."""

from msgspec.structs import replace

from dashboards.wall.changes import Changes
from dashboards.wall.snapshot import Snapshot
from dashboards.wall.view import wall
from tests.wallbuild import NOW, layout, leads, part, snapshot


class World:
    """A wall whose machine's clock is off by so much, and a worker that writes now and then."""

    def __init__(self, off: float) -> None:
        self.at = 0.0  # seconds of both machines' uptime
        self._off = off
        self._written = 0.0
        self._changes = Changes(lambda: self.at)

    def write(self) -> None:
        self._written = self.at

    def age(self) -> float | None:
        """The data age of the floor, now."""
        view = wall(self._changes.dated_all(self._snapshot(), self._now), self._now)
        return view.floors[0].age

    @property
    def _now(self) -> float:
        return NOW + self.at + self._off

    def _snapshot(self) -> Snapshot:
        written = NOW + self._written
        times = {"clock": written, "written_at": written, "complete_until": written - 1}
        of = replace(layout(partitions=1), written_at=written, clock=written)
        return snapshot(part(0, **times), leads(**times), of=of)


def test_a_healthy_worker_is_fresh_and_a_dead_one_ages_whatever_the_clocks_say() -> None:
    for off in (0, 600, -600, 86_400):
        world = World(off)
        world.age()
        world.at = 2
        world.write()
        assert world.age() == 1, off
        world.at = 3.5
        assert world.age() == 2.5, off
        world.at = 92
        assert world.age() == 91, off


def test_a_worker_that_died_before_the_wall_started_shows_by_the_clocks() -> None:
    world = World(0)
    world.at = 500

    assert world.age() == 501
    world.at = 510
    assert world.age() == 511


def test_a_clock_of_the_wall_that_is_set_while_it_runs_changes_nothing() -> None:
    world = World(0)
    world.age()
    world.at = 2
    world.write()
    world.age()
    world._off = -3600
    world.at = 64

    assert world.age() == 63
