"""The best of today: few names, none below them, no number of a person, and off until asked for."""

import json
from dataclasses import asdict

import pytest

from dashboards.wall.language import speaking
from dashboards.wall.view import Wall
from metrics.readings import FloorInfo, Part, RankedRep
from tests.wallbuild import NOW, floor, layout, part, row, shown, snapshot


def of(ranked: int, *parts: Part) -> Wall:
    info = FloorInfo("north", "Europe/Amsterdam", True, ("hunters",), {}, {"hunters": 9}, ranked)
    return shown(snapshot(*parts, of=layout(info)))


def ranked(**touches: int) -> list[RankedRep]:
    return [RankedRep("north", name, number) for name, number in touches.items()]


def test_at_most_three_are_named_of_all_parts_the_first_one_first_and_no_number_of_theirs() -> None:
    view = of(
        8,
        part(0, row(), best=[*ranked(Ana=313, Bob=307), RankedRep("south", "Zoe", 999)]),
        part(1, row(), best=ranked(Cem=311, Dot=305)),
    )

    assert floor(view).best == "Best of today: Ana · Cem · Bob"
    said = json.dumps(asdict(view))
    assert not {"Dot", "Zoe", "313", "311", "307", "305"} & set(said.replace('"', " ").split())
    assert "313" not in said


def test_nobody_is_named_who_is_level_with_somebody_without_room() -> None:
    def best(**touches: int) -> str:
        return floor(of(8, part(0, row(), best=ranked(**touches)), part(1))).best

    assert best(Ana=9, Bob=7, Cem=7, Dot=7) == "Best of today: Ana"
    assert best(Ana=9, Bob=9, Cem=9, Dot=9) == ""
    assert best(Bob=9, Ana=9) == "Best of today: Ana · Bob"
    assert best() == ""


@pytest.mark.parametrize("among", [0, 1, 3, 4])
def test_of_so_few_that_the_others_would_be_known_nobody_is_named(among: int) -> None:
    assert floor(of(among, part(0, row(), best=ranked(Ana=9, Bob=7)), part(1))).best == ""
    assert floor(of(5, part(0, row(), best=ranked(Ana=9, Bob=7)), part(1))).best


def test_of_numbers_that_are_late_or_not_whole_nobody_is_best() -> None:
    best = ranked(Ana=9, Bob=7)

    assert floor(of(8, part(0, row(), best=best), part(1, complete_until=NOW - 600))).best == ""
    assert floor(of(8, part(0, row(), best=best))).best == "", "a part is missing"


def test_it_is_said_in_dutch_too() -> None:
    with speaking("nl"):
        view = of(8, part(0, row(), best=ranked(Ana=9)), part(1))
    assert floor(view).best == "Beste van vandaag: Ana"
