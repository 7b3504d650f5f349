"""Who sees what: the table of docs/access.md, person by person."""

import re

import pytest

from dashboards.door.passes import Identity, Kind, Listed, Pass, Sight
from floorpulse.access.decision import sight
from streams.clock import SECOND, parse_instant
from tests.build import TESTS, roster
from tests.door import PEOPLE

NOW = parse_instant("2026-11-25T10:00:00+01:00")
REPS = ("ana", "bob", "cem", "dia")
ALL = {"north", "south"}


def seen(kind: Kind, name: str, text: str = PEOPLE, *, at: int = NOW, issued: int = 0) -> Sight:
    """What a link opens that was made a minute before *at*, or at *issued*."""
    made = (issued or at) // SECOND - 60
    found = sight(Pass(Identity(kind, name), made, made + 10**9), roster(text), at)
    return found or Sight("", "", frozenset(), lambda _rep: False)


def listed(login: str) -> list[Listed]:
    """Who is listed to a person."""
    people = seen("person", login).people
    assert people is not None
    return people()


def reps_of(found: Sight) -> set[str]:
    return {rep for rep in REPS if found.sees_rep(rep)}


@pytest.mark.parametrize(
    ("kind", "name", "floors", "reps"),
    [
        ("wall", "", ALL, set()),
        ("wall", "north", {"north"}, set()),
        ("rep", "ana", {"north"}, {"ana"}),
        ("rep", "dia", {"south"}, {"dia"}),
        ("person", "lea@example.org", ALL, {"ana", "cem"}),
        ("person", "mo@example.org", {"south"}, {"cem", "dia"}),
        ("person", "aud@example.org", ALL, set(REPS)),
        ("person", "ana@example.org", set(), set()),
        ("person", "nobody@example.org", set(), set()),
        ("rep", "nobody", set(), set()),
        ("wall", "nowhere", set(), set()),
        ("login", "ana@example.org", {"north"}, {"ana"}),
        ("login", "Lea@Example.org", ALL, {"ana", "cem"}),
        ("login", "aud@example.org", ALL, set(REPS)),
        ("login", "ana", set(), set()),
        ("login", "", set(), set()),
    ],
)
def test_each_sees_what_the_table_says(
    kind: Kind, name: str, floors: set[str], reps: set[str]
) -> None:
    found = seen(kind, name)

    assert (ALL if found.floors is None else found.floors) == floors
    assert reps_of(found) == reps
    assert not found.sees_rep("stranger") or name == "aud@example.org"


@pytest.mark.parametrize(
    ("by_link", "by_login"),
    [(("rep", "ana"), "ANA@example.org"), (("person", "lea@example.org"), "Lea@example.org")],
)
def test_who_signs_in_is_the_one_that_their_link_is_for(
    by_link: tuple[Kind, str], by_login: str
) -> None:
    one, other = seen(*by_link), seen("login", by_login)

    assert (one.role, one.who) == (other.role, other.who)
    assert one.who
    assert (one.title, one.home, one.rep) == (other.title, other.home, other.rep)
    assert seen("login", "mo@example.org").role == "manager"


def test_the_list_of_people_is_of_those_whose_pages_open() -> None:
    assert listed("lea@example.org") == [
        ("hunters", "Ana", "ana"),
        ("sailors", "Cem", "cem"),
    ]
    assert [rep for *_, rep in listed("mo@example.org")] == ["dia", "cem"]
    assert {rep for *_, rep in listed("aud@example.org")} == set(REPS)
    assert seen("rep", "ana").people is seen("wall", "").people is None


def test_the_docs_have_a_row_for_every_identity_and_role() -> None:
    page = (TESTS.parent / "docs" / "access.md").read_text()

    rows = re.findall(r"^\| an? \*\*(\w+)\*\*", page, re.M)
    assert rows == ["wall", "rep", "lead", "manager", "auditor"]


