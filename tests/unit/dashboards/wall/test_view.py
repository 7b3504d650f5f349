"""The wall shows the sums of the parts, by floor and team."""

from hypothesis import given
from hypothesis import strategies as st

from dashboards.wall.view import Wall
from metrics.names import SERIES
from metrics.readings import FloorInfo, TeamRow
from tests.wallbuild import NORTH, floor, kpi, layout, part, row, shown, snapshot, team


def test_a_team_is_the_sum_over_parts_and_a_floor_the_sum_of_its_teams_ratios_last() -> None:
    view = shown(
        snapshot(
            part(0, row("hunters", contacts__20d=10, contacts_converted__20d=5)),
            part(
                1,
                row("hunters", contacts__20d=90, contacts_converted__20d=4),
                row("farmers", contacts__20d=300, contacts_converted__20d=11),
            ),
        )
    )

    assert kpi(team(view, "hunters"), "contacts_to_leads").value == 9 / 100
    assert kpi(team(view, "farmers"), "contacts_to_leads").value == 11 / 300
    assert kpi(floor(view), "contacts_to_leads").value == 20 / 400
    assert kpi(floor(view), "contacts_to_leads").sums == {
        "contacts": 400,
        "contacts_converted": 20,
    }
    assert (team(view, "hunters").reps, floor(view).reps) == (6, 9)


NUMBERS = st.lists(st.integers(0, 999), min_size=len(SERIES), max_size=len(SERIES))


DEALT = st.lists(
    st.tuples(st.integers(0, 3), st.sampled_from(NORTH.teams), NUMBERS), min_size=1, max_size=6
)


@given(DEALT)
def test_it_does_not_matter_which_partition_holds_a_rep(dealt: list) -> None:
    def deal(by: dict[int, int]) -> Wall:
        rows: dict[int, list[TeamRow]] = {number: [] for number in range(4)}
        for partition, name, numbers in dealt:
            rows[by[partition]].append(TeamRow("north", name, 1, numbers))
        parts = [part(number, *found) for number, found in rows.items()]
        return shown(snapshot(*parts, of=layout(partitions=4)))

    assert deal({0: 0, 1: 1, 2: 2, 3: 3}) == deal({0: 3, 1: 3, 2: 1, 3: 0})


def test_a_closed_floor_says_so_and_its_numbers_stay() -> None:
    closed = FloorInfo("north", "America/New_York", False, ("hunters",), {})
    found = snapshot(part(0, row(effective_touches__today__call=7)), part(1), of=layout(closed))
    view = floor(shown(found))

    assert (view.is_open, view.is_grey, view.time) == (False, False, "04:00")
    assert (kpi(view, "touchpoints").text, kpi(view, "touchpoints").verdict) == ("7", "closed")
    assert kpi(view, "disqualification").verdict == "too few to tell"


def test_teams_are_in_the_roster_s_order_and_one_without_a_row_is_shown() -> None:
    view = shown(snapshot(part(0, row("former"), row("farmers")), part(1)))

    assert [each.name for each in floor(view).teams] == ["hunters", "farmers", "former"]
    assert team(view, "hunters").reps == 0


def test_a_floor_beside_the_roster_shows_only_where_somebody_touched_a_contact() -> None:
    def floors(**numbers: float) -> list[tuple[str, bool | None]]:
        nobody = row("unassigned", "unassigned", **numbers)
        view = shown(snapshot(part(0, nobody), part(1)))
        return [(each.name, each.is_open) for each in view.floors]

    assert floors(leads_created__today=3) == [("north", True)]
    assert floors(touches__5d__email=1) == [("north", True), ("unassigned", None)]
