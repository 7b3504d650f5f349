"""Logins, and the people who see reps and are none: read as meant, or refused with the line."""

import pytest

from streams.clock import parse_instant
from streams.roster.persons import Person, login_key
from tests.build import NORTH, roster
from tests.rostermistakes import mistakes


def person(entry: str, login: str = "carla@example.org") -> Person:
    """Who a single entry of `people:` is."""
    return roster(f"{NORTH}people:\n  {login}: {entry}\n").logins.persons[login.casefold()]


def test_people_have_a_role_and_what_it_sees() -> None:
    lead = person("{role: lead, teams: [hunters, sailors], name: Carla}")
    manager = person("{role: manager, floors: south}")
    auditor = person("{role: auditor}")

    assert (lead.role, lead.name, lead.teams, lead.floors) == (
        *("lead", "Carla", {"hunters", "sailors"}),
        frozenset(),
    )
    assert (manager.floors, manager.zone.key) == ({"south"}, "America/New_York")
    assert (auditor.role, auditor.name, auditor.zone.key) == (
        *("auditor", "carla@example.org"),
        "Europe/Amsterdam",
    )


def test_people_are_there_until_the_end_of_their_last_day_where_their_floor_is() -> None:
    mo = person("{role: manager, floors: [south], from: 2026-11-02, to: 2026-11-24}")

    for at, is_here in [
        ("2026-11-01T23:59:00-05:00", False),
        ("2026-11-02T00:00:00-05:00", True),
        ("2026-11-24T23:59:00-05:00", True),
        ("2026-11-25T00:00:00-05:00", False),
    ]:
        assert mo.is_here_at(parse_instant(at)) is is_here, at


def test_links_may_be_taken_back_from_one_and_from_all() -> None:
    text = NORTH.replace(
        "ana: {name: Ana,", "ana: {links_from: '2026-11-23T10:00:00+01:00', name: Ana,"
    )
    read = roster(f"{text}links_from: 2026-11-22T10:00:00+01:00\n")

    assert read.reps["ana"].links_from == parse_instant("2026-11-23T09:00:00Z")
    assert read.logins.links_from == parse_instant("2026-11-22T09:00:00Z")
    assert person("{role: auditor}").links_from == 0


def test_a_login_names_one_entry_whatever_its_case() -> None:
    with_login = NORTH.replace("{name: Ana,", "{name: Ana, login: Ana@example.org,")

    assert roster(with_login).logins.reps == {"ana@example.org": "ana"}
    for other in (
        "people: {ana@example.org: {role: auditor}}",
        "  dia: {team: hunters, login: aNA@example.org}",
    ):
        (mistake,) = mistakes(f"{with_login}{other}\n")
        assert "is the login of rep 'ana' and of " in mistake
        assert mistake.endswith(": one login names one entry")


@pytest.mark.parametrize(
    ("login", "other"),
    [
        ("ana@strasse.example", "ana@straße.example"),
        ("kim@example.org", "\u212aim@example.org"),  # the sign of Kelvin
        ("ines@example.org", "ine\u017f@example.org"),  # a long s
        ("iris@example.org", "\u0130ris@example.org"),
    ],
)
def test_an_address_that_looks_alike_in_another_case_is_another_login(
    login: str, other: str
) -> None:
    """It may belong to somebody else: straße.example is another domain."""
    assert login_key(other) != login_key(login)
    assert login_key("JÜRGEN@Example.org") == login_key("jürgen@example.org")


def test_a_login_changes_nothing_that_is_measured() -> None:
    with_login = NORTH.replace("{name: Ana,", "{name: Ana, login: ana@example.org,")

    assert roster(with_login).reps["ana"].fingerprint == roster().reps["ana"].fingerprint


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ("c@x: {}", "person 'c@x' needs `role`: one of manager, lead, auditor"),
        ("c@x: {role: boss}", "person 'c@x': 'boss' is not a role: one of manager, lead, auditor"),
        ("c@x: {role: lead}", "needs `teams`: some of hunters, farmers, sailors"),
        ("c@x: {role: lead, teams: []}", "needs `teams`: some of hunters, farmers, sailors"),
        ("c@x: {role: lead, teams: [hunter]}", "'hunter' is not a team; known are hunters"),
        ("c@x: {role: manager, floors: [hunters]}", "'hunters' is not a floor; known are north"),
        (
            "c@x: {role: lead, teams: [hunters], floors: [north]}",
            "person 'c@x': role lead has no `floors`: take it out",
        ),
        ("c@x: {role: auditor, teams: [hunters]}", "role auditor has no `teams`: take it out"),
        ("c@x: {role: auditor, from: 2026-02-01, to: 2026-01-01}", "`to` is before `from`"),
        ("c@x: {role: auditor, links_from: 2026-02-01}", "'2026-02-01' has no offset: write"),
        ("c@x: {role: auditor, team: hunters}", "'team' is not known; known are role, name"),
        ("'c x': {role: auditor}", "'c x' is not a login: write 1-256 bytes without blanks"),
        ("'': {role: auditor}", "'' is not a login"),
    ],
)
def test_a_mistake_names_its_line_and_the_mend(entry: str, message: str) -> None:
    (mistake,) = mistakes(f"{NORTH}people:\n  {entry}\n")

    line = NORTH.count("\n") + 2
    assert mistake.startswith(f"roster.yaml:{line}: ")
    assert message in mistake