def test_a_change_of_team_moves_a_rep_from_one_lead_to_the_other_in_that_minute() -> None:
    moved = "team: [{team: hunters}, {from: '2026-11-25T10:00', team: farmers}]"
    text = PEOPLE.replace("{name: Ana, team: hunters,", f"{{name: Ana, {moved},")
    text = text.replace("teams: [hunters, sailors]", "teams: [hunters]")

    assert reps_of(seen("person", "lea@example.org", text, at=NOW - 1)) == {"ana"}
    assert reps_of(seen("person", "lea@example.org", text, at=NOW)) == set()


def test_who_has_left_sees_nothing_and_is_seen_by_auditors_alone() -> None:
    text = PEOPLE.replace("{name: Ana,", "{name: Ana, to: 2026-11-24,")

    assert not seen("rep", "ana", text).sees_rep("ana")
    assert reps_of(seen("person", "lea@example.org", text)) == {"cem"}
    assert reps_of(seen("person", "aud@example.org", text)) == set(REPS)
    assert seen("rep", "ana", text, at=NOW - 86_400 * SECOND).sees_rep("ana")
    text = PEOPLE.replace("{role: auditor,", "{role: auditor, to: 2026-11-24,")
    assert not seen("person", "aud@example.org", text).sees_wall


@pytest.mark.parametrize(
    ("line", "closed"),
    [
        ("links_from: {at}\n", {"wall", "rep", "person", "login"}),
        ("{{name: Ana, links_from: '{at}',", {"rep", "login"}),
        ("{{role: lead, links_from: '{at}',", {"person"}),
    ],
)
def test_links_from_closes_the_links_made_before_it(line: str, closed: set[str]) -> None:
    written = line.format(at="2026-11-25T10:00:00+01:00")
    place = {"{nam": "{name: Ana,", "{rol": "{role: lead,"}.get(written[:4], "")
    text = PEOPLE.replace(place, written) if place else PEOPLE + written
    everybody: list[tuple[Kind, str]] = [
        ("wall", ""),
        ("rep", "ana"),
        ("person", "lea@example.org"),
        ("login", "ana@example.org"),
    ]

    for kind, name in everybody:
        later = NOW + 3600 * SECOND
        assert seen(kind, name, text, at=later, issued=NOW).sees_wall is (kind not in closed), kind
        assert seen(kind, name, text, at=later, issued=NOW + 60 * SECOND).sees_wall, kind
    assert seen("rep", "bob", text, at=NOW, issued=NOW).sees_wall is ("wall" not in closed)


def test_a_login_is_compared_whatever_its_case() -> None:
    assert reps_of(seen("person", "LEA@example.org")) == {"ana", "cem"}


@pytest.mark.parametrize(
    ("kind", "name", "teams"),
    [
        ("wall", "", set()),
        ("rep", "ana", set()),
        ("person", "lea@example.org", {"hunters", "sailors"}),
        ("person", "mo@example.org", {"sailors", "divers"}),
        ("person", "aud@example.org", {"hunters", "farmers", "sailors", "divers"}),
    ],
)
def test_a_team_opens_to_who_sees_its_people(kind: Kind, name: str, teams: set[str]) -> None:
    found = seen(kind, name)
    known = {"hunters", "farmers", "sailors", "divers", "nowhere", ""}

    assert {team for team in known if found.team(team) is not None} == teams


def test_on_the_page_of_a_team_are_those_who_are_in_it_now() -> None:
    text = PEOPLE.replace(
        "{name: Bob, team: farmers}",
        "{name: Bob, team: [{team: hunters}, {from: 2026-11-25T10:00, team: farmers}]}",
    )
    text = text.replace("{name: Dia,", "{name: Dia, to: 2026-11-24,")

    def people(login: str, team: str, at: int) -> list[str]:
        return [one.rep for one in seen("person", login, text, at=at).team(team) or ()]

    for login in ("lea@example.org", "aud@example.org"):
        assert people(login, "hunters", NOW - SECOND) == ["ana", "bob"]
        assert people(login, "hunters", NOW) == ["ana"]
    assert people("aud@example.org", "farmers", NOW) == ["bob"]
    assert people("aud@example.org", "divers", NOW) == []
    assert people("mo@example.org", "divers", NOW) == []
