"""What is shown of a floor never lets a group of fewer than the smallest team be read."""

from hypothesis import given
from hypothesis import strategies as st

from dashboards.wall.privacy import hidden_teams

PEOPLE = st.dictionaries(st.sampled_from("abcdefgh"), st.integers(0, 12), max_size=8)


@given(PEOPLE, st.integers(1, 8))
def test_neither_a_team_nor_the_floor_less_the_others_is_small(
    people: dict[str, int], smallest: int
) -> None:
    hidden = hidden_teams(people, smallest)
    shown = people.keys() - hidden

    assert all(people[team] >= smallest for team in shown)
    if shown and hidden:
        assert len(hidden) > 1
        assert sum(people[team] for team in hidden) >= smallest


@given(PEOPLE, st.integers(1, 8))
def test_nothing_is_hidden_without_need(people: dict[str, int], smallest: int) -> None:
    if all(size >= smallest for size in people.values()):
        assert hidden_teams(people, smallest) == frozenset()


def test_the_smallest_others_are_hidden_with_it() -> None:
    assert hidden_teams({"a": 4, "b": 9, "c": 6, "d": 6}, 5) == {"a", "c"}
    assert hidden_teams({"a": 1, "b": 1, "c": 6, "d": 9}, 5) == {"a", "b", "c"}
    assert hidden_teams({"a": 3, "b": 2, "c": 6}, 5) == {"a", "b"}
    assert hidden_teams({"a": 4, "b": 9}, 5) == {"a", "b"}
