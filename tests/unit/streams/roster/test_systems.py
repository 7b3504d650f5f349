"""Users that are no people, and what no person did."""

from datetime import date

import pytest

from streams.roster.people import BEGINNING
from tests.build import NORTH, roster
from tests.rostermistakes import mistakes

MONDAY = date(2026, 11, 23).toordinal()
SYSTEMS = (
    NORTH
    + """
systems:
  hubspot: {floor: north}
  zapier: {floor: south}
nobody: hubspot
"""
)


def test_systems_are_on_a_floor_in_no_team_and_are_no_reps() -> None:
    read = roster(SYSTEMS)

    hubspot = read.rep("hubspot")

    assert hubspot is read.systems["hubspot"]
    assert hubspot.is_system
    assert hubspot.memberships == ((BEGINNING, "", read.floors["north"]),)
    assert hubspot.rates_on(read.floors["north"], MONDAY) == {}
    assert set(read.reps) == {"ana", "bob", "cem"}
    assert not read.rep("ana").is_system


def test_what_no_person_did_is_on_the_floor_of_nobodys_system() -> None:
    read, without = roster(SYSTEMS), roster()

    assert read.nobody == "hubspot"
    assert read.rep("").is_system
    assert read.rep("").memberships[0].floor is read.floors["north"]
    assert without.nobody is None
    assert without.rep("").memberships[0].team == "unassigned"
    assert not without.rep("").is_system


def test_who_is_nobody_and_who_is_a_system_changes_fingerprints() -> None:
    read = roster(SYSTEMS)
    other = roster(SYSTEMS.replace("nobody: hubspot", "nobody: zapier"))

    assert read.rep("").fingerprint != other.rep("").fingerprint
    assert read.rep("hubspot").fingerprint == other.rep("hubspot").fingerprint
    assert read.rep("hubspot").fingerprint != roster().rep("hubspot").fingerprint


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("zapier:", "None:", "35: 'None' stands for no id in events"),
        ("nobody: hubspot", "nobody: ana", "36: nobody: 'ana' is not a system; known are hubspot"),
        ("zapier:", "ana:", "35: 'ana' is in `reps` and in `systems`: take one of them out"),
        ("{floor: south}\nnob", "{floor: sauth}\nnob", "35: system 'zapier' needs `floor`: one of"),
        ("zapier: {floor: south}", "zapier: {}", "35: system 'zapier' needs `floor`: one of"),
        (
            "zapier: {floor: south}",
            "zapier: {team: farmers, floor: south}",
            "35: system 'zapier': 't",
        ),
    ],
)
def test_a_mistaken_system_is_refused_with_its_line(old: str, new: str, message: str) -> None:
    assert old in SYSTEMS

    assert any(f"roster.yaml:{message}" in m for m in mistakes(SYSTEMS.replace(old, new)))
